"""Server-Timing, for developers: a browser shows it beside the request."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Final

from taskcore_http.telemetry.storage import storage_waits

if TYPE_CHECKING:
    from taskcore_http.edge.exchange import Exchange

_MILLISECOND: Final = 1_000_000  # nanoseconds


def server_timing(exchange: Exchange) -> None:
    """Have the answer say how long it took, and the storage in that; a stamp."""
    whole = (perf_counter() - exchange.started) * 1000
    storage = sum(end - began for began, end in storage_waits()) / _MILLISECOND
    header = f"app;dur={whole:.3f}, db;dur={storage:.3f}".encode()
    exchange.answer_headers.append((b"server-timing", header))
