"""Server-Timing, for developers: a browser shows it beside the request."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

from taskcore_http.edge.exchange import exchange_of
from taskcore_http.telemetry.storage import storage_waits

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Message, Receive, Send

_MILLISECOND: Final = 1_000_000  # nanoseconds


def server_timing(app: ASGIApp) -> ASGIApp:
    """Return an application whose answers say how long they took, and the storage in that."""

    async def timed(scope: Any, receive: Receive, send: Send) -> None:
        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                whole = (perf_counter() - exchange_of(scope).started) * 1000
                storage = sum(end - began for began, end in storage_waits()) / _MILLISECOND
                header = f"app;dur={whole:.3f}, db;dur={storage:.3f}".encode()
                message["headers"] = [*message["headers"], (b"server-timing", header)]
            await send(message)

        await app(scope, receive, send_timed if scope["type"] == "http" else send)

    return timed
