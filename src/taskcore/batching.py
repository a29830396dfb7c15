"""The batcher: many asyncio tasks ask for operations, a few threads execute them in batches.

A thread that is free takes *everything that waits*. Nobody waits for a timer: a lone operation
goes at once, and batches grow only while all threads are busy, which is when they pay. The event
loop appends to the queues, the threads take from them, and answers return by the event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from threading import Condition, Thread
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

from attrs import frozen

from taskcore.errors import RepositoryUnavailable
from taskcore.execution import answer_all
from taskcore.ports import Operation
from taskcore.ports.repository import require_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taskcore.ports import TaskRepository

    Observe: TypeAlias = Callable[[Sequence[Operation[Any]], float], None]

BATCH: Final = 128
"""How many operations a batch holds at the most."""

LONG_BATCH: Final = 16
"""How many operations whose answers may be long a batch holds at the most."""

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
    a thread, ``patience`` how many seconds each waits for its answer (``ValueError`` for what
    cannot be). It is entered once; leaving it answers what is queued first. Closing the repository
    is left to its owner.

    ``observe`` is told of each batch before its answers are delivered: of the operations in it, and
    of how many seconds the repository took. The threads call it, several at once, and those that
    ask wait for it; what it raises goes to the event loop's exception handler.
    """

    def __init__(
        self,
        repository: TaskRepository,
        *,
        threads: int | None = None,
        queue: int = QUEUE,
        patience: float = PATIENCE,
        observe: Observe | None = None,
    ) -> None:
        require_repository(repository)
        self._repository = repository
        self._threads = _count("threads", repository.threads if threads is None else threads)
        self._limit = _count("queue", queue)
        if not patience > 0:
            raise ValueError(f"patience must be more than 0 seconds, not {patience}")
        self._patience = patience
        self._observe = observe
        self._short: deque[_Waiting] = deque()
        self._long: deque[_Waiting] = deque()
        self._more = Condition()
        self._arrivals = 0
        self._finders = max(1, self._threads // 2)
        self._finding = 0
        self._waking = False
        self._deadlines: dict[asyncio.Future[Any], float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._running = 0
        self._entered = False
        self._open = False

    @property
    def waiting(self) -> int:
        """How many operations wait for a thread at this moment; any thread may ask."""
        return len(self._short) + len(self._long)

    async def __aenter__(self) -> Self:
        if self._entered:
            # A thread that hangs in a storage may still be at work for the first time.
            raise RuntimeError("a Batcher can be entered only once: make another one")
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._running = self._threads
        self._entered = self._open = True
        for number in range(self._threads):
            # A daemon, so that a storage that hangs does not keep the process from ending.
            Thread(target=self._work, name=f"taskcore-{number}", daemon=True).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._open = False
        with self._more:
            self._more.notify_all()
        # By the end of its patience, whoever waits for a storage that hangs has been told.
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ended.wait(), self._patience)
        if self._timer:
            self._timer.cancel()

    def submit(self, operation: Operation[Any]) -> asyncio.Future[Any]:
        """Queue an operation; return the future of its answer, an exception being one too.

        Raises ``RepositoryUnavailable`` when the queue is full or the batcher was left, and as a
        rule ``RuntimeError`` on any event loop but that of the batcher. One that waits too long is
        answered with ``RepositoryUnavailable``; one whose future is cancelled before a thread took
        it is not executed.
        """
        if not self._open:
            raise self._refusal()
        if self.waiting >= self._limit:
            raise RepositoryUnavailable(f"{self._limit} operations are waiting already")
        if not self._waking:
            self._wake_soon()
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._arrivals += 1
        queue = self._long if operation.long else self._short
        queue.append(_Waiting(operation, answer, self._arrivals))
        self._deadlines[answer] = self._loop.time() + self._patience
        if self._timer is None:
            self._timer = self._loop.call_later(self._patience, self._expire)
        return answer

    def _refusal(self) -> Exception:
        if self._entered:
            return RepositoryUnavailable("the batcher is not open anymore")
        return RuntimeError("the Batcher is not open: enter it first, with `async with`")

    def _wake_soon(self) -> None:
        """Wake threads, not at once: what arrives in this turn of the event loop goes together."""
        # Once a turn is enough to find out a mistake, and asking each time takes long.
        if asyncio.get_running_loop() is not self._loop:
            raise RuntimeError("a Batcher works only on the event loop that it was entered on")
        self._waking = True
        self._loop.call_soon(self._wake)

    def _wake(self) -> None:
        """Wake as many threads as there are batches, if so many sleep."""
        self._waking = False
        batches = -(-len(self._long) // LONG_BATCH) + -(-len(self._short) // BATCH)
        with self._more:
            self._more.notify(batches)

    def _work(self) -> None:
        while batch := self._next_batch():
            started = perf_counter()
            answers = self._execute(batch)
            if self._observe:
                self._report(self._observe, batch, perf_counter() - started)
            self._tell(self._deliver, batch, answers)
            if batch[0].operation.long:
                with self._more:
                    self._finding -= 1
        self._tell(self._end)

    def _execute(self, batch: Sequence[_Waiting]) -> list[Any]:
        try:
            return answer_all([waiting.operation for waiting in batch], self._repository)
        except BaseException as error:  # noqa: BLE001  # handed to whoever waits for the answer
            # The thread goes on: signals reach the main thread only, so what was raised here (an
            # exit, a driver's panic) asks nobody to stop. Nor is it handed over as it is: it would
            # end the event loop, or pass for a cancellation of whoever waits.
            return [_caused_by(error, self._repository) for _ in batch]

    def _report(self, observe: Observe, batch: Sequence[_Waiting], seconds: float) -> None:
        try:
            observe([waiting.operation for waiting in batch], seconds)
        except Exception as error:  # noqa: BLE001  # an observer that fails must not end the thread
            context = {"message": "the observer of a Batcher failed", "exception": error}
            self._tell(self._loop.call_exception_handler, context)

    def _next_batch(self) -> list[_Waiting]:
        """Wait for a batch; return none once the batcher is closed and nothing waits."""
        with self._more:
            while True:
                taken = self._take()
                if batch := [waiting for waiting in taken if not waiting.answer.done()]:
                    self._finding += batch[0].operation.long
                    # All that wait are concurrent, so any order is right; by kind, they share best.
                    return sorted(batch, key=_kind)
                if not taken:
                    if not self._open:
                        return []
                    self._more.wait()

    def _take(self) -> list[_Waiting]:
        """Take what waited longest, and with it all that can share its statements.

        Answers that may be long are left to half of the threads: so nothing else waits for them,
        and more of them share a batch. They go by few, so that no batch holds too much at once.
        """
        short, long = self._short, self._long
        may_find = long and self._finding < self._finders
        if may_find and not (short and short[0].arrival < long[0].arrival):
            return [long.popleft() for _ in range(min(LONG_BATCH, len(long)))]
        return [short.popleft() for _ in range(min(BATCH, len(short)))]

    def _tell(self, callback: Any, *arguments: Any) -> None:
        # The event loop is closed only once nobody waits anymore.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, *arguments)

    def _deliver(self, batch: Sequence[_Waiting], answers: Sequence[Any]) -> None:
        for waiting, answer in zip(batch, answers, strict=True):
            self._deadlines.pop(waiting.answer, None)
            if not waiting.answer.done():
                waiting.answer.set_result(answer)

    def _end(self) -> None:
        self._running -= 1
        if not self._running:
            self._ended.set()

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


def _count(name: str, value: object) -> int:
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{name} must be a whole number from 1, not {value!r}")
    return value


def _caused_by(error: BaseException, repository: TaskRepository) -> RuntimeError:
    failure = RuntimeError(f"{type(repository).__name__}.execute raised {type(error).__name__}")
    failure.__cause__ = error
    return failure


def _kind(waiting: _Waiting) -> str:
    return type(waiting.operation).__name__
