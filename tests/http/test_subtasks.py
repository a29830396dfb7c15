"""Tasks below tasks: where they may stand, and how they go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Api


def chain(api: Api, length: int) -> list[dict[str, Any]]:
    tasks = [api.add("0")]
    for number in range(1, length):
        tasks.append(api.add(str(number), parent_id=tasks[-1]["id"]))
    return tasks


@pytest.mark.parametrize("query", ["", "?subtree=false"])
def test_a_task_with_subtasks_does_not_go_alone(api: Api, query: str) -> None:
    parent, child = chain(api, 2)

    answer = api.call("DELETE", f"/{parent['id']}{query}")

    problem = answer.assert_problem(409, "has_subtasks")
    assert problem["detail"] == f"task {parent['id']} has subtasks"
    assert api.tasks() == [child, parent]


def test_a_subtree_goes_as_one_and_nothing_else_does(api: Api) -> None:
    top, middle, *_ = chain(api, 4)
    other = api.add("other", parent_id=top["id"])

    answer = api.call("DELETE", f"/{middle['id']}?subtree=true")

    assert (answer.status, answer.json) == (200, {"message": "Task deleted successfully"})
    assert api.tasks() == [other, top]


def test_a_task_without_subtasks_is_a_subtree_too(api: Api) -> None:
    task = api.add()

    assert api.call("DELETE", f"/{task['id']}?subtree=true").status == 200
    api.call("DELETE", f"/{task['id']}?subtree=true").assert_problem(404, "not_found")


def test_a_task_goes_once_its_subtasks_are_gone(api: Api) -> None:
    parent, child = chain(api, 2)

    assert api.call("DELETE", f"/{child['id']}").status == 200
    assert api.call("DELETE", f"/{parent['id']}").status == 200


def test_eight_levels_are_the_most(api: Api) -> None:
    *_, last = chain(api, 8)

    answer = api.call("POST", "", {"title": "too deep", "parent_id": last["id"]})

    answer.assert_problem(400, "invalid", loc=["body", "parent_id"], rule="parent")


def test_a_task_is_never_below_itself(api: Api) -> None:
    top, middle, last = chain(api, 3)

    for parent in (top, middle, last):
        answer = api.call("PATCH", f"/{top['id']}", {"parent_id": parent["id"]})
        answer.assert_problem(400, "invalid", loc=["body", "parent_id"], rule="parent")
    assert api.tasks() == [last, middle, top]


def test_completing_a_task_leaves_its_subtasks_open(api: Api) -> None:
    parent, child = chain(api, 2)

    api.call("PATCH", f"/{parent['id']}/complete")

    assert api.call("GET", f"/{child['id']}").json == child
