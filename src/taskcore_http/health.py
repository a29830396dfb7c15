"""Whether the process lives, and whether it can serve: for those who restart it, or route to it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from litestar import Request, get

from taskcore.errors import TaskNotFound
from taskcore.ports import Get
from taskcore_http import description
from taskcore_http.answers import Health
from taskcore_http.responses import JsonResponse

if TYPE_CHECKING:
    from taskcore import Batcher

FRESH: Final = 1.0
"""For how many seconds an answer of the storage is good for all who ask."""

# A task that nobody has.
_PROBE: Final = Get("taskcore", UUID(int=0))


class Readiness:
    """Whether the storage answers; all who ask within a second share one round trip to it."""

    def __init__(self, batcher: Batcher) -> None:
        self._batcher = batcher
        self._answer: asyncio.Future[Any] | None = None
        self._fresh_until = 0.0

    async def check(self) -> None:
        """Return if the storage answers; raise what it failed with, as a rule unavailable."""
        if self._answer is None or (self._answer.done() and self._now() >= self._fresh_until):
            self._answer = self._batcher.submit(_PROBE)
            self._answer.add_done_callback(self._keep)
        # Shielded, as one who goes away must not cancel it for the others.
        answer = await asyncio.shield(self._answer)
        if isinstance(answer, Exception) and not isinstance(answer, TaskNotFound):
            raise answer

    def _keep(self, _: object) -> None:
        self._fresh_until = self._now() + FRESH

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


@get("/health/live", **description.GET_LIVENESS)
async def get_liveness() -> JsonResponse:
    """Say that the process answers; the storage is not asked."""
    return JsonResponse(Health("live"))


@get("/health/ready", **description.GET_READINESS)
async def get_readiness(request: Request[Any, Any, Any]) -> JsonResponse:
    """Say that the storage answers, by a round trip that is at most a second old."""
    await request.app.state.service.readiness.check()
    return JsonResponse(Health("ready"))


HANDLERS: Final = (get_liveness, get_readiness)
