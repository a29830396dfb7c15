"""OPTIONS, HEAD, and methods that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from litestar.testing import TestClient

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from tests.http.conftest import Api, Server

PATCHES = "application/merge-patch+json, application/json"


@pytest.mark.parametrize(
    ("path", "allow", "patch"),
    [
        ("/api/alice/tasks", "GET, HEAD, POST, OPTIONS", None),
        ("/api/alice/tasks/", "GET, HEAD, POST, OPTIONS", None),
        ("/api/alice/tasks/count", "GET, HEAD, OPTIONS", None),
        ("/api/alice/projects", "GET, HEAD, OPTIONS", None),
        ("/api/alice/tags", "GET, HEAD, OPTIONS", None),
        ("/api/alice/tasks/{id}", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS", PATCHES),
        ("/api/alice/tasks/{id}/complete", "PATCH, OPTIONS", "application/json"),
        ("/", "GET, HEAD, OPTIONS", None),
        ("/docs", "GET, HEAD, OPTIONS", None),
        ("/docs/swagger-ui.css", "GET, HEAD, OPTIONS", None),
        ("/openapi.json", "GET, HEAD, OPTIONS", None),
    ],
)
def test_options_of_an_address_says_what_it_takes(
    api: Api, path: str, allow: str, patch: str | None
) -> None:
    answer = api.send("OPTIONS", path.format(id=uuid4()))

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Allow"] == allow
    assert answer.headers["Accept-Patch"] == patch
    assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    "path", ["/nowhere", "/api/alice", "/api/alice/tasks/count/complete", "/api/a/tasks/b/c", "/*"]
)
def test_options_of_an_unknown_address_is_404(api: Api, path: str) -> None:
    api.send("OPTIONS", path).assert_problem(404, "not_found")


def test_options_of_the_whole_server_says_all_methods(server: Server) -> None:
    answer = server.exchange(b"OPTIONS * HTTP/1.1\r\nHost: 127.1\r\nConnection: close\r\n\r\n")

    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Allow"] == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"


@pytest.mark.parametrize("method", ["PROPFIND", "QUERY", "LOCK", "TRACE"])
def test_a_method_that_nothing_takes_is_405_with_what_the_address_takes(
    api: Api, method: str
) -> None:
    answer = api.send(method, f"/api/alice/tasks/{uuid4()}")

    answer.assert_problem(405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"
    assert answer.headers["Accept-Patch"] == PATCHES
    api.send(method, "/nowhere").assert_problem(404, "not_found")


@pytest.mark.parametrize("method", ["get", "Post", "MILK", "OPTIONS*"])
def test_so_is_one_that_no_parser_of_a_server_stopped(method: str) -> None:
    with TestClient(create_app(MemoryRepository(), Settings())) as client:
        # The client makes methods upper case; a server does not.
        client.event_hooks["request"].append(lambda request: setattr(request, "method", method))
        answer = client.get("/api/alice/tasks")

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


def test_options_below_another_application_are_those_of_the_address_there() -> None:
    with TestClient(create_app(MemoryRepository(), Settings()), root_path="/v1") as client:
        for path in ("/v1/api/alice/tasks", "/api/alice/tasks"):
            assert client.options(path).headers["Allow"] == "GET, HEAD, POST, OPTIONS"
        assert client.options("/v1/nowhere").status_code == 404


@pytest.mark.parametrize("headers", [{}, {"Accept-Encoding": "gzip"}], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    "path",
    [
        "",
        "?page_size=1",
        "?filter=%28",
        "/count",
        "/{id}",
        "/{unknown}",
        "/x",
        "/{id}/complete",
        "/../projects",
        "/../tags",
        "/../../../",
        "/../../../docs",
        "/../../../docs/swagger-ui.css",
        "/../../../docs/nothing",
        "/../../../openapi.json",
        "/../../../nowhere",
    ],
)
def test_head_is_answered_as_get_is_but_for_the_body(
    api: Api, path: str, headers: dict[str, str]
) -> None:
    tasks = [api.add(f"Task {number} of a list that is worth compressing") for number in range(9)]
    address = f"{api.path}{path}".format(id=tasks[0]["id"], unknown=uuid4())
    while "/.." in address:
        before, _, after = address.partition("/..")
        address = before.rpartition("/")[0] + after
    named = {**headers, "X-Request-ID": "same"}

    got, headed = (api.send(method, address or "/", None, named) for method in ("GET", "HEAD"))

    assert got.body or got.status in {302, 307}
    assert headed.body == b""
    assert headed.status == got.status
    for answer in (got, headed):
        del answer.headers["Date"]
    assert headed.headers.items() == got.headers.items()


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_body_where_none_has_a_meaning_is_not_looked_at(api: Api, method: str) -> None:
    for content in (b"{", b'{"title": "x"}', b"\xff" * 100_000):
        path = f"{api.path}/{api.add()['id']}"
        answer = api.send(method, path, content, {"Content-Type": "text/plain"})
        assert answer.status == 200
