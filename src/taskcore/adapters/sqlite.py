"""Tasks in a SQLite file, through the standard library alone, so that a command starts at once.

Any number of processes and threads may use one file. A batch is one transaction, durable when it
returns (write-ahead log, ``synchronous=FULL``). The schema is made and brought up to date on
opening; its version is ``PRAGMA user_version``, and a file of a newer version is left alone, as is
one without our mark, ``PRAGMA application_id``.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, contextmanager
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

    from taskcore.adapters.schema import SchemaStatus

BUSY_TIMEOUT: Final = 5.0
"""How many seconds a writer waits for the other writers of the file."""

APPLICATION_ID: Final = int.from_bytes(b"tskc", "big")
"""What marks a file as ours."""

# One tuple of statements a schema version; what has been released is never edited.
_MIGRATIONS: Final = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
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

# In one statement, as another process may be making the schema.
_IDENTITY = """
    SELECT
        (SELECT application_id FROM pragma_application_id),
        (SELECT user_version FROM pragma_user_version),
        (SELECT count(*) FROM sqlite_master)
"""


def schema_status(path: str | PathLike[str]) -> SchemaStatus:
    """Return what schema the file ``path`` has; it is only read, and not made.

    Raises ``RepositoryUnavailable`` if it cannot be read or is not one of taskcore's.
    """
    _require_strict_tables()
    if not os.path.exists(path):  # noqa: PTH110  # pathlib starts slowly
        return _status(path, 0)
    with _translated_errors(path), closing(_reader(path)) as connection:
        return _status(path, _version(connection, path))


class SqliteRepository(SequentialRepository):
    """Tasks in the SQLite file ``path``, made if it is not there; ``":memory:"`` keeps no file.

    Raises ``RepositoryUnavailable`` if the file cannot be opened, is not one of taskcore's, or was
    written by a newer taskcore.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        super().__init__()
        _require_strict_tables()
        self._path = path
        self._lock = Lock()
        with _translated_errors(path):
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
        with self._lock, _translated_errors(self._path), self._transaction(writes=not reads):
            [version] = self._connection.execute("PRAGMA user_version").fetchone()
            if version != SCHEMA_VERSION:
                _status(self._path, version).require_current()
            return self._answer_each(operations)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA synchronous = FULL")
        version = _version(self._connection, self._path)
        if version == SCHEMA_VERSION:
            return
        if version > SCHEMA_VERSION:
            _status(self._path, version).require_current()
        self._switch_to_wal()
        with self._transaction(writes=True):
            # Another process may have done it while this one waited for the lock.
            for version in range(_version(self._connection, self._path), SCHEMA_VERSION):
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

    def _get(self, operation: Get) -> Task:
        key = (operation.user_id, str(operation.id))
        if row := self._run(_GET, key).fetchone():
            return _task(row)
        raise TaskNotFound(operation.id)

    def _find(self, operation: Find) -> list[Task]:
        return [_task(row) for row in self._run(_FIND, (operation.user_id,))]

    def _add(self, operation: Add) -> Task:
        task = operation.task
        if self._wrote(_ADD, (str(task.id), task.user_id, *_values(task))):
            return task
        raise DuplicateTask(task.id)

    def _replace(self, operation: Replace) -> Task:
        task = operation.task
        key = (task.user_id, str(task.id))
        if self._wrote(_REPLACE, (*_values(task), *key, operation.expected)):
            return task
        raise StaleTask(task.id, operation.expected)

    def _remove(self, operation: Remove) -> None:
        key = (operation.user_id, str(operation.id))
        if self._wrote(_REMOVE, (*key, operation.expected)):
            return
        if operation.expected is None or not self._run(_GET, key).fetchone():
            raise TaskNotFound(operation.id)
        raise StaleTask(operation.id, operation.expected)

    def _wrote(self, statement: str, values: Sequence[object]) -> bool:
        """Return whether a row was written."""
        return self._run(statement, values).rowcount == 1

    def _run(self, statement: str, values: Sequence[object]) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except (UnicodeEncodeError, OverflowError, sqlite3.ProgrammingError) as error:
            raise InvalidTask("task", "has a value that cannot be stored", "constraint") from error
        except sqlite3.IntegrityError as error:
            # "CHECK constraint failed: title"; the constraints have the names of their columns.
            field = str(error).rpartition(" ")[2].rpartition(".")[2]
            raise InvalidTask(field, "breaks a rule of the database", "constraint") from error


def _require_strict_tables() -> None:
    if (found := sqlite3.sqlite_version_info) < (3, 37):
        version = ".".join(map(str, found))
        raise RepositoryUnavailable(f"this Python has SQLite {version}; 3.37 or newer is needed")


def _reader(path: str | PathLike[str]) -> sqlite3.Connection:
    """Return a connection that makes no file, not even a write-ahead log."""
    from pathlib import Path  # starts slowly

    # Where there is no log, nobody has the file open, and all is in it.
    how = "mode=ro" if os.path.exists(f"{os.fspath(path)}-wal") else "immutable=1"  # noqa: PTH110
    return sqlite3.connect(f"{Path(path).absolute().as_uri()}?{how}", uri=True)


def _version(connection: sqlite3.Connection, path: str | PathLike[str]) -> int:
    """Return the schema version of the file, 0 if it is empty.

    Raises ``RepositoryUnavailable`` if another program made it.
    """
    application, version, tables = connection.execute(_IDENTITY).fetchone()
    if application != APPLICATION_ID and (application or version or tables):
        raise RepositoryUnavailable(
            f"SQLite {path}: the database of another program, not of taskcore; left as it is"
        )
    return int(version)


def _status(path: str | PathLike[str], version: int) -> SchemaStatus:
    from taskcore.adapters.schema import SchemaStatus  # seldom needed

    return SchemaStatus(f"SQLite {path}", version or None, SCHEMA_VERSION)


@contextmanager
def _translated_errors(path: str | PathLike[str]) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise RepositoryUnavailable(f"SQLite {path}: {error}") from error


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
