"""Any bytes as path, body and content type: a well-formed answer, and never a 5xx."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_from_bytes, urlencode, urlsplit
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.http.conftest import Answer, Server

METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
FIELDS = st.sampled_from(
    [
        "title",
        "description",
        "completed",
        "due",
        "start",
        "priority",
        "tags",
        "project",
        "parent_id",
        "extra",
        "id",
    ]
)
TEXTS = st.sampled_from(
    [
        "2026-11-30",
        "2026-02-30",
        "0001-01-01",
        "9999-12-31",
        "2026-11-30T09:00:00Z",
        "2026-11-30T09:00:00+01:00[Europe/Paris]",
        "9999-12-31T23:59:59-23:59",
        "2026-03-29T02:30:00+01:00[Europe/Paris]",
        "2026-11-30T09:00:00Z[../../etc/passwd]",
        "high",
        "home.garden",
        "..",
        "01890a5d-ac96-774b-bcce-b302099a8057",
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=300)
    | TEXTS
    | st.text(st.characters(categories=["Cc", "Cs", "Zs", "Lu"]), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
OBJECTS = st.dictionaries(FIELDS | st.text(max_size=5), VALUES, max_size=3) | VALUES
PARAMETERS = st.sampled_from(
    ["filter", "order_by", "page_size", "page_token", "zone", "explain", "subtree"]
)
# Pieces that filters are made of, and much that they are not.
WORDS = st.lists(
    st.sampled_from(
        [
            *("title", "tags", "due", "priority", "project", "extra.a", "id", "version", "tgas"),
            *("=", "!=", "<", "<=", ":", "(", ")", "AND", "OR", "NOT", "-", ",", "*", '"', "\\"),
            *("today", "+7d", "now-1h", "2026-11-30", "9999-12-31", "+99999999y", "high", "true"),
            *(
                "milk",
                "Buy*",
                "'x'",
                "\0",
                "\ud800",
                "\ufffd",
                "\u2028",
                "desc",
                "1e999",
                "\N{PARTY POPPER}",
            ),
        ]
    ),
    max_size=8,
).map(" ".join)
QUERIES = st.dictionaries(
    PARAMETERS | st.text(max_size=3),
    WORDS | st.text(max_size=20) | st.integers().map(str) | st.sampled_from(["true", "UTC"]),
    max_size=3,
)


# The server lives longer than an example, and takes any number of users.
fuzz = settings(max_examples=75, suppress_health_check=[HealthCheck.function_scoped_fixture])


def exchange(server: Server, method: bytes, path: bytes, kind: bytes, body: bytes) -> Answer:
    return server.exchange(
        b"%s %s HTTP/1.1\r\nHost: 127.1\r\nContent-Type: %s\r\nContent-Length: %d\r\n"
        b"Connection: close\r\n\r\n%s" % (method, path, kind, len(body), body)
    )


def assert_well_formed(method: str, answer: Answer) -> None:
    assert answer.status < 500, answer
    if method != "HEAD" and answer.status >= 400:
        problem = answer.json
        [flaw] = problem.get("errors", [{}])
        answer.assert_problem(
            answer.status,
            problem["code"],
            loc=flaw.get("loc"),
            rule=flaw.get("type"),
            column=flaw.get("column"),
        )


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

    assert_well_formed(method, answer)


@fuzz
@given(body=OBJECTS)
@example({"title": "\ud800"})
@example({"title": "x", "description": None})
@example({"title": "x", "description": "\r\n\t"})
def test_any_json_is_stored_as_it_says_or_refused_and_not_stored(server: Server, body: Any) -> None:
    assume(not isinstance(body, list))
    api = server.api()

    answer = api.call("POST", "", body)

    if answer.status == 201:
        assert answer.json["title"] == body["title"].strip()
        for field in body.keys() - {"title", "tags", "extra", "due", "start"}:
            assert answer.json[field] == body[field]
        assert api.tasks() == [answer.json]
    else:
        [flaw] = answer.json["errors"]
        answer.assert_problem(400, "invalid", loc=flaw["loc"], rule=flaw["type"])
        assert api.tasks() == []


@fuzz
@given(entries=st.lists(st.dictionaries(FIELDS, VALUES, max_size=3) | VALUES, max_size=5))
@example([{"title": "x"}, {"title": "\ud800"}, [], None])
def test_of_any_array_each_entry_is_stored_or_refused_on_its_own(
    server: Server, entries: list[Any]
) -> None:
    api = server.api()

    answer = api.call("POST", "", entries)

    if not entries:
        answer.assert_problem(400, "invalid", loc=["body"], rule="empty")
    elif answer.status == 400:
        # What is not JSON in UTF-8 has no entries.
        answer.assert_problem(400, "invalid", loc=["body"], rule="json")
    else:
        assert answer.status == 207
        assert len(answer.json) == len(entries)
        for place, outcome in enumerate(answer.json):
            if outcome["status"] != 201:
                [flaw] = outcome["problem"]["errors"]
                assert outcome["status"] == outcome["problem"]["status"] == 400
                assert flaw["loc"][:2] == ["body", place]
        stored = [outcome["task"] for outcome in answer.json if outcome["status"] == 201]
        assert sorted(task["id"] for task in api.tasks()) == sorted(task["id"] for task in stored)


@fuzz
@given(patch=OBJECTS, kind=st.sampled_from(["application/json", "application/merge-patch+json"]))
@example({"title": None}, "application/merge-patch+json")
@example({"extra": {"a": {"b": None}}}, "application/merge-patch+json")
def test_any_patch_is_made_as_it_says_or_refused_and_not_made(
    server: Server, patch: Any, kind: str
) -> None:
    api = server.api()
    task = api.add(due="2026-11-30", tags=["home"], extra={"a": 1})

    answer = api.send(
        "PATCH", f"{api.path}/{task['id']}", json.dumps(patch).encode(), {"Content-Type": kind}
    )

    if answer.status == 200:
        assert answer.json.keys() == task.keys()
        assert api.tasks() == [answer.json]
        named = patch.keys() | {"updated_at", "version", "completed_at"}
        assert {name for name in task if answer.json[name] != task[name]} <= named
    else:
        assert_well_formed("PATCH", answer)
        assert api.tasks() == [task]


@fuzz
@given(
    method=st.sampled_from(["GET", "GET", "GET", "POST", "DELETE"]),
    suffix=st.sampled_from(["/tasks", "/tasks", "/tasks/count", "/projects", "/tags", "/tasks/x"]),
    query=QUERIES.map(lambda query: urlencode(query, errors="surrogatepass").encode())
    | st.binary(max_size=30),
)
@example("GET", "/tasks", b"filter=%ff")
@example("GET", "/tasks", b"filter=%00")
@example("GET", "/tasks", b"page_size=" + b"9" * 5000)
@example("GET", "/tasks", b"page_token=" + b"W" * 5000)
@example("GET", "/tasks", b"zone=../../../../etc/passwd")
@example("GET", "/tasks", b"zone=%00&filter=due<today")
@example("GET", "/tasks", b"filter=" + b"(" * 1900)
@example("GET", "/tasks", b"&&=&filter")
def test_any_query_gets_a_proper_answer(
    server: Server, method: str, suffix: str, query: bytes
) -> None:
    line = bytes(byte for byte in query if byte > 32 and byte not in b"#\x7f")
    path = f"/api/somebody{suffix}?".encode() + line

    answer = exchange(server, method.encode(), path, b"application/json", b"{}")

    assert_well_formed(method, answer)


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET /api/a/tasks HTTP/1.1\r\nHost: 127.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
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
