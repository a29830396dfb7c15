"""The task: what it is, what it is made from, and what it turns into.

All values here are frozen: a change returns a new task with the next version.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypedDict, cast
from uuid import UUID

from attrs import evolve, field, frozen

from taskcore.entities.rules import valid_completed, valid_description, valid_title
from taskcore.errors import InvalidTask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@frozen
class TaskDraft:
    """What a person says of a task before it exists; made valid as it is made.

    Raises ``InvalidTask`` for a title or description that breaks the rules in ``entities.rules``.
    """

    title: str = field(converter=valid_title)
    description: str | None = field(default=None, converter=valid_description)


class TaskChanges(TypedDict, total=False):
    """The fields that an edit may name. An absent one stays; ``description=None`` clears it."""

    title: str
    description: str | None
    completed: bool


@frozen
class Task:
    """One task of one user.

    Nothing is checked here: a task is made from a valid draft, or from what this library stored.
    Times are aware and in UTC. ``version`` starts at 1 and grows by one with each change.
    """

    id: UUID
    user_id: str
    title: str
    description: str | None
    completed: bool
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def from_draft(cls, draft: TaskDraft, *, id: UUID, user_id: str, now: datetime) -> Task:
        """Return the open task, at version 1, that the draft describes."""
        return cls(
            id=id,
            user_id=user_id,
            title=draft.title,
            description=draft.description,
            completed=False,
            created_at=now,
            updated_at=now,
            version=1,
        )

    def edited(self, changes: TaskChanges, now: datetime) -> Task:
        """Return the task with these valid changes, or this same task if they change nothing."""
        fields = cast("Mapping[str, Any]", changes)
        if all(getattr(self, name) == value for name, value in fields.items()):
            return self
        # A clock that was set back must not make a task look older than it was.
        moved_on = max(now, self.updated_at)
        return evolve(self, **fields, updated_at=moved_on, version=self.version + 1)

    def toggled(self, now: datetime) -> Task:
        """Return the task completed if it was open, and open if it was completed."""
        return self.edited({"completed": not self.completed}, now)


def valid_changes(changes: Mapping[str, object]) -> TaskChanges:
    """Return the changes with each value valid; raise ``InvalidTask`` for one that cannot be."""
    valid = {}
    for name, value in changes.items():
        if name not in _RULES:
            raise InvalidTask(name, f"cannot be changed; {_CHANGEABLE} can", "unknown")
        valid[name] = _RULES[name](value)
    return cast("TaskChanges", valid)


_RULES: Final[Mapping[str, Callable[[object], object]]] = {
    "title": valid_title,
    "description": valid_description,
    "completed": valid_completed,
}
_CHANGEABLE: Final = ", ".join(_RULES)
