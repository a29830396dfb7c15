"""How tasks are printed: as lines, and as JSON; ``tables`` is for terminals.

Data goes to stdout, whole and flushed, so that a reader who left is noticed here. A title is
printed as it is: no markup in it means anything.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from taskcore.entities.when import format_when
from taskcore_cli.failures import printable
from taskcore_cli.json_text import json_of, json_text, rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taskcore import Task
    from taskcore.adapters.schema import SchemaStatus


def print_task(task: Task, *, as_json: bool) -> None:
    """Print one task: its id, whether it is open or done, and its title, or all of it as JSON."""
    if as_json:
        print_json(json_of(task))
    else:
        _write(_line(task, _state(task)))


def print_removed(tasks: Sequence[Task], *, as_json: bool) -> None:
    """Print that tasks were removed: id, "removed" and title of each, or the API's one message."""
    if as_json:
        print_json({"message": "Task deleted successfully"})
    else:
        _write("".join(_line(task, "removed") for task in tasks))


def print_details(task: Task) -> None:
    """Print all that is known of a task: a line a field with a value, the description below."""
    fields = {
        "id": task.id,
        "title": task.title,
        "state": _state(task),
        "completed": rfc3339(task.completed_at) if task.completed_at else None,
        "due": format_when(task.due) if task.due else None,
        "start": format_when(task.start) if task.start else None,
        "priority": task.priority,
        "tags": ", ".join(task.tags) or None,
        "project": task.project,
        "parent": task.parent_id,
        "extra": json_text(task.extra) if task.extra else None,
        "created": rfc3339(task.created_at),
        "updated": rfc3339(task.updated_at),
        "version": task.version,
    }
    below = f"\n{task.description}\n" if task.description else ""
    _write(_fields({name: value for name, value in fields.items() if value is not None}) + below)


def print_lines(tasks: Sequence[Task]) -> None:
    """Print a line for each task: its number in the list, and then what ``print_task`` prints."""
    lines = [_line(task, _state(task)) for task in tasks]
    _write("".join(f"{number}\t{line}" for number, line in enumerate(lines, start=1)))


def print_tally(tally: Mapping[str, int]) -> None:
    """Print a line for each name, with a tab and how many open tasks it has."""
    _write("".join(f"{name}\t{count}\n" for name, count in tally.items()))


def print_text(text: str) -> None:
    """Print the text and a line break."""
    _write(f"{text}\n")


def print_schema(status: SchemaStatus, database: str, *, as_json: bool) -> None:
    """Print what schema a database has; ``database`` is its URL without a password."""
    shown = {"database": printable(database)}
    if as_json:
        versions = {"found": status.found, "expected": status.expected}
        now = {"read_only": status.read_only, "protected": status.protected}
        print_json(shown | versions | now)
    else:
        _write(_fields(shown | {"status": status}))


def print_protection(role: str | None, database: str, *, as_json: bool) -> None:
    """Print which role row-level security is for, if it is on; ``database`` as above."""
    shown = {"database": printable(database)}
    if as_json:
        print_json(shown | {"role": role})
    else:
        on = f"on; let the application connect as a member of {role}"
        off = "off; its role stays, and its members see all tasks now"
        _write(_fields(shown | {"protection": on if role else off}))


def print_json(value: object) -> None:
    """Print the value as the HTTP API encodes it, compact and in UTF-8, and a line break."""
    sys.stdout.buffer.write(f"{json_text(value)}\n".encode())
    sys.stdout.buffer.flush()


def _line(task: Task, state: str) -> str:
    return f"{task.id}\t{state}\t{task.title}\n"


def _fields(fields: Mapping[str, object]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def _state(task: Task) -> str:
    return "done" if task.completed else "open"


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
