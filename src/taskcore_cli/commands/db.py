"""``taskcore db``: the schema of the database."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from typer import Context, Exit, Option

from taskcore.adapters.opening import open_repository, schema_status, shown_url
from taskcore.adapters.schema import SchemaStatus
from taskcore.errors import RepositoryUnavailable
from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.failures import EXIT_CODES
from taskcore_cli.options import Database
from taskcore_cli.render import print_schema
from taskcore_cli.session import refusing_options
from taskcore_cli.settings import chosen_database

Json: TypeAlias = Annotated[bool, Option("--json", help="Print JSON.")]

# Every command takes it, so these do not refuse it.
User: TypeAlias = Annotated[str | None, Option("--user", "-u", hidden=True)]
Zone: TypeAlias = Annotated[str | None, Option("--zone", hidden=True)]

app = new_app()


@app.callback(no_args_is_help=True)
def db(context: Context) -> None:
    """Look after the database."""
    # What was given before "db" holds for its commands.
    context.default_map = {"upgrade": context.default_map, "status": context.default_map}


@app.command(cls=PlainCommand)
def upgrade(
    *,
    user: User = None,  # noqa: ARG001  # it does nothing here
    zone: Zone = None,  # noqa: ARG001  # likewise
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Make the schema of the database, or bring it up to date."""
    url = chosen_database(database)
    with refusing_options():
        open_repository(url, upgrade=True).close()
    _print_status(url, as_json=as_json)


@app.command(cls=PlainCommand)
def status(
    *,
    user: User = None,  # noqa: ARG001  # it does nothing here
    zone: Zone = None,  # noqa: ARG001  # likewise
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Say where tasks are kept, and if the schema there is up to date.

    Nothing is made and nothing is written. The exit code is 0 if the database can be used as it
    is, if only to read where it says so, and 6 if its schema is missing, older than this taskcore,
    or newer.
    """
    url = chosen_database(database, make_directory=False)
    if not _print_status(url, as_json=as_json).is_current:
        raise Exit(EXIT_CODES[RepositoryUnavailable])


def _print_status(url: str, *, as_json: bool) -> SchemaStatus:
    with refusing_options():
        found = schema_status(url)
    print_schema(found, shown_url(url), as_json=as_json)
    return found
