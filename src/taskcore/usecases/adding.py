"""Making tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskcore.entities import Task, TaskDraft
from taskcore.entities.rules import valid_id, valid_user_id
from taskcore.errors import StaleTask
from taskcore.ports import Add, Together
from taskcore.ports.system import in_utc
from taskcore.usecases.nesting import place_below

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


async def add(user_id: str, draft: TaskDraft | str, *, id: UUID, now: datetime) -> Task:
    """Store a new open task from a draft, or from just a title, and return it.

    Raises ``InvalidTask`` for a user id, title or id that breaks the rules, or a parent that cannot
    be; ``DuplicateTask`` for an id in use.
    """
    valid = draft if isinstance(draft, TaskDraft) else TaskDraft(draft)
    task = Task.from_draft(valid, id=valid_id(id), user_id=valid_user_id(user_id), now=in_utc(now))
    if task.parent_id is None:
        return await Add(task)
    while True:
        place = await place_below(user_id, task.parent_id)
        try:
            return (await Together((*place, Add(task))))[-1]  # type: ignore[no-any-return]  # of Add
        except StaleTask:
            continue
