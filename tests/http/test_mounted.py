"""The application below another one, or behind a proxy with a path of its own."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from litestar.testing import TestClient
from tests.http.auth.issuing import SECRET

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("root", "begins"),
    [("", "/api"), ("/v1", "/v1/api"), ("/v1/", "/v1/api"), ("/a b", "/a%20b/api")],
)
def test_addresses_in_answers_begin_where_the_application_is(root: str, begins: str) -> None:
    app = create_app(MemoryRepository(), Settings())
    with TestClient(app, root_path=root) as client:
        location = client.post("/api/alice/tasks", json={"title": "x"}).headers["Location"]
        client.post("/api/alice/tasks", json={"title": "y"})
        link = client.get("/api/alice/tasks?page_size=1").headers["Link"]

    assert location.startswith(f"{begins}/alice/tasks/")
    assert link.startswith(f"<{begins}/alice/tasks?page_size=1&page_token=")


ROOTS = pytest.mark.parametrize("root", ["/v1", "/v1/", "/api", "/", ""])


@contextmanager
def mounted(root: str, **settings: str) -> Iterator[TestClient[Any]]:
    app = create_app(MemoryRepository(), Settings.from_environment(settings))
    with TestClient(app, root_path=root) as client:
        yield client


@ROOTS
@pytest.mark.parametrize("is_part", [True, False], ids=["whole path", "path below"])
def test_the_path_may_have_the_mount_in_front_or_not(root: str, *, is_part: bool) -> None:
    if root == "/api" and not is_part:
        pytest.skip("a path that begins like the mount has it in front, as ASGI wants it")
    before = root.rstrip("/") if is_part else ""
    with mounted(root) as client:
        assert client.get(f"{before}/api/alice/tasks").json() == []
        assert client.get(f"{before}/health/live").status_code == 200
        assert client.request("OPTIONS", f"{before}/api/alice/tasks").headers["Allow"]
        assert "POST" in client.delete(f"{before}/api/alice/tasks").headers["Allow"]


@ROOTS
def test_a_user_may_have_the_name_of_the_mount(root: str) -> None:
    with mounted(root) as client:
        for user in ("v1", "v1x", "api"):
            path = f"{root.rstrip('/')}/api/{user}/tasks"
            assert client.post(path, json={"title": "x"}).json()["user_id"] == user


@pytest.mark.parametrize("path", ["/v1x/api/alice/tasks", "/x/v1/api/alice/tasks", "/v1api/alice"])
def test_what_only_looks_like_the_mount_is_part_of_the_path(path: str) -> None:
    with mounted("/v1") as client:
        assert client.get(path).status_code == 404
        assert client.request("OPTIONS", path).status_code == 404


@ROOTS
def test_what_is_for_everybody_is_so_below_the_mount_and_nothing_else_is(root: str) -> None:
    before = root.rstrip("/")
    with mounted(root, TASKCORE_AUTH="jwt", TASKCORE_JWT_KEY=SECRET) as client:
        assert client.get(f"{before}/health/live").status_code == 200
        assert client.get(f"{before}/docs").status_code == 200
        assert client.get(f"{before}/api/alice/tasks").status_code == 401
        for path in ("/docs/x/v1/api/alice/tasks", "/x/v1/docs"):
            assert client.get(f"{before}{path}").status_code == 401


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_an_application_around_it_finds_its_request_as_it_was(method: str) -> None:
    app = create_app(MemoryRepository(), Settings())
    found: list[tuple[str, ...]] = []

    async def around(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)
        if scope["type"] == "http":
            found.append((scope["method"], scope["path"], scope["root_path"]))

    with TestClient(around, root_path="/v1") as client:
        client.request(method, "/v1/api/alice/tasks")

    assert found == [(method, "/v1/api/alice/tasks", "/v1")]
