"""How a task is kept: as a row, of which most tasks leave the greater part empty."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from taskcore.entities import Task
from taskcore.entities.extra import extra_text
from taskcore.entities.folding import fold
from taskcore.entities.priority import BY_RANK
from taskcore.entities.when import format_when, order_instant, stored_when

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


PLAIN: Final = (
    "user_id",
    "id",
    "title",
    "description",
    "completed_at",
    "created_at",
    "updated_at",
    "version",
)
"""The columns that are not empty, or may be filled, in the row of any task."""

RICH: Final = (
    "due",
    "due_at",
    "start",
    "start_at",
    "priority",
    "tags",
    "tag_keys",
    "project",
    "parent_id",
    "extra",
    "folded_title",
    "folded_description",
)
"""The other columns, which are empty for a task that has no more than words in ASCII."""


RARE: Final = ("due", "start", "priority", "tags", "project", "parent_id", "extra")
REST: Final = (
    f"CASE WHEN num_nulls({', '.join(RARE)}) < {len(RARE)}"
    f" THEN CAST(json_build_array({', '.join(RARE)}) AS text) END"
)
"""The columns of ``RARE`` as one, in SQL: seven that are empty would add a fifth to a long list."""


def row_of(task: Task) -> dict[str, Any]:
    """Return the row of a task, without what is empty in it."""
    row = {
        "user_id": task.user_id,
        "id": task.id,
        "title": task.title,
        "created_at": task.created_at,
        "updated_at": task.updated_at,
        "version": task.version,
    }
    if task.description is not None:
        row["description"] = task.description
    if task.completed_at is not None:
        row["completed_at"] = task.completed_at
    return row if is_plain(task) else row | _rich(task)


def is_plain(task: Task) -> bool:
    """Whether the columns of ``RICH`` are empty for it."""
    return (
        task.due is None
        and task.start is None
        and task.priority is None
        and not task.tags
        and task.project is None
        and task.parent_id is None
        and not task.extra
        and _is_ascii(task.title)
        and _is_ascii(task.description)
    )


def tasks_of(rows: Sequence[Sequence[Any]]) -> list[Task]:
    """Return the tasks that are kept as these rows of ``PLAIN`` and ``REST``."""
    if rows and rows[0][_CREATED_AT].tzinfo is not UTC:
        # A session of the caller's may be in any zone.
        rows = [_in_utc(row) for row in rows]
    tasks: list[Task] = []
    for (
        user_id,
        id,
        title,
        description,
        completed_at,
        created_at,
        updated_at,
        version,
        rest,
    ) in rows:
        task: Any = _NEW(_Filling)
        task.id = id
        task.user_id = user_id
        task.title = title
        task.description = description
        task.completed_at = completed_at
        task.created_at = created_at
        task.updated_at = updated_at
        task.version = version
        if rest is None:
            task.due = task.start = task.priority = task.project = task.parent_id = None
            task.tags = ()
            task.extra = _EMPTY
        else:
            _fill(task, *json.loads(rest))
        task.__class__ = Task
        tasks.append(task)
    return tasks


def tag_key(user_id: str, folded: str) -> str:
    """Return what one user's tag is indexed by. In neither text is there a line break."""
    return f"{user_id}\n{folded}"


class _Filling(Task):
    """A task while it is filled: a frozen one takes three times as long, of all that a list does.

    Without both methods, Python would still look for those of ``Task`` with each attribute.
    """

    __slots__ = ()
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__


def _fill(task: Any, *rest: Any) -> None:
    due, start, priority, tags, project, parent_id, extra = rest
    task.due = due and stored_when(due)
    task.start = start and stored_when(start)
    task.priority = priority and BY_RANK[priority]
    task.tags = tuple(tags or ())
    task.project = project
    task.parent_id = parent_id and UUID(parent_id)
    task.extra = json.loads(extra) if extra else {}


def _in_utc(row: Sequence[Any]) -> list[Any]:
    return [value.astimezone(UTC) if isinstance(value, datetime) else value for value in row]


def _rich(task: Task) -> dict[str, Any]:
    row = {
        "due": task.due and format_when(task.due),
        "due_at": task.due and order_instant(task.due),
        "start": task.start and format_when(task.start),
        "start_at": task.start and order_instant(task.start),
        "priority": task.priority and task.priority.rank,
        "tags": list(task.tags) or None,
        "tag_keys": [tag_key(task.user_id, fold(tag)) for tag in task.tags] or None,
        "project": task.project,
        "parent_id": task.parent_id,
        "extra": extra_text(task.extra) if task.extra else None,
        "folded_title": _folded(task.title),
        "folded_description": _folded(task.description),
    }
    return {name: value for name, value in row.items() if value is not None}


def _folded(text: str | None) -> str | None:
    """Return the folded text if it is not what Postgres makes of it itself, as it does of ASCII."""
    return None if text is None or text.isascii() else fold(text)


def _is_ascii(text: str | None) -> bool:
    return text is None or text.isascii()


_CREATED_AT: Final = PLAIN.index("created_at")
_NEW: Final = object.__new__
# One for all, which nobody changes in place: a new one for each task would make Python look for
# garbage twice as often, which takes a third of the time of a long list.
_EMPTY: Final[Mapping[str, Any]] = {}
