"""A Postgres that is reached in two ways: one is cut, and one is for all others."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from attrs import frozen
from faults.chances import USER
from faults.proxy import Proxy

from taskcore.adapters.memory import MemoryRepository
from taskcore.adapters.postgres import PostgresRepository, create_engine
from taskcore.ports import Add, Find

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from taskcore import Task
    from taskcore.ports import TaskRepository

CONNECTIONS = 3
"""The watcher's, and one of each repository."""


@frozen
class Stage:
    """A repository whose connections the proxy cuts, and one whose connections nobody cuts."""

    proxy: Proxy
    repository: PostgresRepository
    direct: PostgresRepository
    watcher: psycopg.Connection

    def count(self, which: str) -> int:
        """Return how many connections of clients there are of those."""
        query = f"SELECT count(*) FROM pg_stat_activity WHERE {which}"  # noqa: S608  # our own
        [(count,)] = self.watcher.execute(
            f"{query} AND datname = current_database() AND backend_type = 'client backend'"
        ).fetchall()
        return count

    def stored(self) -> list[Task]:
        """Return all tasks, once the server has done with what was cut."""
        wait_until(lambda: self.count("true") <= CONNECTIONS)
        return stored_in(self.direct)


@contextmanager
def stage_at(url: str, *, cut: str | None = None) -> Iterator[Stage]:
    """Lend a stage on the database; ``cut`` is its URL for who is cut, if that is another role."""
    with (
        Proxy(cut or url) as proxy,
        PostgresRepository(create_engine(proxy.url), dispose=True) as repository,
        PostgresRepository(create_engine(url), dispose=True) as direct,
        psycopg.connect(url, autocommit=True) as watcher,
    ):
        yield Stage(proxy, repository, direct, watcher)


def stored_in(repository: TaskRepository) -> list[Task]:
    [found] = repository.execute([Find(USER)])
    assert isinstance(found, list)
    return found


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def model_of(tasks: Sequence[Task]) -> MemoryRepository:
    model = MemoryRepository()
    left = list(tasks)
    while left:
        added = model.execute([Add(task) for task in left])
        left = [task for task, answer in zip(left, added, strict=True) if answer != task]
    return model


def shown(answers: Sequence[Any]) -> list[str]:
    """Return what can be compared: the order of subtasks, for one, is nobody's promise."""
    return [
        repr(sorted(map(repr, answer))) if isinstance(answer, list) else repr(answer)
        for answer in answers
    ]
