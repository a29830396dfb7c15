"""From what the driver raises to the errors of taskcore, by the code that Postgres gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from taskcore.errors import HasSubtasks, InvalidTask, RepositoryUnavailable
from taskcore.ports import Remove

if TYPE_CHECKING:
    from taskcore.ports import Operation

# Serialization failure and deadlock: Postgres undid the statement and says to run it again.
_ABORTED: Final = {"40001", "40P01"}
# The classes of wrong data and of broken constraints.
_UNHOLDABLE: Final = "22"
_REFUSED: Final = "23"
# A task without its parent: one was to stand below none, or the parent was to go.
_ORPHANED: Final = "23503"
# An operator ended the connection, or the server as a whole.
_ENDED: Final = {"57P01", "57P02"}
# The server is a standby, or its operator has closed it to writes.
_READ_ONLY: Final = "25006"
_CANCELED: Final = "57014"
# The class of statements that cannot be right, and those of them that come from what is missing (a
# privilege, table, type, function) or there already (a prepared statement, schema, table, other).
_WRONG: Final = "42"
_NOT_OURS: Final = {
    *("42501", "42P01", "42704", "42883"),
    *("42P05", "42P06", "42P07", "42710"),
}


def was_aborted(error: Exception) -> bool:
    """Whether the statement certainly did nothing, only because of another that ran beside it."""
    cause = _driver_error(error)
    return cause is not None and _state(cause) in _ABORTED


def was_ended(error: Exception) -> bool:
    """Whether the server ended the connection, and might make another one."""
    cause = _driver_error(error)
    return cause is not None and _state(cause) in _ENDED


def is_elsewhere(error: Exception) -> bool:
    """Whether the server takes no writes, so that another one may be the one to ask."""
    cause = _driver_error(error)
    return cause is not None and _state(cause) == _READ_ONLY


def was_refused(error: Exception) -> bool:
    """Whether Postgres would not have what it was given, whoever else was there or not."""
    return isinstance(translated(error), InvalidTask)


def failure_of(operation: Operation[Any], error: Exception) -> Exception:
    """Return the error of taskcore that the operation fails with, where the driver raised this."""
    cause = _driver_error(error)
    if cause is None or _state(cause) != _ORPHANED:
        return translated(error)
    if isinstance(operation, Remove):
        return HasSubtasks(operation.id)
    return no_parent()


def no_parent() -> InvalidTask:
    """Return the error of a task whose parent is none."""
    return InvalidTask("parent_id", "is no task of this user", "parent")


def translated(error: Exception) -> Exception:
    """Return the error of taskcore that this one of a driver amounts to; others as they are.

    One that a program may want to look into has it as its ``__cause__``.
    """
    cause = _driver_error(error)
    if isinstance(error, RepositoryUnavailable):
        # Whoever raises it raises one of their own.
        return _caused_by(error, RepositoryUnavailable(error.reason))
    if isinstance(error, UnicodeEncodeError) or (cause is not None and _is_unholdable(cause)):
        return InvalidTask("task", "has text or a number that Postgres cannot hold", "constraint")
    if cause is None and not isinstance(error, SQLAlchemyError):
        return error
    reason = f"Postgres: {str(cause or error).partition(chr(10))[0]}"
    state = _state(cause)
    if state.startswith(_WRONG) and state not in _NOT_OURS:
        return _caused_by(error, RuntimeError(f"{reason} (a bug in taskcore)"))
    if state.startswith(_REFUSED):
        return InvalidTask(_guarded_by(cause), "breaks a rule of the database", "constraint")
    if state == _CANCELED:
        reason = (
            "Postgres: canceled a statement, most likely as it took longer than statement_timeout"
        )
    if state in _ABORTED and isinstance(error, SQLAlchemyError):
        reason = f"{reason}: begin the transaction again"
    return _caused_by(error, RepositoryUnavailable(reason))


def _caused_by(error: Exception, failure: Exception) -> Exception:
    failure.__cause__ = error
    return failure


def _driver_error(error: Exception) -> BaseException | None:
    """Return what the driver raised, or None where that was no driver."""
    if not isinstance(error, DBAPIError):
        return error if isinstance(error, psycopg.Error) else None
    # What asyncpg raised is the cause of what SQLAlchemy makes of it.
    original = error.orig
    return original if isinstance(original, psycopg.Error) else original and original.__cause__


def _state(cause: BaseException | None) -> str:
    return getattr(cause, "sqlstate", None) or ""


def _is_unholdable(cause: BaseException) -> bool:
    # What they cannot send, psycopg and asyncpg refuse themselves, without a code.
    return isinstance(cause, psycopg.DataError | ValueError) or (
        _state(cause).startswith(_UNHOLDABLE)
    )


def _guarded_by(cause: BaseException | None) -> str:
    """Return the field that a broken constraint guards: they are named so."""
    told = getattr(cause, "diag", cause)
    return getattr(told, "constraint_name", None) or getattr(told, "column_name", None) or "task"
