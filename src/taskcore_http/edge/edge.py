"""The edge itself: one ASGI application around another."""

from __future__ import annotations

import re
from asyncio import CancelledError, timeout
from http import HTTPStatus
from os import urandom
from typing import TYPE_CHECKING, Any, Final

from taskcore_http.edge.exchange import Exchange, Guard, Header, Observer
from taskcore_http.problems import Refusal, problem_response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar.types import ASGIApp, Message, Receive, Send

PATIENCE: Final = 10.0
"""How many seconds a request may take, from its first byte here to its answer."""

SECURITY: Final[tuple[Header, ...]] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""Headers of every answer that does not say otherwise: it is data, and no page of anybody's."""

_REQUEST_ID: Final = re.compile(rb"[\x21-\x7e]{1,128}")


class Edge:
    """An ASGI application that is another one with what every request and answer need.

    A request meets the guards in their order, and then the application; the first to answer it, or
    to raise, ends that. HEAD is answered as GET is, without the body. An exception, and an answer
    that takes longer than ``patience`` seconds, becomes a problem document. Each answer has the
    request's ``X-Request-ID``, and headers for browsers. The observers are told in the end.
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
        self._patience = patience

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve, as an ASGI application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        head = scope["method"] == "HEAD"
        # A copy, as the server needs to know what was asked.
        exchange = _exchange({**scope, "method": "GET"} if head else scope)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                message["headers"] = _with(exchange.answer_headers, message["headers"])
            elif message["type"] == "http.response.body":
                exchange.size += len(message["body"])
                if head:
                    message["body"] = b""
            await send(message)

        try:
            await self._serve(exchange, receive, answer)
        finally:
            for observe in self._observers:
                observe(exchange)

    async def _serve(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        try:
            async with timeout(self._patience) as limit:
                await self._answer(exchange, receive, send)
        except (Exception, CancelledError) as error:
            if exchange.status:
                raise  # it is too late for another answer
            if isinstance(error, CancelledError):
                # Servers do this to what takes too long once they stop.
                error = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "the server is stopping; try again")
            if isinstance(error, TimeoutError) and limit.expired():
                why = f"there was no answer within {self._patience:g} s; try again"
                error = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, why)
            response = problem_response(exchange, error)
            await response(exchange.scope, receive, send)

    async def _answer(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        for guard in self._guards:
            if response := guard(exchange):
                await response(exchange.scope, receive, send)
                return
        await self._app(exchange.scope, receive, send)


def _exchange(scope: Any) -> Exchange:
    """Begin the exchange, and leave it where the application finds it."""
    headers = dict(scope["headers"])
    sent = headers.get(b"x-request-id", b"")
    id = sent if _REQUEST_ID.fullmatch(sent) else urandom(16).hex().encode()
    exchange = Exchange(scope, headers, id.decode(), [*SECURITY, (b"x-request-id", id)])
    state: dict[str, Any] = scope.setdefault("state", {})
    state["exchange"] = exchange
    return exchange


def _with(more: Sequence[Header], headers: Any) -> list[Header]:
    """Return the headers of an answer with more of them, but for those that it has itself."""
    own = {name for name, _ in headers}
    return [*headers, *(header for header in more if header[0] not in own)]
