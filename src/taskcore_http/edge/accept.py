"""Whether a client takes what it would be answered (RFC 9110, 12.5.1)."""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from attrs import frozen

from taskcore_http.edge.places import Places
from taskcore_http.edge.weights import weights
from taskcore_http.problems import Refusal
from taskcore_http.responses import JSON

if TYPE_CHECKING:
    from taskcore_http.edge.exchange import Exchange

# What else there is, style sheets and metrics, is fetched by those who know what comes.
_JUDGED: Final = frozenset({JSON, "text/html"})


@frozen
class Accept:
    """The guard that refuses calls whose ``Accept`` excludes the answer of a success.

    Problem documents are sent to everybody.
    """

    places: Places

    def __call__(self, exchange: Exchange) -> None:
        """Let through what can be answered. Raises ``Refusal`` with 406."""
        accept = exchange.headers.get(b"accept", b"*/*")
        if accept == b"*/*":
            return
        place = self.places.find(exchange.scope)
        answered = place.answers.get(exchange.scope["method"]) if place else None
        if answered in _JUDGED and not accepts(_whole(exchange), answered):
            why = f"the answer would be {answered}, which Accept excludes"
            raise Refusal(HTTPStatus.NOT_ACCEPTABLE, why)


@lru_cache(64)
def accepts(field: str, media_type: str) -> bool:
    """Whether an ``Accept`` allows the media type; one that is empty or malformed allows all."""
    ranges = weights(field)
    if not ranges or not all("/" in name for name in ranges):
        return True
    of_its_kind = f"{media_type.partition('/')[0]}/*"
    # The most specific that is there decides.
    said = (ranges[name] for name in (media_type, of_its_kind, "*/*") if name in ranges)
    return next(said, 0.0) > 0


def _whole(exchange: Exchange) -> str:
    """Return ``Accept``, which may come in several lines."""
    lines = (value for name, value in exchange.scope["headers"] if name == b"accept")
    return b", ".join(lines).decode("latin-1")
