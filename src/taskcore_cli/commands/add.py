"""``taskcore add``."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.failures import UnusableOption
from taskcore_cli.options import (
    Database,
    Description,
    Due,
    Extra,
    Json,
    Parent,
    Priority,
    Project,
    Start,
    User,
    Zone,
)
from taskcore_cli.quick_add import Line, read_line
from taskcore_cli.render import print_task
from taskcore_cli.session import opened
from taskcore_cli.understood import echo_understood
from taskcore_cli.values import given, new_tags

app = new_app()


@app.command(cls=PlainCommand)
def add(
    title: Annotated[
        str,
        Argument(metavar="TITLE", help="What is to be done, in one line.", show_default=False),
    ],
    *,
    description: Description = None,
    due: Due = None,
    start: Start = None,
    priority: Priority = None,
    tag: Annotated[
        list[str] | None, Option("--tag", metavar="TAG", help="A tag; as often as you like.")
    ] = None,
    project: Project = None,
    parent: Parent = None,
    extra: Extra = None,
    plain: Annotated[
        bool, Option("--plain", help="Take the title as it is, with all its words.")
    ] = False,
    user: User = None,
    database: Database = None,
    zone: Zone = None,
    as_json: Json = False,
) -> None:
    r"""Add a task, and print it.

    Some words of the title say more, wherever they stand: +tag, #project, !high, !medium, !low,
    due:WHEN and start:WHEN, as in 'Call the bank +money #home.calls !high due:tomorrow 9am'. What
    was understood is told.

    WHEN is a day or a moment (friday, next week, in 3 days, +3d, 30 nov, tomorrow at 9,
    2026-11-30, 2026-11-30T09:00:00+01:00) and ends where the next such word begins, or where it is
    no longer understood. A day of the week, or of a month, is the next one, and can be today.

    After + and # there must be a letter: C#, +1, #1, a lone + and !important are text. So is a word
    with a backslash before it, as \+tag, which goes. A due: that no date follows is text too; one
    with something else stuck to it is a mistake. Single quotes keep your shell away from !.

    Each of these is an option as well. "none" in an option is no value, as in an edit.
    """
    options = {
        "due": due,
        "start": start,
        "priority": priority,
        "project": project,
        "parent_id": parent,
        "extra": extra,
    }
    with opened(user, database, zone) as session:
        line = Line(title, {}) if plain else read_line(title, session.dates)
        fields = given(session, options)
        if twice := fields.keys() & line.fields.keys():
            raise UnusableOption(f"{min(twice)} is given both in the title and as an option")
        fields |= line.fields
        if tags := [*line.fields.get("tags", ()), *new_tags(tag or ())]:
            fields["tags"] = tags
        task = session.tasks.add(line.title, description, **fields)
        print_task(task, as_json=as_json)
        echo_understood(task, fields)
