"""A caller's connection: ours for a moment, whatever the caller has set, and left as it was."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy.exc import InvalidRequestError, MissingGreenlet, SQLAlchemyError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection, CursorResult, NestedTransaction

_BUSY: Final = "taskcore busy"
_NO_TRANSACTION: Final = "25P01"
# What a caller may have said of its own statements, and would be wrong of ours: psycopg, for one,
# streams no savepoint.
_OPTIONS: Final[Mapping[str, Any]] = {
    "stream_results": False,
    "yield_per": None,
    "schema_translate_map": None,
}
_TYPES: Final[Mapping[str, type]] = {"id": UUID, "created_at": datetime}


def require_open(connection: Connection) -> None:
    """Raise ``RuntimeError``, with what to do instead, for a connection that was closed."""
    if connection.closed:
        raise RuntimeError(
            "the connection is closed, as that of a Session is once its transaction ends: make "
            "Tasks anew in each, with session.connection()"
        )


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Work in a savepoint of the caller's transaction, which an exception rolls back to.

    Raises ``RuntimeError`` where there cannot be one.
    """
    with _alone(connection), _without_options(connection), _nested(connection):
        yield


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Refuse whoever else would work in between: one's savepoints would be the other's, too."""
    info, me = connection.info, object()
    if info.setdefault(_BUSY, me) is not me:
        raise RuntimeError("the connection is in use by another thread or coroutine")
    try:
        yield
    finally:
        info.pop(_BUSY, None)


@contextmanager
def _without_options(connection: Connection) -> Iterator[None]:
    options = connection.get_execution_options()
    theirs = {name: options[name] for name in _OPTIONS if name in options}
    connection.execution_options(**{name: _OPTIONS[name] for name in theirs})
    try:
        yield
    finally:
        connection.execution_options(**theirs)


def _nested(connection: Connection) -> NestedTransaction:
    try:
        return connection.begin_nested()
    except SQLAlchemyError as error:
        # That a lost connection cannot go on either is no mistake of the caller's.
        misuse = None if connection.invalidated else _misuse(getattr(error, "orig", error))
        if misuse is None:
            raise
        raise RuntimeError(misuse) from error


def _misuse(error: object) -> str | None:
    """Return what to do instead, if it is for the caller to do something else."""
    if isinstance(error, MissingGreenlet):
        return (
            "the connection of an async engine works in `await connection.run_sync(...)` only, "
            "with Tasks and no Batcher"
        )
    if getattr(error, "sqlstate", None) == _NO_TRANSACTION:
        return (
            "the connection is in AUTOCOMMIT, where there is no transaction to take part in: "
            "use PostgresRepository(engine)"
        )
    if isinstance(error, InvalidRequestError):
        return f"the connection is in no transaction to take part in: {error.args[0]}"
    return None


def rows_of(result: CursorResult[Any]) -> Sequence[Any]:
    """Return the rows; ``TypeError`` if a loader of the caller's makes of them what is no task.

    An id that comes as text would be taken for another's.
    """
    names = list(result.keys())
    rows = result.all()
    for name, value in zip(names, rows[0], strict=True) if rows else ():
        if not isinstance(value, _TYPES.get(name, object)):
            raise TypeError(
                f"the connection has a loader that makes {type(value).__name__} of {name}: "
                f"taskcore needs {_TYPES[name].__name__}, as the driver has it"
            )
    return rows
