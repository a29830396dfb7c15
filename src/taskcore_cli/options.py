"""The options that every command takes."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from typer import Argument, Option

User: TypeAlias = Annotated[
    str | None,
    Option(
        "--user",
        "-u",
        metavar="NAME",
        help="Whose tasks.  [env: TASKCORE_USER; default: your login name]",
    ),
]

Database: TypeAlias = Annotated[
    str | None,
    Option(
        "--database",
        metavar="URL",
        help="Where the tasks are kept: sqlite:///PATH, postgresql://... or memory:.  "
        "[env: TASKCORE_DATABASE_URL; default: a SQLite file in your data directory]",
    ),
]

Json: TypeAlias = Annotated[
    bool, Option("--json", help="Print JSON, exactly as the HTTP API sends it.")
]

Zone: TypeAlias = Annotated[
    str | None,
    Option(
        "--zone",
        metavar="ZONE",
        help="Where you live, such as Europe/Paris: it says what today is.  "
        "[env: TASKCORE_ZONE; default: the machine's zone]",
    ),
]

_ID_HELP = (
    "A number from the last list shown, the last four or more characters of the id, or the id."
)

Id: TypeAlias = Annotated[str, Argument(metavar="ID", help=_ID_HELP, show_default=False)]

Ids: TypeAlias = Annotated[
    list[str] | None, Argument(metavar="ID", help=_ID_HELP, show_default=False)
]

Where: TypeAlias = Annotated[
    str | None,
    Option(
        "--where",
        metavar="FILTER",
        help="Instead of IDs: all that 'taskcore list FILTER' finds. Asks if they are several.",
    ),
]

Yes: TypeAlias = Annotated[bool, Option("--yes", "-y", help="Do not ask.")]

Description: TypeAlias = Annotated[
    str | None, Option("--description", "-d", metavar="TEXT", help="What more there is to say.")
]
Due: TypeAlias = Annotated[
    str | None,
    Option("--due", metavar="WHEN", help="A day or a moment: friday, 'tomorrow 9am', 2026-11-30."),
]
Start: TypeAlias = Annotated[
    str | None, Option("--start", metavar="WHEN", help="When it can be started.")
]
Priority: TypeAlias = Annotated[
    str | None, Option("--priority", "-p", metavar="PRIORITY", help="high, medium or low.")
]
Project: TypeAlias = Annotated[
    str | None, Option("--project", metavar="PROJECT", help="A path such as home.garden.")
]
Parent: TypeAlias = Annotated[
    str | None, Option("--parent", metavar="ID", help="The task that it is a part of.")
]
Extra: TypeAlias = Annotated[
    str | None, Option("--extra", metavar="JSON", help="An object of your own.")
]
