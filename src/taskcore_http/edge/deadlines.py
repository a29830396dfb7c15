"""A limit of time for many tasks at once, by one timer: ``asyncio.timeout`` takes 5 us a task."""

from __future__ import annotations

import asyncio
from typing import Any

from attrs import define, field

Task = asyncio.Task[Any]


@define
class Deadlines:
    """Cancels tasks that take longer than ``patience`` seconds, on one event loop after another."""

    patience: float
    _ends: dict[Task, float] = field(factory=dict, init=False)
    _missed: set[Task] = field(factory=set, init=False)
    _timer: asyncio.TimerHandle | None = field(default=None, init=False)
    _loop: asyncio.AbstractEventLoop | None = field(default=None, init=False)

    def begin(self) -> Task:
        """Begin to count for the task that runs, and return it."""
        # To ask which loop runs is a system call before Python 3.12, and may take 4 us.
        loop = self._loop
        task = asyncio.current_task(loop) if loop else None
        if loop is None or task is None:
            loop = asyncio.get_running_loop()
            task = asyncio.current_task(loop)
            assert task  # noqa: S101  # for the type checker: whoever awaits is in one
            self._ends, self._timer, self._loop = {}, None, loop
        self._ends[task] = loop.time() + self.patience
        if self._timer is None:
            self._timer = loop.call_later(self.patience, self._expire, loop)
        return task

    def missed(self, task: Task) -> bool:
        """Whether it was cancelled from here, and not from elsewhere; it is not, after that."""
        if task not in self._missed:
            return False
        self._missed.discard(task)
        return task.uncancel() == 0

    def end(self, task: Task) -> None:
        """Count no more for the task, nor remember it, should it have outlived its end."""
        self._ends.pop(task, None)
        self._missed.discard(task)

    def _expire(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cancel what has taken too long; the ends stand in order, the first first."""
        self._timer = None
        now = loop.time()
        for task, end in list(self._ends.items()):
            if end > now:
                self._timer = loop.call_at(end, self._expire, loop)
                return
            del self._ends[task]
            self._missed.add(task)
            task.cancel()
