"""A repository that waits at a gate, and event loops that do not hang."""

from __future__ import annotations

import asyncio
from threading import Event, Semaphore
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from taskcore.ports import Get, Operation, TaskRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator, Sequence

    from taskcore import Batcher

SOON = 10.0
"""Seconds that nothing here takes, unless it hangs."""


class GatedRepository(TaskRepository):
    """Records each batch, and answers it with the operations themselves once the gate is open."""

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self.batches: list[list[Operation[Any]]] = []
        self.gate = Event()
        self.entered = Semaphore(0)
        self.poison: dict[Operation[Any], BaseException] = {}

    @property
    def threads(self) -> int:
        return self._threads

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        self.batches.append(list(operations))
        self.entered.release()
        assert self.gate.wait(SOON)
        for operation in operations:
            if operation in self.poison:
                raise self.poison[operation]
        return list(operations)

    def close(self) -> None:
        raise AssertionError("the batcher does not own the repository")

    async def is_entered(self, times: int = 1) -> None:
        """Wait until that many batches more have arrived."""
        for _ in range(times):
            assert await asyncio.to_thread(self.entered.acquire, timeout=SOON)

    async def block(self, batcher: Batcher) -> asyncio.Future[Any]:
        """Occupy a thread until the gate opens; return, not await, the future of its answer."""
        first = batcher.submit(Get("alice", UUID(int=0)))
        await self.is_entered()
        return first

    @property
    def sizes(self) -> list[int]:
        return [len(batch) for batch in self.batches]


@pytest.fixture
def make_repository() -> Iterator[Callable[..., GatedRepository]]:
    """Return a function from a number of threads to a repository whose gate is closed."""
    made = []

    def make(threads: int = 1) -> GatedRepository:
        made.append(GatedRepository(threads))
        return made[-1]

    yield make
    for repository in made:
        repository.gate.set()  # lets a thread end that a failed test left behind


@pytest.fixture
def repository(make_repository: Callable[..., GatedRepository]) -> GatedRepository:
    """Return a repository of one thread whose gate is closed."""
    return make_repository()


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Return the function that runs a coroutine to its end, which must come soon."""
    return lambda coroutine: asyncio.run(asyncio.wait_for(coroutine, SOON))
