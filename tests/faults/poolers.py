"""A PgBouncer between us and Postgres, which hands each transaction any of its few connections."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from faults.clusters import free_port
from faults.waiting import wait_until
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.defpath}:/usr/sbin:/usr/local/sbin")


class Pooler:
    """A PgBouncer that can be killed, and started again on the same port."""

    def __init__(self, settings: Path, port: int, database: str, as_whom: dict[str, Any]) -> None:
        self.port = port
        self.url = f"postgresql://anybody@127.0.0.1:{port}/{database}"
        self._settings = settings
        self._as_whom = as_whom
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        assert PGBOUNCER
        self._process = subprocess.Popen(  # noqa: S603  # found on this machine
            [PGBOUNCER, "-q", str(self._settings)],
            cwd="/",
            stderr=subprocess.DEVNULL,
            **self._as_whom,
        )
        wait_until(self._accepts_or_has_ended, 20, shown=lambda: "PgBouncer does not start")
        assert self._process.poll() is None, "PgBouncer does not start"

    def _accepts_or_has_ended(self) -> bool:
        assert self._process
        with suppress(ConnectionError):
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
            return True
        return self._process.poll() is not None

    def kill(self) -> None:
        """End it as a power cut would, if it runs."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def pooler(postgres_url: str, *, servers: int = 2, more: str = "") -> Iterator[Pooler]:
    """Make one that is not started yet, of so many connections to the server.

    ``more`` is lines for its settings. Skips the test where there is no PgBouncer.
    """
    if PGBOUNCER is None:
        pytest.skip("there is no PgBouncer on this machine")
    server = conninfo_to_dict(postgres_url)
    names = ("host", "port", "user", "password")
    target = " ".join(f"{name}={server[name]}" for name in names if server.get(name))
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="taskcore-") as directory:
        settings = Path(directory) / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n{server['dbname']} = {target}\n"
            "[pgbouncer]\nlisten_addr = 127.0.0.1\nunix_socket_dir =\nauth_type = any\n"
            f"listen_port = {port}\npool_mode = transaction\ndefault_pool_size = {servers}\n{more}"
        )
        as_whom: dict[str, Any] = {}
        if os.geteuid() == 0:
            # It refuses to run as root; as the server's own user it may use the server's socket.
            of_server = Path(str(server.get("host", "/")))
            owner = of_server.stat().st_uid if of_server.is_absolute() else 0
            as_whom["user"] = owner or "nobody"
            Path(directory).chmod(0o755)
        made = Pooler(settings, port, str(server["dbname"]), as_whom)
        try:
            yield made
        finally:
            made.kill()
