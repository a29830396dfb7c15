"""What comes over the wire and is no plain request: answered as all else is, in its turn."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from http.client import parse_headers
from io import BytesIO
from select import select
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from tests.http.conftest import Answer, Server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.http.conftest import Start

GET = b"GET /api/alice/tasks/count HTTP/1.1\r\nHost: 127.1\r\n"
POST = b"POST /api/alice/tasks HTTP/1.1\r\nHost: 127.1\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


def connect(server: Server) -> socket.socket:
    location = urlsplit(server.address)
    return socket.create_connection((location.hostname, location.port), timeout=30)


def read(connection: socket.socket) -> Answer:
    """Read one answer, and nothing of the next."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        assert byte, head
        head += byte
    line, _, fields = head.partition(b"\r\n")
    headers = parse_headers(BytesIO(fields))
    body = b""
    while len(body) < int(headers["Content-Length"]):
        body += connection.recv(int(headers["Content-Length"]) - len(body))
    return Answer(int(line.split()[1]), headers, body)


def is_closed(connection: socket.socket) -> bool:
    """Whether the server ends the connection, and sends nothing more on it."""
    return connection.recv(1) == b""


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.2\r\nHost: 127.1\r\n\r\n",
        b"GET / HTTP/2.0\r\nHost: 127.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: 127.1\r\n\r\n",
        b"GET / HTTP/1.1\nHost: localhost\n\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.1\r\nHost: y\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: 127.1\r\n\r\n",
        GET + b"A: b\0c\r\n\r\n",
        GET + b"A: b\r\n folded\r\n\r\n",
        GET + b"A : b\r\n\r\n",
        POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        POST + b"Content-Length: 2, 2\r\n\r\n{}",
        POST + b"Content-Length: +2\r\n\r\n{}",
        POST + b"Content-Length: -2\r\n\r\n{}",
        POST + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
        POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n",
    ],
)
def test_what_is_no_http_is_a_problem_and_ends_the_connection(
    sqlite_server: Server, request_: bytes
) -> None:
    with connect(sqlite_server) as connection:
        connection.sendall(request_)
        answer = read(connection)

        answer.assert_problem(400, "invalid")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Connection"] == "close"
        assert is_closed(connection)
    assert "Traceback" not in sqlite_server.errors


def test_a_refused_request_has_the_id_that_it_was_sent_with(sqlite_server: Server) -> None:
    answer = sqlite_server.exchange(GET + b"X-Request-ID: mine\r\nContent-Length: x\r\n\r\n")

    assert answer.assert_problem(400, "invalid")
    assert answer.headers["X-Request-ID"] == "mine"


def test_an_address_may_have_8_kib(sqlite_server: Server) -> None:
    room = 8 * 1024 - len("/")

    fits = sqlite_server.exchange(b"GET /%s HTTP/1.1\r\nHost: 127.1\r\n\r\n" % (b"a" * room))
    too_long = sqlite_server.exchange(
        b"GET /%s HTTP/1.1\r\nHost: 127.1\r\n\r\n" % (b"a" * (room + 1))
    )

    fits.assert_problem(404, "not_found")
    too_long.assert_problem(414, "uri_too_long")


def test_a_header_may_have_16_kib(sqlite_server: Server) -> None:
    room = 16 * 1024 - len("Host: 127.1\r\n") - len("A: \r\n")

    fits = sqlite_server.exchange(GET + b"A: %s\r\n\r\n" % (b"a" * room))
    too_large = sqlite_server.exchange(GET + b"A: %s\r\n\r\n" % (b"a" * (room + 1)))

    assert fits.status == 200
    too_large.assert_problem(431, "headers_too_large")


def test_a_header_may_have_100_fields(sqlite_server: Server) -> None:
    fits = sqlite_server.exchange(GET + b"A: b\r\n" * 99 + b"\r\n")
    too_many = sqlite_server.exchange(GET + b"A: b\r\n" * 100 + b"\r\n")

    assert fits.status == 200
    too_many.assert_problem(431, "headers_too_large")


@pytest.mark.parametrize(
    ("begin", "status", "code"),
    [
        (b"GET /", 414, "uri_too_long"),
        (GET + b"A", 431, "headers_too_large"),
        (GET + b"A: b", 431, "headers_too_large"),
        (CHUNKED + b"2;a=b", 413, "content_too_large"),
        (CHUNKED + b"0\r\nA: b", 413, "content_too_large"),
    ],
)
def test_what_never_ends_is_refused_before_it_fills_the_memory(
    sqlite_server: Server, begin: bytes, status: int, code: str
) -> None:
    with connect(sqlite_server) as connection:
        connection.sendall(begin)
        sent = 0
        while not select([connection], [], [], 0)[0]:
            connection.sendall(b"a" * 100_000)
            sent += 100_000
            assert sent < 50_000_000

        read(connection).assert_problem(status, code)


def test_pipelined_requests_are_answered_in_their_order(sqlite_server: Server) -> None:
    adding = b'{"title": "Buy milk"}'
    post = POST.replace(b"alice", b"pipe") + b"Content-Length: %d\r\n\r\n" % len(adding) + adding
    count = GET.replace(b"alice", b"pipe") + b"\r\n"
    with connect(sqlite_server) as connection:
        connection.sendall((post + count) * 20)

        for number in range(1, 21):
            assert read(connection).status == 201
            assert read(connection).json == {"count": number}


def test_of_pipelined_requests_the_first_bad_one_is_the_last(sqlite_server: Server) -> None:
    with connect(sqlite_server) as connection:
        connection.sendall((GET + b"\r\n") * 3 + GET + b"Bad Field\r\n\r\n" + GET + b"\r\n")

        assert [read(connection).status for _ in range(4)] == [200, 200, 200, 400]
        assert is_closed(connection)


def test_many_pipelined_requests_are_no_large_header(sqlite_server: Server) -> None:
    requests = (GET + b"A: %s\r\n\r\n" % (b"a" * 2000)) * 40
    with connect(sqlite_server) as connection:
        connection.sendall(requests[:-20])
        time.sleep(0.2)
        connection.sendall(requests[-20:])

        assert [read(connection).status for _ in range(40)] == [200] * 40


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"h2c, websocket"])
def test_a_wish_for_another_protocol_is_not_heard(sqlite_server: Server, protocol: bytes) -> None:
    wish = b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n"
    body = b'{"title": "Buy milk"}'
    with connect(sqlite_server) as connection:
        connection.sendall(POST + wish + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        assert read(connection).status == 201
        # The body in a packet of its own must not be taken for a request.
        connection.sendall(POST + wish + b"Content-Length: %d\r\n\r\n" % len(body))
        time.sleep(0.1)
        connection.sendall(body)
        assert read(connection).status == 201
        connection.sendall(GET + wish + b"\r\n" + GET + b"\r\n")
        assert [read(connection).status for _ in range(2)] == [200, 200]
    assert "pgrade" not in sqlite_server.errors


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (b"GET http://example.org/api/alice/tasks/count HTTP/1.1", 200),
        (b"GET http://example.org HTTP/1.1", 302),
        (b"GET http://example.org?a=b HTTP/1.1", 302),
        (b"GET /api/alice/tasks/count#part HTTP/1.1", 200),
        (b"GET * HTTP/1.1", 404),
        (b"GET //api HTTP/1.1", 404),
    ],
)
def test_targets_of_every_form_are_understood(
    sqlite_server: Server, line: bytes, status: int
) -> None:
    assert sqlite_server.exchange(line + b"\r\nHost: 127.1\r\n\r\n").status == status


def test_options_of_the_whole_server_are_answered(sqlite_server: Server) -> None:
    assert sqlite_server.exchange(b"OPTIONS * HTTP/1.1\r\nHost: 127.1\r\n\r\n").status < 500


def test_connect_is_a_method_that_no_address_takes(sqlite_server: Server) -> None:
    with connect(sqlite_server) as connection:
        connection.sendall(b"CONNECT /docs HTTP/1.1\r\nHost: 127.1\r\n\r\nanything" + GET + b"\r\n")

        read(connection).assert_problem(405, "method_not_allowed")
        assert is_closed(connection)
    assert "WARNING" not in sqlite_server.errors


@pytest.mark.parametrize("field", [b"", b"Connection: keep-alive\r\n"])
def test_http_1_0_needs_no_host_and_gets_one_answer(sqlite_server: Server, field: bytes) -> None:
    with connect(sqlite_server) as connection:
        connection.sendall(b"GET /api/alice/tasks/count HTTP/1.0\r\n" + field + b"\r\n")

        assert read(connection).status == 200
        assert is_closed(connection)


def test_a_client_that_has_said_all_it_will_gets_its_answers(sqlite_server: Server) -> None:
    with connect(sqlite_server) as connection:
        connection.sendall((GET + b"\r\n") * 2)
        connection.shutdown(socket.SHUT_WR)

        assert [read(connection).status for _ in range(2)] == [200, 200]
        assert is_closed(connection)


def test_a_body_that_is_too_large_is_not_asked_for(sqlite_server: Server) -> None:
    expect = b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n"
    with connect(sqlite_server) as connection:
        connection.sendall(POST + expect % 3_000_000)

        answer = read(connection)

        answer.assert_problem(413, "content_too_large")
        assert answer.headers["Connection"] == "close"
        assert is_closed(connection)
    with connect(sqlite_server) as connection:
        connection.sendall(POST + expect % len(b'{"title": "x"}'))
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b'{"title": "x"}')
        assert read(connection).status == 201


@pytest.mark.parametrize("path", [b"/api/alice/tasks", b"/nowhere"])
def test_a_client_that_sends_far_too_much_can_read_why_not(
    sqlite_server: Server, path: bytes
) -> None:
    with connect(sqlite_server) as connection:
        connection.sendall(CHUNKED.replace(b"/api/alice/tasks", path))
        for _ in range(40):
            connection.sendall(b"186a0\r\n" + b" " * 100_000 + b"\r\n")

        assert read(connection).status in {404, 413}
        assert is_closed(connection)


def test_a_short_body_that_nobody_reads_does_not_end_the_connection(sqlite_server: Server) -> None:
    with connect(sqlite_server) as connection:
        connection.sendall(b"POST /nowhere HTTP/1.1\r\nHost: 127.1\r\nContent-Length: 6\r\n\r\nabc")
        read(connection).assert_problem(404, "not_found")
        connection.sendall(b"def" + GET + b"\r\n")

        assert read(connection).status == 200


def test_a_chunked_body_in_many_pieces_is_one_and_keeps_the_connection(
    sqlite_server: Server,
) -> None:
    with connect(sqlite_server) as connection:
        for _ in range(2):
            connection.sendall(CHUNKED)
            for byte in b'{"title": "Buy milk"}':
                connection.sendall(b"1;a=b\r\n%c\r\n" % byte)
            connection.sendall(b"0\r\n" + b"Content-Type: text/plain\r\n" * 150 + b"\r\n")

            assert read(connection).status == 201


def test_a_client_that_leaves_in_the_middle_of_its_body_is_no_event(start: Start) -> None:
    server = start(TASKCORE_DATABASE_URL="memory:")
    for piece in (b"", b'{"title": '):
        with connect(server) as connection:
            connection.sendall(POST + b"Content-Length: 100\r\n\r\n" + piece)
            time.sleep(0.1)

    assert server.api().tasks() == []
    assert "ERROR" not in server.errors
    assert server.stop() == 0


def test_a_thousand_idle_connections_hold_nobody_up(start: Start) -> None:
    server = start(TASKCORE_DATABASE_URL="memory:")
    api = server.api()
    idle = [connect(server) for _ in range(900)]
    for connection in idle[::2]:
        connection.sendall(GET + b"\r\n")
        assert read(connection).status == 200
    started = time.monotonic()

    assert [api.call("GET").status for _ in range(20)] == [200] * 20

    assert time.monotonic() - started < 5
    assert server.stop() == 0
    for connection in idle:
        with closing(connection):
            assert is_closed(connection)


def test_a_failure_at_the_edge_itself_is_a_problem_too(tmp_path: Path) -> None:
    program = """
from taskcore_http import app
from taskcore_http.__main__ import main

class Failing(app.Edge):
    failed = False

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and not self.failed:
            self.failed = True
            raise LookupError("on our side")
        await super().__call__(scope, receive, send)

app.Edge = Failing
main()
"""
    log = tmp_path / "stderr"
    with (
        log.open("wb") as stderr,
        subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-c", program, "--host", "127.0.0.1", "--port", "0"],
            env=os.environ | {"TASKCORE_DATABASE_URL": "memory:"},
            stderr=stderr,
        ) as process,
    ):
        server = Server(process, log)
        server.wait_until_serving()

        with connect(server) as connection:
            connection.sendall((GET + b"\r\n") * 2)
            read(connection).assert_problem(500, "internal")
            assert read(connection).status == 200
        assert server.stop() == 0
    assert "LookupError: on our side" in server.errors
