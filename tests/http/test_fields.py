"""The fields from due to extra: how they travel, and what breaks their rules, on each call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Api

FULL: dict[str, Any] = {
    "title": "Call the bank",
    "description": "about the card",
    "due": "2026-11-30T09:00:00+01:00[Europe/Paris]",
    "start": "2026-11-28",
    "priority": "high",
    "tags": ["money", "Phone"],
    "project": "home.calls",
    "extra": {"phone": "+33", "tries": [1, 2.5, None, True], "who": {"name": "Ann"}},
}
REFUSED: list[tuple[str, object, str]] = [
    ("due", "tomorrow", "when"),
    ("due", "2026-02-30", "when"),
    ("due", "2026-11-30T09:00:00", "when"),
    ("due", "2026-11-30 09:00:00Z", "when"),
    ("due", "20261130", "when"),
    ("due", "2026-11-30T09:00:00+02:00[Europe/Paris]", "when"),
    ("due", "2026-11-30T09:00:00+01:00[Europe/Nowhere]", "when"),
    ("due", "2026-03-29T02:30:00+01:00[Europe/Paris]", "when"),
    ("due", "", "when"),
    ("due", 20261130, "type"),
    ("due", {}, "type"),
    ("start", "yesterday", "when"),
    ("start", True, "type"),
    ("priority", "urgent", "value"),
    ("priority", "High", "value"),
    ("priority", "", "value"),
    ("priority", 3, "value"),
    ("priority", ["high"], "value"),
    ("tags", "home", "type"),
    ("tags", {"home": True}, "type"),
    ("tags", [1], "type"),
    ("tags", [None], "type"),
    ("tags", [""], "empty"),
    ("tags", ["x" * 51], "too_long"),
    ("tags", ["two words"], "character"),
    ("tags", ["a,b"], "character"),
    ("tags", ["a\0b"], "character"),
    ("tags", [f"tag{number}" for number in range(51)], "too_long"),
    ("project", "", "empty"),
    ("project", "x" * 101, "too_long"),
    ("project", "home..garden", "value"),
    ("project", ".home", "value"),
    ("project", "home. garden", "value"),
    ("project", "a\nb", "character"),
    ("project", 1, "type"),
    ("parent_id", "x", "type"),
    ("parent_id", 1, "type"),
    ("parent_id", "01890a5dac96774bbcceb302099a8057", "type"),
    ("parent_id", "01890a5d-ac96-774b-bcce-b302099a8057", "parent"),
    ("extra", [], "type"),
    ("extra", "x", "type"),
    ("extra", {"": 1}, "empty"),
    ("extra", {"x" * 65: 1}, "too_long"),
    ("extra", {"x": "y" * 4096}, "too_long"),
    ("extra", {"x": 2**53}, "range"),
    ("extra", {"x": "a\0b"}, "character"),
]
DEEP = '{"x": ' * 40 + "1" + "}" * 40


def test_every_field_comes_back_as_it_went(api: Api) -> None:
    parent = api.add("Bank")

    task = api.add(**FULL, parent_id=parent["id"])

    assert FULL.items() <= task.items()
    assert (task["parent_id"], task["completed"], task["completed_at"]) == (
        parent["id"],
        False,
        None,
    )
    assert api.call("GET", f"/{task['id']}").json == task
    assert api.tasks() == [task, parent]


def test_what_is_not_said_is_null_and_tags_and_extra_are_empty(api: Api) -> None:
    task = api.add()

    for name in ("completed_at", "due", "start", "priority", "project", "parent_id"):
        assert task[name] is None
    assert (task["tags"], task["extra"]) == ([], {})


@pytest.mark.parametrize("field", ["due", "start", "priority", "tags", "project", "extra"])
def test_a_task_with_one_such_field_has_all_its_keys_in_the_same_order(
    api: Api, field: str
) -> None:
    plain = api.add()

    task = api.add(**{field: FULL[field]})

    assert list(task) == list(plain)
    assert {name for name in task if task[name] != plain[name]} == {
        field,
        "id",
        "created_at",
        "updated_at",
    }


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ("2026-11-30", "2026-11-30"),
        ("2026-11-30T09:00:00Z", "2026-11-30T09:00:00Z"),
        ("2026-11-30t09:00:00.5z", "2026-11-30T09:00:00.500000Z"),
        ("2026-11-30T09:00:00+05:30", "2026-11-30T09:00:00+05:30"),
        ("2026-11-30T08:00:00Z[Europe/Paris]", "2026-11-30T09:00:00+01:00[Europe/Paris]"),
    ],
)
def test_days_and_moments_are_answered_as_rfc_3339_and_rfc_9557_write_them(
    api: Api, given: str, answered: str
) -> None:
    assert api.add(due=given)["due"] == answered
    assert api.add(start=given)["start"] == answered


def test_tags_are_a_set_without_case_sorted(api: Api) -> None:
    assert api.add(tags=["b", " A ", "a", "B", "c"])["tags"] == ["A", "b", "c"]


def test_completed_at_is_there_exactly_while_it_is_completed(api: Api) -> None:
    path = f"/{api.add()['id']}/complete"

    done, reopened = api.call("PATCH", path).json, api.call("PATCH", path).json

    assert (done["completed"], done["completed_at"]) == (True, done["updated_at"])
    assert (reopened["completed"], reopened["completed_at"]) == (False, None)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize(
    ("field", "value", "rule"), REFUSED, ids=lambda value: json.dumps(value)[:30]
)
def test_a_value_outside_its_rule_is_400(
    api: Api, method: str, field: str, value: object, rule: str
) -> None:
    path = "" if method == "POST" else f"/{api.add()['id']}"
    before = api.tasks()

    answer = api.call(method, path, {"title": "x", field: value})

    answer.assert_problem(400, "invalid", loc=["body", field], rule=rule)
    assert api.tasks() == before


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_an_extra_that_is_nested_deeply_is_400(api: Api, method: str) -> None:
    path = api.path if method == "POST" else f"{api.path}/{api.add()['id']}"
    body = f'{{"title": "x", "extra": {DEEP}}}'.encode()

    answer = api.send(method, path, body, {"Content-Type": "application/json"})

    answer.assert_problem(400, "invalid", loc=["body", "extra"], rule="too_long")


def test_a_start_after_the_due_is_400(api: Api) -> None:
    task = api.add(due="2026-11-30")
    for method, path in (("POST", ""), ("PUT", f"/{task['id']}"), ("PATCH", f"/{task['id']}")):
        answer = api.call(method, path, {"title": "x", "start": "2026-12-01", "due": "2026-11-30"})
        answer.assert_problem(400, "invalid", loc=["body", "start"], rule="value")

    answer = api.call("PATCH", f"/{task['id']}", {"start": "2026-12-01"})

    answer.assert_problem(400, "invalid", loc=["body", "start"], rule="value")
    assert api.tasks() == [task]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_every_field_can_be_changed_and_cleared(api: Api, method: str) -> None:
    parent = api.add("Bank")
    plain = api.add()
    path = f"/{plain['id']}"

    full = api.call(method, path, {**FULL, "parent_id": parent["id"], "completed": True}).json

    assert FULL.items() <= full.items()
    assert (full["parent_id"], full["completed"], full["version"]) == (parent["id"], True, 2)
    assert api.call("GET", path).json == full
    cleared = dict.fromkeys(FULL.keys() - {"title"})
    empty = api.call(method, path, {**cleared, "parent_id": None, "completed": False}).json
    assert empty == plain | {
        "title": FULL["title"],
        "version": 3,
        "updated_at": empty["updated_at"],
    }


def test_another_users_task_is_no_parent(api: Api) -> None:
    theirs = api.as_user(f"user-{uuid4()}").add()
    mine = api.add()

    for method, path in (("POST", ""), ("PUT", f"/{mine['id']}"), ("PATCH", f"/{mine['id']}")):
        answer = api.call(method, path, {"title": "x", "parent_id": theirs["id"]})
        answer.assert_problem(400, "invalid", loc=["body", "parent_id"], rule="parent")
