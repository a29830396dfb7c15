"""Removing: what was read goes, and where somebody was faster it is read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taskcore import InvalidTask, StaleTask, Task, TaskNotFound
from taskcore.ports import Get, Remove
from taskcore.usecases import remove

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID


def test_it_returns_the_task_as_it_was_when_it_went(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(version=5)
    conversation = begin(remove("alice", task.id))
    assert conversation.asks == Get("alice", task.id)
    conversation.answer(task)
    assert conversation.asks == Remove("alice", task.id, expected=5)

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
    assert conversation.asks == Remove("alice", task.id, expected=6)
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
