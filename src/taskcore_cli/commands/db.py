"""``taskcore db``: the schema of the database."""

from __future__ import annotations

from attrs import asdict
from typer import Context, echo

from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.options import Database, Json, User
from taskcore_cli.render import print_json
from taskcore_cli.schema import SchemaStatus, schema_status, upgrade_schema
from taskcore_cli.settings import chosen_database

app = new_app()


@app.callback(no_args_is_help=True)
def db(context: Context) -> None:
    """Look after the database."""
    # What was given before "db" holds for its commands.
    context.default_map = {"upgrade": context.default_map, "status": context.default_map}


@app.command(cls=PlainCommand)
def upgrade(
    *,
    user: User = None,  # noqa: ARG001  # every command takes it; here it does nothing
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Bring the schema of the database up to date."""
    _print_status(upgrade_schema(chosen_database(database)), as_json=as_json)


@app.command(cls=PlainCommand)
def status(
    *,
    user: User = None,  # noqa: ARG001  # every command takes it; here it does nothing
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Say whether the schema of the database is up to date."""
    _print_status(schema_status(chosen_database(database)), as_json=as_json)


def _print_status(found: SchemaStatus, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(found))
    else:
        echo(found)
