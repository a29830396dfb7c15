"""Two users of one server: neither sees, changes or can tell of the other's tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Api


@pytest.fixture
def stranger(api: Api) -> Api:
    return api.as_user(f"user-{uuid4()}")


def test_lists_hold_only_the_users_own_tasks(api: Api, stranger: Api) -> None:
    mine, theirs = api.add("mine"), stranger.add("theirs")

    assert api.tasks() == [mine]
    assert stranger.tasks() == [theirs]


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("GET", "", ...),
        ("PUT", "", {"title": "stolen", "completed": True}),
        ("PUT", "", {}),
        ("PUT", "", {"title": ""}),
        ("PATCH", "", {"title": "stolen"}),
        ("DELETE", "", ...),
        ("DELETE", "?subtree=true", ...),
        ("PATCH", "/complete", ...),
        ("PATCH", "/complete", {"completed": True}),
    ],
)
def test_a_strangers_task_is_answered_as_one_that_never_was(
    api: Api, stranger: Api, method: str, suffix: str, body: object
) -> None:
    task, absent = api.add(), str(uuid4())

    named = {"X-Request-ID": "same"}
    foreign = stranger.call(method, f"/{task['id']}{suffix}", body, named)
    unknown = stranger.call(method, f"/{absent}{suffix}", body, named)

    assert foreign.status == unknown.status
    assert foreign.status in {400, 404}
    assert foreign.body.replace(task["id"].encode(), absent.encode()) == unknown.body
    dateless = [
        [item for item in answer.headers.items() if item[0] != "date"]
        for answer in (foreign, unknown)
    ]
    assert dateless[0] == dateless[1]
    assert api.tasks() == [task]
    assert stranger.tasks() == []


def test_user_ids_that_differ_only_in_case_or_space_are_different_users(api: Api) -> None:
    others = [
        api.as_user(name)
        for name in (f"{api.user_id} ", f" {api.user_id}", api.user_id.upper(), f"{api.user_id}+")
    ]
    task = api.add()

    for other in others:
        assert other.tasks() == []
        other.call("GET", f"/{task['id']}").assert_problem(404, "not_found")
