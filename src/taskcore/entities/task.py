"""The task: what it is, what it is made from, and what it turns into.

All values here are frozen: a change returns a new task with the next version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypedDict, cast
from uuid import UUID

from attrs import evolve, field, fields_dict, frozen

from taskcore.entities.extra import extra_text, merged_extra, valid_extra
from taskcore.entities.priority import Priority, valid_priority
from taskcore.entities.rules import (
    valid_completed,
    valid_description,
    valid_parent_id,
    valid_project,
    valid_title,
)
from taskcore.entities.tags import valid_tags, with_tags, without_tags
from taskcore.entities.when import When, begins_after, same_when, valid_when
from taskcore.errors import InvalidTask

if TYPE_CHECKING:
    from collections.abc import Callable


def valid_due(value: object) -> When | None:
    """Allow what ``valid_when`` does."""
    return valid_when("due", value)


def valid_start(value: object) -> When | None:
    """Allow what ``valid_when`` does."""
    return valid_when("start", value)


def valid_new_extra(value: object) -> dict[str, Any]:
    """Allow what ``valid_extra`` does, up to 4 KiB of it; a null is no value."""
    return {} if value is None else merged_extra({}, valid_extra(value))


def valid_patch(value: object) -> dict[str, Any] | None:
    """Allow None, which clears ``extra``, or what ``valid_extra`` does, to be merged into it."""
    return None if value is None else valid_extra(value)


@frozen(kw_only=True)
class TaskDraft:
    """What a person says of a task before it exists; made valid as it is made.

    The fields are those of ``Task``, and text that says a value is as good as the value: a date, a
    priority. Raises ``InvalidTask`` for one that breaks its rule, and for a start after the due.
    """

    title: str = field(converter=valid_title, kw_only=False)
    description: str | None = field(default=None, converter=valid_description, kw_only=False)
    due: When | None = field(default=None, converter=valid_due)
    start: When | None = field(default=None, converter=valid_start)
    priority: Priority | None = field(default=None, converter=valid_priority)
    tags: tuple[str, ...] = field(default=(), converter=valid_tags)
    project: str | None = field(default=None, converter=valid_project)
    parent_id: UUID | None = field(default=None, converter=valid_parent_id)
    extra: Mapping[str, Any] = field(default=None, converter=valid_new_extra, hash=False)

    def __attrs_post_init__(self) -> None:
        _require_order(self.start, self.due)


class TaskFields(TypedDict, total=False):
    """What a new task may have besides title and description; see ``Task``."""

    due: When | str | None
    start: When | str | None
    priority: Priority | str | None
    tags: Iterable[str] | None
    project: str | None
    parent_id: UUID | str | None
    extra: Mapping[str, Any] | None


class TaskChanges(TaskFields, total=False):
    """The fields that an edit may name. An absent one stays, and None clears one that can be none.

    ``tags`` takes the place of all tags; ``add_tags`` and ``remove_tags`` leave the others.
    ``extra`` is merged into what is there (RFC 7396), where a None inside removes a key.
    """

    title: str
    description: str | None
    completed: bool
    add_tags: Iterable[str]
    remove_tags: Iterable[str]


@frozen
class Task:
    """One task of one user.

    Nothing is checked here: a task is made from a valid draft, or from what this library stored.
    ``due`` and ``start`` are a date, an aware datetime, or None; ``tags`` are sorted without case.
    The other times are aware and in UTC. ``extra`` is not to be changed in place. ``version``
    starts at 1 and grows by one with each change.
    """

    id: UUID
    user_id: str
    title: str
    description: str | None
    completed_at: datetime | None
    due: When | None
    start: When | None
    priority: Priority | None
    tags: tuple[str, ...]
    project: str | None
    parent_id: UUID | None
    extra: Mapping[str, Any] = field(hash=False)
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
            completed_at=None,
            due=draft.due,
            start=draft.start,
            priority=draft.priority,
            tags=draft.tags,
            project=draft.project,
            parent_id=draft.parent_id,
            extra=draft.extra,
            created_at=now,
            updated_at=now,
            version=1,
        )

    @property
    def completed(self) -> bool:
        """Whether it is completed, and not open."""
        return self.completed_at is not None

    def is_at(self, version: int, created_at: datetime | None) -> bool:
        """Whether it is at the version, and is the one that was created then, if that is said.

        An id that was removed may be added again, and its versions begin again.
        """
        return self.version == version and created_at in {None, self.created_at}

    def is_still(self, draft: TaskDraft) -> bool:
        """Whether it is what became of the draft, and was never changed."""
        return self.version == 1 and all(
            _SAME.get(name, _equal)(getattr(draft, name), getattr(self, name)) for name in _DRAFTED
        )

    def edited(self, changes: TaskChanges, now: datetime) -> Task:
        """Return the task with these valid changes, or this same task if they change nothing.

        Raises ``InvalidTask`` where they do not go with what stays.
        """
        # A clock that was set back must not make a task look older than it was.
        moved_on = now if now >= self.updated_at else _soon_after(self.updated_at, now)
        fields = _changed_fields(self, changes, moved_on)
        if not fields:
            return self
        edited = evolve(self, **fields, updated_at=moved_on, version=self.version + 1)
        if "due" in fields or "start" in fields:
            _require_order(edited.start, edited.due)
        return edited

    def toggled(self, now: datetime) -> Task:
        """Return the task completed if it was open, and open if it was completed."""
        return self.edited({"completed": not self.completed}, now)


def _soon_after(moment: datetime, now: datetime) -> datetime:
    """Return a time that comes within a millisecond, and is another one for most of those ``now``.

    Of two changes that waited for a third, each would make the same task of what that left. Who
    then finds this task stored could not tell whether it was stored for the one or for the other.
    """
    return moment + min(timedelta(microseconds=1 + now.microsecond % 999), _LAST - moment)


def valid_changes(changes: Mapping[str, object]) -> TaskChanges:
    """Return the changes with each value valid; raise ``InvalidTask`` for one that cannot be."""
    valid = {}
    for name, value in changes.items():
        if name not in _RULES:
            raise InvalidTask(name, f"cannot be changed; {_CHANGEABLE} can", "unknown")
        valid[name] = _RULES[name](value)
    return cast("TaskChanges", valid)


def _changed_fields(task: Task, changes: TaskChanges, moved_on: datetime) -> dict[str, Any]:
    """Return what the changes make of the fields, but of those only that differ from the task."""
    fields: dict[str, Any] = dict(changes)
    if "completed" in fields and fields.pop("completed") != task.completed:
        fields["completed_at"] = None if task.completed else moved_on
    if fields.get("extra") is not None:
        fields["extra"] = merged_extra(task.extra, fields["extra"])
    elif "extra" in fields:
        fields["extra"] = {}
    more, fewer = fields.pop("add_tags", ()), fields.pop("remove_tags", ())
    if more or fewer:
        fields["tags"] = with_tags(without_tags(fields.get("tags", task.tags), fewer), more)
    return {
        name: value
        for name, value in fields.items()
        if not _SAME.get(name, _equal)(value, getattr(task, name))
    }


def _require_order(start: When | None, due: When | None) -> None:
    if start is not None and due is not None and begins_after(start, due):
        raise InvalidTask("start", "must not be after due", "value")


def _equal(one: object, other: object) -> bool:
    return one == other


def _same_extra(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    # In Python, true equals 1; in JSON, the order of keys says nothing.
    return extra_text(one, in_order=True) == extra_text(other, in_order=True)


_SAME: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "due": same_when,
    "start": same_when,
    "extra": _same_extra,
}
_RULES: Final[Mapping[str, Callable[[object], object]]] = {
    "title": valid_title,
    "description": valid_description,
    "completed": valid_completed,
    "due": valid_due,
    "start": valid_start,
    "priority": valid_priority,
    "tags": valid_tags,
    "add_tags": valid_tags,
    "remove_tags": valid_tags,
    "project": valid_project,
    "parent_id": valid_parent_id,
    "extra": valid_patch,
}
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_DRAFTED: Final = tuple(fields_dict(TaskDraft))
_CHANGEABLE: Final = ", ".join(_RULES)
