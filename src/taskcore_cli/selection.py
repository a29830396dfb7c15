"""Which tasks a command is to change: those that were named, or those that a filter finds."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from typer import Exit, echo

from taskcore_cli.caret import pointing_into
from taskcore_cli.failures import UnusableOption, refuse_together
from taskcore_cli.scope import OPEN, scoped, tell_none

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from taskcore import Task
    from taskcore_cli.session import Session

SHOWN: Final = 10
"""How many titles are shown with a question."""

_YES: Final = {b"y", b"yes"}


def require_one_way(ids: Sequence[str] | None, where: str | None) -> None:
    """Raise ``UnusableOption`` unless tasks are either named or found by a filter."""
    refuse_together({"IDs": bool(ids), "--where": where is not None})
    if not ids and where is None:
        raise UnusableOption("which tasks? Give their IDs, or a filter with --where")


def selected(
    session: Session,
    typed: Sequence[str] | None,
    where: str | None,
    question: str,
    *,
    yes: bool,
    state: str = OPEN,
    parents_first: bool = False,
) -> list[UUID | Exception]:
    """Return the ids that are meant, each once, or why one is none.

    What a filter finds comes with subtasks before their parents, so that they can be removed, or
    else after them. ``question`` says what is to be done to ``{}``; it is asked if a filter finds
    several tasks. Raises ``UnusableOption`` where it cannot be asked, and ends the command where
    the answer is no.
    """
    if typed:
        return list(dict.fromkeys(session.ids.find_all(typed)))
    if not (where and where.strip()):
        raise UnusableOption(f"--where needs a filter; for all of them, give {state!r}")
    with pointing_into(filter=where):
        asked = scoped(where, state)
        tasks = session.tasks_for(where).find(asked)
    if not tasks:
        tell_none(session.tasks_for(where), asked)
    if len(tasks) > 1 and not yes:
        _ask(tasks, question)
    return [task.id for task in _by_depth(tasks, parents_first=parents_first)]


def _ask(tasks: Sequence[Task], question: str) -> None:
    asked = question.format(f"{len(tasks)} tasks")
    # A standard stream that was closed is None.
    if not all(stream and stream.isatty() for stream in (sys.stdin, sys.stderr)):
        raise UnusableOption(f"{asked} Nobody can be asked here; say so with --yes")
    for task in tasks[:SHOWN]:
        echo(f"  {task.title}", err=True)
    if len(tasks) > SHOWN:
        echo(f"  and {len(tasks) - SHOWN:,} more", err=True)
    echo(f"{asked} [y/N]: ", nl=False, err=True)
    try:
        answer = sys.stdin.buffer.readline()
    except KeyboardInterrupt:
        echo(err=True)  # the cursor is still behind the question
        raise
    if answer.strip().lower() not in _YES:
        echo("Nothing was changed." if answer else "\nNothing was changed.", err=True)
        raise Exit(1)


def _by_depth(tasks: Sequence[Task], *, parents_first: bool) -> list[Task]:
    by_id = {task.id: task for task in tasks}

    def depth(task: Task) -> int:
        parent = by_id.get(task.parent_id) if task.parent_id else None
        return 1 + depth(parent) if parent else 0

    return sorted(tasks, key=depth, reverse=not parents_first)
