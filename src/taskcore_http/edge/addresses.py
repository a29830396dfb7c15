"""Which addresses there can be: not too long, and each in one way of writing."""

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


def refuse_ambiguous_addresses(exchange: Exchange) -> None:
    """Refuse with 404 a path that the framework would read as another one.

    It merges slashes, and takes an encoded one for one: so rules for paths, as proxies have them,
    would be about other paths than those that are served.
    """
    path = exchange.scope.get("raw_path") or exchange.scope["path"].encode()
    if b"//" in path or (b"%" in path and b"%2f" in path.lower()):
        raise Refusal(HTTPStatus.NOT_FOUND)
