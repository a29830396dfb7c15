"""The two doors as real processes: ``taskcore-http`` and its answers, ``taskcore`` and its ends."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from attrs import field, frozen, mutable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Words = Callable[..., list[str]]

_OTHERS = re.compile(
    r"TASKCORE_.*|DATABASE_URL|HOST|PORT|XDG_.*|PG[A-Z]+|NO_COLOR|PYTHONUNBUFFERED"
)

PATIENCE = 120.0
"""How many seconds anything may take, on a machine that is busy with other tests."""


@frozen
class Answer:
    """What the server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: Any


@mutable
class Server:
    """A ``taskcore-http`` process, and a user of it."""

    process: subprocess.Popen[bytes]
    log: Path
    _connection: http.client.HTTPConnection | None = field(init=False, default=None)

    @property
    def errors(self) -> str:
        """What it wrote to stderr."""
        return self.log.read_text()

    def wait_until_serving(self) -> None:
        """Wait until it says so."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(r"serving on (\S+), ", self.errors)):
            assert self.process.poll() is None, self.errors
            assert time.monotonic() < deadline, self.errors
            time.sleep(0.02)
        place = urlsplit(found[1])
        assert place.hostname
        self._connection = http.client.HTTPConnection(place.hostname, place.port, timeout=PATIENCE)

    def call(self, method: str, path: str = "", body: object = None) -> Answer:
        """Send a request for ``ann``'s tasks, and return the answer."""
        assert self._connection
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

    def end(self) -> None:
        """Tell it to stop, and if it does not, kill it."""
        if self._connection:
            self._connection.close()
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def serving(
    directory: Path, url: str, words: Words = lambda *words: list(words), *, wait: bool = True
) -> Iterator[Server]:
    """Lend a server of the database; ``words`` is how programs are started."""
    log = directory / f"http-{time.monotonic_ns()}"
    with log.open("wb") as stderr:
        process = subprocess.Popen(  # noqa: S603  # our own program
            words(sys.executable, "-m", "taskcore_http", "--port", "0"),
            env=environment(directory) | {"TASKCORE_DATABASE_URL": url},
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
        )
    server = Server(process, log)
    try:
        if wait:
            server.wait_until_serving()
        yield server
    finally:
        server.end()


def assert_refused(answer: Answer) -> None:
    """Assert that this is the problem document of a storage that is unavailable."""
    assert answer.status == 503, answer
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"] == "1"
    assert answer.body["code"] == "unavailable"


@frozen
class Command:
    """Runs ``taskcore`` as ``ann``, in a home of its own."""

    home: Path
    url: str
    words: Words = lambda *words: list(words)
    user: int | None = None

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the command with these words."""
        settings = {"TASKCORE_DATABASE_URL": self.url, "TASKCORE_USER": "ann"}
        return subprocess.run(  # noqa: S603  # our own command
            self.words(sys.executable, "-m", "taskcore_cli", *words),
            env=environment(self.home) | settings | env,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            user=self.user,
        )

    def said(self, *words: str, **env: str) -> str:
        """Run a command that succeeds and has nothing to complain of; return its output."""
        done = self.run(*words, **env)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def refused(self, *words: str, **env: str) -> str:
        """Run a command that the storage refuses; return the one line that says why."""
        done = self.run(*words, **env)
        assert (done.returncode, done.stdout) == (6, ""), done
        [line] = done.stderr.splitlines()
        assert line.startswith("taskcore: "), line
        return line

    def titles(self) -> list[str]:
        """Return the titles of all tasks, sorted."""
        return sorted(task["title"] for task in json.loads(self.said("list", "--all", "--json")))


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which nothing is set for our programs."""
    others = {name: value for name, value in os.environ.items() if not _OTHERS.fullmatch(name)}
    return others | {"HOME": str(home), "XDG_STATE_HOME": str(home / "state")}


def integrity(path: Path, words: Words = lambda *words: list(words)) -> str:
    """Return what SQLite says of a file when it looks at all of it."""
    program = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1]);"
        "print(*connection.execute('PRAGMA integrity_check').fetchall());"
        "print(*connection.execute('PRAGMA foreign_key_check').fetchall())"
    )
    done = subprocess.run(  # noqa: S603  # our own program
        words(sys.executable, "-c", program, path), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
