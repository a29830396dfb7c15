"""Tasks in a SQLite file, through the standard library alone, so that a command starts at once.

Any number of processes and threads may use one file. A batch is one transaction, durable when it
returns (write-ahead log, ``synchronous=FULL``). The schema is made and brought up to date on
opening; its version is ``PRAGMA user_version``, and a file of a newer version is left alone.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from taskcore.adapters.sequential import SequentialRepository
from taskcore.entities import Task
from taskcore.errors import (
    DuplicateTask,
    InvalidTask,
    RepositoryUnavailable,
    StaleTask,
    TaskNotFound,
)
from taskcore.ports import Add, Find, Get, Operation, Remove, Replace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike

BUSY_TIMEOUT: Final = 5.0
"""How many seconds a writer waits for the other writers of the file."""

# One tuple of statements a schema version; what has been released is never edited.
_MIGRATIONS: Final = (
    (
        """
        CREATE TABLE tasks (
            user_id TEXT NOT NULL CONSTRAINT user_id CHECK (length(user_id) BETWEEN 1 AND 255),
            id TEXT NOT NULL CONSTRAINT id CHECK (length(id) = 36),
            title TEXT NOT NULL CONSTRAINT title CHECK (length(title) BETWEEN 1 AND 200),
            description TEXT CONSTRAINT description CHECK (length(description) <= 1000),
            completed INTEGER NOT NULL CONSTRAINT completed CHECK (completed IN (0, 1)),
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL CONSTRAINT updated_at CHECK (updated_at >= created_at),
            version INTEGER NOT NULL CONSTRAINT version CHECK (version >= 1),
            PRIMARY KEY (user_id, id)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX tasks_newest ON tasks (user_id, created_at DESC, id DESC)",
    ),
)
SCHEMA_VERSION: Final = len(_MIGRATIONS)
"""The schema version that this taskcore reads and writes."""

_COLUMNS = "id, user_id, title, description, completed, created_at, updated_at, version"
_GET = f"SELECT {_COLUMNS} FROM tasks WHERE user_id = ? AND id = ?"
_FIND = f"SELECT {_COLUMNS} FROM tasks WHERE user_id = ? ORDER BY created_at DESC, id DESC"
_ADD = f"INSERT INTO tasks ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
_REPLACE = """
    UPDATE tasks
    SET title = ?, description = ?, completed = ?, created_at = ?, updated_at = ?, version = ?
    WHERE user_id = ? AND id = ? AND version = ?
"""
_REMOVE = "DELETE FROM tasks WHERE user_id = ? AND id = ? AND version = coalesce(?, version)"


class SqliteRepository(SequentialRepository):
    """Tasks in the SQLite file ``path``, made if it is not there; ``":memory:"`` keeps no file.

    Raises ``RepositoryUnavailable`` if the file cannot be opened, is no SQLite database, or was
    written by a newer taskcore.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        super().__init__()
        self._path = path
        self._lock = Lock()
        with self._translated_errors():
            self._connection = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._connection.close()
                raise

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        """Answer the operations; see ``TaskRepository``."""
        reads = all(isinstance(operation, Get | Find) for operation in operations)
        with self._lock, self._translated_errors(), self._transaction(writes=not reads):
            self._check_version()
            return self._answer_each(operations)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA synchronous = FULL")
        if self._version() == SCHEMA_VERSION:
            return
        self._check_version()
        self._switch_to_wal()
        with self._transaction(writes=True):
            # Another process may have done it while this one waited for the lock.
            for version in range(self._version(), SCHEMA_VERSION):
                for statement in _MIGRATIONS[version]:
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version = {version + 1}")

    def _switch_to_wal(self) -> None:
        """Keep a write-ahead log, which stays a property of the file.

        SQLite does not wait for others that switch the same file at this moment, so this does.
        """
        deadline = monotonic() + BUSY_TIMEOUT
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or monotonic() > deadline:
                    raise
                sleep(0.01)
            else:
                return

    def _version(self) -> int:
        [version] = self._connection.execute("PRAGMA user_version").fetchone()
        return int(version)

    def _check_version(self) -> None:
        if (version := self._version()) > SCHEMA_VERSION:
            raise RepositoryUnavailable(
                f"SQLite {self._path}: written by a newer taskcore (schema {version}, "
                f"and this one knows {SCHEMA_VERSION}); update taskcore"
            )

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError:
            raise
        except sqlite3.DatabaseError as error:
            raise RepositoryUnavailable(f"SQLite {self._path}: {error}") from error

    def _get(self, operation: Get) -> Task:
        key = (operation.user_id, str(operation.id))
        if row := self._connection.execute(_GET, key).fetchone():
            return _task(row)
        raise TaskNotFound(operation.id)

    def _find(self, operation: Find) -> list[Task]:
        return [_task(row) for row in self._connection.execute(_FIND, (operation.user_id,))]

    def _add(self, operation: Add) -> Task:
        task = operation.task
        if self._write(_ADD, (str(task.id), task.user_id, *_values(task))):
            return task
        raise DuplicateTask(task.id)

    def _replace(self, operation: Replace) -> Task:
        task = operation.task
        key = (task.user_id, str(task.id))
        if self._write(_REPLACE, (*_values(task), *key, operation.expected)):
            return task
        raise StaleTask(task.id, operation.expected)

    def _remove(self, operation: Remove) -> None:
        key = (operation.user_id, str(operation.id))
        if self._write(_REMOVE, (*key, operation.expected)):
            return
        if operation.expected is None or not self._connection.execute(_GET, key).fetchone():
            raise TaskNotFound(operation.id)
        raise StaleTask(operation.id, operation.expected)

    def _write(self, statement: str, values: Sequence[object]) -> bool:
        """Return whether a row was written."""
        try:
            return self._connection.execute(statement, values).rowcount == 1
        except sqlite3.IntegrityError as error:
            # "CHECK constraint failed: title"; the constraints have the names of their columns.
            field = str(error).rpartition(" ")[2].rpartition(".")[2]
            raise InvalidTask(field, "breaks a rule of the database", "constraint") from error


def _task(row: tuple[Any, ...]) -> Task:
    id, user_id, title, description, completed, created_at, updated_at, version = row
    return Task(
        UUID(id),
        user_id,
        title,
        description,
        bool(completed),
        datetime.fromisoformat(created_at),
        datetime.fromisoformat(updated_at),
        version,
    )


def _values(task: Task) -> tuple[object, ...]:
    """Return all of a task but its key, in the order of the columns."""
    return (
        task.title,
        task.description,
        task.completed,
        _text(task.created_at),
        _text(task.updated_at),
        task.version,
    )


def _is_busy(error: sqlite3.OperationalError) -> bool:
    # The low byte is the kind of error; the rest says more about it.
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _text(moment: datetime) -> str:
    """Return a UTC time in RFC 3339, always as long, so that the text sorts as the time does."""
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
