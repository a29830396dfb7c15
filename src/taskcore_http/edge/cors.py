"""Pages of other origins, that browsers let call and read only what is allowed here.

The rules are the Fetch standard's. Cookies are never asked for, so neither are credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskcore_http.responses import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taskcore_http.edge.exchange import Exchange, Header

MAX_AGE: Final = 2 * 60 * 60
"""How many seconds a browser may remember what is allowed; none remembers for longer by itself."""

_SENT: Final = (
    b"Content-Type, Authorization, If-Match, If-None-Match, Idempotency-Key, X-Request-ID"
)
_PREFLIGHT: Final[tuple[Header, ...]] = (
    (b"access-control-allow-methods", b"GET, HEAD, POST, PUT, PATCH, DELETE"),
    (b"access-control-allow-headers", _SENT),
    (b"access-control-max-age", b"%d" % MAX_AGE),
)
_READABLE: Final = (
    b"ETag, Idempotency-Replayed, Link, Location, "
    b"RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
)
_EXPOSED: Final[Header] = (b"access-control-expose-headers", _READABLE)
_VARY: Final[Header] = (b"vary", b"Origin")


class Cors:
    """The guard that lets pages of some origins call, and read all answers."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origin.encode() for origin in origins)
        self._any = b"*" in self._origins

    def __call__(self, exchange: Exchange) -> Response | None:
        """Answer the preflights of these origins; say of other answers that they may read them.

        What another origin sends is answered as if it came from no page, and its browser keeps the
        answer from it.
        """
        if not self._any:
            exchange.answer_headers.append(_VARY)
        origin = exchange.headers.get(b"origin")
        if origin is None or not (self._any or origin in self._origins):
            return None
        allowed = b"*" if self._any else origin
        exchange.answer_headers.append((b"access-control-allow-origin", allowed))
        if (
            exchange.scope["method"] == "OPTIONS"
            and b"access-control-request-method" in exchange.headers
        ):
            return Response(status=204, headers=_PREFLIGHT)
        exchange.answer_headers.append(_EXPOSED)
        return None
