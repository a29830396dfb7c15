"""Stopping: what was accepted is answered first, nothing new is, and the exit code is 0."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection, HTTPResponse, parse_headers
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.http.conftest import Server, Start

    Connect = Callable[[Server, bytes], "Client"]

REQUESTS = 40
BOTH = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])


@pytest.fixture(params=["sqlite", "postgres"])
def storage(
    request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[str, Callable[[], AbstractContextManager[None]]]:
    """Return the URL of a storage, and what holds up its writers."""
    if request.param == "sqlite":
        path = tmp_path / "tasks.db"

        @contextmanager
        def held_file() -> Iterator[None]:
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                yield
                connection.execute("ROLLBACK")

        return f"sqlite:///{path}", held_file
    url: str = request.getfixturevalue("postgres_url")

    @contextmanager
    def held_table() -> Iterator[None]:
        with psycopg.connect(url) as connection:
            connection.execute("LOCK TABLE taskcore.tasks")
            yield

    return url, held_table


def post(server: Server, title: str) -> socket.socket:
    """Send a request and do not wait for its answer."""
    location = urlsplit(server.address)
    connection = socket.create_connection((location.hostname, location.port), timeout=30)
    body = f'{{"title": "{title}"}}'.encode()
    connection.sendall(
        b"POST /api/alice/tasks HTTP/1.1\r\nHost: 127.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    )
    return connection


def status(connection: socket.socket) -> int:
    with connection, HTTPResponse(connection) as response:
        response.begin()
        response.read()
        return response.status


@BOTH
def test_all_that_was_accepted_is_answered_and_stored(
    start: Start,
    storage: tuple[str, Callable[[], AbstractContextManager[None]]],
    number: signal.Signals,
) -> None:
    url, held = storage
    server = start(TASKCORE_DATABASE_URL=url)
    with held():
        connections = [post(server, f"Task {one}") for one in range(REQUESTS)]
        # These come after the others, and no storage holds them up: the others were read.
        for _ in range(3):
            assert server.api().send("GET", "/docs").status == 200
        server.process.send_signal(number)
        wait_until_refused(server)
        assert server.process.poll() is None

    with ThreadPoolExecutor(REQUESTS) as pool:
        statuses = list(pool.map(status, connections))

    assert statuses == [201] * REQUESTS
    assert server.process.wait(30) == 0
    assert {line["event"] for line in server.logged} == {"request"}
    again = start(TASKCORE_DATABASE_URL=url)
    titles = {task["title"] for task in again.api("alice").tasks()}
    assert titles == {f"Task {one}" for one in range(REQUESTS)}


def wait_until_refused(server: Server) -> None:
    location = urlsplit(server.address)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection((location.hostname, location.port), timeout=5).close()
        except ConnectionError:
            return
        time.sleep(0.02)
    pytest.fail("it still accepts connections")


@BOTH
def test_an_idle_server_stops_at_once_and_quietly(start: Start, number: signal.Signals) -> None:
    server = start(TASKCORE_DATABASE_URL="memory:")

    assert server.stop(number) == 0
    assert server.errors.count("\n") == 1, server.errors


@BOTH
def test_a_signal_that_comes_before_uvicorn_listens_to_it_stops_the_server_too(
    number: signal.Signals,
) -> None:
    program = f"""
import os
import uvicorn
from taskcore_http.__main__ import main
run = uvicorn.Server.run
def signalled(server, *arguments, **options):
    os.kill(os.getpid(), {int(number)})
    run(server, *arguments, **options)
uvicorn.Server.run = signalled
main()
"""
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program, "--port", "0"],
        env=os.environ | {"TASKCORE_DATABASE_URL": "memory:", "HOST": "127.0.0.1"},
        capture_output=True,
        check=True,
        timeout=30,
    )

    assert done.stderr.count(b"\n") == 1


def test_a_client_that_keeps_its_connection_does_not_keep_the_server(start: Start) -> None:
    server = start(TASKCORE_DATABASE_URL="memory:")
    location = urlsplit(server.address)
    with closing(HTTPConnection(location.hostname or "", location.port, timeout=30)) as connection:
        connection.request("GET", "/api/alice/tasks")
        connection.getresponse().read()
        started = time.monotonic()

        assert server.stop() == 0

    assert time.monotonic() - started < 5


def test_every_answer_under_load_is_whole_when_the_server_is_stopped(start: Start) -> None:
    server = start(TASKCORE_DATABASE_URL="sqlite:///tasks.db")
    api = server.api()

    def add_until_refused(client: int) -> int:
        stored = 0
        while True:
            try:
                answer = api.call("POST", "", {"title": f"{client}"})
            except ConnectionRefusedError:
                return stored
            assert answer.status == 201
            stored += 1

    with ThreadPoolExecutor(8) as pool:
        clients = [pool.submit(add_until_refused, client) for client in range(8)]
        time.sleep(0.5)
        assert server.stop() == 0
        stored = sum(client.result() for client in clients)

    found = start(TASKCORE_DATABASE_URL="sqlite:///tasks.db").api(api.user_id).tasks()
    assert stored > 0
    assert len(found) == stored
    assert "Traceback" not in server.errors


@BOTH
def test_clients_of_every_kind_do_not_keep_the_server_for_more_than_10_s(
    start: Start,
    storage: tuple[str, Callable[[], AbstractContextManager[None]]],
    number: signal.Signals,
) -> None:
    url, held = storage
    server = start(TASKCORE_DATABASE_URL=url)
    begin = b"POST /api/alice/tasks HTTP/1.1\r\nHost: 127.1\r\nContent-Type: application/json\r\n"
    with held():
        # The storage answers none of these: three that wait for it, and it is held all the time.
        waiting = [post(server, "Buy milk") for _ in range(3)]
        others = [connected(server, sent) for sent in (b"", b"GET", begin, NO_BODY, NO_READER * 20)]
        assert server.api().send("GET", "/docs").status == 200
        started = time.monotonic()
        server.process.send_signal(number)
        statuses = [status(connection) for connection in waiting]

        assert server.process.wait(30) == 0

        assert time.monotonic() - started < 10
    assert statuses == [503] * 3
    assert "Traceback" not in server.errors
    for connection in others:
        connection.close()


NO_BODY = (
    b"POST /api/alice/tasks HTTP/1.1\r\nHost: 127.1\r\nContent-Type: application/json\r\n"
    b'Content-Length: 100\r\n\r\n{"title":'
)
NO_READER = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: 127.1\r\n\r\n"


def connected(server: Server, sent: bytes) -> socket.socket:
    location = urlsplit(server.address)
    connection = socket.create_connection((location.hostname, location.port), timeout=30)
    connection.sendall(sent)
    return connection


@pytest.fixture(params=["1", "2"])
def server(request: pytest.FixtureRequest, start: Start) -> Server:
    """A server of one process, and one of two."""
    return start("--port", "0", "--workers", request.param, TASKCORE_DATABASE_URL="sqlite:///t.db")


@contextmanager
def stopped_while_busy(server: Server) -> Iterator[None]:
    """Have the kernel take what clients send meanwhile, and the server find that and a SIGTERM."""
    family = psutil.Process(server.process.pid)
    busy = [one for one in family.children() if "resource_tracker" not in str(one.cmdline())]
    for process in busy or [family]:
        process.suspend()
    try:
        yield
        server.process.terminate()
        time.sleep(0.3)  # for the supervisor to pass it on
    finally:
        for process in busy or [family]:
            process.resume()


ADDING = (
    b"POST /api/alice/tasks HTTP/1.1\r\nHost: 127.1\r\nContent-Type: application/json\r\n"
    b'Content-Length: 13\r\n\r\n{"title":"x"}'
)
ASKING = b"GET /api/alice/tasks/count HTTP/1.1\r\nHost: 127.1\r\n\r\n"


class Client:
    """A connection that was opened with some bytes, and what comes on it."""

    def __init__(self, server: Server, sent: bytes) -> None:
        self.connection = connected(server, sent)
        self.send = self.connection.sendall
        self._file = self.connection.makefile("rb")

    def answer(self) -> tuple[int, str | None]:
        """Return the status of the next answer, and what it says of the connection."""
        status = int(self._file.readline().split()[1])
        headers = parse_headers(self._file)
        self._file.read(int(headers["Content-Length"]))
        return status, headers["Connection"]

    def at_end(self) -> bool:
        """Whether nothing more comes; raise ``ConnectionError`` if that is not by a clean end."""
        return self._file.read(1) == b""

    def close(self) -> None:
        self._file.close()
        self.connection.close()


@pytest.fixture
def connect() -> Iterator[Connect]:
    with ExitStack() as stack:
        yield lambda server, sent: stack.enter_context(closing(Client(server, sent)))


def test_connections_that_the_kernel_took_before_the_stop_are_answered(
    server: Server, connect: Connect
) -> None:
    with stopped_while_busy(server):
        waiting = [connect(server, ASKING) for _ in range(50)]

    assert [client.answer()[0] for client in waiting] == [200] * 50
    assert all(client.at_end() for client in waiting)
    assert server.process.wait(30) == 0


def test_a_request_that_comes_with_the_stop_on_an_open_connection_is_answered(
    server: Server, connect: Connect
) -> None:
    clients = [connect(server, ASKING) for _ in range(50)]
    assert [client.answer() for client in clients] == [(200, None)] * 50
    with stopped_while_busy(server):
        for client in clients:
            client.send(ASKING)

    assert [client.answer() for client in clients] == [(200, "close")] * 50
    assert server.process.wait(30) == 0


def test_an_open_connection_has_a_moment_for_one_more_request_and_then_a_clean_end(
    server: Server, connect: Connect
) -> None:
    clients = [connect(server, ASKING) for _ in range(3)]
    assert [client.answer() for client in clients] == [(200, None)] * 3
    clients[2].send(ASKING[:20])  # and no more of it
    server.process.terminate()
    wait_until_refused(server)
    clients[0].send(ASKING)

    assert clients[0].answer() == (200, "close")
    for client in clients:
        assert client.at_end()
        client.send(ASKING)  # which nobody reads, and for which nobody resets it
        assert client.at_end()
    assert server.process.wait(30) == 0


@contextmanager
def stopping_while_one_waits(server: Server, path: Path, client: Client) -> Iterator[None]:
    """Hold the storage until the server, which was asked to add a task, was told to stop."""
    with closing(sqlite3.connect(path / "tasks.db", isolation_level=None)) as storage:
        storage.execute("BEGIN IMMEDIATE")
        client.send(ADDING)
        client.send(ASKING)
        assert server.api().send("GET", "/docs").status == 200
        server.process.terminate()
        wait_until_refused(server)
        yield
        storage.execute("ROLLBACK")


def test_what_a_client_still_sends_costs_it_none_of_its_answers(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    server = start(TASKCORE_DATABASE_URL="sqlite:///tasks.db")
    client = connect(server, b"")
    with stopping_while_one_waits(server, tmp_path, client):
        client.send(ASKING * 3000)

    assert client.answer() == (201, None)
    assert client.answer() == (200, "close")
    assert client.at_end()
    assert server.process.wait(30) == 0


def test_who_ends_sending_gets_the_answers_although_the_server_stops(
    start: Start, connect: Connect, tmp_path: Path
) -> None:
    server = start(TASKCORE_DATABASE_URL="sqlite:///tasks.db")
    client = connect(server, b"")
    with stopping_while_one_waits(server, tmp_path, client):
        client.connection.shutdown(socket.SHUT_WR)
        time.sleep(0.2)  # for it to be noticed

    assert [client.answer(), client.answer()] == [(201, None), (200, "close")]
    assert server.process.wait(30) == 0


def test_a_second_interrupt_ends_the_server_at_once(start: Start, tmp_path: Path) -> None:
    server = start(TASKCORE_DATABASE_URL="sqlite:///tasks.db")
    with closing(sqlite3.connect(tmp_path / "tasks.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        waiting = post(server, "Buy milk")
        assert server.api().send("GET", "/docs").status == 200
        server.process.send_signal(signal.SIGINT)
        wait_until_refused(server)
        assert server.process.poll() is None
        started = time.monotonic()

        assert server.stop(signal.SIGINT) == 130

    assert time.monotonic() - started < 1
    waiting.close()
