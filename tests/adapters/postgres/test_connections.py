"""What lies between us and the server: prepared statements, poolers, zones, lost connections."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import sqlalchemy
from faults.poolers import pooler
from sqlalchemy import event, text

from taskcore import Tasks
from taskcore.adapters.postgres import (
    PostgresRepository,
    create_engine,
    schema_status,
    upgrade,
)
from taskcore.errors import RepositoryUnavailable, TaskNotFound
from taskcore.ports import Find, Get

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import Engine


def thresholds(engine: Engine) -> list[int | None]:
    """Return after how many runs each connection made from now on prepares a statement."""
    seen: list[int | None] = []

    @event.listens_for(engine, "checkin")
    def note(connection: Any, _: object) -> None:
        seen.append(connection.prepare_threshold)

    return seen


def test_on_a_direct_connection_statements_are_prepared(
    engine: Engine, repository: PostgresRepository
) -> None:
    seen = thresholds(engine)
    tasks = Tasks(repository, "alice")
    task = tasks.add("Buy milk")
    for _ in range(10):
        assert tasks.get(task.id) == task

    assert set(seen) == {5}
    with engine.connect() as connection:
        prepared = connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar()
    assert prepared


def test_where_another_process_answers_than_said_hello_none_are_prepared(
    engine: Engine, repository: PostgresRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As through a pooler: what the connection was told is not what the server says.
    monkeypatch.setattr(psycopg.ConnectionInfo, "backend_pid", 1)
    seen = thresholds(engine)
    tasks = Tasks(repository, "alice")
    task = tasks.add("Buy milk")
    for _ in range(10):
        assert tasks.get(task.id) == task

    assert set(seen) == {None}
    with engine.connect() as connection:
        prepared = connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar()
    assert prepared == 0


@pytest.fixture
def pooled_url(postgres_url: str) -> Iterator[str]:
    """Return the URL of a PgBouncer that hands each transaction any of two server connections."""
    with pooler(postgres_url) as pgbouncer:
        pgbouncer.start()
        yield pgbouncer.url


def test_through_a_transaction_pooler_every_answer_is_to_its_question(pooled_url: str) -> None:
    engine = create_engine(pooled_url)
    seen = thresholds(engine)
    repository = PostgresRepository(engine)

    def work(client: int) -> None:
        tasks = Tasks(repository, f"user-{client}")
        added = [tasks.add(f"{client}.{number}") for number in range(10)]
        for number, task in enumerate(added):
            assert tasks.get(task.id) == task
            assert tasks.toggle(task.id).completed
            assert tasks.edit(task.id, title=f"{client}.{number}!").version == 3
        assert [task.title for task in tasks.find()] == [f"{client}.{n}!" for n in range(9, -1, -1)]
        removed = tasks.remove_all([task.id for task in added])
        assert [task.title for task in removed if not isinstance(task, Exception)] == [
            f"{client}.{n}!" for n in range(10)
        ]
        assert tasks.find() == []

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    with engine.connect() as connection:
        # One of ours would be left to whoever the pooler lends the connection next.
        assert connection.execute(text("SHOW statement_timeout")).scalar() == "0"
    engine.dispose()
    assert set(seen) == {None}


def test_an_upgrade_goes_through_a_transaction_pooler(pooled_url: str) -> None:
    engine = create_engine(pooled_url)
    with engine.connect() as connection:
        connection.execute(text("DROP SCHEMA taskcore CASCADE"))

    upgrade(engine)

    status = schema_status(engine)
    assert status.found == status.expected
    engine.dispose()


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "America/St_Johns", "UTC", "Etc/GMT+12"])
def test_times_are_utc_whatever_the_sessions_zone(
    host: Engine, repository: PostgresRepository, zone: str
) -> None:
    task = Tasks(repository, "alice").add("Buy milk")
    with host.connect() as connection:
        connection.execute(text(f"SET TIME ZONE '{zone}'"))
        tasks = Tasks(PostgresRepository(connection), "alice")

        for found in (tasks.get(task.id), *tasks.find()):
            assert found == task
            assert found.created_at.tzinfo is UTC
            assert found.updated_at.tzinfo is UTC
        added = tasks.add("Buy bread")
        assert tasks.get(added.id).created_at == added.created_at


def terminate_all(postgres_url: str) -> int:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        return len(
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchall()
        )


def test_a_lost_connection_is_replaced_unseen(
    postgres_url: str, repository: PostgresRepository
) -> None:
    tasks = Tasks(repository, "alice")
    task = tasks.add("Buy milk")
    for _ in range(5):
        assert terminate_all(postgres_url)

        assert tasks.get(task.id) == task
        assert tasks.toggle(task.id).id == task.id
        task = tasks.get(task.id)
    assert task.version == 6


def test_one_that_was_lost_while_idle_costs_one_new_connection(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    connect = psycopg.connect

    def counted(*arguments: Any, **options: Any) -> Any:
        made.append(connect(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(psycopg, "connect", counted)
    with PostgresRepository(create_engine(postgres_url), dispose=True) as repository:
        tasks = Tasks(repository, "alice")
        tasks.find()
        made[0].close()
        for _ in range(3):
            tasks.find()

        assert len(made) == 2


def test_many_lost_connections_cost_no_caller_a_failure(
    postgres_url: str, repository: PostgresRepository
) -> None:
    tasks = Tasks(repository, "alice")
    for count in range(3):
        with ThreadPoolExecutor(8) as pool:
            assert [len(found) for found in pool.map(lambda _: tasks.find(), range(100))] == [
                count
            ] * 100
        assert terminate_all(postgres_url)

        assert tasks.add("Buy milk").version == 1


def test_a_batch_that_meets_a_lost_connection_is_answered_whole(
    postgres_url: str, repository: PostgresRepository, some_id: UUID
) -> None:
    Tasks(repository, "alice").add("Buy milk")
    terminate_all(postgres_url)

    answers = repository.execute([Get("alice", some_id), Find("alice"), Get("bob", some_id)])

    assert [type(answer) for answer in answers] == [TaskNotFound, list, TaskNotFound]


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nowhere.invalid:5432"])
def test_a_server_that_is_not_there_is_unavailable_for_one_clear_reason(address: str) -> None:
    engine = create_engine(f"postgresql://me:s3cr3t@{address}/db")
    tasks = Tasks(PostgresRepository(engine), "alice")

    with pytest.raises(RepositoryUnavailable) as caught:
        tasks.add("Buy milk")

    assert caught.value.reason.startswith("Postgres: ")
    assert "\n" not in caught.value.reason
    assert "s3cr3t" not in caught.value.reason
    assert address.partition(":")[0] in caught.value.reason


def test_a_full_pool_is_unavailable(postgres_url: str) -> None:
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(postgres_url),
        pool_size=1,
        max_overflow=0,
        pool_timeout=0.1,
    )
    tasks = Tasks(PostgresRepository(engine), "alice")
    with engine.connect(), pytest.raises(RepositoryUnavailable):
        tasks.find()

    assert tasks.find() == []
    engine.dispose()


def test_closing_disposes_of_an_engine_that_was_handed_over(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with PostgresRepository(engine, dispose=True) as repository:
        Tasks(repository, "alice").find()
        assert engine.pool.checkedin() == 1  # type: ignore[attr-defined]  # a QueuePool

    assert engine.pool.checkedin() == 0  # type: ignore[attr-defined]  # likewise
    repository.close()


def test_the_callers_engine_is_left_open_with_its_own_isolation_level(host: Engine) -> None:
    with host.connect() as connection:
        before = connection.get_isolation_level()

    with PostgresRepository(host) as repository:
        Tasks(repository, "alice").add("Buy milk")
        Tasks(repository, "alice").find()

    assert host.pool.checkedin() == 1  # type: ignore[attr-defined]  # a QueuePool
    with host.connect() as connection:
        assert before == connection.get_isolation_level() == "READ COMMITTED"
        driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        assert not driver.autocommit
        connection.execute(text("DELETE FROM taskcore.tasks"))
        connection.rollback()
    assert len(Tasks(PostgresRepository(host), "alice").find()) == 1


def test_nothing_of_the_tasks_is_logged(
    repository: PostgresRepository, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        Tasks(repository, "alice").add("a secret title")

    assert "secret" not in caplog.text
