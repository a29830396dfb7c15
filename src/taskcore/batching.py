"""The batcher: many asyncio tasks ask for operations, a few threads execute them in batches.

A free thread takes *everything that waits*. Nobody waits for a timer: a lone operation goes at
once, and batches grow only while all threads are busy, which is when they pay. The queue is touched
on the event loop alone, so it needs no lock.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Self

from attrs import frozen

from taskcore.errors import RepositoryUnavailable
from taskcore.execution import answer_all
from taskcore.ports import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskcore.ports import TaskRepository

BATCH: Final = 128
"""How many operations a batch holds at the most."""

QUEUE: Final = 10_000
"""How many operations may wait for a thread; one more is refused."""

PATIENCE: Final = 10.0
"""How many seconds an operation waits for its answer."""


@frozen
class _Waiting:
    operation: Operation[Any]
    answer: asyncio.Future[Any]
    arrival: int


class Batcher:
    """Executes operations for ``AsyncTasks`` on the repository's threads; an async context manager.

    It belongs to the event loop that it is entered on. ``threads`` is how many batches go at once
    (as many as the repository works on, if not given), ``queue`` how many operations may wait for
    a thread, ``patience`` how many seconds each waits for its answer. Leaving the batcher answers
    what is queued first; closing the repository is left to its owner.
    """

    def __init__(
        self,
        repository: TaskRepository,
        *,
        threads: int | None = None,
        queue: int = QUEUE,
        patience: float = PATIENCE,
    ) -> None:
        self._repository = repository
        self._threads = self._idle = threads or repository.threads
        self._limit = queue
        self._patience = patience
        self._shareable: deque[_Waiting] = deque()
        self._unshareable: deque[_Waiting] = deque()
        self._arrivals = 0
        self._deadlines: dict[asyncio.Future[Any], float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._scheduled = False
        self._open = False
        self._drained: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="taskcore")
        self._open = True
        return self

    async def __aexit__(self, *_: object) -> None:
        self._open = False
        if self._deadlines or self._idle < self._threads:
            self._drained = self._loop.create_future()
            # A storage that hangs must not hang us: by then, whoever waited has been told.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._drained, self._patience)
        if self._timer:
            self._timer.cancel()
        self._pool.shutdown(wait=False)

    def submit(self, operation: Operation[Any]) -> asyncio.Future[Any]:
        """Queue an operation; return the future of its answer, an exception being one too.

        Raises ``RepositoryUnavailable`` when the queue is full or the batcher is not open. One that
        waits too long is answered with ``RepositoryUnavailable``; one whose future is cancelled
        before a thread took it is not executed.
        """
        if not self._open:
            raise RepositoryUnavailable("the batcher is not open")
        if len(self._shareable) + len(self._unshareable) >= self._limit:
            raise RepositoryUnavailable(f"{self._limit} operations are waiting already")
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._arrivals += 1
        queue = self._shareable if operation.shareable else self._unshareable
        queue.append(_Waiting(operation, answer, self._arrivals))
        self._deadlines[answer] = self._loop.time() + self._patience
        if self._timer is None:
            self._timer = self._loop.call_later(self._patience, self._expire)
        if not self._scheduled:
            # Not at once: what else arrives in this turn of the event loop shares the batch.
            self._scheduled = True
            self._loop.call_soon(self._dispatch)
        return answer

    def _dispatch(self) -> None:
        self._scheduled = False
        while self._idle and (batch := self._next_batch()):
            self._idle -= 1
            self._pool.submit(self._execute, batch)
        if self._drained and self._idle == self._threads and not self._drained.done():
            self._drained.set_result(None)

    def _next_batch(self) -> list[_Waiting]:
        """Take what waited longest, with all that can share its statements."""
        while self._shareable or self._unshareable:
            if self._unshareable and (
                not self._shareable or self._unshareable[0].arrival < self._shareable[0].arrival
            ):
                taken = [self._unshareable.popleft()]
            else:
                size = min(BATCH, len(self._shareable))
                taken = [self._shareable.popleft() for _ in range(size)]
            if batch := [waiting for waiting in taken if not self._is_answered(waiting)]:
                # All that wait are concurrent, so any order is right; by kind, they share best.
                return sorted(batch, key=_kind)
        return []

    def _is_answered(self, waiting: _Waiting) -> bool:
        if waiting.answer.done():
            self._deadlines.pop(waiting.answer, None)
            return True
        return False

    def _execute(self, batch: Sequence[_Waiting]) -> None:
        answers = answer_all([waiting.operation for waiting in batch], self._repository)
        self._loop.call_soon_threadsafe(self._deliver, batch, answers)

    def _deliver(self, batch: Sequence[_Waiting], answers: Sequence[Any]) -> None:
        for waiting, answer in zip(batch, answers, strict=True):
            self._deadlines.pop(waiting.answer, None)
            if not waiting.answer.done():
                waiting.answer.set_result(answer)
        self._idle += 1
        self._dispatch()

    def _expire(self) -> None:
        """Answer what has waited too long; the deadlines stand in order, the oldest first."""
        self._timer = None
        now = self._loop.time()
        for answer, deadline in list(self._deadlines.items()):
            if deadline > now:
                self._timer = self._loop.call_at(deadline, self._expire)
                return
            del self._deadlines[answer]
            if not answer.done():
                reason = f"the storage did not answer within {self._patience:g} s"
                answer.set_result(RepositoryUnavailable(reason))


def _kind(waiting: _Waiting) -> str:
    return type(waiting.operation).__name__
