"""``taskcore reopen``."""

from __future__ import annotations

from functools import partial

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.many import change_each
from taskcore_cli.options import Database, Ids, Json, User
from taskcore_cli.render import print_task
from taskcore_cli.session import opened

app = new_app()


@app.command(cls=PlainCommand)
def reopen(
    ids: Ids, *, user: User = None, database: Database = None, as_json: Json = False
) -> None:
    """Reopen tasks, and print them."""
    with opened(user, database) as session:
        show = partial(print_task, as_json=as_json)
        change_each(ids, session.ids, session.tasks.reopen_all, show)
