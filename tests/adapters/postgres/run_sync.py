"""A connection of an async engine, for tests that do not await."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING, Any

import asyncpg
import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from taskcore import TaskRepository
from taskcore.adapters.postgres import PostgresRepository

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence

    from sqlalchemy import Connection

    from taskcore.ports import Operation

CONNECT = {"psycopg": psycopg.AsyncConnection.connect, "asyncpg": asyncpg.connect}


@asynccontextmanager
async def async_engine(driver: str, url: str, **options: Any) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(
        f"postgresql+{driver}://", async_creator=partial(CONNECT[driver], url), **options
    )
    try:
        yield engine
    finally:
        await engine.dispose()


class InRunSync(TaskRepository):
    """A repository on such a connection: each call of ``execute`` is one ``run_sync``."""

    threads = 1

    def __init__(
        self, connection: AsyncConnection, run: Callable[[Coroutine[Any, Any, Any]], Any]
    ) -> None:
        self._connection = connection
        self._run = run

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        def ask(connection: Connection) -> list[Any]:
            return PostgresRepository(connection).execute(operations)

        answers: list[Any] = self._run(self._connection.run_sync(ask))
        return answers

    def close(self) -> None:
        """Leave the connection to the caller."""


@contextmanager
def in_run_sync(driver: str, url: str) -> Iterator[InRunSync]:
    """Lend a repository in a transaction that is rolled back in the end."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()

    def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    stack = AsyncExitStack()

    async def connect() -> AsyncConnection:
        engine = await stack.enter_async_context(async_engine(driver, url))
        return await stack.enter_async_context(engine.connect())

    try:
        yield InRunSync(run(connect()), run)
    finally:
        run(stack.aclose())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
