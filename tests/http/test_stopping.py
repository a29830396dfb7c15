"""Stopping: what was accepted is answered first, nothing new is, and the exit code is 0."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
import pytest
from tests.http.clients import connected, post, status, wait_until_refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.http.conftest import Start

REQUESTS = 40
NO_BODY = (
    b"POST /api/alice/tasks HTTP/1.1\r\nHost: 127.1\r\nContent-Type: application/json\r\n"
    b'Content-Length: 100\r\n\r\n{"title":'
)
NO_READER = b"GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: 127.1\r\n\r\n"
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
