"""``taskcore db``: the schema of the database."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from typer import Context, Exit, Option

from taskcore.adapters.opening import open_repository, protect, schema_status, shown_url
from taskcore.adapters.schema import ROLE, SchemaStatus
from taskcore.errors import RepositoryUnavailable
from taskcore_cli.assembly import PlainCommand, new_app
from taskcore_cli.failures import EXIT_CODES, refuse_together
from taskcore_cli.options import Database
from taskcore_cli.render import print_protection, print_schema
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
    context.default_map = dict.fromkeys(("upgrade", "status", "protect"), context.default_map)


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

    Nothing is written, and nothing made but the -shm file without which SQLite cannot read a -wal
    file that was copied along. The exit code is 0 if the database can be used as it is, if only to
    read where it says so, and 6 if its schema is missing, older than this taskcore, or newer.
    """
    url = chosen_database(database, make_directory=False)
    if not _print_status(url, as_json=as_json).is_current:
        raise Exit(EXIT_CODES[RepositoryUnavailable])


@app.command("protect", cls=PlainCommand)
def protect_(
    *,
    role: Annotated[
        str | None,
        Option(
            metavar="NAME",
            help=f"The role, which is made if it is not there.  [default: {ROLE}]",
        ),
    ] = None,
    undo: Annotated[bool, Option("--undo", help="Take the protection away.")] = False,
    user: User = None,  # noqa: ARG001  # it does nothing here
    zone: Zone = None,  # noqa: ARG001  # likewise
    database: Database = None,
    as_json: Json = False,
) -> None:
    """Let Postgres itself keep the users apart, by row-level security.

    Whoever connects as a member of the role then sees the tasks of those users only that a
    statement is about, which taskcore says with each. Run this as the owner of the tables, who goes
    on seeing all, as do superusers. Doing it again changes nothing. With --undo the role stays, and
    its members see all tasks from then on.
    """
    refuse_together({"--role": role is not None, "--undo": undo})
    named = ROLE if role is None else role
    chosen = None if undo else named
    url = chosen_database(database, make_directory=False)
    with refusing_options():
        protect(url, chosen)
    print_protection(chosen, shown_url(url), as_json=as_json)


def _print_status(url: str, *, as_json: bool) -> SchemaStatus:
    with refusing_options():
        found = schema_status(url)
    print_schema(found, shown_url(url), as_json=as_json)
    return found
