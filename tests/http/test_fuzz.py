"""Any bytes as path, body and content type: a well-formed answer, and never a 5xx."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_from_bytes, urlsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.http.conftest import Answer, Server

METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
FIELDS = st.sampled_from(["title", "description", "completed", "id"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=300)
    | st.text(st.characters(categories=["Cc", "Cs", "Zs", "Lu"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
# The server lives longer than an example, and takes any number of users.
fuzz = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def exchange(server: Server, method: bytes, path: bytes, kind: bytes, body: bytes) -> Answer:
    return server.exchange(
        b"%s %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
        b"Connection: close\r\n\r\n%s" % (method, path, kind, len(body), body)
    )


def assert_well_formed(method: str, answer: Answer) -> None:
    assert answer.status < 500, answer
    if method != "HEAD" and answer.status >= 400:
        problem = answer.json
        loc, rule = None, None
        if "errors" in problem:
            [flaw] = problem["errors"]
            loc, rule = flaw["loc"], flaw["type"]
        answer.assert_problem(answer.status, problem["code"], loc=loc, rule=rule)


@fuzz
@given(
    method=METHODS,
    user_id=st.binary(max_size=20),
    task_id=st.just(b"") | st.binary(max_size=40) | st.uuids().map(lambda uuid: str(uuid).encode()),
    suffix=st.sampled_from(["", "/complete", "/", "//"]),
    body=st.binary(max_size=200) | VALUES.map(lambda value: json.dumps(value).encode()),
    kind=st.sampled_from([b"application/json", b"text/plain", b""]) | st.binary(max_size=30),
)
@example("POST", b"\xff\xfe", b"", "", b"\xff", b"\xff/\xff;charset=\xff")
@example("PATCH", b"a", str(uuid4()).encode(), "/complete", b"{}", b"application/json;charset")
def test_any_ids_body_and_content_type_get_a_proper_answer(  # noqa: PLR0917  # Hypothesis's
    server: Server,
    method: str,
    user_id: bytes,
    task_id: bytes,
    suffix: str,
    body: bytes,
    kind: bytes,
) -> None:
    path = f"/api/{quote_from_bytes(user_id, safe='')}/tasks"
    if task_id:
        path += f"/{quote_from_bytes(task_id, safe='')}"
    # A line break would end the header, and others of these are for the parser of HTTP to refuse.
    header = bytes(byte for byte in kind if byte == 9 or (byte >= 32 and byte != 127))

    answer = exchange(server, method.encode(), f"{path}{suffix}".encode(), header, body)

    assert_well_formed(method, answer)


@fuzz
@given(method=METHODS, path=st.binary(max_size=60))
@example("GET", b"api/%/tasks")
@example("GET", b"api/%zz/tasks")
@example("GET", b"api/\xff/tasks")
@example("GET", b"/evil.example/api/a/tasks")
@example("GET", b"api/a/tasks?x=%ff&y=[]")
@example("GET", b"?" * 5000)
def test_any_path_gets_a_proper_answer(server: Server, method: str, path: bytes) -> None:
    target = b"/" + bytes(byte for byte in path if byte > 32)

    answer = exchange(server, method.encode(), target, b"application/json", b"{}")

    if answer.status == 400 and answer.headers["Content-Type"].startswith("text/plain"):
        # The parser of HTTP refused it before there was a request.
        assert answer.headers["Connection"] == "close"
    else:
        assert_well_formed(method, answer)


@fuzz
@given(body=st.dictionaries(FIELDS | st.text(max_size=5), VALUES, max_size=3) | VALUES)
@example({"title": "\ud800"})
@example({"title": "x", "description": None})
@example({"title": "x", "description": "\r\n\t"})
def test_any_json_is_stored_as_it_says_or_refused_and_not_stored(server: Server, body: Any) -> None:
    api = server.api()

    answer = api.call("POST", "", body)

    if answer.status == 201:
        assert set(body) <= {"title", "description"}
        assert answer.json["title"] == body["title"].strip()
        assert answer.json["description"] == body.get("description")
        assert api.tasks() == [answer.json]
    else:
        [flaw] = answer.json["errors"]
        answer.assert_problem(400, "invalid", loc=flaw["loc"], rule=flaw["type"])
        assert api.tasks() == []


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET /api/a/tasks HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"GET /api/a/tasks HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /api/a/tasks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_not_http_harms_nobody_else(server: Server, request_: bytes) -> None:
    location = urlsplit(server.address)
    with socket.create_connection((location.hostname, location.port), timeout=30) as connection:
        connection.sendall(request_)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert not answer.startswith(b"HTTP/1.1 5")
    assert server.api().tasks() == []
    assert "Traceback" not in server.errors
