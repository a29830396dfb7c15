"""The repository on Postgres: a batch is a few statements, one for each kind of operation in it."""

from __future__ import annotations

import random
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from taskcore.adapters.postgres.answering import answer
from taskcore.adapters.postgres.engine import THREADS
from taskcore.adapters.postgres.failures import translated, was_aborted
from taskcore.adapters.postgres.sessions import in_transaction, on_engine
from taskcore.errors import RepositoryUnavailable
from taskcore.ports import Add, Find, Get, Operation, Replace, TaskRepository

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

ATTEMPTS: Final = 5
"""How often a statement runs that Postgres undoes for the sake of another one beside it."""

_PAUSE: Final = 0.01


class PostgresRepository(TaskRepository):
    """Tasks in Postgres, in the tables that ``upgrade`` makes.

    On an engine, every statement is a transaction of its own, safe from any number of threads. On a
    connection, every statement runs in a savepoint of the caller's transaction, which the caller
    commits or rolls back; use that from one thread, as SQLAlchemy asks. ``close`` disposes of the
    engine with ``dispose=True`` and otherwise leaves what it was given to the caller.

    An engine must be one of psycopg (``ValueError``); statements then go to psycopg directly, past
    SQLAlchemy's events. A connection may be of any driver for Postgres.
    """

    def __init__(self, database: Engine | Connection, *, dispose: bool = False) -> None:
        self._is_engine = isinstance(database, Engine)
        self._dispose = None
        if isinstance(database, Engine):
            if database.driver != "psycopg":
                raise ValueError(f"the engine must be one of psycopg, not of {database.driver}")
            self._session = partial(on_engine, database)
            self._dispose = database.dispose if dispose else None
        elif isinstance(database, Connection):
            self._session = partial(in_transaction, database)
        else:
            raise TypeError("a SQLAlchemy Engine or Connection is needed")

    @property
    def threads(self) -> int:
        """As many as an engine of ``create_engine`` keeps connections; on a connection, one."""
        return THREADS if self._is_engine else 1

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        """Answer the operations; see ``TaskRepository``. Failures are always answers here."""
        answers: list[Any] = []
        for run in list(_runs(operations)):
            answers += self._answer(run)
            if isinstance(answers[-1], RepositoryUnavailable):
                # What is wrong with the storage will not have healed for the next statement.
                reason = answers[-1].reason
                answers += [RepositoryUnavailable(reason) for _ in operations[len(answers) :]]
                break
        return answers

    def close(self) -> None:
        """Dispose of the engine, if it was handed over."""
        if self._dispose:
            self._dispose()

    def _answer(self, run: Sequence[Operation[Any]]) -> list[Any]:
        try:
            return self._attempt(run)
        except RepositoryUnavailable as error:
            return [RepositoryUnavailable(error.reason) for _ in run]
        except Exception as error:  # noqa: BLE001  # an answer, as other runs may be stored by now
            failures = [translated(error) for _ in run]
            unavailable = isinstance(failures[0], RepositoryUnavailable) and not was_aborted(error)
        if len(run) == 1 or unavailable:
            return failures
        # A set stands or falls whole. One by one only what is refused falls, and none deadlocks.
        return [answer for operation in run for answer in self._answer([operation])]

    def _attempt(self, run: Sequence[Operation[Any]]) -> list[Any]:
        attempt = 0
        while True:
            attempt += 1
            try:
                with self._session() as fetch:
                    return answer(run, fetch)
            except (SQLAlchemyError, psycopg.Error) as error:
                # In the caller's transaction it is for the caller to begin again.
                if not (self._is_engine and was_aborted(error)) or attempt == ATTEMPTS:
                    raise
            time.sleep(random.uniform(0, _PAUSE * 2**attempt))  # noqa: S311  # jitter, no secret


def _runs(operations: Sequence[Operation[Any]]) -> Iterator[list[Operation[Any]]]:
    """Split where the kind changes, and where a write meets a key again, so that order is kept."""
    run: list[Operation[Any]] = []
    keys: set[tuple[str, UUID]] = set()
    for operation in operations:
        key = None if isinstance(operation, Find | Get) else _key(operation)
        if run and (type(operation) is not type(run[0]) or key in keys):
            yield run
            run, keys = [], set()
        run.append(operation)
        if key:
            keys.add(key)
    if run:
        yield run


def _key(operation: Any) -> tuple[str, UUID]:  # any of the three that write
    keyed = operation.task if isinstance(operation, Add | Replace) else operation
    return keyed.user_id, keyed.id
