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

_ID_HELP = (
    "A number from the last list shown, the last four or more characters of the id, or the id."
)

Id: TypeAlias = Annotated[str, Argument(metavar="ID", help=_ID_HELP, show_default=False)]

Ids: TypeAlias = Annotated[list[str], Argument(metavar="ID", help=_ID_HELP, show_default=False)]
