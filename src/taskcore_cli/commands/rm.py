"""``taskcore rm``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from typer import Option

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.many import change_each
from taskcore_cli.options import Database, Ids, Json, User, Where, Yes, Zone
from taskcore_cli.render import print_removed
from taskcore_cli.selection import selected
from taskcore_cli.session import opened

app = new_app()


@app.command(cls=PlainCommand)
def rm(
    ids: Ids = None,
    *,
    subtree: Annotated[
        bool, Option("--subtree", help="Remove all below each as well, in one step.")
    ] = False,
    where: Where = None,
    yes: Yes = False,
    user: User = None,
    database: Database = None,
    zone: Zone = None,
    as_json: Json = False,
) -> None:
    """Remove tasks for good, and print each as removed.

    A task with subtasks stays, unless they go before it or with it (--subtree).
    """
    question = "Remove {} and all below them for good?" if subtree else "Remove {} for good?"
    with opened(user, database, zone) as session:
        found = selected(session, ids, where, question, yes=yes)
        remove = partial(session.tasks.remove_all, subtree=subtree)
        change_each(found, remove, partial(print_removed, as_json=as_json))
