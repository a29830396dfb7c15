"""The calls on one task: what each answers when all is well, and when there is no such task."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Api

KEYS = [
    "id",
    "user_id",
    "title",
    "description",
    "completed",
    "completed_at",
    "due",
    "start",
    "priority",
    "tags",
    "project",
    "parent_id",
    "extra",
    "created_at",
    "updated_at",
    "version",
]


def test_post_stores_an_open_task_and_answers_201_with_it(api: Api) -> None:
    answer = api.call("POST", "", {"title": "  Buy milk ", "description": "2 l\nfresh"})

    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json"
    task = answer.json
    assert list(task) == KEYS
    assert UUID(task["id"]).version == 7
    assert task["user_id"] == api.user_id
    assert task["title"] == "Buy milk"
    assert task["description"] == "2 l\nfresh"
    assert task["completed"] is False
    assert task["created_at"] == task["updated_at"]
    assert task["version"] == 1


def test_location_of_a_new_task_is_where_it_can_be_read(api: Api) -> None:
    answer = api.call("POST", "", {"title": "Buy milk"})

    location = answer.headers["Location"]
    assert location == f"{api.path}/{answer.json['id']}"
    read = api.send("GET", location)
    assert (read.status, read.json) == (200, answer.json)


def test_times_are_rfc_3339_in_utc_with_z(api: Api) -> None:
    task = api.add()

    for name in ("created_at", "updated_at"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z", task[name])
    age = datetime.now().astimezone() - datetime.fromisoformat(task["created_at"])
    assert abs(age.total_seconds()) < 60


def test_description_is_null_when_not_given_and_when_null(api: Api) -> None:
    assert api.add()["description"] is None
    assert api.add(description=None)["description"] is None


def test_list_is_newest_first(api: Api) -> None:
    added = [api.add(f"Task {number}") for number in range(5)]

    answer = api.call("GET")

    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json == added[::-1]
    assert list(answer.json[0]) == KEYS


def test_list_of_nobody_is_an_empty_array(api: Api) -> None:
    answer = api.call("GET")

    assert (answer.status, answer.body) == (200, b"[]")


def test_get_answers_the_task(api: Api) -> None:
    task = api.add()
    api.add("another")

    answer = api.call("GET", f"/{task['id']}")

    assert (answer.status, answer.json) == (200, task)
    assert list(answer.json) == KEYS


def test_an_id_in_upper_case_is_the_same_task(api: Api) -> None:
    task = api.add()

    assert api.call("GET", f"/{task['id'].upper()}").json == task


def test_put_changes_the_named_fields_and_keeps_the_others(api: Api) -> None:
    task = api.add(description="2 l")

    answer = api.call("PUT", f"/{task['id']}", {"title": " Buy bread "})

    assert answer.status == 200
    changed = answer.json
    assert changed["updated_at"] > task["updated_at"]
    assert changed == task | {
        "title": "Buy bread",
        "version": 2,
        "updated_at": changed["updated_at"],
    }
    assert list(changed) == KEYS
    assert api.tasks() == [changed]


def test_put_sets_all_three_fields(api: Api) -> None:
    task = api.add()

    fields = {"title": "Buy bread", "description": "rye", "completed": True}
    changed = api.call("PUT", f"/{task['id']}", fields).json

    assert fields.items() <= changed.items()
    assert api.tasks() == [changed]


def test_put_with_null_clears_the_description(api: Api) -> None:
    task = api.add(description="2 l")

    changed = api.call("PUT", f"/{task['id']}", {"description": None}).json

    assert changed["description"] is None
    assert changed["title"] == task["title"]
    assert api.tasks() == [changed]


@pytest.mark.parametrize(
    "changes", [{}, {"title": "Buy milk"}, {"completed": False, "description": None}]
)
def test_put_that_changes_nothing_writes_nothing(api: Api, changes: dict[str, object]) -> None:
    task = api.add("Buy milk")

    answer = api.call("PUT", f"/{task['id']}", changes)

    assert (answer.status, answer.json) == (200, task)
    assert api.tasks() == [task]


@pytest.mark.parametrize("body", [..., {}], ids=["no body", "empty object"])
def test_patch_toggles(api: Api, body: object) -> None:
    task = api.add()
    path = f"/{task['id']}/complete"

    first, second = api.call("PATCH", path, body), api.call("PATCH", path, body)

    assert (first.status, second.status) == (200, 200)
    assert list(first.json) == KEYS
    assert (first.json["completed"], first.json["version"]) == (True, 2)
    assert (second.json["completed"], second.json["version"]) == (False, 3)
    assert api.tasks() == [second.json]


@pytest.mark.parametrize("completed", [True, False])
def test_patch_with_a_value_sets_it_and_is_safe_to_repeat(api: Api, *, completed: bool) -> None:
    task = api.add()
    path = f"/{task['id']}/complete"
    if not completed:
        api.call("PATCH", path)

    first = api.call("PATCH", path, {"completed": completed})
    again = api.call("PATCH", path, {"completed": completed})

    assert (first.status, first.json["completed"]) == (200, completed)
    assert (again.status, again.json) == (200, first.json)


def test_delete_removes_the_task_and_says_so(api: Api) -> None:
    task, other = api.add(), api.add("another")

    answer = api.call("DELETE", f"/{task['id']}")

    assert (answer.status, answer.json) == (200, {"message": "Task deleted successfully"})
    assert answer.headers["Content-Type"] == "application/json"
    assert api.tasks() == [other]
    assert api.call("GET", f"/{task['id']}").status == 404


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("GET", "", ...),
        ("PUT", "", {"title": "x"}),
        ("PUT", "", {}),
        ("DELETE", "", ...),
        ("PATCH", "/complete", ...),
        ("PATCH", "/complete", {"completed": True}),
    ],
)
def test_a_task_that_is_not_there_is_404(api: Api, method: str, suffix: str, body: object) -> None:
    absent = uuid4()

    answer = api.call(method, f"/{absent}{suffix}", body)

    problem = answer.assert_problem(404, "not_found")
    assert problem["detail"] == f"no task {absent}"
    assert api.tasks() == []


def test_deleting_twice_is_404_the_second_time(api: Api) -> None:
    task = api.add()
    api.call("DELETE", f"/{task['id']}")

    api.call("DELETE", f"/{task['id']}").assert_problem(404, "not_found")


def test_titles_and_descriptions_at_their_limits_come_back_as_they_went(api: Api) -> None:
    title, description = "\N{PARTY POPPER}" * 200, "ß\t\r\n" * 250

    task = api.add(title, description=description)

    assert (task["title"], task["description"]) == (title, description)
    assert api.tasks() == [task]
