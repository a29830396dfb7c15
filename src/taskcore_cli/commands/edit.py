"""``taskcore edit``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Option

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.failures import UnusableOption
from taskcore_cli.options import Database, Id, Json, User
from taskcore_cli.render import print_task
from taskcore_cli.session import opened

if TYPE_CHECKING:
    from taskcore import TaskChanges

app = new_app()


@app.command(cls=PlainCommand)
def edit(  # an argument for each option
    id: Id,
    *,
    title: Annotated[
        str | None, Option("--title", "-t", metavar="TEXT", help="The new title.")
    ] = None,
    description: Annotated[
        str | None, Option("--description", "-d", metavar="TEXT", help="The new description.")
    ] = None,
    no_description: Annotated[
        bool, Option("--no-description", help="Take the description away.")
    ] = False,
    completed: Annotated[
        bool | None, Option("--completed/--open", help="Complete the task, or reopen it.")
    ] = None,
    user: User = None,
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Change a task, and print it. What is not named stays as it is."""
    if no_description and description is not None:
        raise UnusableOption("give --description or --no-description, not both")
    changes: TaskChanges = {}
    if title is not None:
        changes["title"] = title
    if description is not None or no_description:
        changes["description"] = description
    if completed is not None:
        changes["completed"] = completed
    if not changes:
        raise UnusableOption("nothing to change; see 'taskcore edit --help'")
    with opened(user, database) as session:
        print_task(session.tasks.edit(session.ids.find(id), **changes), as_json=as_json)
