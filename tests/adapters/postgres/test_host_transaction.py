"""Tasks in a transaction of the host application: they stand and fall with what it writes."""

from __future__ import annotations

import asyncio
import importlib.util
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from taskcore import Tasks
from taskcore.adapters.postgres import PostgresRepository
from taskcore.errors import DuplicateTask, InvalidTask, TaskNotFound
from taskcore.ports import Add

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy import Engine

    from taskcore import Task


@pytest.fixture(autouse=True)
def orders(host: Engine) -> None:
    """Make a table of the host's."""
    with host.begin() as connection:
        connection.execute(text("CREATE TABLE orders (id int PRIMARY KEY)"))


def order(connection: Connection, number: int) -> None:
    connection.execute(text("INSERT INTO orders VALUES (:n)"), {"n": number})


def state(host: Engine) -> tuple[list[int], list[str]]:
    """Return the orders and alice's titles that are committed."""
    with host.connect() as connection:
        numbers = connection.execute(text("SELECT id FROM orders ORDER BY id")).scalars().all()
        titles = [task.title for task in Tasks(PostgresRepository(connection), "alice").find()]
    return list(numbers), titles


def test_a_commit_keeps_both(host: Engine) -> None:
    with host.begin() as connection:
        order(connection, 1)
        Tasks(PostgresRepository(connection), "alice").add("Ship order 1")
        order(connection, 2)

    assert state(host) == ([1, 2], ["Ship order 1"])


def test_a_rollback_takes_both_along(host: Engine) -> None:
    with host.connect() as connection:
        order(connection, 1)
        tasks = Tasks(PostgresRepository(connection), "alice")
        task = tasks.add("Ship order 1")
        assert tasks.toggle(task.id).version == 2
        connection.rollback()

    assert state(host) == ([], [])


def test_nothing_is_committed_before_the_host_commits(host: Engine) -> None:
    with host.connect() as connection:
        Tasks(PostgresRepository(connection), "alice").add("Ship order 1")

        assert state(host) == ([], [])
        assert connection.in_transaction()
        connection.commit()

    assert state(host) == ([], ["Ship order 1"])


def test_a_failure_of_the_host_takes_ours_along(host: Engine) -> None:
    with host.begin() as connection:
        order(connection, 1)

    def fail() -> None:
        with host.begin() as connection:
            Tasks(PostgresRepository(connection), "alice").add("Ship order 1")
            order(connection, 1)

    with pytest.raises(IntegrityError):
        fail()

    assert state(host) == ([1], [])


def test_a_duplicate_of_ours_does_not_poison_the_hosts_transaction(
    host: Engine, make_task: Callable[..., Task]
) -> None:
    task = make_task()
    with host.begin() as connection:
        repository = PostgresRepository(connection)
        order(connection, 1)
        assert repository.execute([Add(task)]) == [task]

        [error] = repository.execute([Add(task)])

        assert isinstance(error, DuplicateTask)
        order(connection, 2)

    assert state(host) == ([1, 2], [task.title])


def test_what_the_database_refuses_of_ours_does_not_poison_the_hosts_transaction(
    host: Engine, make_task: Callable[..., Task]
) -> None:
    good, bad = make_task(title="good"), make_task(title="x" * 201)
    with host.begin() as connection:
        order(connection, 1)

        answers = PostgresRepository(connection).execute([Add(bad), Add(good)])

        assert isinstance(answers[0], InvalidTask)
        assert answers[1] == good
        order(connection, 2)

    assert state(host) == ([1, 2], ["good"])


def test_a_savepoint_of_the_hosts_takes_ours_along(host: Engine) -> None:
    with host.begin() as connection:
        tasks = Tasks(PostgresRepository(connection), "alice")
        tasks.add("stays")
        savepoint = connection.begin_nested()
        tasks.add("goes")
        savepoint.rollback()

    assert state(host) == ([], ["stays"])


def test_closing_leaves_the_connection_to_the_host(host: Engine) -> None:
    with host.begin() as connection:
        with PostgresRepository(connection) as repository:
            Tasks(repository, "alice").add("Ship order 1")
        order(connection, 1)

    assert state(host) == ([1], ["Ship order 1"])


def test_the_connection_of_an_orm_session_works(host: Engine, some_id: UUID) -> None:
    with Session(host) as session:
        session.execute(text("INSERT INTO orders VALUES (1)"))
        tasks = Tasks(PostgresRepository(session.connection()), "alice")
        task = tasks.add("Ship order 1")
        assert tasks.edit(task.id, title="Ship it").version == 2
        with pytest.raises(TaskNotFound):
            tasks.get(some_id)
        session.commit()

    assert state(host) == ([1], ["Ship it"])
    with Session(host) as session:
        Tasks(PostgresRepository(session.connection()), "alice").add("goes")
        session.rollback()
    assert state(host) == ([1], ["Ship it"])


@pytest.mark.skipif(
    importlib.util.find_spec("greenlet") is None,
    reason="SQLAlchemy's async engines need greenlet, which is not installed",
)
def test_the_connection_of_an_async_engine_works_in_run_sync(
    host: Engine, postgres_url: str
) -> None:
    import psycopg
    from sqlalchemy.ext.asyncio import create_async_engine

    def ship(connection: Connection) -> None:
        order(connection, 1)
        tasks = Tasks(PostgresRepository(connection), "alice")
        task = tasks.add("Ship order 1")
        assert tasks.find() == [task]
        assert [one for one in tasks.complete_all([task.id, task.id]) if one != task]

    async def use() -> None:
        engine = create_async_engine(
            "postgresql+psycopg://",
            async_creator=lambda: psycopg.AsyncConnection.connect(postgres_url),
        )
        async with engine.begin() as connection:
            await connection.run_sync(ship)
        async with engine.connect() as connection:
            await connection.run_sync(ship_and_forget)
        await engine.dispose()

    def ship_and_forget(connection: Connection) -> None:
        Tasks(PostgresRepository(connection), "alice").add("goes")

    asyncio.run(use())

    assert state(host) == ([1], ["Ship order 1"])
