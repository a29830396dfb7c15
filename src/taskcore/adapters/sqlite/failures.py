"""What SQLite can raise, as the errors of the port."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from taskcore.errors import InvalidTask, RepositoryUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike


@contextmanager
def translated_errors(path: str | PathLike[str]) -> Iterator[None]:
    """Raise ``RepositoryUnavailable`` for what goes wrong with the file ``path``."""
    try:
        yield
    except sqlite3.Error as error:
        raise RepositoryUnavailable(f"SQLite {path}: {explained(error)}") from error


def refusal(error: Exception) -> InvalidTask:
    """Return the error for one of ``UNSTORABLE``; its kind is "parent" for a foreign key's."""
    if not isinstance(error, sqlite3.IntegrityError):
        return InvalidTask("task", "has a value that cannot be stored", "constraint")
    # "CHECK constraint failed: title"; the constraints have the names of their columns.
    field = str(error).rpartition(" ")[2].rpartition(".")[2]
    if field == "parent_id" or error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return InvalidTask("parent_id", "is no task of this user", "parent")
    return InvalidTask(field, "breaks a rule of the database", "constraint")


def explained(error: sqlite3.Error) -> str:
    """Return what SQLite says, and what it takes where that does not say it."""
    kind = _kind_of(error)
    if kind == sqlite3.SQLITE_IOERR:
        return f"{error} ({_DISK_ERRORS.get(error.sqlite_errorname, error.sqlite_errorname)})"
    return f"{error}{_REQUIRED.get(kind, '')}"


def is_busy(error: sqlite3.OperationalError) -> bool:
    """Whether somebody else has the file at this moment."""
    return _kind_of(error) == sqlite3.SQLITE_BUSY


def is_read_only(error: sqlite3.OperationalError) -> bool:
    """Whether the file was opened as one that may not be written."""
    return _kind_of(error) == sqlite3.SQLITE_READONLY


def is_refused_by_the_disk(error: sqlite3.OperationalError) -> bool:
    """Whether there is no room, or no right, to write in the file or beside it."""
    return _kind_of(error) in {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
    }


def _kind_of(error: sqlite3.Error) -> int:
    # The low byte is the kind of error; the rest says more about it. Python's own have none.
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF


REQUIRED_TO_WRITE: Final = (
    "it takes the right to write to it and to its directory, on a disk that is not read-only"
)
"""What is said of a file that can only be read."""

_REQUIRED: Final[Mapping[int, str]] = {
    sqlite3.SQLITE_READONLY: f"; {REQUIRED_TO_WRITE}",
    sqlite3.SQLITE_CANTOPEN: "; it takes the right to read it, and to write to its directory, on a "
    "disk that is not read-only",
}
_DISK_ERRORS: Final[Mapping[str, str]] = {
    "SQLITE_IOERR_SHMSIZE": "no room for its -shm file; the disk is full",
}

UNSTORABLE: Final = (
    UnicodeEncodeError,
    OverflowError,
    sqlite3.ProgrammingError,
    sqlite3.IntegrityError,
)
"""What SQLite raises for a value that it cannot take, or that breaks a constraint."""
