"""How a task is kept: as a row of values that SQLite knows, which sort as the task's own do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, SafeUUID

from taskcore.entities import Priority, Task
from taskcore.entities.extra import extra_text
from taskcore.entities.folding import fold
from taskcore.entities.priority import BY_RANK
from taskcore.entities.when import format_when, order_instant, stored_when

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from taskcore.entities import When

KEY: Final = ("user_id", "id")
VALUES: Final = (
    "title",
    "description",
    "completed_at",
    "due",
    "due_at",
    "start",
    "start_at",
    "priority",
    "tags",
    "project",
    "parent_id",
    "extra",
    "created_at",
    "updated_at",
    "version",
)
"""The columns that are not the key, in the order of ``values_of``."""

COLUMNS: Final = (
    "id, title, description, created_at, updated_at, version, completed_at, "
    "due, start, priority, tags, project, parent_id, extra"
)
"""The columns that ``tasks_of`` reads."""


def tasks_of(user_id: str, rows: Sequence[tuple[Any, ...]]) -> list[Task]:
    """Return the user's tasks that are kept as these rows of ``COLUMNS``."""
    return [
        Task(
            _uuid(id),
            user_id,
            title,
            description,
            completed_at and datetime.fromisoformat(completed_at),
            due and stored_when(due),
            start and stored_when(start),
            priority and BY_RANK[priority],
            tuple(_from_json(tags).values()) if tags else (),
            project,
            parent_id and _uuid(parent_id),
            _from_json(extra) if extra else {},
            created := datetime.fromisoformat(created_at),
            created if updated_at == created_at else datetime.fromisoformat(updated_at),
            version,
        )
        for (
            id,
            title,
            description,
            created_at,
            updated_at,
            version,
            completed_at,
            due,
            start,
            priority,
            tags,
            project,
            parent_id,
            extra,
        ) in rows
    ]


def key_of(task: Task) -> tuple[str, str]:
    """Return the values of ``KEY``."""
    return task.user_id, str(task.id)


def values_of(task: Task) -> tuple[object, ...]:
    """Return the values of ``VALUES``."""
    return (
        task.title,
        task.description,
        stored(task.completed_at),
        *_whens(task.due),
        *_whens(task.start),
        stored(task.priority),
        _tags(task.tags),
        task.project,
        stored(task.parent_id),
        extra_text(task.extra) if task.extra else None,
        stored(task.created_at),
        stored(task.updated_at),
        task.version,
    )


def stored(value: Any) -> Any:
    """Return a value as a column keeps it."""
    return _STORED.get(type(value), _itself)(value)


def _uuid(text: str) -> UUID:
    # As UUID makes itself, but without its look for the other ways in which one may be written,
    # which takes a fifth of all the time of a list.
    id = object.__new__(UUID)
    _SET(id, "int", int(text.replace("-", ""), 16))
    _SET(id, "is_safe", _UNKNOWN)
    return id


def _itself(value: Any) -> Any:
    return value


def _text(moment: datetime) -> str:
    """Return a UTC time in RFC 3339, always as long, so that the text sorts as the time does."""
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _rank(priority: Priority) -> int:
    return priority.rank


def _whens(when: When | None) -> tuple[str | None, str | None]:
    """Return a day or moment as it is written, and what sorts it."""
    return (None, None) if when is None else (format_when(when), _text(order_instant(when)))


def _tags(tags: tuple[str, ...]) -> str | None:
    if not tags:
        return None
    return extra_text({fold(tag): tag for tag in tags})


_SET: Final = object.__setattr__  # UUID's own refuses
_UNKNOWN: Final = SafeUUID.unknown
_STORED: Final[Mapping[type, Callable[[Any], Any]]] = {
    datetime: _text,
    UUID: str,
    Priority: _rank,
}


def _from_json(text: str) -> dict[str, Any]:
    import json  # few tasks have any, and a command line starts without it

    return json.loads(text)  # type: ignore[no-any-return]  # an object, as it was written
