"""Accept: what a client takes, and a 406 where that excludes the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Api

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

TAKEN = [
    "*/*",
    "application/json",
    "APPLICATION/JSON",
    "application/*",
    "application/json;q=0.001",
    "application/json; charset=utf-8",
    'application/json;profile="a;b"',
    "text/html, application/json;q=0.5",
    "application/json, application/problem+json",
    "application/*;q=0, application/json",
    "*/*;q=0, application/json",
    "application/xml;q=0, */*",
    BROWSER,
    # Old Java clients: not a media range by the standard, so that nothing is said.
    "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2",
]
EXCLUDED = [
    "text/html",
    "text/*",
    "application/xml, text/plain;q=0.5",
    "application/problem+json",
    "application/json;q=0",
    "application/json; charset=utf-8; Q=0.000",
    "application/json;q=0, */*",
    "application/*;q=0, */*;q=1",
    "*/*;q=0",
    "application/jsonp",
]
MALFORMED = [
    "",
    ",",
    "json",
    "application/",
    "/json",
    "text/html;q=2",
    "text/html;q=1.001",
    "text/html;q=x",
    "text/html;q=",
    "text/html;q=-1",
    "text/html;q=0.1234",
    "text / html",
    "text/html/x",
    "text/h\u00e9ml",
    'text/html;a="b,c"',
    ";;;;",
    "text/html;q=0," * 1000 + "\xff",
]


def ask(api: Api, accept: str, path: str = "", method: str = "GET") -> int:
    answer = api.call(method, path, headers={"Accept": accept})
    if answer.status >= 400:
        answer.assert_problem(answer.status, answer.json["code"])
    return answer.status


@pytest.mark.parametrize("accept", TAKEN)
def test_what_allows_json_is_answered(api: Api, accept: str) -> None:
    assert ask(api, accept) == 200


@pytest.mark.parametrize("accept", EXCLUDED)
def test_what_excludes_json_is_406(api: Api, accept: str) -> None:
    answer = api.call("GET", headers={"Accept": accept})

    problem = answer.assert_problem(406, "not_acceptable")
    assert "application/json" in problem["detail"]


@pytest.mark.parametrize("accept", MALFORMED)
def test_a_malformed_accept_says_nothing(api: Api, accept: str) -> None:
    assert ask(api, accept) == 200


def test_accept_may_come_in_several_lines(api: Api) -> None:
    server = api.address.removeprefix("http://")
    import socket

    host, _, port = server.partition(":")
    for lines, status in (
        (b"Accept: application/json\r\nAccept: text/html\r\n", b"200"),
        (b"Accept: text/html\r\nAccept: text/plain\r\n", b"406"),
    ):
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            path = api.path.encode()
            connection.sendall(b"GET %s HTTP/1.1\r\nHost: 127.1\r\n%s\r\n" % (path, lines))
            assert connection.recv(12) == b"HTTP/1.1 " + status


def test_a_call_that_is_not_acceptable_changes_nothing(api: Api) -> None:
    task = api.add()
    html = {"Accept": "text/html"}

    for method, path, body in (
        ("POST", "", {"title": "x"}),
        ("PUT", f"/{task['id']}", {"title": "x"}),
        ("PATCH", f"/{task['id']}", {"title": "x"}),
        ("PATCH", f"/{task['id']}/complete", {}),
        ("DELETE", f"/{task['id']}", {}),
    ):
        api.call(method, path, body, html).assert_problem(406, "not_acceptable")

    assert api.tasks() == [task]


def test_errors_are_problems_whatever_accept_says(api: Api) -> None:
    headers = {"Accept": "application/json"}

    api.call("GET", f"/{uuid4()}", headers=headers).assert_problem(404, "not_found")
    api.send("GET", "/nowhere", None, {"Accept": "text/html"}).assert_problem(404, "not_found")
    answer = api.send("DELETE", api.path, None, {"Accept": "text/html"})
    answer.assert_problem(405, "method_not_allowed")


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [
        ("/docs", "text/html", 200),
        ("/docs", BROWSER, 200),
        ("/docs", "application/json", 406),
        ("/docs/swagger-ui.css", "text/css,*/*;q=0.1", 200),
        ("/docs/swagger-ui.css", "application/json", 200),
        ("/openapi.json", "application/json,*/*", 200),
        ("/openapi.json", "text/html", 406),
        ("/", "application/json", 302),
    ],
)
def test_the_docs_are_judged_by_what_they_are(
    api: Api, path: str, accept: str, status: int
) -> None:
    assert api.send("GET", path, None, {"Accept": accept}).status == status
