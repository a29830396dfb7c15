"""Removing tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskcore.entities.rules import valid_id
from taskcore.errors import HasSubtasks, StaleTask, TaskNotFound
from taskcore.ports import Get, Remove, Subtree, Together
from taskcore.usecases.expecting import require_expected

if TYPE_CHECKING:
    from uuid import UUID

    from taskcore.entities import Task
    from taskcore.usecases.expecting import Expected


async def remove(
    user_id: str, id: UUID, *, subtree: bool = False, expected: Expected = None
) -> Task:
    """Remove the task and return it exactly as it was; with ``subtree``, all below it go as well.

    All of a subtree goes, or nothing does. ``expected`` is the version that the task must be at, of
    a subtree its top, or a container of those that will do. Raises ``TaskNotFound``, ``StaleTask``,
    and ``HasSubtasks`` for a task with any unless they are to go.
    """
    id = valid_id(id)
    if subtree:
        return (await remove_subtree(user_id, id, expected=expected))[0]
    while True:
        task = await Get(user_id, id)
        require_expected(task, expected)
        try:
            await _as_it_is(task)
        except StaleTask:
            continue
        return task


async def remove_subtree(user_id: str, id: UUID, *, expected: Expected = None) -> list[Task]:
    """Remove the task and all below it; return them as they were, parents first.

    All of them go, or nothing does. Raises as ``remove`` does.
    """
    id = valid_id(id)
    while True:
        tasks = await Subtree(user_id, id)
        require_expected(tasks[0], expected)
        # From the bottom, so that none has subtasks when it goes.
        removals = tuple(_as_it_is(task) for task in reversed(tasks))
        try:
            await Together(removals)
        except (StaleTask, TaskNotFound, HasSubtasks):
            # Somebody changed the subtree meanwhile; if the task itself is gone, that comes next.
            continue
        return tasks


def _as_it_is(task: Task) -> Remove:
    return Remove(task.user_id, task.id, expected=task.version, created_at=task.created_at)
