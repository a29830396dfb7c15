"""What was understood of what a person said of a task, in words, on stderr."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from typer import echo

from taskcore.entities.when import weekday

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import tzinfo

    from taskcore import Task
    from taskcore.entities import When


def echo_understood(task: Task, fields: Collection[str]) -> None:
    """Print the value that each of these fields has now, in one line; nothing if there is none."""
    words = {
        "due": f"due {when_text(task.due)}" if task.due else "",
        "start": f"start {when_text(task.start)}" if task.start else "",
        "tags": f"tagged {', '.join(task.tags)}" if task.tags else "",
        "project": f"project {task.project}" if task.project else "",
        "priority": f"{task.priority} priority" if task.priority else "",
    }
    said = [text for field, text in words.items() if field in fields and text]
    if said:
        echo(", ".join(said), err=True)


def when_text(when: When) -> str:
    """Return the day, or the moment and its zone, with the day of the week."""
    zone = f" {when.tzinfo}" if isinstance(when, datetime) else ""
    return f"{day_text(when)}{zone}"


def day_text(when: When, zone: tzinfo | None = None) -> str:
    """Return the day of the week, the day, and of a moment the time: in the zone, or in its own."""
    if not isinstance(when, datetime):
        return f"{weekday(when)} {when.isoformat()}"
    local = when.astimezone(zone or when.tzinfo)
    return f"{weekday(local)} {local:%Y-%m-%d %H:%M}"
