"""Row-level security, the second wall: Postgres itself shows the tasks of named users only.

The first wall is that every statement names its owner. Where the second one stands, the owners of
what is asked are told to Postgres with each statement, for this transaction only, so that a pooler
hands them to nobody.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from taskcore.adapters.postgres.hosts import savepoint
from taskcore.adapters.postgres.schema import read_status, scalar_on, transaction_on
from taskcore.adapters.postgres.tables import SCHEMA, metadata
from taskcore.adapters.schema import ROLE
from taskcore.ports import Add, Replace, Together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import psycopg
    from sqlalchemy import Connection, Engine, Executable

    from taskcore.adapters.postgres.sessions import Fetch
    from taskcore.ports import Operation

APPLIES: Final = f"SELECT row_security_active('{SCHEMA}.tasks')"
"""Asks whether the wall stands in the way of whoever is connected."""

_SETTING: Final = f"{SCHEMA}.owners"
_POLICY: Final = "owners"
# What a transaction has set is an empty text after it, and nothing in a new session.
# Neither an operator nor outside of a subquery: so Postgres plans as it does without it, by the
# statement's own condition on the owner, and looks the setting up once.
_NAMED: Final = (
    f"array_position((SELECT CAST(nullif(current_setting('{_SETTING}', true), '') AS text[])),"
    " user_id) IS NOT NULL"
)
# Longer names would be cut off.
_ROLE_NAME: Final = re.compile("[a-z_][a-z0-9_]{0,62}")
# That it is there, made at this moment by another.
_THERE: Final = {"42710", "23505"}
_RESERVED: Final = "42939"

_NAME: Final = text(f"SELECT set_config('{_SETTING}', CAST(CAST(:owners AS text[]) AS text), true)")
_BEFORE: Final = text(f"SELECT current_setting('{_SETTING}', true)")
_RESTORE: Final = text(
    f"SELECT set_config('{_SETTING}', coalesce(CAST(:before AS text), ''), true)"
)


def protect(database: Engine | Connection, *, role: str = ROLE) -> None:
    """Let every role but owners and superusers see only the tasks of the users that it names.

    Makes the role if it is not there: one without login, to be granted to the one that the
    application connects as, with what the application needs and no more. A repository finds out by
    itself that it must name its users. Doing it again changes nothing.

    On an engine this is one transaction; on a connection it takes part in the caller's, which an
    error leaves as it was. Raises ``ValueError`` for a name that is not made of a to z, digits and
    _, for one that Postgres keeps for itself, and for a role that the wall would not stop;
    ``RepositoryUnavailable`` if the schema is not current, if whoever is connected may not do this,
    or if the database does not answer; ``RuntimeError`` on a connection in AUTOCOMMIT.
    """
    if not _ROLE_NAME.fullmatch(role):
        raise ValueError("a role has a name of a to z, 0 to 9 and _, at most 63 characters long")
    with transaction_on(database) as connection, savepoint(connection):
        read_status(scalar_on(connection)).require_current()
        _require_role(connection, role)
        name = _quoted(connection, role)
        connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {SCHEMA} TO {name}")
        connection.exec_driver_sql(f"GRANT SELECT ON {SCHEMA}.alembic_version TO {name}")
        for table in metadata.sorted_tables:
            for statement in (
                f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {name}",
                f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
                f"DROP POLICY IF EXISTS {_POLICY} ON {table}",
                f"CREATE POLICY {_POLICY} ON {table} USING ({_NAMED})",
            ):
                connection.exec_driver_sql(statement)


def unprotect(database: Engine | Connection) -> None:
    """Undo what ``protect`` did to the tables; the role stays, as others may be members of it.

    On an engine this is one transaction; on a connection it takes part in the caller's, which an
    error leaves as it was. Raises ``RepositoryUnavailable`` and ``RuntimeError`` as ``protect``
    does.
    """
    with transaction_on(database) as connection, savepoint(connection):
        read_status(scalar_on(connection)).require_current()
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
            connection.exec_driver_sql(f"DROP POLICY IF EXISTS {_POLICY} ON {table}")


def owners_of(operations: Sequence[Operation[Any]]) -> list[str]:
    """Return the users whose tasks the operations are about."""
    return sorted({owner for operation in operations for owner in _owners(operation)})


def naming_owners(
    driver: psycopg.Connection[Any],
    operations: Sequence[Operation[Any]],
    execute: Callable[[Executable, Mapping[str, Any]], psycopg.Cursor[Any]],
) -> Fetch:
    """Return what runs each statement together with the owners of the operations."""
    owners = {"owners": owners_of(operations)}

    def fetch(statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Any]:
        # What goes through a pipeline up to its end is one transaction, and one round trip.
        try:
            with driver.pipeline():
                execute(_NAME, owners)
                cursor = execute(statement, parameters)
        finally:
            if driver.pgconn.pipeline_status:
                # The server ended the connection in the middle of it, and that is all that came.
                driver.close()
        return cursor.fetchall()

    return fetch


@contextmanager
def owners_named(connection: Connection, operations: Sequence[Operation[Any]]) -> Iterator[None]:
    """Name the owners of the operations in the caller's transaction, and whom it named after that.

    With an exception they stay: it is for the caller to go back to a savepoint.
    """
    before = connection.execute(_BEFORE).scalar()
    connection.execute(_NAME, {"owners": owners_of(operations)})
    yield
    connection.execute(_RESTORE, {"before": before})


def _owners(operation: Any) -> Sequence[str]:
    if isinstance(operation, Together):
        return owners_of(operation.operations)
    return [operation.task.user_id if isinstance(operation, Add | Replace) else operation.user_id]


def _require_role(connection: Connection, role: str) -> None:
    """Make the role if it is not there. Raises ``ValueError`` if it cannot be one, or is above."""
    scalar = scalar_on(connection)
    there = f"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}')"  # noqa: S608  # was checked
    # Those of Postgres itself are there too, and it refuses them to whoever would make them.
    if role.startswith("pg_") or not scalar(there):
        _make_role(connection, role)
    is_above = scalar(
        "SELECT rolsuper OR rolbypassrls OR pg_has_role(pg_roles.oid, relowner, 'USAGE')"  # noqa: S608  # likewise
        f" FROM pg_roles, pg_class WHERE rolname = '{role}'"
        f" AND pg_class.oid = '{SCHEMA}.tasks'::regclass"
    )
    if is_above:
        raise ValueError(f"the role {role} is above row-level security, or owns the tables")


def _make_role(connection: Connection, role: str) -> None:
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"CREATE ROLE {_quoted(connection, role)} NOLOGIN")
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state == _RESERVED:
            raise ValueError(f"Postgres keeps the name {role} for itself") from error
        if state not in _THERE:
            raise


def _quoted(connection: Connection, role: str) -> str:
    """Return the name as SQL has it, where some words mean roles, or something else."""
    return connection.dialect.identifier_preparer.quote_identifier(role)
