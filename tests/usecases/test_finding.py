"""Looking up: what the use cases ask for, and what they make of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taskcore import InvalidTask, RepositoryUnavailable, Task, TaskNotFound
from taskcore.ports import Find, Get
from taskcore.usecases import find, get

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID


def test_get_asks_for_the_users_task_and_returns_it(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task()
    conversation = begin(get("alice", task.id))
    assert conversation.asks == Get("alice", task.id)

    conversation.answer(task)

    assert conversation.result is task


def test_get_of_a_task_that_is_not_there_is_an_error_that_passes(
    begin: Callable[..., Any], some_id: UUID
) -> None:
    conversation = begin(get("alice", some_id))

    with pytest.raises(TaskNotFound):
        conversation.answer(TaskNotFound(some_id))


def test_get_of_what_is_no_id_is_refused_before_anything_is_asked(
    begin: Callable[..., Any], some_id: UUID
) -> None:
    with pytest.raises(InvalidTask, match=r"id must be a uuid\.UUID"):
        begin(get("alice", str(some_id)))  # type: ignore[arg-type]  # that is the mistake


def test_find_asks_for_the_users_tasks_and_returns_them(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    tasks = [make_task(), make_task()]
    conversation = begin(find("alice"))
    assert conversation.asks == Find("alice")

    conversation.answer(tasks)

    assert conversation.result == tasks


def test_a_storage_that_cannot_serve_is_an_error_that_passes(begin: Callable[..., Any]) -> None:
    conversation = begin(find("alice"))

    with pytest.raises(RepositoryUnavailable):
        conversation.answer(RepositoryUnavailable("the disk is full"))
