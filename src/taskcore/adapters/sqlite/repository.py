"""The repository: a connection to a file, a method an operation, a transaction a batch."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from taskcore.adapters.sequential import SequentialRepository
from taskcore.adapters.sqlite.failures import (
    UNSTORABLE,
    refusal,
    translated_errors,
)
from taskcore.adapters.sqlite.finding import (
    FEW,
    FEW_OF_ALL,
    counting,
    gatherings,
    in_place,
    statements,
)
from taskcore.adapters.sqlite.opened import OpenedFile
from taskcore.adapters.sqlite.patience import PATIENCE, Patience, was_stopped
from taskcore.adapters.sqlite.rows import (
    COLUMNS,
    KEY,
    VALUES,
    key_of,
    stored,
    tasks_of,
    values_of,
)
from taskcore.adapters.sqlite.schema import (
    SCHEMA_VERSION,
    require_strict_tables,
    status_of,
)
from taskcore.errors import (
    DuplicateTask,
    HasSubtasks,
    InvalidTask,
    RepositoryUnavailable,
    StaleTask,
    TaskNotFound,
)
from taskcore.ports import (
    Add,
    Count,
    Expect,
    Find,
    Get,
    Operation,
    Remove,
    Replace,
    Subtree,
    Tally,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from os import PathLike

    from taskcore.adapters.sqlite.predicates import Sql
    from taskcore.entities import Task, TaskQuery

_READS: Final = Get | Find | Count | Tally | Subtree | Expect
_GET: Final = f"SELECT {COLUMNS} FROM tasks WHERE user_id = ? AND id = ?"
_ADD: Final = (
    f"INSERT INTO tasks ({', '.join((*KEY, *VALUES))}) "
    f"VALUES ({', '.join('?' * len((*KEY, *VALUES)))}) ON CONFLICT DO NOTHING"
)
_AT_VERSION: Final = "WHERE user_id = ? AND id = ? AND version = ? AND created_at = ?"
_STORED: Final = f"SELECT {', '.join(VALUES)} FROM tasks {_AT_VERSION}"
_REMOVE: Final = "DELETE FROM tasks WHERE user_id = ? AND id = ?"
_REMOVE_AT_VERSION: Final = f"{_REMOVE} AND version = ? AND created_at = coalesce(?, created_at)"
# A join in the order in which it is written: level after level.
_SUBTREE: Final = f"""
    WITH RECURSIVE below (below_id) AS (
        SELECT ?2
        UNION
        SELECT id FROM below CROSS JOIN tasks ON user_id = ?1 AND parent_id = below_id
    )
    SELECT {COLUMNS} FROM below CROSS JOIN tasks ON user_id = ?1 AND id = below_id
"""
_TALLIES: Final[Mapping[str, str]] = {
    "project": """
        SELECT project, sum(completed_at IS NULL) FROM tasks
        WHERE user_id = ? AND project IS NOT NULL GROUP BY project ORDER BY project
    """,
    "tags": """
        SELECT min(tag), sum(completed_at IS NULL)
        FROM tags JOIN tasks ON tasks.user_id = tags.user_id AND id = task_id
        WHERE tags.user_id = ? GROUP BY folded ORDER BY folded
    """,
}


class SqliteRepository(SequentialRepository):
    """Tasks in the SQLite file ``path``, made if it is not there; ``":memory:"`` keeps no file.

    ``patience`` is how many seconds the operations of a call may work (``ValueError`` if that is
    not more than 0). One that takes longer is stopped, and answered with
    ``RepositoryUnavailable``; those after it are answered if they are quick.

    Raises ``RepositoryUnavailable`` if the file cannot be opened, is not one of taskcore's, or was
    written by a newer taskcore.
    """

    def __init__(self, path: str | PathLike[str], *, patience: float = PATIENCE) -> None:
        super().__init__()
        require_strict_tables()
        self._path = path
        self._lock = Lock()
        self._patience = Patience(patience)
        with translated_errors(path):
            self._file = OpenedFile(path, self._patience.watch)

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        """Answer the operations; see ``TaskRepository``."""
        writes = not all(isinstance(operation, _READS) for operation in operations)
        with self._lock, translated_errors(self._path):
            run = self._file.write if writes else self._file.read
            return run(lambda: self._answer_batch(operations, writes=writes))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    @property
    def _connection(self) -> sqlite3.Connection:
        return self._file.connection

    def _answer_batch(self, operations: Sequence[Operation[Any]], *, writes: bool) -> list[Any]:
        self._patience.begin_batch()
        with self._transaction(writes=writes):
            [version] = self._connection.execute("PRAGMA user_version").fetchone()
            if version != SCHEMA_VERSION:
                status_of(self._path, version).require_current()
            return self._answer_each(operations)

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
    def _all_or_nothing(self) -> Iterator[None]:
        self._connection.execute("SAVEPOINT together")
        try:
            yield
        except BaseException:
            # After some failures, a full disk for one, SQLite has taken back the whole batch.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK TO together")
            raise
        finally:
            if self._connection.in_transaction:
                self._connection.execute("RELEASE together")

    def _get(self, operation: Get) -> Task:
        rows = self._rows(_GET, (operation.user_id, str(operation.id)))
        if not rows:
            raise TaskNotFound(operation.id)
        return tasks_of(operation.user_id, rows)[0]

    def _find(self, operation: Find) -> list[Task]:
        user_id, query = operation.user_id, operation.query
        few = self._few(user_id, query)
        if few is not None:
            return in_place(few, query)
        tasks: list[Task] = []
        for statement in statements(user_id, query):
            left = None if query.limit is None else query.limit - len(tasks)
            tasks += self._tasks(user_id, statement, left)
            if len(tasks) == query.limit:
                break
        return tasks

    def _few(self, user_id: str, query: TaskQuery) -> list[Task] | None:
        """Return all tasks that the filter selects, if an index finds them among a few."""
        most = FEW_OF_ALL if query.limit is None else FEW
        for (count, values), gather in gatherings(user_id, query):
            [[found]] = self._rows(count, [*values, most + 1])
            if found <= most:
                return self._tasks(user_id, gather, None)
        return None

    def _tasks(self, user_id: str, statement: Sql, limit: int | None) -> list[Task]:
        """Return the tasks that a statement of ``finding`` reads, at most so many."""
        sql, values = statement
        # Any number below nothing is no limit. All rows at once take less time than one by one.
        rows = self._rows(sql, [*values, -1 if limit is None else limit])
        return tasks_of(user_id, rows)

    def _count(self, operation: Count) -> int:
        [[count]] = self._rows(*counting(operation.user_id, operation.filter))
        return int(count)

    def _tally(self, operation: Tally) -> Mapping[str, int]:
        return dict(self._rows(_TALLIES[operation.field], (operation.user_id,)))

    def _subtree(self, operation: Subtree) -> list[Task]:
        rows = self._rows(_SUBTREE, (operation.user_id, str(operation.id)))
        if not rows:
            raise TaskNotFound(operation.id)
        return tasks_of(operation.user_id, rows)

    def _add(self, operation: Add) -> Task:
        task = operation.task
        try:
            added = self._wrote(_ADD, (*key_of(task), *values_of(task)))
        except InvalidTask:
            # SQLite looks at the rules of the table before it looks whether the id is taken.
            added = False
            if not self._has(*key_of(task)):
                raise
        if added:
            return task
        raise DuplicateTask(task.id)

    def _replace(self, operation: Replace) -> Task:
        task = operation.task
        where = (*key_of(task), operation.expected, stored(task.created_at))
        rows = self._rows(_STORED, where)
        if not rows:
            raise StaleTask(task.id, operation.expected)
        # SQLite writes every index of a column that is set, also to what it was.
        new = zip(VALUES, values_of(task), rows[0], strict=True)
        if changed := {column: value for column, value, old in new if value != old}:
            setting = ", ".join(f"{column} = ?" for column in changed)
            self._wrote(f"UPDATE tasks SET {setting} {_AT_VERSION}", (*changed.values(), *where))
        return task

    def _remove(self, operation: Remove) -> None:
        key = (operation.user_id, str(operation.id))
        at_version = (operation.expected, stored(operation.created_at))
        try:
            if operation.expected is None:
                removed = self._wrote(_REMOVE, key)
            else:
                removed = self._wrote(_REMOVE_AT_VERSION, (*key, *at_version))
        except InvalidTask as error:
            if error.kind == "parent":
                raise HasSubtasks(operation.id) from error
            raise
        if removed:
            return
        if operation.expected is None or not self._has(*key):
            raise TaskNotFound(operation.id)
        raise StaleTask(operation.id, operation.expected)

    def _has(self, user_id: str, id: str) -> bool:
        return bool(self._rows(_GET, (user_id, id)))

    def _rows(self, statement: str, values: Sequence[object]) -> list[tuple[Any, ...]]:
        return self._run(statement, values)[0]

    def _wrote(self, statement: str, values: Sequence[object]) -> bool:
        """Return whether a row was written."""
        return self._run(statement, values)[1] == 1

    def _run(self, statement: str, values: Sequence[object]) -> tuple[list[tuple[Any, ...]], int]:
        """Return the rows that are read, and how many are written."""
        self._patience.begin_statement()
        try:
            cursor = self._connection.execute(statement, values)
            return cursor.fetchall(), cursor.rowcount
        except UNSTORABLE as error:
            raise refusal(error) from error
        except sqlite3.OperationalError as error:
            if not was_stopped(error):
                raise
            # With a statement that writes, SQLite has taken back the whole batch.
            if not self._connection.in_transaction:
                raise sqlite3.OperationalError(self._patience.message) from error
            message = f"SQLite {self._path}: {self._patience.message}"
            raise RepositoryUnavailable(message) from error
        finally:
            self._patience.end_statement()
