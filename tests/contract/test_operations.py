"""What each operation answers, and what it fails with.

Answers are compared by ``repr``, which tells errors with their data, and times with their zone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from taskcore import DuplicateTask, Priority, StaleTask, Task, TaskNotFound
from taskcore.entities.when import parse_when
from taskcore.ports import Add, Expect, Find, Get, Operation, Remove, Replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    Ask = Callable[[Operation[Any]], Any]
    MakeTask = Callable[..., Task]


@pytest.fixture
def task(ask: Ask, make_task: MakeTask) -> Task:
    """Return a stored task."""
    stored = make_task(title="Buy milk", description="two\nliters", version=4)
    ask(Add(stored))
    return stored


def changed(task: Task, **fields: Any) -> Task:
    """Return the task with every field changed that a change may change."""
    changes = {
        "title": "Buy bread",
        "description": None,
        "completed_at": None if task.completed else task.updated_at,
        "due": parse_when("2026-11-30"),
        "start": parse_when("2026-11-30T09:00:00+01:00[Europe/Paris]"),
        "priority": Priority.HIGH,
        "tags": ("a", "Home"),
        "project": "home.garden",
        "extra": {"a": [1, 2.5, None, {"b": "x"}]},
        "updated_at": task.updated_at + timedelta(microseconds=1),
        "version": task.version + 1,
    }
    return attrs.evolve(task, **changes | fields)


def test_add_answers_the_task_and_get_finds_it_as_it_was_given(
    ask: Ask, make_task: MakeTask
) -> None:
    task = make_task(description="two\n\tliters", completed=True, version=7)

    assert repr(ask(Add(task))) == repr(task)
    assert repr(ask(Get("alice", task.id))) == repr(task)


def test_add_with_an_id_in_use_fails_and_leaves_the_first_task(ask: Ask, task: Task) -> None:
    answer = ask(Add(changed(task)))

    assert repr(answer) == repr(DuplicateTask(task.id))
    assert repr(ask(Get("alice", task.id))) == repr(task)


def test_add_of_a_task_that_is_stored_already_fails(ask: Ask, task: Task) -> None:
    assert repr(ask(Add(task))) == repr(DuplicateTask(task.id))


def test_get_of_no_task_fails(ask: Ask, some_id: UUID) -> None:
    assert repr(ask(Get("alice", some_id))) == repr(TaskNotFound(some_id))


def test_find_answers_nothing_for_a_user_without_tasks(ask: Ask) -> None:
    assert ask(Find("nobody")) == []


def test_find_answers_whole_tasks(ask: Ask, task: Task) -> None:
    assert repr(ask(Find("alice"))) == repr([task])


def test_replace_answers_the_new_task_and_stores_all_of_it(ask: Ask, task: Task) -> None:
    new = changed(task)

    assert repr(ask(Replace(new, expected=4))) == repr(new)
    assert repr(ask(Get("alice", task.id))) == repr(new)


@pytest.mark.parametrize("expected", [3, 5, 2**40])
def test_replace_of_another_version_fails_and_writes_nothing(
    expected: int, ask: Ask, task: Task
) -> None:
    answer = ask(Replace(changed(task), expected=expected))

    assert repr(answer) == repr(StaleTask(task.id, expected))
    assert repr(ask(Get("alice", task.id))) == repr(task)


def test_replace_of_a_task_that_never_was_fails_and_stores_none(
    ask: Ask, make_task: MakeTask
) -> None:
    task = make_task()

    assert repr(ask(Replace(task, expected=1))) == repr(StaleTask(task.id, 1))
    assert ask(Find("alice")) == []


def test_replace_of_a_task_that_is_gone_fails_and_does_not_bring_it_back(
    ask: Ask, task: Task
) -> None:
    ask(Remove("alice", task.id))

    assert repr(ask(Replace(changed(task), expected=4))) == repr(StaleTask(task.id, 4))
    assert repr(ask(Get("alice", task.id))) == repr(TaskNotFound(task.id))


@pytest.mark.parametrize("expected", [None, 4])
def test_remove_answers_none_and_the_task_is_gone(
    expected: int | None, ask: Ask, task: Task
) -> None:
    assert ask(Remove("alice", task.id, expected=expected)) is None
    assert repr(ask(Get("alice", task.id))) == repr(TaskNotFound(task.id))


@pytest.mark.parametrize("expected", [3, 5])
def test_remove_of_another_version_fails_and_leaves_the_task(
    expected: int, ask: Ask, task: Task
) -> None:
    answer = ask(Remove("alice", task.id, expected=expected))

    assert repr(answer) == repr(StaleTask(task.id, expected))
    assert repr(ask(Get("alice", task.id))) == repr(task)


@pytest.mark.parametrize("expected", [None, 1])
def test_remove_of_no_task_fails_whatever_version_it_expects(
    expected: int | None, ask: Ask, some_id: UUID
) -> None:
    answer = ask(Remove("alice", some_id, expected=expected))

    assert repr(answer) == repr(TaskNotFound(some_id))


def test_the_id_of_a_removed_task_is_free_again(ask: Ask, task: Task) -> None:
    ask(Remove("alice", task.id))
    again = changed(task, version=1)

    assert repr(ask(Add(again))) == repr(again)
    assert repr(ask(Get("alice", task.id))) == repr(again)


AT_VERSION_4: dict[str, Callable[[Task], Operation[Any]]] = {
    "Replace": lambda task: Replace(changed(task), expected=4),
    "Remove": lambda task: Remove("alice", task.id, 4, created_at=task.created_at),
    "Expect": lambda task: Expect("alice", task.id, 4, created_at=task.created_at),
}


@pytest.mark.parametrize("operation", AT_VERSION_4.values(), ids=AT_VERSION_4)
def test_what_is_meant_for_a_task_is_not_done_to_one_that_was_added_with_its_id_after_it(
    operation: Callable[[Task], Operation[Any]], ask: Ask, task: Task
) -> None:
    # Its versions begin again, and so the version alone does not tell them apart.
    later = task.created_at + timedelta(microseconds=1)
    again = attrs.evolve(task, title="again", created_at=later, updated_at=later)
    ask(Remove("alice", task.id))
    ask(Add(again))

    assert repr(ask(operation(task))) == repr(StaleTask(task.id, 4))
    assert repr(ask(Get("alice", task.id))) == repr(again)
    assert not isinstance(ask(operation(again)), Exception)


def test_remove_without_a_version_removes_whenever_the_task_was_created(
    ask: Ask, task: Task
) -> None:
    assert ask(Remove("alice", task.id, created_at=task.created_at - timedelta(days=1))) is None
