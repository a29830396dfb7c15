"""How statements reach Postgres: on the connections of an engine, or in a caller's transaction."""

from __future__ import annotations

from contextlib import closing, contextmanager, nullcontext
from functools import lru_cache, partial
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import psycopg
from attrs import define
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError

from taskcore.adapters.postgres import protection
from taskcore.adapters.postgres.failures import is_elsewhere, was_ended
from taskcore.adapters.postgres.finding import SHAPES
from taskcore.adapters.postgres.hosts import require_open, rows_of, savepoint
from taskcore.adapters.postgres.retrying import Lost, Setback
from taskcore.adapters.postgres.schema import STANDS, read_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence

    from sqlalchemy import (
        ClauseElement,
        Connection,
        Dialect,
        Engine,
        Executable,
        Pool,
        PoolProxiedConnection,
    )

    from taskcore.ports import Operation

Fetch: TypeAlias = "Callable[[Executable, Mapping[str, Any]], Sequence[Any]]"
"""Runs a statement with its parameters and returns the rows, which are tuples."""

CHECK_INTERVAL: Final = 5.0
"""How many seconds a connection is used before its database is looked at again."""

IDLE: Final = 0.01
"""For how many seconds a connection is not used before it is looked at whether it ended."""

_CHECKED: Final = "taskcore checked"
_LENT: Final = "taskcore lent"
_CUT_SHORT: Final = "taskcore waits cut short"


@contextmanager
def on_engine(
    engine: Engine, operations: Sequence[Operation[Any]] = (), *, together: bool = False
) -> Iterator[Fetch]:
    """Lend a connection of the engine, on which every statement is a transaction of its own.

    With ``together`` all are one transaction, which an exception rolls back. Statements are for
    the ``operations``, whose owners a database that is protected is told.

    Statements go straight to psycopg: SQLAlchemy would spend on one about as much CPU again. As
    there, a lost connection takes the others of the pool with it, which are most likely lost too.
    Raises ``Lost`` for one, where there is none, and where a statement fails after another has
    stored something.
    """
    pooled, pool = _lent(engine)
    driver = cast("psycopg.Connection[Any]", pooled.driver_connection)
    cut_short = _waits_cut_short(pooled.info, driver)
    scalar, execute = partial(_scalar, driver), partial(_execute, driver)
    progress = _Progress()
    try:
        with _autocommit(driver):
            fetch: Fetch = partial(_fetch, driver)
            if _checked(pooled.info, driver, scalar, protection.APPLIES):
                fetch = protection.naming_owners(driver, operations, execute)
            with _of_these_tables(scalar), driver.transaction() if together else nullcontext():
                progress.setback = Setback.UNSENT if together else Setback.SENT
                yield fetch if together else progress.noting(fetch)
                # What is left of a transaction is its commit.
                progress.setback = Setback.SENT
            if cut_short:
                raise Lost(psycopg.OperationalError(cut_short[0]), Setback.SENT)
    except psycopg.Error as error:
        if is_elsewhere(error) and _would_write(pool):
            progress.setback = Setback.REFUSED
            driver.close()
        if progress.has_stored:
            raise Lost(error, Setback.SENT) from error
        if driver.closed:
            raise Lost(error, progress.setback) from error
        raise
    finally:
        if driver.closed:
            _forget(pooled, engine, pool)
        pooled.close()
        if engine.pool is not pool:
            # It went back to where nobody takes it from.
            pool.dispose()


@define
class _Progress:
    """How far an attempt has come, by which it is known what it leaves if it fails."""

    setback: Setback = Setback.UNSENT
    """What it is if the connection is lost now."""

    has_stored: bool = False
    """Whether a statement of several has committed something, which no error of another undoes."""

    def noting(self, fetch: Fetch) -> Fetch:
        """Return what runs statements as ``fetch`` does, and notes what they stored."""

        def noted(statement: Executable, parameters: Mapping[str, Any]) -> Sequence[Any]:
            rows = fetch(statement, parameters)
            # A write returns the rows that it wrote.
            self.has_stored |= statement.is_dml and bool(rows)
            return rows

        return noted


def _execute(
    driver: psycopg.Connection[Any], statement: Executable, parameters: Mapping[str, Any]
) -> psycopg.Cursor[Any]:
    prepare = statement.get_execution_options().get("prepare")
    # Binary values take a third less time to read than text.
    cursor = psycopg.Cursor(driver)
    return cursor.execute(_sql(statement), parameters, prepare=prepare, binary=True)


def _fetch(
    driver: psycopg.Connection[Any], statement: Executable, parameters: Mapping[str, Any]
) -> Sequence[Any]:
    return _execute(driver, statement, parameters).fetchall()


def _scalar(driver: psycopg.Connection[Any], query: str) -> Any:
    return driver.execute(query).fetchall()[0][0]


def _would_write(pool: Pool) -> bool:
    """Whether the server that a new connection leads to takes writes.

    Where it does, all others may be of one that no longer does. Where it does not, nothing is
    gained by leaving them: they can be read from.
    """
    spare = pool.recreate()
    try:
        with closing(spare.connect()) as pooled:
            driver = cast("psycopg.Connection[Any]", pooled.driver_connection)
            return bool(_scalar(driver, "SHOW transaction_read_only") == "off")
    except (DBAPIError, psycopg.Error):
        return False
    finally:
        spare.dispose()


def _waits_cut_short(info: MutableMapping[Any, Any], driver: psycopg.Connection[Any]) -> list[str]:
    """Return a list that gets what Postgres says of commits that wait no longer for a standby.

    It says that a statement was carried out, when somebody canceled it, though the standby that
    takes over next may not have it.
    """
    if _CUT_SHORT not in info:
        found: list[str] = []
        info[_CUT_SHORT] = found

        def note(said: psycopg.errors.Diagnostic) -> None:
            # The one place that says so. The code is that of any warning, and the words are in
            # the language of the server.
            if said.source_function == "SyncRepWaitForLSN":
                found.append(f"{said.message_primary}")

        driver.add_notice_handler(note)
    cut_short: list[str] = info[_CUT_SHORT]
    cut_short.clear()
    return cut_short


@contextmanager
def _of_these_tables(scalar: Callable[[str], Any]) -> Iterator[None]:
    """Raise ``RepositoryUnavailable`` where a statement cannot be right as the tables are others.

    They may have become so since they were looked at.
    """
    try:
        yield
    except psycopg.ProgrammingError:
        read_status(scalar).require_current()
        raise


@contextmanager
def in_transaction(
    connection: Connection, operations: Sequence[Operation[Any]] = ()
) -> Iterator[Fetch]:
    """Lend the caller's connection, in a savepoint of the caller's transaction."""
    require_open(connection)
    driver = connection.connection.driver_connection
    with savepoint(connection):
        is_limited = _checked(
            connection.info,
            driver,
            lambda query: connection.exec_driver_sql(query).scalar(),
            STANDS,
        )
        with protection.owners_named(connection, operations) if is_limited else nullcontext():
            yield lambda statement, parameters: rows_of(connection.execute(statement, parameters))


def _lent(engine: Engine) -> tuple[PoolProxiedConnection, Pool]:
    """Return a connection and the pool it is of, but none that was lost while nobody used it."""
    while True:
        pool = engine.pool
        try:
            pooled = pool.connect()
        except (DBAPIError, psycopg.Error) as error:
            setback = Setback.UNSENT if was_ended(error) else Setback.REFUSED
            raise Lost(error, setback) from error
        now = monotonic()
        idle = now - pooled.info.get(_LENT, -inf)
        pooled.info[_LENT] = now
        if idle < IDLE or not _has_ended(pooled):
            return pooled, pool
        _forget(pooled, engine, pool)
        pooled.close()


def _has_ended(pooled: PoolProxiedConnection) -> bool:
    """Whether the server has ended the connection, as far as one can tell without asking it."""
    driver = cast("psycopg.Connection[Any]", pooled.driver_connection)
    try:
        # First comes what the server said last, if it said anything.
        driver.pgconn.consume_input()
        driver.pgconn.consume_input()
    except psycopg.OperationalError:
        return True
    return driver.closed


def _forget(pooled: PoolProxiedConnection, engine: Engine, pool: Pool) -> None:
    pooled.invalidate()
    if engine.pool is pool:
        engine.dispose()
        # Some may have come back before the engine had another pool.
        pool.dispose()


@contextmanager
def _autocommit(driver: psycopg.Connection[Any]) -> Iterator[None]:
    if driver.autocommit:
        yield
        return
    driver.autocommit = True
    try:
        yield
    finally:
        if not driver.closed:
            driver.autocommit = False


def _checked(
    info: MutableMapping[Any, Any], driver: Any, scalar: Callable[[str], Any], is_limited: str
) -> bool:
    """Make sure, every few seconds for each connection, of what is at its other end.

    The tables must be of the version that this code reads. And behind a pooler that hands each
    transaction another server connection, a prepared statement could meet a stranger's of the same
    name: there the process that answers is not the one that said hello, and none are prepared.

    Returns what the query ``is_limited`` says: whether the database must be told whose tasks are
    asked for. It is remembered for each query: an engine asks another than its host's transactions
    on the same connection.
    """
    checked, verdict = info.get((_CHECKED, is_limited), (-inf, False))
    if monotonic() - checked < CHECK_INTERVAL:
        return bool(verdict)
    read_status(scalar).require_current()
    is_psycopg = isinstance(driver, psycopg.Connection | psycopg.AsyncConnection)
    if is_psycopg and scalar("SELECT pg_backend_pid()") != driver.info.backend_pid:
        driver.prepare_threshold = None
    verdict = scalar(is_limited)
    info[_CHECKED, is_limited] = (monotonic(), verdict)
    return bool(verdict)


_DIALECT: Final[Dialect] = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # SQLAlchemy's


@lru_cache(2 * SHAPES)
def _sql(statement: Executable) -> str:
    """Return the statement as psycopg takes it."""
    return str(cast("ClauseElement", statement).compile(dialect=_DIALECT))
