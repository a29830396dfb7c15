"""The repositories that the contract is for, each empty, and ways to ask them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import sqlalchemy

from taskcore import AsyncTasks, Batcher, Task, TaskRepository, Tasks
from taskcore.adapters.memory import MemoryRepository
from taskcore.adapters.postgres import PostgresRepository, create_engine
from taskcore.adapters.sqlite import SqliteRepository
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
    Together,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PERSISTENT = ["sqlite", "postgres", "postgres_in_a_transaction", "postgres_protected"]


@pytest.fixture
def memory() -> MemoryRepository:
    return MemoryRepository()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqliteRepository]:
    with SqliteRepository(tmp_path / "tasks.db") as repository:
        yield repository


@pytest.fixture(scope="session")
def _engine(shared_postgres_url: str) -> Iterator[sqlalchemy.Engine]:
    engine = create_engine(shared_postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture
def postgres(_engine: sqlalchemy.Engine) -> Iterator[PostgresRepository]:
    yield PostgresRepository(_engine)
    with _engine.connect() as connection:
        connection.execute(sqlalchemy.text("DELETE FROM taskcore.tasks"))


@pytest.fixture(scope="session")
def _host_engine(shared_postgres_url: str) -> Iterator[sqlalchemy.Engine]:
    """Make an engine as a host application would, whose sessions are in a zone of its own."""
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(shared_postgres_url, options="-c TimeZone=Asia/Kolkata"),
    )
    yield engine
    engine.dispose()


@pytest.fixture
def postgres_in_a_transaction(_host_engine: sqlalchemy.Engine) -> Iterator[PostgresRepository]:
    with _host_engine.connect() as connection:
        transaction = connection.begin()
        yield PostgresRepository(connection)
        transaction.rollback()


@pytest.fixture(scope="session")
def _protected_engines(
    shared_protected_postgres_url: tuple[str, str],
) -> Iterator[tuple[sqlalchemy.Engine, sqlalchemy.Engine]]:
    engines = tuple(map(create_engine, shared_protected_postgres_url))
    yield engines
    for engine in engines:
        engine.dispose()


@pytest.fixture
def postgres_protected(
    _protected_engines: tuple[sqlalchemy.Engine, sqlalchemy.Engine],
) -> Iterator[PostgresRepository]:
    owner, limited = _protected_engines
    yield PostgresRepository(limited)
    with owner.connect() as connection:
        connection.execute(sqlalchemy.text("DELETE FROM taskcore.tasks"))


@pytest.fixture(params=["memory", *PERSISTENT])
def repository(request: pytest.FixtureRequest) -> TaskRepository:
    """Return each repository there is."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=PERSISTENT)
def persistent_repository(request: pytest.FixtureRequest) -> TaskRepository:
    """Return each repository that has constraints of its own."""
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["alone", "in a set"])
def ask(
    request: pytest.FixtureRequest, repository: TaskRepository, make_task: Callable[..., Task]
) -> Callable[[Operation[Any]], Any]:
    """Return a function that executes one operation and returns its answer.

    Alone, and among others of its kind: a storage may have another statement for a set.
    """

    def alone(operation: Operation[Any]) -> Any:
        [answer] = repository.execute([operation])
        return answer

    def in_a_set(operation: Operation[Any]) -> Any:
        before, after = (_neighbor(operation, make_task) for _ in range(2))
        answers = repository.execute([before, operation, after])
        assert len(answers) == 3
        return answers[1]

    return alone if request.param == "alone" else in_a_set


def _neighbor(operation: Operation[Any], make_task: Callable[..., Task]) -> Operation[Any]:
    """Return an operation of the same kind that has nothing to do with this one."""
    task = make_task(user_id="neighbor")
    neighbors: dict[type, Operation[Any]] = {
        Get: Get("neighbor", task.id),
        Find: Find("neighbor"),
        Count: Count("neighbor"),
        Tally: Tally("neighbor", "tags"),
        Subtree: Subtree("neighbor", task.id),
        Add: Add(task),
        Replace: Replace(task, expected=1),
        Remove: Remove("neighbor", task.id, expected=1),
        Expect: Expect("neighbor", task.id, 1),
        Together: Together((Get("neighbor", task.id),)),
    }
    return neighbors[type(operation)]


class AwaitedTasks:
    """``AsyncTasks`` for tests that do not await: each call runs in an event loop of its own."""

    def __init__(self, repository: TaskRepository, user_id: str) -> None:
        self._repository = repository
        self._user_id = user_id

    def __getattr__(self, name: str) -> Any:
        return partial(self._call, name)

    def _call(self, name: str, /, *arguments: Any, **options: Any) -> Any:
        async def call() -> Any:
            async with Batcher(self._repository) as batcher:
                return await getattr(AsyncTasks(batcher, self._user_id), name)(
                    *arguments, **options
                )

        return asyncio.run(call())


@pytest.fixture(params=["Tasks", "AsyncTasks"])
def tasks_of(request: pytest.FixtureRequest, repository: TaskRepository) -> Callable[[str], Any]:
    """Return a function from a user to that user's tasks, by each face of the library."""
    face = Tasks if request.param == "Tasks" else AwaitedTasks
    return partial(face, repository)


@pytest.fixture
def tasks(tasks_of: Callable[[str], Any]) -> Any:
    """Return Alice's tasks, by each face of the library."""
    return tasks_of("alice")
