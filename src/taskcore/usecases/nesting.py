"""Where a task may stand: below another task of its user, not below itself, and not too deep.

What stands above is read task by task. So that all of it was true at one moment, what is stored
goes together with what it was decided by, and where nothing is stored, that is looked at again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskcore.entities.nesting import LEVELS, levels_of
from taskcore.errors import InvalidTask, StaleTask, TaskNotFound
from taskcore.ports import Expect, Get, Subtree, Together

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from taskcore.entities import Task
    from taskcore.ports import Replace


async def place_below(user_id: str, parent_id: UUID) -> tuple[Expect, ...]:
    """Return what must stay as it is for a new task to stand below the parent.

    Raises ``StaleTask`` if something above changed meanwhile, and ``InvalidTask`` if there is no
    such parent, or if that is too deep.
    """
    above = await _upwards(user_id, parent_id)
    if len(above) + 1 > LEVELS:
        await Together(_as_they_are(above))
        raise _too_deep(len(above) + 1)
    return _as_they_are(above)


async def move_below(task: Task, replace: Replace) -> Task:
    """Replace the task by one with another parent, with all that is below it.

    Raises ``StaleTask`` if any of them changed meanwhile, and ``InvalidTask`` if there is no such
    parent, if it is the task itself or stands below it, or if that is too deep.
    """
    above = await _upwards(task.user_id, replace.task.parent_id, task)
    seen = _as_they_are([task, *above])
    if task.id in {one.id for one in above}:
        await Together(seen)
        raise InvalidTask("parent_id", "must not be the task itself or one below it", "parent")
    subtree = Subtree(task.user_id, task.id)
    levels = levels_of(await subtree)
    if len(above) + levels > LEVELS:
        levels = levels_of((await Together((*seen, subtree)))[-1])
        if len(above) + levels > LEVELS:
            raise _too_deep(len(above) + levels)
    # Who adds a task below this one meanwhile changes no version, but may make it deeper.
    still = Expect(task.user_id, task.id, replace.task.version, levels, task.created_at)
    answers = await Together((*_as_they_are(above), replace, still))
    return answers[-2]  # type: ignore[no-any-return]  # of the replacement


def _as_they_are(tasks: Sequence[Task]) -> tuple[Expect, ...]:
    return tuple(
        Expect(task.user_id, task.id, task.version, created_at=task.created_at) for task in tasks
    )


def _too_deep(levels: int) -> InvalidTask:
    reason = f"would put a task on level {levels}; {LEVELS} is the deepest"
    return InvalidTask("parent_id", reason, "parent")


async def _upwards(user_id: str, id: UUID | None, *below: Task) -> list[Task]:
    """Return the task with this id, its parent, and so on to the top; ``below`` was read before."""
    tasks: list[Task] = []
    next_id = id
    while next_id is not None and len(tasks) <= LEVELS:
        get = Get(user_id, next_id)
        try:
            tasks.append(await get)
        except TaskNotFound:
            await _require_none(get, [*below, *tasks])
            raise InvalidTask(
                "parent_id", "must be the id of a task of this user", "parent"
            ) from None
        next_id = tasks[-1].parent_id
    return tasks


async def _require_none(get: Get, seen: Sequence[Task]) -> None:
    """Raise ``StaleTask`` unless there was no such task while these were as they were seen."""
    if not seen:
        return
    try:
        await Together((*_as_they_are(seen), get))
    except TaskNotFound:
        return
    raise StaleTask(seen[-1].id, seen[-1].version)
