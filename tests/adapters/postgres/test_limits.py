"""How long a statement may hold a connection, and what may take longer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest
from sqlalchemy import text

from taskcore import Tasks
from taskcore.adapters.postgres import (
    PostgresRepository,
    create_engine,
    schema,
    schema_status,
    upgrade,
)
from taskcore.adapters.postgres import (
    engine as engine_module,
)
from taskcore.batching import PATIENCE
from taskcore.errors import RepositoryUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

UPGRADING = """
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
LOCK = "LOCK TABLE taskcore.tasks IN ACCESS EXCLUSIVE MODE"


def limit_of(url: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        limit: str = connection.execute(text("SHOW statement_timeout")).scalar_one()
    engine.dispose()
    return limit


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "STATEMENT_TIMEOUT", "100ms")


@pytest.fixture
def busy(postgres_url: str) -> Iterator[psycopg.Connection]:
    """Return a connection that keeps the tasks to itself until its transaction ends."""
    with psycopg.connect(postgres_url) as connection:
        connection.execute(LOCK)
        yield connection


def test_a_statement_may_take_as_long_as_somebody_waits_for_its_answer(postgres_url: str) -> None:
    assert limit_of(postgres_url) == f"{PATIENCE:g}s"


def test_a_limit_that_the_url_sets_stays(postgres_url: str) -> None:
    mark = "&" if "?" in postgres_url else "?"
    options = quote("-c statement_timeout=7s")

    assert limit_of(f"{postgres_url}{mark}options={options}") == "7s"


def test_where_another_process_answers_than_said_hello_none_is_set(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As through a pooler, where it would be left to whoever comes next.
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", 1)

    assert limit_of(postgres_url) == "0"


@pytest.mark.usefixtures("impatient")
def test_a_statement_that_takes_too_long_is_unavailable_and_the_connection_goes_on(
    engine: Engine, repository: PostgresRepository, busy: psycopg.Connection
) -> None:
    tasks = Tasks(repository, "alice")
    with engine.connect() as connection:
        before = connection.connection.driver_connection

    for ask in (tasks.find, lambda: tasks.add("Buy milk"), lambda: tasks.find("milk")):
        with pytest.raises(RepositoryUnavailable, match=r"^Postgres: .*statement_timeout$"):
            ask()
    busy.rollback()

    assert tasks.find() == []
    with engine.connect() as connection:
        assert connection.connection.driver_connection is before


@pytest.mark.usefixtures("impatient")
def test_an_upgrade_takes_as_long_as_it_takes(empty_engine: Engine) -> None:
    with empty_engine.connect().execution_options(isolation_level="READ COMMITTED") as connection:
        transaction = connection.begin()
        upgrade(connection)
        # For the rest of the caller's transaction it is what it was.
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "100ms"
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(upgrade, empty_engine)
            with pytest.raises(TimeoutError):
                other.result(timeout=0.4)
            transaction.commit()
            other.result(timeout=30)

    assert schema_status(empty_engine).is_current


def test_an_upgrade_whose_program_hangs_is_taken_back(
    empty_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = schema._LIMITS | {"idle_in_transaction_session_timeout": "100ms"}
    monkeypatch.setattr(schema, "_LIMITS", limits)

    def hang(_: object) -> None:
        deadline = monotonic() + 20
        with empty_engine.connect() as other:
            while other.execute(text(UPGRADING)).scalar():
                assert monotonic() < deadline
                sleep(0.02)

    monkeypatch.setattr(schema, "_run_migrations", hang)
    with pytest.raises(RepositoryUnavailable, match="idle-in-transaction"):
        upgrade(empty_engine)

    assert schema_status(empty_engine).found is None
