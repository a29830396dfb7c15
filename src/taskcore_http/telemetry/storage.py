"""When a request waited for the storage; only where somebody wants to know."""

from __future__ import annotations

from contextvars import ContextVar
from time import time_ns
from typing import TYPE_CHECKING, Any, Final

from attrs import define, field

from taskcore import Batcher

if TYPE_CHECKING:
    from asyncio import Future

    from taskcore.ports import Operation
    from taskcore_http.edge.exchange import Exchange


@define(eq=False)
class _Waits:
    """The times, in nanoseconds since the epoch, between which operations of a request ran."""

    ended: list[tuple[int, int]] = field(factory=list)
    running: int = 0
    began: int = 0

    def begin(self) -> None:
        if not self.running:
            self.began = time_ns()
        self.running += 1

    def end(self, _: object) -> None:
        self.running -= 1
        if not self.running:
            self.ended.append((self.began, time_ns()))


_waits: Final[ContextVar[_Waits | None]] = ContextVar("taskcore_http_waits", default=None)


class WatchedBatcher(Batcher):
    """A batcher that notes, for each request that is watched, when it waited for answers."""

    def submit(self, operation: Operation[Any]) -> Future[Any]:
        """Queue an operation, as any batcher does."""
        answer = super().submit(operation)
        if waits := _waits.get():
            waits.begin()
            # Whoever awaits the answer wakes after this, which was here first.
            answer.add_done_callback(waits.end)
        return answer


def watch_storage(_: Exchange) -> None:
    """Watch a request from here on; a guard."""
    _waits.set(_Waits())


def storage_waits() -> list[tuple[int, int]]:
    """Return when the request waited: pairs of nanoseconds since the epoch, in order."""
    waits = _waits.get()
    return waits.ended if waits else []
