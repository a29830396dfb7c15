"""Changing and removing a task only as it was seen: at an expected version, in every turn."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from taskcore import StaleTask, Task, TaskNotFound
from taskcore.ports import Get, Remove, Replace, Subtree, Together
from taskcore.usecases import complete, edit, remove, reopen, toggle

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 1, 2, tzinfo=UTC)
CHANGES: dict[str, Callable[..., Any]] = {
    "edit": lambda task_id, **expected: edit(
        "alice", task_id, {"title": "Buy bread"}, now=NOW, **expected
    ),
    "toggle": lambda task_id, **expected: toggle("alice", task_id, now=NOW, **expected),
    "complete": lambda task_id, **expected: complete("alice", task_id, now=NOW, **expected),
}
REMOVALS: dict[str, Callable[..., Any]] = {
    "remove": lambda task_id, **expected: remove("alice", task_id, **expected),
    "remove a subtree": lambda task_id, **expected: remove(
        "alice", task_id, subtree=True, **expected
    ),
}
ALL = CHANGES | REMOVALS
each = pytest.mark.parametrize("name", ALL)
each_change = pytest.mark.parametrize("name", CHANGES)


class Even:
    """A container that no one can list."""

    def __str__(self) -> str:
        return "even"

    def __contains__(self, version: object) -> bool:
        return isinstance(version, int) and version % 2 == 0


def read(name: str, task: Task) -> Any:
    """Return how the storage answers the first operation of a use case."""
    return [task] if name == "remove a subtree" else task


@pytest.mark.parametrize("expected", [6, {4, 6}, (6,), range(5, 8), Even()], ids=str)
@each
def test_a_task_at_an_expected_version_is_written(
    name: str, expected: Any, begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(version=6)
    conversation = begin(ALL[name](task.id, expected=expected))

    conversation.answer(read(name, task))

    assert isinstance(conversation.asks, Replace | Remove | Together)


@pytest.mark.parametrize("expected", [5, 7, 0, -6, {5, 7}, (), range(5), Even()], ids=str)
@each
def test_a_task_at_another_version_is_stale_and_nothing_is_written(
    name: str, expected: Any, begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(version=6 if not isinstance(expected, Even) else 5)
    conversation = begin(ALL[name](task.id, expected=expected))

    with pytest.raises(StaleTask) as caught:
        conversation.answer(read(name, task))

    assert (caught.value.id, caught.value.expected) == (task.id, expected)


@pytest.mark.parametrize("name", ["edit", "toggle", "complete", "remove"])
def test_a_task_that_changed_between_reading_and_writing_is_stale(
    name: str, begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(version=6)
    conversation = begin(ALL[name](task.id, expected=6))
    conversation.answer(task)

    conversation.answer(StaleTask(task.id, 6))
    assert conversation.asks == Get("alice", task.id)

    with pytest.raises(StaleTask):
        conversation.answer(make_task(id=task.id, version=7))


def test_a_subtree_whose_top_changed_meanwhile_is_stale(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(version=6)
    conversation = begin(remove("alice", task.id, subtree=True, expected=6))
    conversation.answer([task])
    conversation.answer(StaleTask(task.id, 6))

    with pytest.raises(StaleTask):
        conversation.answer([make_task(id=task.id, version=7)])


def test_a_subtree_that_changed_below_its_top_goes_as_it_is_now(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(version=6)
    child = make_task(parent_id=task.id, version=3)
    conversation = begin(remove("alice", task.id, subtree=True, expected=6))
    conversation.answer([task, child])
    conversation.answer(StaleTask(child.id, 3))
    assert conversation.asks == Subtree("alice", task.id)

    conversation.answer([task, make_task(id=child.id, parent_id=task.id, version=4)])

    assert conversation.asks == Together(
        (
            Remove("alice", child.id, 4, child.created_at),
            Remove("alice", task.id, 6, task.created_at),
        )
    )


@each_change
def test_a_change_that_came_too_late_is_made_where_the_newer_version_is_expected_too(
    name: str, begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(version=6)
    conversation = begin(ALL[name](task.id, expected={6, 7}))
    conversation.answer(task)
    conversation.answer(StaleTask(task.id, 6))

    conversation.answer(make_task(id=task.id, version=7))

    assert conversation.asks.expected == 7


@pytest.mark.parametrize(
    "change",
    [
        lambda task_id: edit("alice", task_id, {}, now=NOW, expected=5),
        lambda task_id: edit("alice", task_id, {"title": "Buy milk"}, now=NOW, expected=5),
        lambda task_id: reopen("alice", task_id, now=NOW, expected=5),
    ],
    ids=["no fields", "the same title", "open already"],
)
def test_what_changes_nothing_is_refused_as_well_at_another_version(
    change: Callable[..., Any], begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(title="Buy milk", version=6)
    conversation = begin(change(task.id))

    with pytest.raises(StaleTask):
        conversation.answer(task)


@each
def test_a_task_that_is_not_there_is_not_found_whatever_was_expected(
    name: str, begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task()
    conversation = begin(ALL[name](task.id, expected=1))

    with pytest.raises(TaskNotFound):
        conversation.answer(TaskNotFound(task.id))


@pytest.mark.parametrize("expected", ["6", 6.5], ids=repr)
def test_what_is_no_version_and_no_container_of_any_is_a_mistake_of_the_program(
    expected: Any, begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(version=6)
    conversation = begin(toggle("alice", task.id, now=NOW, expected=expected))

    with pytest.raises(TypeError):
        conversation.answer(task)
