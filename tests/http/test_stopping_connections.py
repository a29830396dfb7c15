"""Stopping, as its clients see it: each connection gets its answers, and a clean end."""

from __future__ import annotations

import re
import signal
import socket
import sqlite3
import time
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from tests.http.clients import ADDING, ASKING, Client, wait_until_refused

from taskcore_http.process import TICKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.http.conftest import Server, Start

    Connect = Callable[[Server, bytes], Client]


PROC = Path("/proc")


@pytest.fixture(params=["1", "2"])
def server(request: pytest.FixtureRequest, start: Start) -> Server:
    """A server of one process, and one of two."""
    return start("--port", "0", "--workers", request.param, TASKCORE_DATABASE_URL="sqlite:///t.db")


@contextmanager
def stopped_while_busy(server: Server) -> Iterator[None]:
    """Have the kernel take what clients send meanwhile, and the server find that and a SIGTERM."""
    if not PROC.is_dir():
        pytest.skip("this system does not say which signals wait")
    family = psutil.Process(server.process.pid)
    workers = [one for one in family.children() if "resource_tracker" not in str(one.cmdline())]
    busy = workers or [family]
    for process in busy:
        process.suspend()
    try:
        wait_until(lambda: all(is_suspended(process) for process in busy))
        yield
        server.process.terminate()
        wait_until(lambda: all(is_due(signal.SIGTERM, process) for process in busy))
        # So that to look whether to stop is due as well, as it is every tick.
        time.sleep(2 / TICKS)
    finally:
        for process in busy:
            process.resume()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_suspended(process: psutil.Process) -> bool:
    """Whether all threads of a process are, so that signals wait."""
    threads = (PROC / str(process.pid) / "task").iterdir()
    return all("\nState:\tT" in (thread / "status").read_text() for thread in threads)


def is_due(number: signal.Signals, process: psutil.Process) -> bool:
    """Whether a signal waits for a suspended process."""
    status = (PROC / str(process.pid) / "status").read_text()
    [pending] = re.findall(r"\nShdPnd:\s*([0-9a-f]+)\n", status)
    return bool(int(pending, 16) >> number - 1 & 1)


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
    client, other = connect(server, b""), connect(server, b"")
    with stopping_while_one_waits(server, tmp_path, client):
        client.connection.shutdown(socket.SHUT_WR)
        # With an answer on the other, or its end, both have been looked at.
        other.send(b"GET /health/live HTTP/1.1\r\nHost: 127.1\r\n\r\n")
        other.at_end()

    assert [client.answer(), client.answer()] == [(201, None), (200, "close")]
    assert server.process.wait(30) == 0
