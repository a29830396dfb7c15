"""Where a task may stand: below another task of its user, not below itself, and not too deep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskcore.errors import InvalidTask, TaskNotFound
from taskcore.ports import Expect, Get, Subtree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from taskcore.entities import Task

LEVELS: Final = 8
"""How deep tasks may be nested: one without a parent is on the first level."""


async def place_below(
    user_id: str, parent_id: UUID, moving: Task | None = None
) -> tuple[Expect, ...]:
    """Return what must stay as it is for a task to stand below the parent.

    ``moving`` is a task that is there already, with its own subtasks. Raises ``InvalidTask`` if
    there is no such parent, if it is the task itself or stands below it, or if that is too deep.
    """
    above = await _upwards(user_id, parent_id)
    levels = 1
    if moving is not None:
        if moving.id in {task.id for task in above}:
            raise InvalidTask("parent_id", "must not be the task itself or one below it", "parent")
        levels = _levels(await Subtree(user_id, moving.id))
    if len(above) + levels > LEVELS:
        reason = f"would put a task on level {len(above) + levels}; {LEVELS} is the deepest"
        raise InvalidTask("parent_id", reason, "parent")
    return tuple(Expect(user_id, task.id, task.version) for task in above)


async def _upwards(user_id: str, id: UUID) -> list[Task]:
    """Return the task with this id, its parent, and so on to the top."""
    tasks: list[Task] = []
    next_id: UUID | None = id
    while next_id is not None and len(tasks) <= LEVELS:
        try:
            tasks.append(await Get(user_id, next_id))
        except TaskNotFound:
            raise InvalidTask(
                "parent_id", "must be the id of a task of this user", "parent"
            ) from None
        next_id = tasks[-1].parent_id
    return tasks


def _levels(subtree: Sequence[Task]) -> int:
    """Return on how many levels these tasks stand, of which each comes after its parent."""
    level: dict[UUID | None, int] = {}
    for task in subtree:
        level[task.id] = level.get(task.parent_id, 0) + 1
    return max(level.values())
