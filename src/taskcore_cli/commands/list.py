"""``taskcore list``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option, echo

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.caret import pointing_into
from taskcore_cli.failures import UnusableOption, refuse_together
from taskcore_cli.json_text import json_of
from taskcore_cli.options import Database, Json, User, Zone
from taskcore_cli.render import print_json, print_lines, print_text
from taskcore_cli.scope import EVERYTHING, OPEN, scoped, tell_none
from taskcore_cli.session import opened

if TYPE_CHECKING:
    from taskcore import Task, Tasks
    from taskcore.entities.filters import Filter
    from taskcore_cli.session import Session

app = new_app()

ORDER = "due, priority desc, created_at desc"
PAGE = 1000
"""How many tasks are asked for at once where there is a limit."""

AROUND = 3
"""How many lines of a terminal are not for tasks: the heading, what is said below, the prompt."""


@app.command("list", cls=PlainCommand)
def list_tasks(
    filter: Annotated[
        str | None,
        Argument(
            metavar="FILTER",
            help="Which tasks (AIP-160), as in 'tags:home AND priority = high'.",
            show_default=False,
        ),
    ] = None,
    *,
    everything: Annotated[bool, Option("--all", "-a", help="Completed tasks as well.")] = False,
    order_by: Annotated[
        str | None, Option("--order-by", metavar="ORDER", help=f"Fields.  [default: {ORDER}]")
    ] = None,
    limit: Annotated[
        str | None, Option("--limit", "-n", metavar="N", help="Show N tasks at the most.")
    ] = None,
    count: Annotated[bool, Option("--count", help="Say only how many there are.")] = False,
    explain: Annotated[
        bool, Option("--explain", help="Say only how the filter is understood.")
    ] = False,
    user: User = None,
    database: Database = None,
    zone: Zone = None,
    as_json: Json = False,
) -> None:
    """List open tasks.

    First those due first, then by priority, then the newest. At a terminal, a table of what fits
    it, with subtasks below their parents. In a pipe, a line for each task, with tabs between its
    number in the list, its id, "open" or "done", and its title. The other commands take the number
    as an ID, at a terminal one of the last list at a terminal.

    A filter that says something of "completed" finds completed tasks too. OR binds tighter than
    AND; --explain tells what a filter means. One that begins with - goes after --.
    """
    refuse_together({"--count": count, "--explain": explain, "--limit": limit is not None})
    refuse_together({"--count": count, "--explain": explain, "--order-by": order_by is not None})
    most = _whole_number(limit)
    typed = {"filter": filter or "", "order_by": order_by or ""}
    with pointing_into(**typed), opened(user, database, zone) as session:
        asked = scoped(filter or "", EVERYTHING if everything else OPEN)
        tasks = session.tasks_for(filter)
        if explain:
            _say(tasks.explain(asked), "explanation", as_json=as_json)
        elif count:
            _say(tasks.count(asked), "count", as_json=as_json)
        else:
            _show(session, tasks, asked, order_by or ORDER, most, as_json=as_json)


def _show(
    session: Session,
    tasks: Tasks,
    filter: Filter | str,
    order: str,
    limit: int | None,
    *,
    as_json: bool,
) -> None:
    at_terminal = sys.stdout.isatty() and not as_json
    if at_terminal and limit is None:
        limit = max(_screen() - AROUND, 1)
    found, more = _first(tasks, filter, order, limit)
    if as_json:
        print_json([json_of(task) for task in found])
    elif not at_terminal:
        session.last_list.write(task.id for task in found)
        print_lines(found)
    elif found:
        from taskcore_cli import tables  # only a terminal waits for these

        below = tables.nested(found)
        session.last_list.write(task.id for _, task in below)
        tables.print_table(below, session.now, lambda: session.zone)
        if more:
            rest = tasks.count(filter) - len(found)
            echo(f"{rest:,} more; --limit N shows N of them, a filter finds some", err=True)
    else:
        session.last_list.write(())
        tell_none(tasks, filter)


def _first(
    tasks: Tasks, filter: Filter | str, order: str, limit: int | None
) -> tuple[list[Task], bool]:
    """Return so many tasks, and whether there are more of them."""
    if limit is None:
        return tasks.find(filter, order_by=order), False
    found: list[Task] = []
    token: str | None = None
    while True:
        size = min(limit - len(found), PAGE)
        page = tasks.find(filter, order_by=order, page_size=size, page_token=token)
        found += page
        token = page.next_page_token
        if token is None or len(found) == limit:
            return found, token is not None


def _say(value: object, name: str, *, as_json: bool) -> None:
    if as_json:
        print_json({name: value})
    else:
        print_text(str(value))


def _whole_number(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and int(text[:10]) > 0):
        raise UnusableOption(f"limit must be a whole number from 1, not {text!r}")
    return int(text[:10])


def _screen() -> int:
    from shutil import get_terminal_size  # only a terminal has one

    return get_terminal_size().lines
