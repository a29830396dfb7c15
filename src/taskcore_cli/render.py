"""How tasks are printed: plain lines, a table for a terminal, JSON for programs.

Data goes to stdout, whole and flushed, so that a reader who left is noticed here. A title is
printed as it is: no markup in it means anything.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from taskcore_cli.failures import printable
from taskcore_cli.task_ids import short_endings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from taskcore import Task
    from taskcore.adapters.schema import SchemaStatus


def print_task(task: Task, *, as_json: bool) -> None:
    """Print one task: its id, whether it is open or done, and its title, or all of it as JSON."""
    if as_json:
        print_json(json_of(task))
    else:
        _write(_line(task, _state(task)))


def print_removed(task: Task, *, as_json: bool) -> None:
    """Print that a task was removed: its id, "removed" and its title, or the API's message."""
    if as_json:
        print_json({"message": "Task deleted successfully"})
    else:
        _write(_line(task, "removed"))


def print_details(task: Task) -> None:
    """Print all that is known of a task: a line a field, and the description below."""
    fields = {
        "id": task.id,
        "title": task.title,
        "state": _state(task),
        "created": _rfc3339(task.created_at),
        "updated": _rfc3339(task.updated_at),
        "version": task.version,
    }
    below = f"\n{task.description}\n" if task.description else ""
    _write(_fields(fields) + below)


def print_lines(tasks: Sequence[Task]) -> None:
    """Print a line for each task: its number in the list, and then what ``print_task`` prints."""
    lines = [_line(task, _state(task)) for task in tasks]
    _write("".join(f"{number}\t{line}" for number, line in enumerate(lines, start=1)))


def print_table(tasks: Sequence[Task]) -> None:
    """Print the tasks as a table, for a terminal."""
    # Only a terminal waits for these.
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right", no_wrap=True)
    table.add_column("ID", no_wrap=True)
    table.add_column("State", no_wrap=True)
    table.add_column("Title", overflow="fold")
    endings = short_endings([task.id for task in tasks])
    for number, (task, ending) in enumerate(zip(tasks, endings, strict=True), start=1):
        style = "dim" if task.completed else ""
        table.add_row(str(number), ending, _state(task), Text(task.title), style=style)
    Console(color_system=None if os.environ.get("NO_COLOR") else "auto").print(table)


def print_schema(status: SchemaStatus, database: str, *, as_json: bool) -> None:
    """Print what schema a database has; ``database`` is its URL without a password."""
    if as_json:
        versions = {"found": status.found, "expected": status.expected}
        print_json({"database": database} | versions)
    else:
        _write(_fields({"database": printable(database), "status": status}))


def print_json(value: object) -> None:
    """Print the value as the HTTP API encodes it, compact and in UTF-8, and a line break."""
    import json  # the other commands start without it

    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    sys.stdout.buffer.write(f"{text}\n".encode())
    sys.stdout.buffer.flush()


def json_of(task: Task) -> dict[str, object]:
    """Return the task as JSON has it; the order of the keys is the API's."""
    return {
        "id": str(task.id),
        "user_id": task.user_id,
        "title": task.title,
        "description": task.description,
        "completed": task.completed,
        "created_at": _rfc3339(task.created_at),
        "updated_at": _rfc3339(task.updated_at),
        "version": task.version,
    }


def _line(task: Task, state: str) -> str:
    return f"{task.id}\t{state}\t{task.title}\n"


def _fields(fields: Mapping[str, object]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def _state(task: Task) -> str:
    return "done" if task.completed else "open"


def _rfc3339(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat() + "Z"


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
