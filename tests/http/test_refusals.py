"""What is refused, by whatever part of the server, is a problem document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from litestar.testing import TestClient

from taskcore_http.edge import Edge

if TYPE_CHECKING:
    from tests.http.conftest import Api, Server

JSON = {"Content-Type": "application/json"}
ID = "01890a5d-ac96-774b-bcce-b302099a8057"


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "code"),
    [
        ("GET", "?page_size=x", {}, None, 400, "invalid"),
        ("POST", "", JSON, b"{", 400, "invalid"),
        ("POST", "", JSON, b"\xff", 400, "invalid"),
        ("GET", "/nothing/at/all", {}, None, 404, "not_found"),
        ("GET", f"/{ID}", {}, None, 404, "not_found"),
        ("OPTIONS", "/nothing/at/all", {}, None, 404, "not_found"),
        ("DELETE", "", {}, None, 405, "method_not_allowed"),
        ("TRACE", "", {}, None, 405, "method_not_allowed"),
        ("GET", "", {"Accept": "image/png"}, None, 406, "not_acceptable"),
        ("POST", "", JSON, b" " * (64 * 1024 + 1), 413, "content_too_large"),
        ("POST", "", JSON, b"[" + b" " * (2 * 1024 * 1024), 413, "content_too_large"),
        ("GET", "?filter=" + "x" * 8192, {}, None, 414, "uri_too_long"),
        ("GET", "/" + "x" * 8192, {}, None, 414, "uri_too_long"),
        ("OPTIONS", "/" + "x" * 8192, {}, None, 414, "uri_too_long"),
        ("POST", "", {"Content-Type": "text/plain"}, b"{}", 415, "unsupported_media_type"),
        ("PATCH", f"/{ID}", {"Content-Type": "text/html"}, b"{}", 415, "unsupported_media_type"),
        ("PROPFIND", "", {}, None, 405, "method_not_allowed"),
    ],
)
def test_a_refusal_is_a_problem_document(
    api: Api,
    *,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes | None,
    status: int,
    code: str,
) -> None:
    answer = api.send(method, api.path + path, body, headers)

    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")
    problem = answer.json
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert answer.headers["Content-Length"] == str(len(answer.body))
    assert answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_address_of_8_kib_is_read_and_one_byte_more_is_not(api: Api) -> None:
    fits = f"{api.path}?filter=".ljust(8 * 1024 + 1, "x")

    assert api.send("GET", fits).status == 400
    assert api.send("GET", fits + "x").status == 414


@pytest.mark.parametrize("letter", ["x", "\u8a9e", "\U0001f600"])
def test_the_next_page_has_an_address_that_is_not_too_long(api: Api, letter: str) -> None:
    long = {"title": letter * 200, "description": letter * 1000, "project": letter * 100}
    tasks = [api.add(**long) for _ in range(2)]

    link = api.ask(order_by="description, title, project", page_size=1).headers["Link"]
    found = api.send("GET", link[1 : link.index(">")]).json

    assert found in [[task] for task in tasks]


def test_a_host_that_is_none_is_refused_as_a_problem(server: Server) -> None:
    answer = server.exchange(
        b"GET /api/alice/tasks HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n"
    )

    answer.assert_problem(421, "misdirected")


def test_an_answer_that_was_begun_and_never_sent_becomes_a_problem() -> None:
    async def app(_scope: object, _receive: object, send: object) -> None:
        assert callable(send)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise LookupError

    answer = TestClient(Edge(app)).get("/")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
