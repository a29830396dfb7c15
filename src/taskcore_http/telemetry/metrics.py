"""Metrics, by prometheus-client: of requests by route, and of the batches behind them."""

from __future__ import annotations

import os
from collections import Counter as Tally
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from litestar import get
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector

from taskcore_http.responses import Response
from taskcore_http.settings import METRICS_DIRECTORY
from taskcore_http.telemetry.names import method_of, route_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar.handlers import HTTPRouteHandler

    from taskcore import Batcher
    from taskcore.ports import Operation
    from taskcore_http.edge.exchange import Exchange

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128)


class Metrics:
    """The metrics of one application, in a registry of their own.

    Where ``PROMETHEUS_MULTIPROC_DIR`` named a directory when this module was imported, all
    processes that were told of the same one count together, and each answers for all.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        own: Any = {"registry": self._registry}
        self._batcher: Batcher | None = None
        self._requests = Counter(
            "taskcore_http_requests", "Requests answered", ["method", "route", "status"], **own
        )
        self._durations = Histogram(
            "taskcore_http_request_duration_seconds",
            "From a request's first byte to the last of its answer",
            ["method", "route"],
            buckets=_SECONDS,
            **own,
        )
        self._in_flight = Gauge(
            "taskcore_http_requests_in_flight",
            "Requests that are not answered yet",
            multiprocess_mode="livesum",
            **own,
        )
        self._errors = Counter("taskcore_errors", "Problems answered", ["code"], **own)
        self._sizes = Histogram(
            "taskcore_batch_size",
            "Operations of one kind that went to the storage together",
            ["kind"],
            buckets=_SIZES,
            **own,
        )
        self._database = Histogram(
            "taskcore_database_seconds",
            "How long the storage took for a batch",
            buckets=_SECONDS,
            **own,
        )
        self._queue = Gauge(
            "taskcore_queue_depth",
            "Operations that wait for a thread",
            multiprocess_mode="livesum",
            **own,
        )

    def watch(self, batcher: Batcher) -> None:
        """Look at this batcher's queue from now on."""
        self._batcher = batcher

    def begin(self, _: Exchange) -> None:
        """Count a request that begins; a guard."""
        self._in_flight.inc()
        self._look_at_queue()

    def end(self, exchange: Exchange) -> None:
        """Count a request that has ended; an observer."""
        method, route = method_of(exchange), route_of(exchange)
        self._in_flight.dec()
        self._requests.labels(method, route, exchange.status).inc()
        self._durations.labels(method, route).observe(perf_counter() - exchange.started)
        if exchange.code:
            self._errors.labels(exchange.code).inc()

    def batch(self, operations: Sequence[Operation[Any]], seconds: float) -> None:
        """Count a batch, as a batcher's observer."""
        for kind, size in Tally(type(operation).__name__ for operation in operations).items():
            self._sizes.labels(kind).observe(size)
        self._database.observe(seconds)
        self._look_at_queue()

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        registry = self._registry
        if METRICS_DIRECTORY in os.environ:
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # it has no types
        self._look_at_queue()
        return generate_latest(registry)

    def handler(self) -> HTTPRouteHandler:
        """Return the route handler for ``/metrics``."""

        @get("/metrics", include_in_schema=False)
        async def metrics() -> Response:
            return Response(self.text(), CONTENT_TYPE_LATEST)

        return metrics

    def _look_at_queue(self) -> None:
        # Not asked for when it is read, as one process answers for all that share a directory.
        if self._batcher:
            self._queue.set(self._batcher.waiting)
