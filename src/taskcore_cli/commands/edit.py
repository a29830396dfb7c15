"""``taskcore edit``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, cast

from typer import Option

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.failures import UnusableOption, refuse_together
from taskcore_cli.many import change_each
from taskcore_cli.options import (
    Database,
    Due,
    Extra,
    Ids,
    Json,
    Parent,
    Priority,
    Project,
    Start,
    User,
    Where,
    Yes,
    Zone,
)
from taskcore_cli.render import print_task
from taskcore_cli.selection import require_one_way, selected
from taskcore_cli.session import opened
from taskcore_cli.understood import echo_understood
from taskcore_cli.values import given, tag_changes

if TYPE_CHECKING:
    from taskcore import Task, TaskChanges

app = new_app()


@app.command(cls=PlainCommand)
def edit(  # an argument for each option
    ids: Ids = None,
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
    completed: Annotated[bool, Option("--completed", help="Complete the task.")] = False,
    reopened: Annotated[bool, Option("--open", help="Reopen the task.")] = False,
    due: Due = None,
    start: Start = None,
    priority: Priority = None,
    tag: Annotated[
        list[str] | None,
        Option("--tag", metavar="TAG", help="+x or x adds a tag, -x removes it, none all of them."),
    ] = None,
    project: Project = None,
    parent: Parent = None,
    extra: Extra = None,
    where: Where = None,
    yes: Yes = False,
    user: User = None,
    database: Database = None,
    zone: Zone = None,
    as_json: Json = False,
) -> None:
    """Change tasks, and print them. What is not named stays as it is.

    --due, --start, --priority, --project, --parent and --extra take "none", which takes the value
    away. --extra is merged into what is there (RFC 7396): a null removes its key.
    """
    require_one_way(ids, where)
    refuse_together({"--description": description is not None, "--no-description": no_description})
    refuse_together({"--completed": completed, "--open": reopened})
    clearable = {
        "due": due,
        "start": start,
        "priority": priority,
        "project": project,
        "parent_id": parent,
        "extra": extra,
    }
    with opened(user, database, zone) as session:
        changes = given(session, clearable) | tag_changes(tag or ())
        if title is not None:
            changes["title"] = title
        if description is not None or no_description:
            changes["description"] = description
        if completed or reopened:
            changes["completed"] = completed
        if not changes:
            raise UnusableOption("nothing to change; see 'taskcore edit --help'")
        found = selected(session, ids, where, "Change {}?", yes=yes)
        change = partial(session.tasks.edit_all, **cast("TaskChanges", changes))

        def show(task: Task) -> None:
            print_task(task, as_json=as_json)
            echo_understood(task, changes.keys() & {"due", "start"})

        change_each(found, change, show)
