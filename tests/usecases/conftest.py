"""A use case as a conversation: it asks, the test answers. And the faces, on memory."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from taskcore import AsyncTasks, Batcher, Tasks
from taskcore.adapters.memory import MemoryRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from taskcore.ports import Operation


MORNING = datetime(2026, 1, 1, 3, tzinfo=UTC)
"""What the faces' clock tells: a new year in Greenwich, and not yet in New York."""


class Conversation:
    """A running use case: the operation that it ``asks`` for, or its ``result`` when it is done."""

    def __init__(self, usecase: Coroutine[Operation[Any], Any, Any]) -> None:
        self._usecase = usecase
        self.asks: Operation[Any] | None = None
        self.result: Any = None
        self.answer(None)

    def answer(self, answer: object) -> None:
        """Send an answer into the use case, or raise it there if it is an error."""
        try:
            if isinstance(answer, Exception):
                self.asks = self._usecase.throw(answer)
            else:
                self.asks = self._usecase.send(answer)
        except StopIteration as done:
            self.asks, self.result = None, done.value


@pytest.fixture
def begin() -> Iterator[Callable[[Coroutine[Operation[Any], Any, Any]], Conversation]]:
    """Return the function that begins a conversation with a use case."""
    begun: list[Coroutine[Operation[Any], Any, Any]] = []

    def begin(usecase: Coroutine[Operation[Any], Any, Any]) -> Conversation:
        begun.append(usecase)
        return Conversation(usecase)

    yield begin
    for usecase in begun:
        usecase.close()


class AwaitedTasks:
    """``AsyncTasks`` for tests that do not await: each call runs in an event loop of its own."""

    def __init__(self, repository: MemoryRepository, user_id: str, **options: Any) -> None:
        self._make = partial(AsyncTasks, user_id=user_id, **options)
        self._repository = repository

    def __getattr__(self, name: str) -> Any:
        return partial(self._call, name)

    def _call(self, name: str, /, *arguments: Any, **options: Any) -> Any:
        async def call() -> Any:
            async with Batcher(self._repository) as batcher:
                return await getattr(self._make(batcher), name)(*arguments, **options)

        return asyncio.run(call())


@pytest.fixture(params=[Tasks, AwaitedTasks], ids=["Tasks", "AsyncTasks"])
def tasks_of(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Return a function from a user to their tasks, by each face; all are in one repository."""
    return partial(request.param, MemoryRepository(), clock=lambda: MORNING)


@pytest.fixture
def tasks(tasks_of: Callable[..., Any]) -> Any:
    """Return Alice's tasks, by each face."""
    return tasks_of("alice")
