"""Making tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskcore.entities import Task, TaskDraft
from taskcore.entities.once import AddedTask, id_from_key
from taskcore.entities.rules import valid_id, valid_user_id
from taskcore.errors import DuplicateTask, InvalidTask, KeyReused, StaleTask, TaskNotFound
from taskcore.ports import Add, Get, Together
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
        try:
            place = await place_below(user_id, task.parent_id)
            return (await Together((*place, Add(task))))[-1]  # type: ignore[no-any-return]  # of Add
        except StaleTask:
            continue


async def add_once(
    user_id: str, draft: TaskDraft | str, *, key: UUID | str, now: datetime
) -> AddedTask:
    """Store a new open task, unless that was done before; return it, and which of both it was.

    The key is the task's id, or any text of the caller's own, which then decides the id. A stored
    task is the answer if it is what the draft says and was not changed since. Of one that was, what
    it was at first cannot be known: to a text it is the answer as it is now, but an id is taken. A
    task that was removed is added again.

    Raises ``InvalidTask`` as ``add`` does, and for what is no key; where the task of this key is
    another, ``KeyReused`` for a text, and ``DuplicateTask`` for an id.
    """
    valid = draft if isinstance(draft, TaskDraft) else TaskDraft(draft)
    id = id_from_key(valid_user_id(user_id), key)
    while True:
        try:
            return AddedTask(await add(user_id, valid, id=id, now=now), replayed=False)
        except DuplicateTask:
            refusal = None
        except InvalidTask as error:
            if error.kind != "parent":
                raise
            refusal = error  # which counts only if the task is new: its parent may be gone by now
        try:
            stored = await Get(user_id, id)
        except TaskNotFound:
            if refusal:
                raise refusal from None
            continue
        if stored.is_still(valid) or (isinstance(key, str) and stored.version > 1):
            return AddedTask(stored, replayed=True)
        raise KeyReused(id) if isinstance(key, str) else DuplicateTask(id)
