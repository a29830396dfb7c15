"""The limit of an address's length, for servers that have none of their own, or a wider one."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from taskcore_http.problems import URI_LIMIT, Refusal

if TYPE_CHECKING:
    from taskcore_http.edge.exchange import Exchange


def refuse_long_addresses(exchange: Exchange) -> None:
    """Refuse with 414 an address whose path and query have too many bytes together."""
    scope = exchange.scope
    path = scope.get("raw_path") or scope["path"].encode()
    if len(path) + len(scope["query_string"]) > URI_LIMIT:
        raise Refusal(HTTPStatus.REQUEST_URI_TOO_LONG)
