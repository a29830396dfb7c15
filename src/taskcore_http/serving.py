"""The program ``taskcore-http``, from its settings to serving."""

from __future__ import annotations

import errno
import socket
import time
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from typing import Any, Final

from attrs import evolve

from taskcore.adapters.location import default_database_url
from taskcore.adapters.opening import schema_status, shown_url
from taskcore.errors import RepositoryUnavailable
from taskcore_http.auth import authentication
from taskcore_http.auth.exposure import require_safe
from taskcore_http.process import open_storage, run
from taskcore_http.settings import Settings, read_setting
from taskcore_http.supervising import supervise
from taskcore_http.telemetry import logs
from taskcore_http.telling import Parser, exit_with, say

TAKEN_SECONDS: Final = 2.0
"""How long a port may be taken still: by workers whose supervisor was killed, for a moment."""


def serve() -> None:
    """Serve until SIGTERM or SIGINT, then finish what was accepted and exit with 0.

    Exits with 2 for unusable settings, 6 when the storage cannot be used, and 1 when the port is
    taken; each with one line on stderr that says so.
    """
    logs.configure()
    try:
        settings = _settings()
        _require_sharing(settings)
        listener = _listen(settings)
    except ValueError as error:
        exit_with(2, error)
    with listener:
        announce = partial(_announce, settings, listener)
        with open_storage(settings) as repository:
            if settings.workers == 1:
                run(repository, settings, listener, announce)
                return
        # Its schema is upgraded now, and each worker opens it for itself.
        supervise(settings, listener, announce)


def _settings() -> Settings:
    """Return what the environment says, unless the command line says otherwise."""
    parser = Parser(
        prog="taskcore-http",
        description="Serve tasks over HTTP.",
        epilog="Tasks are kept where TASKCORE_DATABASE_URL says, else DATABASE_URL, else where the "
        "command line keeps them: in the file taskcore/tasks.db in your data directory. The line "
        "that is printed at start names the place. taskcore-http token USER prints a token.",
    )
    parser.add_argument("--host", help="address to listen on (HOST, else 127.0.0.1)")
    parser.add_argument("--port", help="port to listen on, 0 for any (PORT, else 8000)")
    parser.add_argument(
        "--insecure-no-auth",
        action="store_true",
        help="let other machines in although TASKCORE_AUTH is off",
    )
    parser.add_argument(
        "--workers", help="how many processes serve (TASKCORE_WORKERS or WEB_CONCURRENCY, else 1)"
    )
    parser.add_argument("--version", action="version", version=version("taskcore"))
    given = parser.parse_args()
    settings = Settings.from_environment()
    if given.host is not None:
        settings = evolve(settings, host=given.host)
    if given.port is not None:
        settings = evolve(settings, port=read_setting("port", given.port, "--port"))
    if given.workers is not None:
        settings = evolve(settings, workers=read_setting("workers", given.workers, "--workers"))
    if given.insecure_no_auth:
        settings = evolve(settings, insecure_no_auth=True)
    authentication(settings)  # so that a key that cannot be is found before anything is opened
    return settings


def _require_sharing(settings: Settings) -> None:
    """Raise ``ValueError`` for several processes that would each have tasks of their own."""
    url = settings.database_url or ""
    if settings.workers > 1 and (url == "memory:" or url.endswith(":memory:")):
        raise ValueError(f"tasks in memory are those of one process, not of {settings.workers}")


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        # Looked up once, so that what was judged is what is listened on.
        found = socket.getaddrinfo(settings.host, settings.port, family, socket.SOCK_STREAM)
        address = found[0][4]
        require_safe(settings, str(address[0]))
        return _bound(address, family)
    except OSError as error:
        # Python adds which address it tried, which is said here already.
        reason = str(error.strerror).partition(" (")[0]
        exit_with(1, f"cannot listen on {settings.host} port {settings.port}: {reason}")


def _bound(address: Any, family: int) -> socket.socket:
    """Return a socket that listens there; raise ``OSError`` if it cannot."""
    deadline = time.monotonic() + TAKEN_SECONDS
    while True:
        try:
            return socket.create_server(address, family=family, backlog=2048)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def _announce(settings: Settings, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    url = settings.database_url or default_database_url()
    only = " (read-only)" if _is_read_only(url) else ""
    say(f"serving on http://{address}, docs at /docs, tasks in {shown_url(url)}{only}")


def _is_read_only(url: str) -> bool:
    # It was there a moment ago: if it is not now, the answers will say so.
    with suppress(RepositoryUnavailable):
        return schema_status(url).read_only
    return False
