"""Real ``taskcore-http`` processes at one address, to kill and start again at will."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psutil
from attrs import define, field
from faults.client import Address
from faults.clusters import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STARTING = 120.0
"""How many seconds a server may take to serve, on a machine that is busy with other tests."""

_OURS = ("TASKCORE_", "DATABASE_URL", "HOST", "PORT", "XDG_", "PG", "WEB_CONCURRENCY")


@define(eq=False)
class Server:
    """A server whose port is the same from start to start; ``settings`` are for its environment."""

    directory: Path
    settings: dict[str, str]
    words: tuple[str, ...] = ()
    address: Address = field(factory=lambda: Address("127.0.0.1", free_port()))
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)
    _said: int = field(init=False, default=0)

    @property
    def pid(self) -> int:
        """Its process; with several, that of their supervisor."""
        assert self._process
        return self._process.pid

    @property
    def log(self) -> str:
        """What it wrote to stderr, from its first start on."""
        return (self.directory / "server.log").read_text()

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it is ready."""
        others = {name: text for name, text in os.environ.items() if not name.startswith(_OURS)}
        with (self.directory / "server.log").open("ab") as log:
            self._said = log.tell()
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                [
                    *(sys.executable, "-m", "taskcore_http"),
                    *("--port", str(self.address.port), *self.words),
                ],
                env=others | self.settings,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        if wait:
            self.wait()

    def wait(self) -> None:
        """Wait until it is ready."""
        deadline = time.monotonic() + STARTING
        # Orphans of one that was killed may still answer.
        while "serving on" not in self.log[self._said :] or self.get("/health/ready") != 200:
            assert self._process
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.01)

    def get(self, path: str) -> int | None:
        """Return the status of the answer to a request of its own, or None if there is none."""
        connection = http.client.HTTPConnection(self.address.host, self.address.port, timeout=15)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def workers(self) -> list[psutil.Process]:
        """Return the processes that serve, if there are several."""
        found = psutil.Process(self.pid).children()
        return [child for child in found if "resource_tracker" not in " ".join(child.cmdline())]

    def kill(self) -> None:
        """Kill it (with several processes, their supervisor)."""
        assert self._process
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Tell it to stop, and return its exit code."""
        assert self._process
        self._process.terminate()
        return self._process.wait(30)


@contextmanager
def server(
    directory: Path, url: str, *words: str, start: bool = True, **settings: str
) -> Iterator[Server]:
    """Lend a server of what is stored at a URL, with these arguments and settings."""
    settings = {
        "TASKCORE_DATABASE_URL": url,
        "TASKCORE_LOG_REQUESTS": "off",
        "XDG_DATA_HOME": str(directory),
        **settings,
    }
    made = Server(directory, settings, words)
    try:
        if start:
            made.start()
        yield made
    finally:
        if made._process and made._process.poll() is None:
            made.kill()
