"""The repository on Postgres: a batch is a few statements, one for each kind of operation in it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine

from taskcore.adapters.postgres import statements
from taskcore.adapters.postgres.answering import answer
from taskcore.adapters.postgres.engine import THREADS
from taskcore.adapters.postgres.failures import failure_of, was_aborted
from taskcore.adapters.postgres.retrying import InDoubt, deadline, once, persistently, settled
from taskcore.adapters.postgres.runs import runs
from taskcore.adapters.postgres.sessions import in_transaction, on_engine
from taskcore.adapters.postgres.together import answer_together
from taskcore.adapters.removals import remove_each
from taskcore.errors import RepositoryUnavailable
from taskcore.ports import Operation, Remove, TaskRepository, Together

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENGINE_DRIVERS: Final = ("psycopg",)
_CONNECTION_DRIVERS: Final = ("psycopg", "asyncpg")


class PostgresRepository(TaskRepository):
    """Tasks in Postgres, in the tables that ``upgrade`` makes.

    On an engine, every statement is a transaction of its own (those of a ``Together`` are one),
    safe from any number of threads. On a
    connection, every statement runs in a savepoint of the caller's transaction, which the caller
    commits or rolls back; use that from one thread, as SQLAlchemy asks. ``close`` disposes of the
    engine with ``dispose=True`` and otherwise leaves what it was given to the caller.

    An engine must be one of psycopg; statements then go to psycopg directly, past SQLAlchemy's
    events. A connection may be of asyncpg too, or of psycopg's async driver: both within
    ``run_sync``. Anything else is a ``ValueError``.
    """

    def __init__(self, database: Engine | Connection, *, dispose: bool = False) -> None:
        self._is_engine = isinstance(database, Engine)
        self._dispose = None
        if isinstance(database, Engine):
            _require("engine", database.driver, _ENGINE_DRIVERS)
            self._session = partial(on_engine, database)
            self._session_together = partial(on_engine, database, together=True)
            self._try = persistently
            self._dispose = database.dispose if dispose else None
        elif isinstance(database, Connection):
            _require("connection", database.dialect.driver, _CONNECTION_DRIVERS)
            self._session = self._session_together = partial(in_transaction, database)
            # It is for the caller to begin the transaction again.
            self._try = once
        else:
            raise TypeError(
                "a SQLAlchemy Engine or Connection is needed (of a Session, session.connection(); "
                f"of an AsyncConnection, what run_sync passes), not {type(database).__name__}"
            )

    @property
    def threads(self) -> int:
        """As many as an engine of ``create_engine`` keeps connections; on a connection, one."""
        return THREADS if self._is_engine else 1

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        """Answer the operations; see ``TaskRepository``. Failures are always answers here."""
        return self._answer_in_turn(list(runs(operations)))

    def close(self) -> None:
        """Dispose of the engine, if it was handed over."""
        if self._dispose:
            self._dispose()

    def _answer_in_turn(self, runs: Sequence[Sequence[Operation[Any]]]) -> list[Any]:
        answers: list[Any] = []
        for place, run in enumerate(runs, start=1):
            answers += self._answer(run)
            last = answers[-1]
            if isinstance(last, RepositoryUnavailable) and not isinstance(last, InDoubt):
                # What is wrong with the storage will not have healed for the next statement.
                answers += [_same(last) for rest in runs[place:] for _ in rest]
                break
        return answers

    def _answer(self, run: Sequence[Operation[Any]]) -> list[Any]:
        return self._answer_until(deadline(), run)

    def _answer_until(self, until: float, run: Sequence[Operation[Any]]) -> list[Any]:
        outcome, in_doubt = self._try(partial(self._attempt, run), until)
        answers = self._failed(run, outcome) if isinstance(outcome, Exception) else outcome
        return settled(run, answers, partial(self._read_for_good, until)) if in_doubt else answers

    def _attempt(self, run: Sequence[Operation[Any]]) -> list[Any]:
        if isinstance(run[0], Together):
            return [answer_together(run[0], partial(self._session_together, run))]
        with self._session(run) as fetch:
            return answer(run, fetch)

    def _read_for_good(self, until: float, run: Sequence[Operation[Any]]) -> Sequence[Any]:
        """Answer with what is there to stay, also if a synchronous standby takes over."""
        answers = self._answer_until(until, run)
        if isinstance(answers[0], RepositoryUnavailable):
            return answers
        waited, _ = self._try(self._wait_for_standby, until)
        return [waited for _ in run] if isinstance(waited, Exception) else answers

    def _wait_for_standby(self) -> list[Any]:
        with self._session() as fetch:
            return list(fetch(statements.MARK, {}))

    def _failed(self, run: Sequence[Operation[Any]], error: Exception) -> list[Any]:
        failures = [failure_of(operation, error) for operation in run]
        unavailable = isinstance(failures[0], RepositoryUnavailable) and not was_aborted(error)
        if len(run) == 1 or unavailable:
            return failures
        # A set stands or falls whole. One by one only what is refused falls, and none deadlocks.
        if isinstance(run[0], Remove):
            return remove_each(run, lambda removal: self._answer([removal])[0])
        return self._answer_in_turn([[operation] for operation in run])


def _require(kind: str, driver: str, drivers: Sequence[str]) -> None:
    if driver not in drivers:
        raise ValueError(f"the {kind} must be one of {' or '.join(drivers)}, not of {driver}")


def _same(failure: RepositoryUnavailable) -> RepositoryUnavailable:
    """Return an error of its own for another operation that failed with this one."""
    same = RepositoryUnavailable(failure.reason)
    same.__cause__ = failure.__cause__
    return same
