"""``taskcore rm``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from typer import Option

from taskcore.errors import TaskcoreError, TaskNotFound
from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.many import change_each
from taskcore_cli.options import Database, Ids, Json, User, Where, Yes, Zone
from taskcore_cli.render import print_removed
from taskcore_cli.selection import require_one_way, selected
from taskcore_cli.session import opened

if TYPE_CHECKING:
    from uuid import UUID

    from taskcore import Task
    from taskcore_cli.session import Session

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

    A task with subtasks stays, unless they go before it or with it (--subtree), when they are
    printed too. --json prints what the API answers, once for each task that was named or found.
    """
    require_one_way(ids, where)
    question = "Remove {} and all below them for good?" if subtree else "Remove {} for good?"
    remove = _subtrees_removed if subtree else _removed
    with opened(user, database, zone) as session:
        found = selected(session, ids, where, question, yes=yes, parents_first=subtree)
        change_each(found, partial(remove, session), partial(print_removed, as_json=as_json))


def _removed(session: Session, ids: list[UUID]) -> list[list[Task] | TaskcoreError]:
    outcomes = session.tasks.remove_all(ids)
    return [one if isinstance(one, TaskcoreError) else [one] for one in outcomes]


def _subtrees_removed(session: Session, ids: list[UUID]) -> list[list[Task] | TaskcoreError]:
    """Remove the tasks and all below them; return for each what went, or its error.

    Nothing more went for one that stood below another of them.
    """
    outcomes = session.remove_subtrees(ids)
    gone = {task.id for went in outcomes if isinstance(went, list) for task in went}
    return [
        [] if isinstance(outcome, TaskNotFound) and outcome.id in gone else outcome
        for outcome in outcomes
    ]
