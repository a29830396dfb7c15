"""Where a task may stand: below another task of its user, not below itself, and not too deep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskcore.entities.nesting import LEVELS, levels_of
from taskcore.errors import InvalidTask, TaskNotFound
from taskcore.ports import Expect, Get, Subtree, Together

if TYPE_CHECKING:
    from uuid import UUID

    from taskcore.entities import Task
    from taskcore.ports import Replace


async def place_below(user_id: str, parent_id: UUID) -> tuple[Expect, ...]:
    """Return what must stay as it is for a new task to stand below the parent.

    Raises ``InvalidTask`` if there is no such parent, or if that is too deep.
    """
    above = await _upwards(user_id, parent_id)
    _require_levels(len(above) + 1)
    return _as_they_are(user_id, above)


async def move_below(task: Task, replace: Replace) -> Task:
    """Replace the task by one with another parent, with all that is below it.

    Raises ``StaleTask`` if any of them changed meanwhile, and ``InvalidTask`` if there is no such
    parent, if it is the task itself or stands below it, or if that is too deep.
    """
    above = await _upwards(task.user_id, replace.task.parent_id)
    if task.id in {one.id for one in above}:
        raise InvalidTask("parent_id", "must not be the task itself or one below it", "parent")
    levels = levels_of(await Subtree(task.user_id, task.id))
    _require_levels(len(above) + levels)
    # Who adds a task below this one meanwhile changes no version, but may make it deeper.
    still = Expect(task.user_id, task.id, replace.task.version, levels)
    answers = await Together((*_as_they_are(task.user_id, above), replace, still))
    return answers[-2]  # type: ignore[no-any-return]  # of the replacement


def _as_they_are(user_id: str, tasks: list[Task]) -> tuple[Expect, ...]:
    return tuple(Expect(user_id, task.id, task.version) for task in tasks)


def _require_levels(levels: int) -> None:
    if levels > LEVELS:
        reason = f"would put a task on level {levels}; {LEVELS} is the deepest"
        raise InvalidTask("parent_id", reason, "parent")


async def _upwards(user_id: str, id: UUID | None) -> list[Task]:
    """Return the task with this id, its parent, and so on to the top."""
    tasks: list[Task] = []
    next_id = id
    while next_id is not None and len(tasks) <= LEVELS:
        try:
            tasks.append(await Get(user_id, next_id))
        except TaskNotFound:
            raise InvalidTask(
                "parent_id", "must be the id of a task of this user", "parent"
            ) from None
        next_id = tasks[-1].parent_id
    return tasks
