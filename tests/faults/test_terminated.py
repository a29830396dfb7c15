"""Postgres ends connections all the time: no read fails, and no write is lost or done twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING

import psycopg
import pytest
from attrs import define, field

from taskcore import AsyncTasks, Batcher, RepositoryUnavailable, Task
from taskcore.adapters.postgres import PostgresRepository, create_engine

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from uuid import UUID

    from faults.conftest import Report, Times

WORKERS = 16
SHARED = 4
"""How many tasks all of them change."""

BETWEEN = 4
"""How many writes, at the least, are acknowledged between two ends."""

END_ONE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'taskcore'
    ORDER BY random() LIMIT 1
"""


@define
class Shared:
    """A task that all change: what it was at each version, as far as anybody was told."""

    id: UUID
    seen: dict[int, Task]
    renamed: dict[int, bool] = field(factory=dict)
    unknown: int = 0
    duplicated: int = 0

    def changed(self, task: Task, *, renamed: bool) -> None:
        """Note an acknowledged change."""
        self.duplicated += task.version in self.seen
        self.seen[task.version] = task
        self.renamed[task.version] = renamed

    def lost(self, now: Task) -> int:
        """Return how many acknowledged changes are not in it now, or did not find the one before.

        The versions of which nobody was told are no more than the changes of which nobody knows.
        """
        gaps = now.version - len(self.seen)
        wrong = [version for version in self.renamed if not self._is_right(version)]
        is_last = self.seen.get(now.version, now) == now
        return len(wrong) + (not 0 <= gaps <= self.unknown) + (not is_last)

    def _is_right(self, version: int) -> bool:
        before, after = self.seen.get(version - 1), self.seen[version]
        if before is None:
            return True
        changed = (before.title != after.title, before.completed != after.completed)
        return changed == (self.renamed[version], not self.renamed[version])


@define
class Worker:
    """Does everything with tasks of its own, which it knows, and changes the shared ones."""

    own: AsyncTasks
    all: AsyncTasks
    shared: list[Shared]
    chance: random.Random
    counted: Counter[str]
    progress: asyncio.Event
    known: dict[UUID, Task] = field(factory=dict)

    async def work(self, is_over: asyncio.Event) -> None:
        """Go on until it is over."""
        while not is_over.is_set():
            if not self.known or self.chance.random() < 0.2:
                await self._add()
                continue
            task = self.chance.choice(list(self.known.values()))
            steps = (self._change, self._move, self._remove, self._read, self._read, self._share)
            await self.chance.choice(steps)(task)

    async def _add(self) -> None:
        parent_id = self.chance.choice([None, *self._tops()])
        task = await self._write(self.own.add(self._title(), parent_id=parent_id))
        self.known[task.id] = task

    async def _change(self, task: Task) -> None:
        renamed = self.chance.random() < 0.5
        change = (
            self.own.edit(task.id, title=self._title()) if renamed else self.own.toggle(task.id)
        )
        changed = await self._write(change)
        assert changed.version == task.version + 1
        self.known[task.id] = changed

    async def _move(self, task: Task) -> None:
        if any(one.parent_id == task.id for one in self.known.values()):
            return
        parent_id = self.chance.choice([None, *(id for id in self._tops() if id != task.id)])
        moved = await self._write(self.own.edit(task.id, parent_id=parent_id))
        assert moved.version == task.version + (moved.parent_id != task.parent_id)
        self.known[task.id] = moved

    async def _remove(self, task: Task) -> None:
        assert await self._write(self.own.remove(task.id, subtree=True)) == task
        below = {one.id for one in self.known.values() if one.parent_id == task.id}
        self.known = {id: one for id, one in self.known.items() if id not in {task.id, *below}}

    async def _read(self, task: Task) -> None:
        try:
            assert await self.own.get(task.id) == task
            assert {one.id: one for one in await self.own.find()} == self.known
            assert await self.own.count() == len(self.known)
            assert len(await self.own.find(page_size=2)) <= 2
        except RepositoryUnavailable:
            self.counted["reads that failed"] += 1
        self.counted["reads"] += 4

    async def _share(self, _: Task) -> None:
        shared = self.chance.choice(self.shared)
        renamed = self.chance.random() < 0.5
        change = self.all.edit(shared.id, title=self._title()) if renamed else None
        try:
            changed = await (change or self.all.toggle(shared.id))
        except RepositoryUnavailable:
            shared.unknown += 1
        else:
            shared.changed(changed, renamed=renamed)
            self._wrote()

    async def _write(self, asked: Awaitable[Task]) -> Task:
        """Return what is answered: of tasks that nobody else changes, all can be known."""
        task = await asked
        self._wrote()
        return task

    def _wrote(self) -> None:
        self.counted["writes"] += 1
        self.progress.set()

    def _tops(self) -> list[UUID]:
        return [task.id for task in self.known.values() if task.parent_id is None]

    def _title(self) -> str:
        return f"{self.own.user_id} {self.chance.random()}"


async def end_connections(
    url: str, count: int, counted: Counter[str], progress: asyncio.Event
) -> None:
    """End so many connections of the application; between two, something is written."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        while counted["ended"] < count:
            cursor = await connection.execute(END_ONE)
            counted["ended"] += sum(ended for (ended,) in await cursor.fetchall())
            # Faster than they are made, and nobody could do anything.
            for _ in range(BETWEEN):
                progress.clear()
                await progress.wait()


async def storm(repository: PostgresRepository, url: str, count: int) -> Counter[str]:
    """Work and end connections at the same time; return what was counted."""
    counted: Counter[str] = Counter()
    is_over, progress = asyncio.Event(), asyncio.Event()
    async with Batcher(repository) as batcher:
        everybodys = AsyncTasks(batcher, "all")
        added = [await everybodys.add(f"{number}") for number in range(SHARED)]
        shared = [Shared(task.id, {1: task}) for task in added]
        workers = [
            Worker(
                AsyncTasks(batcher, f"worker {number}"),
                everybodys,
                shared,
                random.Random(number),  # noqa: S311  # no secret
                counted,
                progress,
            )
            for number in range(WORKERS)
        ]
        async with asyncio.TaskGroup() as group:
            for worker in workers:
                group.create_task(worker.work(is_over))
            await end_connections(url, count, counted, progress)
            is_over.set()
        for worker in workers:
            found = {task.id: task for task in await worker.own.find()}
            counted["lost"] += len(worker.known.items() - found.items())
            counted["duplicated"] += len(found.items() - worker.known.items())
        for one in shared:
            counted["lost"] += one.lost(await everybodys.get(one.id))
            counted["duplicated"] += one.duplicated
            counted["unknown"] += one.unknown
    return counted


@pytest.mark.parametrize(
    ("theirs", "count", "also"),
    [
        ("postgres_url", (40, 1000), ""),
        ("protected_postgres_url", (20, 200), ", row-level security"),
    ],
    ids=["owner", "limited"],
)
def test_connections_that_postgres_ends_fail_no_read_and_lose_and_double_no_write(
    postgres_url: str,
    request: pytest.FixtureRequest,
    times: Times,
    report: Report,
    *,
    theirs: str,
    count: tuple[int, int],
    also: str,
) -> None:
    engine = create_engine(request.getfixturevalue(theirs))
    with PostgresRepository(engine, dispose=True) as repository:
        counted = asyncio.run(storm(repository, postgres_url, times(*count)))

    assert counted["reads"] > 0 < counted["writes"]
    assert not counted["reads that failed"]
    assert not counted["lost"]
    assert not counted["duplicated"]
    # That is said of a few, and only where many change the same task.
    assert counted["unknown"] <= counted["ended"] / 5
    report(
        fault=f"connections ended by Postgres{also}",
        times=counted["ended"],
        acknowledged=counted["writes"],
        lost=counted["lost"],
        duplicated=counted["duplicated"],
        wrong=0,
        reads=counted["reads"],
        unknown=counted["unknown"],
    )
