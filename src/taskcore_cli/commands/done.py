"""``taskcore done``."""

from __future__ import annotations

from functools import partial

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.many import change_each
from taskcore_cli.options import Database, Ids, Json, User, Where, Yes, Zone
from taskcore_cli.render import print_task
from taskcore_cli.selection import require_one_way, selected
from taskcore_cli.session import opened

app = new_app()


@app.command(cls=PlainCommand)
def done(
    ids: Ids = None,
    *,
    where: Where = None,
    yes: Yes = False,
    user: User = None,
    database: Database = None,
    zone: Zone = None,
    as_json: Json = False,
) -> None:
    """Complete tasks, and print them."""
    require_one_way(ids, where)
    with opened(user, database, zone) as session:
        found = selected(session, ids, where, "Complete {}?", yes=yes)
        change_each(found, session.tasks.complete_all, partial(print_task, as_json=as_json))
