"""An array of new tasks: 207, and an entry for each in its place."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from litestar.testing import TestClient
from tests.http.conftest import assert_problem

from taskcore.adapters.memory import MemoryRepository
from taskcore.errors import RepositoryUnavailable
from taskcore.ports import Add
from taskcore_http import create_app
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.http.conftest import Api

    from taskcore.ports import Operation

JSON = {"Content-Type": "application/json"}
LIMIT = 64 * 1024
ARRAY_LIMIT = 2 * 1024 * 1024


def test_each_entry_is_answered_with_its_task_in_its_place(api: Api) -> None:
    parent = api.add("parent")

    answer = api.call(
        "POST",
        "",
        [
            {"title": " one ", "due": "2026-11-30"},
            {"title": "two", "parent_id": parent["id"], "tags": ["x"]},
        ],
    )

    assert answer.status == 207
    assert answer.headers["Content-Type"] == "application/json"
    assert "Location" not in answer.headers
    one, two = answer.json
    assert list(one) == ["status", "task"]
    assert (one["status"], two["status"]) == (201, 201)
    assert (one["task"]["title"], one["task"]["due"]) == ("one", "2026-11-30")
    assert (two["task"]["parent_id"], two["task"]["tags"]) == (parent["id"], ["x"])
    for entry in (one, two):
        assert api.call("GET", f"/{entry['task']['id']}").json == entry["task"]


def test_entries_that_break_a_rule_do_not_stop_the_others(api: Api) -> None:
    entries: list[tuple[object, list[str | int], str]] = [
        ({"title": ""}, ["title"], "empty"),
        ({}, ["title"], "missing"),
        ({"title": "x", "due": "soon"}, ["due"], "when"),
        ({"title": "x", "completed": True}, ["completed"], "unknown"),
        ({"title": "x", "start": "2026-12-01", "due": "2026-11-30"}, ["start"], "value"),
        ({"title": "x", "parent_id": str(uuid4())}, ["parent_id"], "parent"),
        ({"title": "x", "extra": {"a": "y" * 5000}}, ["extra"], "too_long"),
        ("x", [], "type"),
        (None, [], "type"),
        ([{"title": "x"}], [], "type"),
    ]
    bodies = [body for entry, *_ in entries for body in (entry, {"title": "good"})]

    answer = api.call("POST", "", bodies)

    assert answer.status == 207
    assert len(answer.json) == len(bodies)
    for place, (_, loc, rule) in enumerate(entries):
        bad, good = answer.json[2 * place : 2 * place + 2]
        assert list(bad) == ["status", "problem"]
        assert bad["status"] == 400
        assert_problem(bad["problem"], 400, "invalid", loc=["body", 2 * place, *loc], rule=rule)
        assert (good["status"], good["task"]["title"]) == (201, "good")
    assert len(api.tasks()) == len(entries)


def test_an_array_of_mistakes_alone_is_207_as_well(api: Api) -> None:
    answer = api.call("POST", "", [{"title": ""}])

    assert (answer.status, answer.json[0]["status"]) == (207, 400)
    assert api.tasks() == []


def test_a_thousand_are_added_at_once(api: Api) -> None:
    titles = [f"Task {number}" for number in range(1000)]

    answer = api.call("POST", "", [{"title": title} for title in titles])

    assert answer.status == 207
    assert [entry["task"]["title"] for entry in answer.json] == titles
    assert len(api.tasks()) == 1000


@pytest.mark.parametrize(("count", "rule"), [(0, "empty"), (1001, "too_long")])
def test_an_array_of_none_or_of_more_than_a_thousand_is_400(
    api: Api, count: int, rule: str
) -> None:
    answer = api.call("POST", "", [{"title": "x"}] * count)

    answer.assert_problem(400, "invalid", loc=["body"], rule=rule)
    assert api.tasks() == []


def array_of(size: int) -> bytes:
    body = b' [{"title": "x"}]'
    return body + b" " * (size - len(body))


@pytest.mark.parametrize("size", [LIMIT + 1, ARRAY_LIMIT])
def test_an_array_may_have_up_to_2_mib(api: Api, size: int) -> None:
    assert api.send("POST", api.path, array_of(size), JSON).status == 207


@pytest.mark.parametrize("headers", [{}, {"Transfer-Encoding": "chunked"}], ids=str)
def test_an_array_of_more_than_2_mib_is_413(api: Api, headers: dict[str, str]) -> None:
    whole = array_of(ARRAY_LIMIT + 1)
    body: Any = [whole[:LIMIT], whole[LIMIT:]] if headers else whole

    answer = api.send("POST", api.path, body, JSON | headers)

    answer.assert_problem(413, "content_too_large")
    assert api.tasks() == []


@pytest.mark.parametrize(
    "start", [b'{"title": "x"}', b'"x"', b" \n", b"\xef\xbb\xbf[", b"\xff"], ids=repr
)
def test_what_is_no_array_is_413_from_64_kib_on(api: Api, start: bytes) -> None:
    body = start + b" " * (LIMIT + 1 - len(start))

    api.send("POST", api.path, body, JSON).assert_problem(413, "content_too_large")


@pytest.mark.parametrize(("method", "suffix"), [("PUT", ""), ("PATCH", ""), ("PATCH", "/complete")])
def test_other_calls_take_no_array_of_any_size(api: Api, method: str, suffix: str) -> None:
    path = f"{api.path}/{api.add()['id']}{suffix}"

    answer = api.send(method, path, array_of(LIMIT + 1), JSON)

    answer.assert_problem(413, "content_too_large")


@pytest.mark.parametrize("body", [b"[{]", b"[" * 100_000, b'[{"title": "\xff"}]'], ids=len)
def test_an_array_that_is_not_json_in_utf_8_is_400(api: Api, body: bytes) -> None:
    answer = api.send("POST", api.path, body, JSON)

    answer.assert_problem(400, "invalid", loc=["body"], rule="json")


class Unwilling(MemoryRepository):
    """Does not take tasks with this title."""

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        return [
            RepositoryUnavailable("s3cret")
            if isinstance(operation, Add) and operation.task.title == "not now"
            else super(Unwilling, self).execute([operation])[0]
            for operation in operations
        ]


def test_what_the_storage_did_not_take_is_503_in_its_place_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    titles = ["now", "not now", "not now", ""]
    with TestClient(create_app(Unwilling(), Settings())) as client:
        answer = client.post("/api/alice/tasks", json=[{"title": title} for title in titles])

    assert [entry["status"] for entry in answer.json()] == [201, 503, 503, 400]
    assert_problem(answer.json()[1]["problem"], 503, "unavailable")
    assert "s3cret" not in answer.text
    assert caplog.text.count("s3cret") == 1


def test_where_the_storage_took_none_the_whole_is_503(caplog: pytest.LogCaptureFixture) -> None:
    with TestClient(create_app(Unwilling(), Settings())) as client:
        answer = client.post("/api/alice/tasks", json=[{"title": "not now"}, {"title": ""}])

    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["code"] == "unavailable"
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_the_entries_go_to_the_storage_as_one_batch() -> None:
    sizes = []

    class Counting(MemoryRepository):
        def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
            sizes.append(len(operations))
            return super().execute(operations)

    with TestClient(create_app(Counting(), Settings())) as client:
        client.post("/api/alice/tasks", json=[{"title": "x"}] * 100)

    assert sizes == [100]
