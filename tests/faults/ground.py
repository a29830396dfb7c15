"""What the clients of one user share: the few tasks that there may be, and what was seen of them.

What they ask is made with what somebody saw last: so that versions are often right, and often just
not anymore.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attrs import field, frozen
from conftest import MOMENT
from faults.requests import Raw, Use

from taskcore import Task, TaskDraft
from taskcore.entities.once import id_from_key

if TYPE_CHECKING:
    from datetime import datetime


@frozen
class Ground:
    """One user, the keys of the tasks, chance, and each task as somebody saw it last."""

    user_id: str
    keys: Sequence[str]
    random: Random
    seen: dict[UUID, Task] = field(factory=dict)
    numbers: Any = field(factory=lambda: count(1))

    def ids(self) -> list[UUID]:
        return [id_from_key(self.user_id, key) for key in self.keys]

    def id(self) -> UUID:
        return id_from_key(self.user_id, self.random.choice(self.keys))

    def draft(self, **fields: Any) -> TaskDraft:
        return TaskDraft(f"{next(self.numbers)}", **fields)

    def new(self, id: UUID, **fields: Any) -> Task:
        return Task.from_draft(self.draft(**fields), id=id, user_id=self.user_id, now=self.now())

    def now(self) -> datetime:
        return MOMENT + timedelta(microseconds=next(self.numbers))

    def last_seen(self, id: UUID) -> Task:
        return self.seen.get(id) or self.new(id)

    def changed(self, task: Task) -> Task:
        return task.edited({"title": f"{next(self.numbers)}"}, self.now())

    def raw(self, about: UUID | None, operation: Any) -> Raw:
        return Raw(self.user_id, about, operation)

    def use(self, about: UUID | None, name: str, /, *arguments: Any, **options: Any) -> Use:
        return Use(self.user_id, about, self.now(), name, arguments, options)

    def see(self, answer: Any) -> None:
        """Remember what was answered."""
        for one in answer if isinstance(answer, list | tuple | frozenset) else (answer,):
            task = getattr(one, "task", one)
            if hasattr(task, "version"):
                self.seen[task.id] = task
