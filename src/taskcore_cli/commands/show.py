"""``taskcore show``."""

from __future__ import annotations

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.options import Database, Id, Json, User, Zone
from taskcore_cli.render import print_details, print_task
from taskcore_cli.session import opened

app = new_app()


@app.command(cls=PlainCommand)
def show(
    id: Id,
    *,
    user: User = None,
    database: Database = None,
    zone: Zone = None,
    as_json: Json = False,
) -> None:
    """Show all that is known of a task."""
    with opened(user, database, zone) as session:
        task = session.tasks.get(session.ids.find(id))
    if as_json:
        print_task(task, as_json=True)
    else:
        print_details(task)
