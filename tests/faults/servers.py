"""Real ``taskcore-http`` processes at one address, to kill and start again at will."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import psutil
from attrs import define, field, frozen
from faults.client import Address
from faults.clusters import free_port
from faults.environment import environment
from faults.waiting import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Words = Callable[..., list[str]]


@frozen
class Answer:
    """What the server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: Any


@define(eq=False)
class Server:
    """A server whose port is the same from start to start, and ``ann``, who asks it.

    ``settings`` are for its environment, and ``through`` is how programs are started.
    """

    directory: Path
    settings: dict[str, str]
    words: tuple[str, ...] = ()
    through: Words = lambda *words: list(words)
    address: Address = field(factory=lambda: Address("127.0.0.1", free_port()))
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)
    _said: int = field(init=False, default=0)
    _connection: http.client.HTTPConnection = field(init=False)

    @_connection.default
    def _make_connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address.host, self.address.port, timeout=PATIENCE)

    @property
    def pid(self) -> int:
        """Its process; with several, that of their supervisor."""
        assert self._process
        return self._process.pid

    @property
    def log(self) -> str:
        """What it wrote to stderr, from its first start on."""
        return (self.directory / "server.log").read_text()

    @property
    def errors(self) -> str:
        """What it wrote to stderr since it was started."""
        return (self.directory / "server.log").read_bytes()[self._said :].decode()

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it is ready."""
        with (self.directory / "server.log").open("ab") as log:
            self._said = log.tell()
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                self.through(
                    *(sys.executable, "-m", "taskcore_http"),
                    *("--port", str(self.address.port), *self.words),
                ),
                env=environment(self.directory) | self.settings,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        if wait:
            self.wait()

    def wait(self) -> None:
        """Wait until it is ready."""
        wait_until(self._is_ready, shown=lambda: self.errors)

    def _is_ready(self) -> bool:
        assert self._process
        assert self._process.poll() is None, self.errors
        # Orphans of one that was killed may still answer.
        return "serving on" in self.errors and self.get("/health/ready") == 200

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

    def call(self, method: str, path: str = "", body: object = None) -> Answer:
        """Send a request for ``ann``'s tasks, and return the answer."""
        content = None if body is None else json.dumps(body)
        self._connection.request(
            method, f"/api/ann/tasks{path}", content, {"Content-Type": "application/json"}
        )
        with self._connection.getresponse() as response:
            return Answer(response.status, response.headers, json.loads(response.read()))

    def add(self, title: str, **fields: object) -> Answer:
        """Add a task."""
        return self.call("POST", "", {"title": title, **fields})

    def titles(self) -> list[str]:
        """Return the titles of all tasks, sorted."""
        answer = self.call("GET")
        assert answer.status == 200, answer
        return sorted(task["title"] for task in answer.body)

    def workers(self) -> list[psutil.Process]:
        """Return the processes that serve, if there are several."""
        found = psutil.Process(self.pid).children()
        return [child for child in found if "resource_tracker" not in " ".join(child.cmdline())]

    def kill(self) -> None:
        """Kill it (with several processes, their supervisor)."""
        assert self._process
        self._connection.close()
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        """Tell it to stop, and return its exit code."""
        assert self._process
        self._connection.close()
        self._process.terminate()
        return self._process.wait(30)

    def ended(self) -> int:
        """Wait until it has ended by itself, and return its exit code."""
        assert self._process
        return self._process.wait(PATIENCE)

    @property
    def runs(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None


@contextmanager
def serving(
    directory: Path,
    url: str,
    *words: str,
    start: bool = True,
    through: Words = lambda *words: list(words),
    **settings: str,
) -> Iterator[Server]:
    """Lend a server of what is stored at a URL, with these arguments and settings.

    At the end it is told to stop, and killed if it does not.
    """
    settings = {"TASKCORE_DATABASE_URL": url, "TASKCORE_LOG_REQUESTS": "off", **settings}
    made = Server(directory, settings, words, through)
    try:
        if start:
            made.start()
        yield made
    finally:
        if made.runs:
            with suppress(subprocess.TimeoutExpired):
                made.stop()
        if made.runs:
            made.kill()


def assert_refused(answer: Answer) -> None:
    """Assert that this is the problem document of a storage that is unavailable."""
    assert answer.status == 503, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "1"
    assert answer.body["code"] == "unavailable"


def is_done(answer: Answer, status: int) -> bool:
    """Return whether this is its status, and assert that it is a refusal otherwise."""
    if answer.status != status:
        assert_refused(answer)
    return answer.status == status
