"""The edge itself: one ASGI application around another."""

from __future__ import annotations

import re
from asyncio import CancelledError
from http import HTTPStatus
from itertools import count
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from taskcore_http.edge.compression import encoded
from taskcore_http.edge.deadlines import Deadlines
from taskcore_http.edge.exchange import Exchange, Guard, Header, Observer
from taskcore_http.problems import Refusal, problem_response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar.types import ASGIApp, Receive, Send

PATIENCE: Final = 10.0
"""How many seconds a request may take, from its first byte here to its answer."""

STANDARD: Final[tuple[Header, ...]] = (
    (b"cache-control", b"private, no-cache"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""Headers of every answer that does not say otherwise: it is data, somebody's, and no page."""

_REQUEST_ID: Final = re.compile(rb"[\x21-\x7e]{1,128}")


class Edge:
    """An ASGI application that is another one with what every request and answer need.

    A request meets the guards in their order, and then the application; the first to answer it, or
    to raise, ends that. HEAD is answered as GET is, without the body. An exception, and an answer
    that takes longer than ``patience`` seconds, becomes a problem document. Each answer has the
    request's ``X-Request-ID``, and headers for browsers, and is compressed if that is asked for and
    pays. The observers are told in the end.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        guards: Sequence[Guard] = (),
        observers: Sequence[Observer] = (),
        patience: float = PATIENCE,
    ) -> None:
        self._app = app
        self._guards = tuple(guards)
        self._observers = tuple(observers)
        self._deadlines = Deadlines(patience)
        # Ids are this and a number: those of another process, or of this one's next, differ.
        self._name = token_hex(8)
        self._numbers = count(1)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve, as an ASGI application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        # A copy, as the server needs to know what was asked.
        exchange = self._begin({**scope, "method": "GET"} if head else scope)
        start: Any = None

        async def answer(message: Any) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                # It waits for what it announces, which may yet be compressed.
                start = message
                return
            content = message.get("body", b"")
            if not exchange.status:
                headers = start["headers"]
                if not message.get("more_body"):
                    headers, content = await encoded(exchange, headers, content)
                exchange.status = start["status"]
                start["headers"] = _with(exchange.answer_headers, headers)
                await send(start)
            message["body"] = b"" if head else content
            exchange.size += len(message["body"])
            await send(message)

        try:
            await self._serve(exchange, receive, answer)
        except Exception as error:
            if exchange.status:
                raise  # it is too late for another answer
            await problem_response(exchange, error)(exchange.scope, receive, answer)
        finally:
            # The exchange has the scope: with this, both go at once, and not when they are found.
            del exchange.scope["state"]["exchange"]
            for observe in self._observers:
                observe(exchange)

    async def _serve(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        """Let the guards or the application answer, in time."""
        task = self._deadlines.begin()
        try:
            for guard in self._guards:
                if response := guard(exchange):
                    await response(exchange.scope, receive, send)
                    return
            await self._app(exchange.scope, receive, send)
        except CancelledError:
            if not self._deadlines.missed(task):
                raise
            why = f"there was no answer within {self._deadlines.patience:g} s; try again"
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, why) from None
        finally:
            self._deadlines.end(task)

    def _begin(self, scope: Any) -> Exchange:
        """Begin the exchange, and leave it where the application finds it."""
        headers = dict(scope["headers"])
        id = headers.get(b"x-request-id", b"")
        if not (id and _REQUEST_ID.fullmatch(id)):
            id = b"%s-%x" % (self._name.encode(), next(self._numbers))
        exchange = Exchange(scope, headers, id.decode(), [*STANDARD, (b"x-request-id", id)])
        scope.setdefault("state", {})["exchange"] = exchange
        return exchange


def _with(more: Sequence[Header], headers: Any) -> list[Header]:
    """Return the headers of an answer with more of them, but for those that it has itself."""
    own = {name for name, _ in headers}
    own.discard(b"vary")  # all reasons to vary count
    return [*headers, *(header for header in more if header[0] not in own)]
