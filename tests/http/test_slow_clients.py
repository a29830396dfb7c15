"""Clients that are slow, silent or too many do not hold up the others."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

import pytest
from tests.http.conftest import Answer, Server, environment

from taskcore_http import process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GET = b"GET /api/alice/tasks HTTP/1.1\r\nHost: 127.1\r\n"
POST = (
    b"POST /api/alice/tasks HTTP/1.1\r\nHost: 127.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: 100\r\n\r\n"
)
HEAD_SECONDS = 10
BODY_SECONDS = 8


class StartLimited(Protocol):
    """Starts a server on tasks in memory, with other limits than it has."""

    def __call__(self, **limits: float) -> Server: ...


@pytest.fixture
def start_limited(tmp_path: Path) -> Iterator[StartLimited]:
    servers: list[Server] = []

    def start(**limits: float) -> Server:
        program = "from taskcore_http import limits\n"
        program += "".join(f"limits.{name} = {value}\n" for name, value in limits.items())
        program += "from taskcore_http.__main__ import main\nmain()\n"
        log = tmp_path / "stderr"
        with log.open("wb") as stderr:
            process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-c", program, "--host", "127.0.0.1", "--port", "0"],
                env=os.environ | {"TASKCORE_DATABASE_URL": "memory:"},
                stderr=stderr,
            )
        servers.append(Server(process, log))
        servers[-1].wait_until_serving()
        return servers[-1]

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
        server.process.wait()


def connect(server: Server) -> socket.socket:
    location = urlsplit(server.address)
    return socket.create_connection((location.hostname, location.port), timeout=30)


def read(connection: socket.socket) -> Answer:
    with HTTPResponse(connection) as response:
        response.begin()
        return Answer(response.status, response.headers, response.read())


def dribble(server: Server, begin: bytes, piece: bytes) -> tuple[Answer, float]:
    """Send so, a piece a second; return the answer, and after how many seconds it came."""
    with connect(server) as connection:
        started = time.monotonic()
        connection.sendall(begin)
        connection.settimeout(1)
        while time.monotonic() - started < 20:
            try:
                connection.recv(1, socket.MSG_PEEK)
                break
            except TimeoutError:
                connection.sendall(piece)
        return read(connection), time.monotonic() - started


def test_a_request_that_comes_too_slowly_is_408_and_holds_nobody_up(
    sqlite_server: Server,
) -> None:
    requests = [
        (GET, b"", HEAD_SECONDS),
        (GET, b"A: b\r\n", HEAD_SECONDS),
        (GET + b"A: ", b"b", HEAD_SECONDS),
        (b"G", b"", HEAD_SECONDS),
        (POST, b"", BODY_SECONDS),
        (POST + b'{"title": "', b"x", BODY_SECONDS),
        (POST.replace(b"Content-Length: 100", b"Transfer-Encoding: chunked"), b"1\r\nx\r\n", 8),
    ]
    with ThreadPoolExecutor(len(requests)) as pool:
        slow = [pool.submit(dribble, sqlite_server, *request[:2]) for request in requests]
        for _ in range(20):
            assert sqlite_server.api().tasks() == []
        answers = [one.result() for one in slow]

    for (_, _, seconds), (answer, after) in zip(requests, answers, strict=True):
        answer.assert_problem(408, "timeout")
        assert answer.headers["Connection"] == "close"
        assert seconds <= after < seconds + 2.5
    assert "Traceback" not in sqlite_server.errors


@contextmanager
def asking_for_much(server: Server) -> Iterator[socket.socket]:
    """Ask for long lists, with little room for the answers."""
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(30)
        location = urlsplit(server.address)
        connection.connect((location.hostname, location.port))
        connection.sendall(GET + b"\r\n")
        yield connection


def is_there(connection: socket.socket, server: Server) -> bool:
    """Whether the server still has its end of the connection."""
    import psutil

    ends = psutil.Process(server.process.pid).net_connections("tcp")
    return connection.getsockname() in {tuple(end.raddr) for end in ends if end.raddr}


def test_a_client_that_does_not_read_its_answer_is_dropped(start_limited: StartLimited) -> None:
    server = start_limited(READING_SECONDS=2)
    for _ in range(3):
        body = [{"title": "x" * 200, "description": "y" * 1000}] * 1000
        assert server.api("alice").call("POST", "", body).status == 207
    with (
        asking_for_much(server) as silent,
        asking_for_much(server) as asking_more,
        asking_for_much(server) as slow,
    ):
        time.sleep(0.5)
        asking_more.sendall((GET + b"\r\n") * 2 + GET)
        deadline = time.monotonic() + 7
        while time.monotonic() < deadline:
            slow.recv(10_000)
            time.sleep(0.1)

        assert not is_there(silent, server)
        assert not is_there(asking_more, server)
        assert is_there(slow, server)
        assert server.api().tasks() == []
    assert "Traceback" not in server.errors
    assert server.stop() == 0


def test_an_idle_connection_ends_whether_it_was_used_or_not(start_limited: StartLimited) -> None:
    server = start_limited(KEEP_ALIVE_SECONDS=1)
    with connect(server) as unused, connect(server) as used, connect(server) as dribbling:
        used.sendall(GET + b"\r\n")
        assert read(used).status == 200
        started = time.monotonic()
        for _ in range(8):
            dribbling.sendall(b"\r\n")
            time.sleep(0.1)

        for connection in (unused, used, dribbling):
            assert connection.recv(1) == b""

    assert 0.9 < time.monotonic() - started < 4


def test_a_connection_too_many_is_503_at_once_and_one_less_is_not(
    start_limited: StartLimited,
) -> None:
    server = start_limited(CONNECTIONS=3, SPARE=2)
    held = [connect(server) for _ in range(3)]
    time.sleep(0.2)
    started = time.monotonic()

    answer = server.api().call("GET")

    answer.assert_problem(503, "unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert time.monotonic() - started < 1
    for connection in held:
        connection.close()
    time.sleep(0.2)
    assert server.api().tasks() == []


def test_of_those_that_are_too_many_only_a_few_are_told(start_limited: StartLimited) -> None:
    server = start_limited(CONNECTIONS=1, SPARE=2, LINGER_SECONDS=60)
    held = [connect(server) for _ in range(3)]
    time.sleep(0.2)

    assert held[-1].recv(12) == b"HTTP/1.1 503"
    with connect(server) as surplus, suppress(ConnectionResetError):
        assert surplus.recv(12) == b""

    for connection in held:
        connection.close()


@pytest.mark.parametrize(
    ("soft", "hard", "allowed", "connections"),
    [
        (1024, 524_288, 10_200, 10_000),
        (1024, 4096, 4096, 3896),
        (65_536, 65_536, 65_536, 10_000),
        (100, 100, 100, 50),
    ],
)
def test_there_are_as_many_connections_as_there_may_be_open_files(
    monkeypatch: pytest.MonkeyPatch, *, soft: int, hard: int, allowed: int, connections: int
) -> None:
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    now = [(soft, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: now[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: now.append(limits))

    assert process._connections() == connections
    assert now[-1] == (allowed, hard)


def test_a_connection_that_fails_at_its_deadline_is_dropped_and_no_other(tmp_path: Path) -> None:
    program = """
from taskcore_http import limits, protocol
from taskcore_http.__main__ import main
def overdue(connection):
    raise LookupError("on our side")
limits.KEEP_ALIVE_SECONDS = 0.1
protocol.Protocol.overdue = overdue
main()
"""
    log = tmp_path / "stderr"
    with (
        log.open("wb") as stderr,
        subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-c", program, "--host", "127.0.0.1", "--port", "0"],
            env=environment(TASKCORE_DATABASE_URL="memory:"),
            stderr=stderr,
        ) as process,
    ):
        server = Server(process, log)
        server.wait_until_serving()

        with connect(server) as connection, suppress(ConnectionError):
            assert connection.recv(1) == b""

        assert server.api().call("GET").status == 200
        assert server.stop() == 0
    [line] = [line for line in server.logged if line["level"] == "error"]
    assert "LookupError: on our side" in line["exception"]
