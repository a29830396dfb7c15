"""What a request is called, wherever it is told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from taskcore_http.edge.exchange import Exchange

NO_ROUTE: Final = "none"
"""The route of a request that found none, or that was answered before it was looked for."""

OTHER: Final = "_OTHER"
"""Any method that HTTP does not define, as OpenTelemetry calls it."""

_METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
)


def method_of(exchange: Exchange) -> str:
    """Return the method, or one word for all that are no method of HTTP: clients choose them."""
    return exchange.method if exchange.method in _METHODS else OTHER


def route_of(exchange: Exchange) -> str:
    """Return the template of the route, such as ``/api/{user_id}/tasks``."""
    return exchange.route or NO_ROUTE
