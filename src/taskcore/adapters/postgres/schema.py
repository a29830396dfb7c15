"""The schema's version: what a database has, what this taskcore needs, and how to get there."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from taskcore.adapters.postgres.failures import translated
from taskcore.adapters.postgres.hosts import require_open, savepoint
from taskcore.adapters.postgres.tables import SCHEMA
from taskcore.adapters.schema import SchemaStatus
from taskcore.errors import RepositoryUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REVISION: Final = "0002"
"""The schema version that this taskcore reads and writes: the last file in ``migrations``."""

_VERSION_TABLE: Final = f"{SCHEMA}.alembic_version"
STANDS: Final = f"SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass('{SCHEMA}.tasks')"  # noqa: S608  # a constant
"""Asks whether row-level security is on, whoever is connected: callers may change their role."""

# Any number will do that no other program locks: "taskcore" in ASCII.
_LOCK_NUMBER: Final = int.from_bytes(b"taskcore", "big")
# While an upgrade runs, all else may have to wait for it. So it may work for long, but the database
# takes it back once its program is gone, or hangs. Not all versions and systems have all of these.
_LIMITS: Final = {
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "client_connection_check_interval": "1s",
    "idle_in_transaction_session_timeout": "60s",
}
# Alembic's migration scripts find their connection in a variable of the process.
_one_at_a_time = Lock()


def schema_status(database: Engine | Connection) -> SchemaStatus:
    """Return the schema version of a database, and the one that this taskcore expects.

    Raises ``RepositoryUnavailable`` if the database does not answer.
    """
    with transaction_on(database) as connection:
        scalar = scalar_on(connection)
        read_only = scalar("SELECT current_setting('transaction_read_only')") == "on"
        return evolve(read_status(scalar), read_only=read_only, protected=bool(scalar(STANDS)))


def upgrade(database: Engine | Connection) -> None:
    """Make the tables, or bring them up to date; where they are, do nothing.

    On an engine this is one transaction. On a connection it takes part in the caller's, and the
    caller commits. Upgrades that run at the same time wait for each other. Raises
    ``RepositoryUnavailable`` if the database is newer than this taskcore, or does not answer, and
    ``RuntimeError`` on a connection in AUTOCOMMIT; the caller's transaction is then as it was.
    """
    with transaction_on(database) as connection, savepoint(connection):
        scalar = scalar_on(connection)
        if read_status(scalar).is_current:
            return
        with _as_long_as_it_takes(connection):
            scalar(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})")
            # Another upgrade may have done it while this one waited for the lock.
            status = read_status(scalar)
            if status.is_behind:
                connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
                _run_migrations(connection)
            else:
                status.require_current()


def read_status(scalar: Callable[[str], Any]) -> SchemaStatus:
    """Return the status; ``scalar`` runs a query and returns its one value, or raises."""
    found: str | None = None
    if scalar(f"SELECT to_regclass('{_VERSION_TABLE}')") is not None:
        found = scalar(f"SELECT max(version_num) FROM {_VERSION_TABLE}")  # noqa: S608  # a constant
    if found is not None and not found.isdecimal():
        raise RepositoryUnavailable(
            f"Postgres: the schema {SCHEMA} is of another program, not of taskcore; left as it is"
        )
    return SchemaStatus("Postgres", None if found is None else int(found), int(REVISION))


def scalar_on(connection: Connection) -> Callable[[str], Any]:
    """Return what ``read_status`` takes, on this connection."""
    return lambda query: connection.exec_driver_sql(query).scalar()


@contextmanager
def transaction_on(database: Engine | Connection) -> Iterator[Connection]:
    """Lend a connection in a transaction: one of its own for an engine, else the caller's.

    Raises errors of taskcore for those of the database.
    """
    try:
        if isinstance(database, Connection):
            require_open(database)
            yield database
            return
        dialect = getattr(database, "dialect", None)
        if dialect is None or dialect.name != "postgresql":
            raise TypeError("a SQLAlchemy Engine or Connection of Postgres is needed")
        with database.connect() as connection:
            connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                yield connection
    except SQLAlchemyError as error:
        raise translated(error) from error


@contextmanager
def _as_long_as_it_takes(connection: Connection) -> Iterator[None]:
    """Limit how long this may be without us, not how long it works; as before for what follows."""
    scalar = scalar_on(connection)
    before = {name: scalar(f"SELECT current_setting('{name}', true)") for name in _LIMITS}
    for name, value in _LIMITS.items():
        if before[name] is not None:
            _set(connection, name, value)
    yield
    for name, value in before.items():
        if value is not None:
            _set(connection, name, value)


def _set(connection: Connection, name: str, value: str) -> None:
    """Set what the server has a setting for, and its system can do, until the transaction ends."""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"SELECT set_config('{name}', '{value}', true)")
    except DBAPIError as error:
        if error.connection_invalidated:
            raise


def _run_migrations(connection: Connection) -> None:
    # Alembic takes long to import, and most programs never upgrade anything.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option(
        "script_location", str(Path(__file__).parent / "migrations").replace("%", "%%")
    )
    config.set_main_option("path_separator", "os")
    with _one_at_a_time, _around_migrations_of_the_caller():
        command.upgrade(config, "head")


@contextmanager
def _around_migrations_of_the_caller() -> Iterator[None]:
    """Leave ``op`` and ``context`` of Alembic to the migration that calls this, if one does.

    They stand for whatever runs in this process, and after it for nothing.
    """
    from alembic import context, op

    callers = [vars(module).get("_proxy") for module in (context, op)]
    try:
        yield
    finally:
        for caller in filter(None, callers):
            caller._install_proxy()  # noqa: SLF001  # Alembic puts it back nowhere
