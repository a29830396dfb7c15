"""JSON exactly as the HTTP API sends it, without the encoder that it has from an extra."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from taskcore.entities.when import format_when

if TYPE_CHECKING:
    from datetime import datetime

    from taskcore import Task
    from taskcore.entities import When


def json_of(task: Task) -> dict[str, object]:
    """Return the task as JSON has it; the order of the keys is the API's."""
    return {
        "id": str(task.id),
        "user_id": task.user_id,
        "title": task.title,
        "description": task.description,
        "completed": task.completed,
        "completed_at": rfc3339(task.completed_at) if task.completed_at else None,
        "due": _when(task.due),
        "start": _when(task.start),
        "priority": task.priority,
        "tags": list(task.tags),
        "project": task.project,
        "parent_id": str(task.parent_id) if task.parent_id else None,
        "extra": task.extra,
        "created_at": rfc3339(task.created_at),
        "updated_at": rfc3339(task.updated_at),
        "version": task.version,
    }


def json_text(value: object) -> str:
    """Return the value as JSON, compact and with its characters as they are."""
    import json  # not every storage needs it

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _STRING_OR_EXPONENT.sub(_respelled, text) if _EXPONENT.search(text) else text


def rfc3339(moment: datetime) -> str:
    """Return a moment that is in UTC."""
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _when(when: When | None) -> str | None:
    return format_when(when) if when else None


def _respelled(found: re.Match[str]) -> str:
    """Return a number with an exponent as the API spells it: 1e16, 1e-7, but 0.00001."""
    if found["exponent"] is None:
        return found[0]
    exponent = int(found["exponent"])
    if exponent == _NO_EXPONENT:
        return f"{found['sign']}0.0000{found['digits'].replace('.', '')}"
    return f"{found['sign']}{found['digits']}e{exponent}"


_NO_EXPONENT: Final = -5
# Only a number stands directly after one of these; in text, what looks like one is rare.
_EXPONENT: Final = re.compile(r"[\[:,]-?[\d.]+e[+-]")
_STRING_OR_EXPONENT: Final = re.compile(
    r'"(?:[^"\\]|\\.)*"|(?P<sign>-?)(?P<digits>[\d.]+)e(?P<exponent>[+-]\d+)'
)
