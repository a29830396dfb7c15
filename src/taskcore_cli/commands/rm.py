"""``taskcore rm``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.many import change_each
from taskcore_cli.options import Database, Ids, Json, User
from taskcore_cli.render import print_json, print_task
from taskcore_cli.session import opened

if TYPE_CHECKING:
    from taskcore import Task

app = new_app()


@app.command(cls=PlainCommand)
def rm(ids: Ids, *, user: User = None, database: Database = None, as_json: Json = False) -> None:
    """Remove tasks for good, and print them as they were."""
    with opened(user, database) as session:
        show = _print_answer if as_json else partial(print_task, as_json=False)
        change_each(ids, session.ids, session.tasks.remove_all, show)


def _print_answer(_: Task) -> None:
    print_json({"message": "Task deleted successfully"})
