"""The application below another one, or behind a proxy with a path of its own."""

from __future__ import annotations

import pytest
from litestar.testing import TestClient

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.settings import Settings


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
