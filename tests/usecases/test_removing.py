"""Removing: what was read goes, and where somebody was faster it is read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taskcore import InvalidTask, StaleTask, Task, TaskNotFound
from taskcore.errors import HasSubtasks
from taskcore.ports import Get, Remove, Subtree, Together
from taskcore.usecases import remove, remove_subtree

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID


def removal(task: Task) -> Remove:
    """Return the removal of the task as it was read, and of none that has its id after it."""
    return Remove("alice", task.id, expected=task.version, created_at=task.created_at)


def test_it_returns_the_task_as_it_was_when_it_went(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(version=5)
    conversation = begin(remove("alice", task.id))
    assert conversation.asks == Get("alice", task.id)
    conversation.answer(task)
    assert conversation.asks == removal(task)

    conversation.answer(None)

    assert conversation.result is task


def test_a_task_that_changed_meanwhile_goes_as_it_is_now(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(version=5)
    newer = make_task(id=task.id, title="Buy bread", version=6)
    conversation = begin(remove("alice", task.id))
    conversation.answer(task)

    conversation.answer(StaleTask(task.id, 5))
    assert conversation.asks == Get("alice", task.id)
    conversation.answer(newer)
    assert conversation.asks == removal(newer)
    conversation.answer(None)

    assert conversation.result is newer


def test_a_task_that_is_not_there_is_an_error_that_passes(
    begin: Callable[..., Any], some_id: UUID
) -> None:
    conversation = begin(remove("alice", some_id))

    with pytest.raises(TaskNotFound):
        conversation.answer(TaskNotFound(some_id))


def test_a_task_that_somebody_else_removed_meanwhile_is_an_error_that_passes(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task()
    conversation = begin(remove("alice", task.id))
    conversation.answer(task)

    with pytest.raises(TaskNotFound):
        conversation.answer(TaskNotFound(task.id))


def test_what_is_no_id_is_refused_before_anything_is_asked(begin: Callable[..., Any]) -> None:
    with pytest.raises(InvalidTask, match=r"id must be a uuid\.UUID"):
        begin(remove("alice", "7"))  # type: ignore[arg-type]  # that is the mistake


def test_a_task_with_subtasks_stays_and_the_error_passes(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task()
    conversation = begin(remove("alice", task.id))
    conversation.answer(task)

    with pytest.raises(HasSubtasks):
        conversation.answer(HasSubtasks(task.id))


def family(make_task: Callable[..., Task]) -> list[Task]:
    parent = make_task(version=5)
    child = make_task(parent_id=parent.id, version=2)
    return [parent, child, make_task(parent_id=parent.id), make_task(parent_id=child.id)]


def removals(tasks: list[Task]) -> Together:
    return Together(tuple(removal(task) for task in reversed(tasks)))


def test_a_subtree_goes_together_from_the_bottom_and_its_top_is_returned(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    tasks = family(make_task)
    conversation = begin(remove("alice", tasks[0].id, subtree=True))
    assert conversation.asks == Subtree("alice", tasks[0].id)

    conversation.answer(tasks)
    assert conversation.asks == removals(tasks)
    conversation.answer((None,) * 4)

    assert conversation.result is tasks[0]


def test_whoever_removes_a_subtree_may_have_all_of_it(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    tasks = family(make_task)
    conversation = begin(remove_subtree("alice", tasks[0].id))
    conversation.answer(tasks)
    conversation.answer((None,) * 4)

    assert conversation.result == tasks


def test_a_task_without_subtasks_is_a_subtree(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task()
    conversation = begin(remove("alice", task.id, subtree=True))
    conversation.answer([task])
    assert conversation.asks == removals([task])

    conversation.answer((None,))

    assert conversation.result is task


@pytest.mark.parametrize(
    "error", [StaleTask, TaskNotFound, HasSubtasks], ids=["changed", "gone", "grown"]
)
def test_a_subtree_that_changed_meanwhile_goes_as_it_is_now(
    error: type[Exception], begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    tasks = family(make_task)
    now = [make_task(id=tasks[0].id, version=6), make_task(parent_id=tasks[0].id)]
    conversation = begin(remove("alice", tasks[0].id, subtree=True))
    conversation.answer(tasks)

    conversation.answer(error(tasks[1].id, 2) if error is StaleTask else error(tasks[1].id))
    assert conversation.asks == Subtree("alice", tasks[0].id)
    conversation.answer(now)
    assert conversation.asks == removals(now)
    conversation.answer((None, None))

    assert conversation.result is now[0]


def test_a_subtree_that_somebody_else_removed_meanwhile_is_not_found(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    tasks = family(make_task)
    conversation = begin(remove("alice", tasks[0].id, subtree=True))
    conversation.answer(tasks)
    conversation.answer(TaskNotFound(tasks[3].id))

    with pytest.raises(TaskNotFound):
        conversation.answer(TaskNotFound(tasks[0].id))


def test_a_subtree_is_named_by_an_id(begin: Callable[..., Any]) -> None:
    with pytest.raises(InvalidTask, match=r"id must be a uuid\.UUID"):
        begin(remove("alice", "7", subtree=True))  # type: ignore[arg-type]  # that is the mistake
