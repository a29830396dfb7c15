"""What is seen of an application, put together as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskcore import Batcher
from taskcore_http.telemetry.logs import request_log
from taskcore_http.telemetry.storage import WatchedBatcher, watch_storage
from taskcore_http.telemetry.timing import server_timing
from taskcore_http.telemetry.tracing import Tracing, find_tracer

if TYPE_CHECKING:
    from litestar.handlers import HTTPRouteHandler

    from taskcore import TaskRepository
    from taskcore_http.edge import Guard, Observer, Stamp
    from taskcore_http.settings import Settings
    from taskcore_http.telemetry.metrics import Metrics


class Telemetry:
    """What the settings, and the tracer that the process has, ask to see; the rest costs nothing.

    ``guards`` come before all others, ``stamps`` are for answers, ``observers`` are told at the
    end, and ``handlers`` are routes.
    """

    def __init__(self, settings: Settings) -> None:
        self.guards: list[Guard] = []
        self.stamps: list[Stamp] = [server_timing] if settings.debug else []
        self.observers: list[Observer] = []
        self.handlers: list[HTTPRouteHandler] = []
        tracer = find_tracer()
        self._watches = settings.debug or tracer is not None
        self._metrics = self._count() if settings.metrics else None
        if self._watches:
            self.guards.append(watch_storage)
        if tracer:
            tracing = Tracing(tracer)
            self.guards.append(tracing.begin)
            self.observers.append(tracing.end)
        if settings.log_requests:
            self.observers.append(request_log())

    def _count(self) -> Metrics:
        # What is not asked for is not loaded.
        from taskcore_http.telemetry.metrics import Metrics

        metrics = Metrics()
        self.guards.append(metrics.begin)
        self.observers.append(metrics.end)
        self.handlers.append(metrics.handler())
        return metrics

    def batcher(self, repository: TaskRepository) -> Batcher:
        """Return a batcher for the repository that is observed as is asked."""
        kind = WatchedBatcher if self._watches else Batcher
        batcher = kind(repository, observe=self._metrics.batch if self._metrics else None)
        if self._metrics:
            self._metrics.watch(batcher)
        return batcher
