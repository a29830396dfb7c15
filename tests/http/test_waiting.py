"""A storage that hangs: nobody waits for it longer than 10 s, nor in a queue without end."""

from __future__ import annotations

import http.client
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg
from tests.http.conftest import Answer

if TYPE_CHECKING:
    from tests.http.conftest import Server, Start

PATIENCE = 10
ENTRIES = 1000
QUEUE = 10_000


def test_a_request_is_503_after_10_s_and_others_are_answered_meanwhile(
    start: Start, postgres_url: str
) -> None:
    server = start(TASKCORE_DATABASE_URL=postgres_url)
    api = server.api()
    with psycopg.connect(postgres_url) as connection, ThreadPoolExecutor(12) as pool:
        connection.execute("LOCK TABLE taskcore.tasks")
        started = time.monotonic()
        calls = [pool.submit(api.call, "POST", "", {"title": "x"}) for _ in range(11)]
        calls.append(pool.submit(in_two_pieces, server))
        time.sleep(1)
        assert server.api().send("GET", "/docs").status == 200
        answers = [call.result() for call in calls]
        took = time.monotonic() - started

    for answer in answers:
        answer.assert_problem(503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
    assert PATIENCE - 0.5 < took < PATIENCE + 2
    assert "Traceback" not in server.errors
    assert server.stop() == 0


def in_two_pieces(server: Server) -> Answer:
    """Add a task, with a pause before the body."""
    location = urlsplit(server.address)
    head = b"POST /api/alice/tasks HTTP/1.1\r\nHost: 127.1\r\nContent-Type: application/json\r\n"
    with socket.create_connection((location.hostname, location.port), timeout=30) as connection:
        connection.sendall(head + b"Content-Length: 13\r\n\r\n")
        time.sleep(0.2)
        connection.sendall(b'{"title":"x"}')
        with http.client.HTTPResponse(connection) as response:
            response.begin()
            return Answer(response.status, response.headers, response.read())


def test_with_a_full_queue_a_request_is_503_at_once(start: Start, postgres_url: str) -> None:
    server = start(TASKCORE_DATABASE_URL=postgres_url)
    api = server.api()
    array = [{"title": "x"}] * ENTRIES
    with psycopg.connect(postgres_url) as connection, ThreadPoolExecutor(20) as pool:
        connection.execute("LOCK TABLE taskcore.tasks")
        # As many as are waiting, and as the threads have in hand.
        arrays = [pool.submit(api.call, "POST", "", array) for _ in range(QUEUE // ENTRIES + 2)]
        time.sleep(3)
        started = time.monotonic()
        answer = api.call("GET")

        assert time.monotonic() - started < 1
        answer.assert_problem(503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
        for one in arrays:
            assert one.result().status in {207, 503}
    assert "Traceback" not in server.errors
