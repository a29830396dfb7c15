"""The server process, from its settings to its end."""

from __future__ import annotations

import argparse
import gc
import signal
import socket
import sys
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Final, NoReturn
from uuid import UUID

import uvicorn
from attrs import evolve

from taskcore.adapters.location import default_database_url
from taskcore.adapters.opening import shown_url
from taskcore.errors import RepositoryUnavailable
from taskcore.ports import Get
from taskcore_http.app import create_app, open_from
from taskcore_http.auth import authentication
from taskcore_http.auth.exposure import require_safe
from taskcore_http.settings import Settings, read_setting
from taskcore_http.telemetry import logs

if TYPE_CHECKING:
    from taskcore import TaskRepository

GRACE: Final = 10
"""How many seconds accepted requests have to finish once the server is told to stop."""


def serve() -> None:
    """Serve until SIGTERM or SIGINT, then finish what was accepted and exit with 0.

    Exits with 2 for unusable settings, 6 when the storage cannot be used, and 1 when the port is
    taken; each with one line on stderr that says so.
    """
    logs.configure()
    try:
        settings = _settings()
        listener = _listen(settings)
        repository = open_from(settings)
        storage = shown_url(settings.database_url or default_database_url())
    except (ValueError, ImportError) as error:
        _exit(2, error)
    except RepositoryUnavailable as error:
        _exit(6, error)
    with listener, repository:
        # Better to end now than to refuse every request: ask for a task that nobody has.
        [answer] = repository.execute([Get("taskcore", UUID(int=0))])
        if isinstance(answer, RepositoryUnavailable):
            _exit(6, answer)
        _run(repository, settings, listener, storage)


def _settings() -> Settings:
    """Return what the environment says, unless the command line says otherwise."""
    parser = argparse.ArgumentParser(
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
    parser.add_argument("--version", action="version", version=version("taskcore"))
    given = parser.parse_args()
    settings = Settings.from_environment()
    if given.host is not None:
        settings = evolve(settings, host=given.host)
    if given.port is not None:
        settings = evolve(settings, port=read_setting("port", given.port, "--port"))
    if given.insecure_no_auth:
        settings = evolve(settings, insecure_no_auth=True)
    authentication(settings)  # so that a key that cannot be is found before anything is opened
    return settings


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        # Looked up once, so that what was judged is what is listened on.
        found = socket.getaddrinfo(settings.host, settings.port, family, socket.SOCK_STREAM)
        address = found[0][4]
        require_safe(settings, str(address[0]))
        return socket.create_server(address, family=family, backlog=2048)
    except OSError as error:
        # Python adds which address it tried, which is said here already.
        reason = str(error.strerror).partition(" (")[0]
        _exit(1, f"cannot listen on {settings.host} port {settings.port}: {reason}")


def _run(
    repository: TaskRepository, settings: Settings, listener: socket.socket, storage: str
) -> None:
    # What is loaded stays. Collecting the rest as often as Python does by default costs a long list
    # a quarter of its time, and the tasks in it have no cycles.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(repository, settings),
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE,
        )
    )

    def stop(*_: object) -> None:
        server.should_exit = True

    # Uvicorn listens to signals only once it runs, and when it has stopped it raises the one that
    # stopped it again. This answers those that come before, and that one.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    host, port = listener.getsockname()[:2]
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    _say(f"serving on http://{address}, docs at /docs, tasks in {storage}")
    server.run(sockets=[listener])


def _exit(code: int, reason: object) -> NoReturn:
    _say(reason)
    sys.exit(code)


def _say(line: object) -> None:
    # A stderr that takes nothing, such as a full disk, is no reason not to serve.
    with suppress(OSError):
        print(f"taskcore-http: {line}", file=sys.stderr)
