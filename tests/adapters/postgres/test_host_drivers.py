"""Hosts on asyncio: their connections work in ``run_sync``, whatever the driver."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from adapters.postgres.run_sync import CONNECT, async_engine, in_run_sync
from contract.test_state_machine import Comparison
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from taskcore import DuplicateTask, HasSubtasks, InvalidTask, StaleTask, Tasks
from taskcore.adapters.postgres import PostgresRepository, schema_status, upgrade
from taskcore.ports import Add, Get, Remove, Replace, Together

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

    from taskcore import Task

drivers = pytest.mark.parametrize("driver", CONNECT)


def titles(connection: Connection) -> list[str]:
    return sorted(task.title for task in Tasks(PostgresRepository(connection), "alice").find())


def adding(title: str) -> Callable[[Connection], Task]:
    return lambda connection: Tasks(PostgresRepository(connection), "alice").add(title)


def on_async_connection(
    driver: str, url: str, use: Callable[[AsyncConnection], Awaitable[Any]], **options: Any
) -> list[str]:
    """Use a connection, and return the titles that are committed afterwards."""

    async def go() -> list[str]:
        async with async_engine(driver, url, **options) as engine, engine.connect() as connection:
            await use(connection)
        async with async_engine(driver, url) as engine, engine.connect() as connection:
            return await connection.run_sync(titles)

    return asyncio.run(go())


@drivers
def test_an_async_connection_tells_any_story_as_memory_does(driver: str, postgres_url: str) -> None:
    with in_run_sync(driver, postgres_url) as repository:
        run_state_machine_as_test(
            lambda: Comparison(repository),
            settings=settings(max_examples=5, stateful_step_count=8),
        )


@drivers
def test_an_async_host_rolls_ours_back_and_commits_ours(driver: str, postgres_url: str) -> None:
    async def use(connection: AsyncConnection) -> None:
        await connection.run_sync(adding("goes"))
        await connection.rollback()
        await connection.run_sync(adding("stays"))
        savepoint = await connection.begin_nested()
        await connection.run_sync(adding("goes to a savepoint"))
        await savepoint.rollback()
        await connection.run_sync(adding("stays too"))
        await connection.commit()
        await connection.run_sync(adding("is forgotten"))

    assert on_async_connection(driver, postgres_url, use) == ["stays", "stays too"]


@drivers
def test_what_is_refused_of_ours_says_why_and_does_not_poison_an_async_host(
    driver: str, postgres_url: str, make_task: Callable[..., Task]
) -> None:
    parent = make_task(title="parent")
    child = make_task(title="child", parent_id=parent.id)
    refused = [
        (Add(parent), DuplicateTask(parent.id)),
        (Replace(parent, expected=7), StaleTask(parent.id, 7)),
        (Remove("alice", parent.id), HasSubtasks(parent.id)),
        (
            Add(make_task(title="x" * 201)),
            InvalidTask("title", "breaks a rule of the database", "constraint"),
        ),
        (
            Add(make_task(parent_id=make_task().id)),
            InvalidTask("parent_id", "is no task of this user", "parent"),
        ),
        *(
            (
                Add(make_task(**wrong)),
                InvalidTask("task", "has text or a number that Postgres cannot hold", "constraint"),
            )
            for wrong in ({"title": "\0"}, {"title": "\ud800"}, {"version": 2**70})
        ),
        (Together((Get("alice", child.id), Add(child))), DuplicateTask(child.id)),
    ]

    def ask(connection: Connection) -> None:
        repository = PostgresRepository(connection)
        assert repository.execute([Add(parent), Add(child)]) == [parent, child]
        for operation, error in refused:
            [answer] = repository.execute([operation])
            assert repr(answer) == repr(error)
            connection.execute(text("SELECT 1"))
        together = repository.execute([operation for operation, _ in refused])
        assert repr(together) == repr([error for _, error in refused])

    async def use(connection: AsyncConnection) -> None:
        await connection.run_sync(ask)
        await connection.commit()

    assert on_async_connection(driver, postgres_url, use) == ["child", "parent"]


@drivers
def test_an_async_session_takes_ours_along(driver: str, postgres_url: str) -> None:
    def add(session: Session, title: str) -> None:
        Tasks(PostgresRepository(session.connection()), "alice").add(title)

    async def use(connection: AsyncConnection) -> None:
        async with AsyncSession(connection.engine) as session:
            await session.run_sync(add, "goes")
            await session.rollback()
            await session.run_sync(add, "stays")
            await session.commit()

    assert on_async_connection(driver, postgres_url, use) == ["stays"]


@drivers
def test_an_async_host_in_autocommit_is_told_that_there_is_no_transaction(
    driver: str, postgres_url: str
) -> None:
    async def use(connection: AsyncConnection) -> None:
        with pytest.raises(RuntimeError, match="AUTOCOMMIT"):
            await connection.run_sync(adding("never"))
        assert await connection.scalar(text("SELECT 1")) == 1

    assert on_async_connection(driver, postgres_url, use, isolation_level="AUTOCOMMIT") == []


@drivers
def test_an_async_connection_outside_of_run_sync_is_told_where_it_works(
    driver: str, postgres_url: str
) -> None:
    async def use(connection: AsyncConnection) -> None:
        tasks = Tasks(PostgresRepository(connection.sync_connection), "alice")  # type: ignore[arg-type]  # it is open
        with pytest.raises(RuntimeError, match="run_sync"):
            tasks.find()

    assert on_async_connection(driver, postgres_url, use) == []


@drivers
def test_coroutines_that_share_a_connection_are_told_so_and_the_first_goes_on(
    driver: str, postgres_url: str
) -> None:
    async def use(connection: AsyncConnection) -> None:
        both = (connection.run_sync(adding(title)) for title in ("first", "second"))
        first, second = await asyncio.gather(*both, return_exceptions=True)
        assert first.title == "first"
        assert "in use by another" in str(second)
        await connection.run_sync(adding("third"))
        await connection.commit()

    assert on_async_connection(driver, postgres_url, use) == ["first", "third"]


@drivers
def test_a_host_that_is_cancelled_in_ours_commits_nothing(driver: str, postgres_url: str) -> None:
    async def use(connection: AsyncConnection) -> None:
        task = await connection.run_sync(adding("there"))
        await connection.commit()
        async with connection.engine.connect() as other:
            await other.execute(text("SELECT FROM taskcore.tasks FOR UPDATE"))
            await connection.run_sync(adding("goes"))

            def complete(connection: Connection) -> None:
                Tasks(PostgresRepository(connection), "alice").complete(task.id)

            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await connection.run_sync(complete)
            with suppress(SQLAlchemyError):
                await connection.commit()
                pytest.fail("what was cancelled was committed")
        await connection.rollback()
        await connection.run_sync(adding("stays"))
        await connection.commit()

    assert on_async_connection(driver, postgres_url, use) == ["stays", "there"]


@drivers
def test_an_upgrade_takes_part_in_an_async_hosts_transaction(
    driver: str, empty_postgres_url: str
) -> None:
    async def go() -> None:
        async with (
            async_engine(driver, empty_postgres_url) as engine,
            engine.connect() as connection,
        ):
            await connection.run_sync(upgrade)
            await connection.rollback()
            assert (await connection.run_sync(schema_status)).found is None
            await connection.run_sync(upgrade)
            await connection.commit()
            await connection.run_sync(adding("stays"))

    asyncio.run(go())


def test_what_is_no_connection_is_refused_with_what_to_pass(postgres_url: str) -> None:
    async def go() -> None:
        async with async_engine("psycopg", postgres_url) as engine, engine.connect() as connection:
            for wrong in (engine, connection, AsyncSession(engine)):
                with pytest.raises(TypeError, match="run_sync"):
                    PostgresRepository(wrong)  # type: ignore[arg-type]  # that is the mistake

    asyncio.run(go())


def test_a_connection_of_another_driver_is_refused() -> None:
    engine = create_engine("sqlite://")

    with engine.connect() as connection:
        for database, name in ((engine, "engine"), (connection, "connection")):
            with pytest.raises(ValueError, match=f"the {name} must be one of psycopg.*pysqlite"):
                PostgresRepository(database)
    engine.dispose()
