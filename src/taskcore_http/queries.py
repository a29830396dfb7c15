"""Query strings: from text to the arguments of a use case; what nobody reads is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from taskcore.entities.when import zone_named
from taskcore_http.problems import InvalidQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from zoneinfo import ZoneInfo

    from litestar import Request

NOTHING: Final[frozenset[str]] = frozenset()
COUNTING: Final = frozenset({"filter", "zone"})
FINDING: Final = COUNTING | {"order_by", "page_size", "page_token", "explain"}
REMOVING: Final = frozenset({"subtree"})

_WHOLE_NUMBER: Final = re.compile("-?[0-9]{1,18}")


def read_query(request: Request[Any, Any, Any], allowed: frozenset[str]) -> dict[str, Any]:
    """Return the parameters of the query string, by name; those that are not there are left out.

    Raises ``InvalidQuery`` for one that is not allowed, that comes twice, or that is none that can
    be, and for a query string that is not UTF-8.
    """
    text = request.scope["query_string"]
    if not text:
        return {}
    parameters: dict[str, Any] = {}
    for name, value in _pairs(text):
        if name not in allowed:
            known = ", ".join(sorted(allowed))
            reason = f"is not one of the parameters here: {known}" if known else "is not known here"
            raise InvalidQuery(name, reason, "unknown")
        if name in parameters:
            raise InvalidQuery(name, "must be there once only", "value")
        parameters[name] = _READ.get(name, _itself)(name, value)
    return parameters


def next_query(request: Request[Any, Any, Any], page_token: str) -> str:
    """Return the query string that asks the same for the page after this one."""
    parameters = dict(_pairs(request.scope["query_string"])) | {"page_token": page_token}
    return urlencode(parameters, quote_via=quote, safe="")


def _pairs(text: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise InvalidQuery("query", "must be UTF-8, percent-encoded", "value") from None


def _whole_number(name: str, text: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(text):
        raise InvalidQuery(name, "must be a whole number", "type")
    return int(text)


def _switch(name: str, text: str) -> bool:
    if text not in _SWITCH:
        raise InvalidQuery(name, "must be true or false", "type")
    return _SWITCH[text]


def _zone(name: str, text: str) -> ZoneInfo:
    try:
        return zone_named(text)
    except ValueError:
        reason = f"must be a time zone, as Europe/Paris, not {text!r}"
        raise InvalidQuery(name, reason, "value") from None


def _itself(_: str, text: str) -> str:
    return text


_SWITCH: Final = {"true": True, "false": False}
_READ: Final[Mapping[str, Callable[[str, str], Any]]] = {
    "page_size": _whole_number,
    "zone": _zone,
    "explain": _switch,
    "subtree": _switch,
}
