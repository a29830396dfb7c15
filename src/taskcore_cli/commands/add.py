"""``taskcore add``."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.options import Database, Json, User
from taskcore_cli.render import print_task
from taskcore_cli.session import opened

app = new_app()


@app.command(cls=PlainCommand)
def add(
    title: Annotated[
        str,
        Argument(metavar="TITLE", help="What is to be done, in one line.", show_default=False),
    ],
    *,
    description: Annotated[
        str | None, Option("--description", "-d", metavar="TEXT", help="What more there is to say.")
    ] = None,
    user: User = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Add a task, and print it."""
    with opened(user, database) as session:
        print_task(session.tasks.add(title, description), as_json=as_json)
