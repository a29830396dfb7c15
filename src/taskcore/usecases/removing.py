"""Removing tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskcore.entities.rules import valid_id
from taskcore.errors import HasSubtasks, StaleTask, TaskNotFound
from taskcore.ports import Get, Remove, Subtree, Together

if TYPE_CHECKING:
    from uuid import UUID

    from taskcore.entities import Task


async def remove(user_id: str, id: UUID, *, subtree: bool = False) -> Task:
    """Remove the task and return it exactly as it was; with ``subtree``, all below it go as well.

    All of a subtree goes, or nothing does. Raises ``TaskNotFound``, and ``HasSubtasks`` for a task
    with any unless they are to go.
    """
    id = valid_id(id)
    if subtree:
        return (await remove_subtree(user_id, id))[0]
    while True:
        task = await Get(user_id, id)
        try:
            await Remove(user_id, id, expected=task.version)
        except StaleTask:
            continue
        return task


async def remove_subtree(user_id: str, id: UUID) -> list[Task]:
    """Remove the task and all below it; return them as they were, parents first.

    All of them go, or nothing does. Raises ``TaskNotFound``.
    """
    id = valid_id(id)
    while True:
        tasks = await Subtree(user_id, id)
        # From the bottom, so that none has subtasks when it goes.
        removals = tuple(Remove(user_id, task.id, task.version) for task in reversed(tasks))
        try:
            await Together(removals)
        except (StaleTask, TaskNotFound, HasSubtasks):
            # Somebody changed the subtree meanwhile; if the task itself is gone, that comes next.
            continue
        return tasks
