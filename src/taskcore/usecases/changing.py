"""Changing tasks that are there.

Every change is a compare-and-swap: read, decide, replace what was read. Where somebody was faster,
it decides again on what stands now, so no change is ever lost and nobody waits for a lock. That
loop ends: each turn of it means that another change went through. ``expected`` is the version that
the task must be at, or a container of those that will do; at another it is ``StaleTask``, in
whichever turn of the loop that shows, and also where there is nothing to change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskcore.entities import Task, valid_changes
from taskcore.entities.rules import valid_id
from taskcore.errors import StaleTask
from taskcore.ports import Get, Replace
from taskcore.ports.system import in_utc
from taskcore.usecases.expecting import require_expected
from taskcore.usecases.nesting import move_below

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from taskcore.entities import TaskChanges
    from taskcore.usecases.expecting import Expected


async def edit(
    user_id: str, id: UUID, changes: TaskChanges, *, now: datetime, expected: Expected = None
) -> Task:
    """Change the named fields of the task and return it; one that changes nothing writes nothing.

    Raises ``TaskNotFound``, ``StaleTask``, and ``InvalidTask`` for a change that breaks the rules,
    or a parent that cannot be.
    """
    valid = valid_changes(changes)
    return await _swap(user_id, id, now, expected, lambda task, at: task.edited(valid, at))


async def complete(user_id: str, id: UUID, *, now: datetime, expected: Expected = None) -> Task:
    """Complete the task, if it is not completed yet, and return it.

    Raises ``TaskNotFound`` and ``StaleTask``.
    """
    return await edit(user_id, id, {"completed": True}, now=now, expected=expected)


async def reopen(user_id: str, id: UUID, *, now: datetime, expected: Expected = None) -> Task:
    """Reopen the task, if it is not open already, and return it.

    Raises ``TaskNotFound`` and ``StaleTask``.
    """
    return await edit(user_id, id, {"completed": False}, now=now, expected=expected)


async def toggle(user_id: str, id: UUID, *, now: datetime, expected: Expected = None) -> Task:
    """Complete an open task, or reopen a completed one, and return it.

    Raises ``TaskNotFound`` and ``StaleTask``.
    """
    return await _swap(user_id, id, now, expected, Task.toggled)


async def _swap(
    user_id: str,
    id: UUID,
    now: datetime,
    expected: Expected,
    transition: Callable[[Task, datetime], Task],
) -> Task:
    get, moment = Get(user_id, valid_id(id)), in_utc(now)
    while True:
        task = await get
        require_expected(task, expected)
        changed = transition(task, moment)
        if changed is task:
            return task
        try:
            return await _replace(task, changed)
        except StaleTask:
            continue


async def _replace(task: Task, changed: Task) -> Task:
    replace = Replace(changed, expected=task.version)
    if changed.parent_id in {None, task.parent_id}:
        return await replace
    return await move_below(task, replace)
