"""``taskcore tags``."""

from __future__ import annotations

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.options import Database, Json, User, Zone
from taskcore_cli.session import opened
from taskcore_cli.tally import show_tally

app = new_app()


@app.command(cls=PlainCommand)
def tags(
    *, user: User = None, database: Database = None, zone: Zone = None, as_json: Json = False
) -> None:
    """List the tags in use, with how many open tasks have each."""
    with opened(user, database, zone) as session:
        show_tally(session.tasks.tags(), "Tag", as_json=as_json)
