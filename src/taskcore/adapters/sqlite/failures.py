"""What SQLite can raise, as the errors of the port."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from taskcore.errors import InvalidTask, RepositoryUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike


@contextmanager
def translated_errors(path: str | PathLike[str]) -> Iterator[None]:
    """Raise ``RepositoryUnavailable`` for what goes wrong with the file ``path``."""
    try:
        yield
    except sqlite3.Error as error:
        raise RepositoryUnavailable(f"SQLite {path}: {error}") from error


def refusal(error: Exception) -> InvalidTask:
    """Return the error for one of ``UNSTORABLE``; its kind is "parent" for a foreign key's."""
    if not isinstance(error, sqlite3.IntegrityError):
        return InvalidTask("task", "has a value that cannot be stored", "constraint")
    # "CHECK constraint failed: title"; the constraints have the names of their columns.
    field = str(error).rpartition(" ")[2].rpartition(".")[2]
    if field == "parent_id" or error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return InvalidTask("parent_id", "is no task of this user", "parent")
    return InvalidTask(field, "breaks a rule of the database", "constraint")


def is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether somebody else has the file at this moment."""
    # The low byte is the kind of error; the rest says more about it.
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


UNSTORABLE: Final = (
    UnicodeEncodeError,
    OverflowError,
    sqlite3.ProgrammingError,
    sqlite3.IntegrityError,
)
"""What SQLite raises for a value that it cannot take, or that breaks a constraint."""
