"""``taskcore rm``."""

from __future__ import annotations

from functools import partial

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.many import change_each
from taskcore_cli.options import Database, Ids, Json, User
from taskcore_cli.render import print_removed
from taskcore_cli.session import opened

app = new_app()


@app.command(cls=PlainCommand)
def rm(ids: Ids, *, user: User = None, database: Database = None, as_json: Json = False) -> None:
    """Remove tasks for good, and print each as removed."""
    with opened(user, database) as session:
        show = partial(print_removed, as_json=as_json)
        change_each(ids, session.ids, session.tasks.remove_all, show)
