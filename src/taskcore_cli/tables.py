"""Tasks as a table, for a terminal. What is late or due today stands out, in color or without."""

from __future__ import annotations

import os
from datetime import datetime
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Final

from taskcore_cli.task_ids import short_endings
from taskcore_cli.understood import day_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import tzinfo

    from rich.table import Table
    from rich.text import Text

    from taskcore import Task

WIDE: Final = 60
"""From how many characters a line a terminal has room for more than the title and the state."""

NARROW: Final = 24
"""From how many it has room for more than the title."""

_STYLES: Final = {"overdue": "bold red", "today": "bold yellow", "open": "", "done": "dim"}


def print_table(
    tasks: Sequence[tuple[int, Task]], now: datetime, zone: Callable[[], tzinfo]
) -> None:
    """Print the tasks, each with how deep it stands below others; ``zone`` is asked if one is due.

    A task is numbered by its place.
    """
    from rich.table import Table

    place = zone() if any(task.due for _, task in tasks) else None
    endings = short_endings([task.id for _, task in tasks])
    states = [state_of(task, now, place) for _, task in tasks]
    # A column that would be empty is left out, and some where the title needs the room.
    room = get_terminal_size().columns
    wide = room >= WIDE
    columns = {
        "ID": endings if wide else [],
        "State": states if room >= NARROW else [],
        "Due": [day_text(task.due, place) if task.due else "" for _, task in tasks] if wide else [],
    }
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right", no_wrap=True)
    for name in shown:
        table.add_column(name, no_wrap=True)
    table.add_column("Title", overflow="fold")
    for row, (depth, task) in enumerate(tasks):
        cells = (str(row + 1), *(column[row] for column in shown.values()))
        table.add_row(*cells, _title(task, depth), style=_STYLES[states[row]])
    _print(table)


def print_tally(tally: Mapping[str, int], heading: str) -> None:
    """Print each name, and how many open tasks it has."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(heading, overflow="fold")
    table.add_column("Open", justify="right", no_wrap=True)
    for name, count in tally.items():
        table.add_row(Text(name), str(count))
    _print(table)


def nested(tasks: Sequence[Task]) -> list[tuple[int, Task]]:
    """Return the tasks with their depth, each below its parent if that is among them."""
    ids = {task.id for task in tasks}
    below: dict[object, list[Task]] = {}
    for task in tasks:
        below.setdefault(task.parent_id if task.parent_id in ids else None, []).append(task)
    found: list[tuple[int, Task]] = []
    waiting = [(0, task) for task in reversed(below.get(None, ()))]
    while waiting:
        depth, task = waiting.pop()
        found.append((depth, task))
        waiting += [(depth + 1, subtask) for subtask in reversed(below.get(task.id, ()))]
    return found


def state_of(task: Task, now: datetime, zone: tzinfo | None) -> str:
    """Return overdue, today (when it is due), open or done; a day ends when it does in the zone."""
    if task.completed:
        return "done"
    due = task.due
    if due is None:
        return "open"
    today = now.astimezone(zone).date()
    day = due.astimezone(zone).date() if isinstance(due, datetime) else due
    if due < now if isinstance(due, datetime) else day < today:
        return "overdue"
    return "today" if day == today else "open"


def _title(task: Task, depth: int) -> Text:
    from rich.text import Text

    more = [f"!{task.priority}"] if task.priority else []
    more += [f"#{task.project}"] if task.project else []
    more += [f"+{tag}" for tag in task.tags]
    title = Text("  " * depth + task.title)
    return title.append("  " + " ".join(more), style="cyan") if more else title


def _print(table: Table) -> None:
    from rich.console import Console

    Console(color_system=None if os.environ.get("NO_COLOR") else "auto").print(table)
