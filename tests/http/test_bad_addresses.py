"""Addresses that lead nowhere, and methods that they do not take."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Api, Server

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    "form",
    [
        "1",
        "x",
        "%00",
        "%ff",
        "{dashed}x",
        "x{dashed}",
        "{dashed}%0A",
        "%20{dashed}",
        "{hex}",
        "%7B{dashed}%7D",
        "urn:uuid:{dashed}",
        "{dashed}-",
        "%D9%A1",
        "x" * 5000,
    ],
)
@pytest.mark.parametrize(
    ("method", "suffix"),
    [("GET", ""), ("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("PATCH", "/complete")],
)
def test_a_task_id_in_any_but_its_one_form_is_400(
    api: Api, form: str, method: str, suffix: str
) -> None:
    task = api.add()
    id = form.format(dashed=task["id"], hex=task["id"].replace("-", ""))

    answer = api.send(method, f"{api.path}/{id}{suffix}", b'{"completed": true}', JSON)

    answer.assert_problem(400, "invalid", loc=["path", "task_id"], rule="type")
    assert api.tasks() == [task]


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/nowhere",
        "/api/alice",
        "/api/alice/task",
        "/api/alice/tags/home",
        "/api/alice/projects/home",
        "/api/alice/tasks/count/open",
        "/api//tasks",
        "/api/alice/tasks/{id}/toggle",
        "/api/alice/tasks/{id}/complete/now",
        "/API/alice/tasks",
        "/docs/..%2f..%2f__init__.py",
        "/schema",
        "/schema/openapi.json",
        "/api/alice%2Fsmith/tasks",
        "/%00",
        "/%ff",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_address_is_404(api: Api, path: str, method: str) -> None:
    answer = api.send(method, path.format(id=uuid4()))

    answer.assert_problem(404, "not_found")


@pytest.mark.parametrize("name", ["index.html", "swagger-initializer.js", "%2e%2e", "__init__.py"])
def test_the_docs_have_no_files_but_their_own(api: Api, name: str) -> None:
    api.send("GET", f"/docs/{name}").assert_problem(404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/alice/tasks", "GET, HEAD, POST, OPTIONS"),
        ("DELETE", "/api/alice/tasks/", "GET, HEAD, POST, OPTIONS"),
        ("PATCH", "/api/alice/tasks", "GET, HEAD, POST, OPTIONS"),
        ("POST", "/api/alice/tasks/{id}", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
        ("POST", "/api/alice/tasks/count", "GET, HEAD, OPTIONS"),
        ("DELETE", "/api/alice/tasks/count", "GET, HEAD, OPTIONS"),
        ("POST", "/api/alice/projects", "GET, HEAD, OPTIONS"),
        ("DELETE", "/api/alice/tags", "GET, HEAD, OPTIONS"),
        ("GET", "/api/alice/tasks/{id}/complete", "PATCH, OPTIONS"),
        ("POST", "/api/alice/tasks/{id}/complete", "PATCH, OPTIONS"),
        ("POST", "/docs", "GET, HEAD, OPTIONS"),
        ("DELETE", "/openapi.json", "GET, HEAD, OPTIONS"),
        ("POST", "/", "GET, HEAD, OPTIONS"),
        ("TRACE", "/api/alice/tasks", "GET, HEAD, POST, OPTIONS"),
        ("CONNECT", "/api/alice/tasks", "GET, HEAD, POST, OPTIONS"),
    ],
)
def test_a_method_that_an_address_does_not_take_is_405_with_allow(
    api: Api, method: str, path: str, allowed: str
) -> None:
    answer = api.send(method, path.format(id=uuid4()))

    answer.assert_problem(405, "method_not_allowed")
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize(
    "path",
    ["/api/alice%2Ftasks", "/api/alice%2f/tasks", "/api//alice/tasks", "//api/alice/tasks"],
)
def test_a_path_that_could_be_read_as_another_is_404(server: Server, path: str) -> None:
    answer = server.exchange(b"GET %s HTTP/1.1\r\nHost: 127.1\r\n\r\n" % path.encode())

    answer.assert_problem(404, "not_found")
