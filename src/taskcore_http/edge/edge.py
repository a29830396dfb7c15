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
from taskcore_http.edge.exchange import Exchange, Guard, Observer, Stamp
from taskcore_http.problems import Refusal, problem_response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from litestar.types import ASGIApp, Receive, Send

    from taskcore_http.responses import Response

PATIENCE: Final = 10.0
"""How many seconds a request may take, from its first byte here to its answer."""

_WITHOUT_BODY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_REQUEST_ID: Final = re.compile(rb"[\x21-\x7e]{1,128}")


class Edge:
    """An ASGI application that is another one with what every request and answer need.

    A request meets the guards in their order, and then the application, which leaves its answer, a
    ``Response``, in the exchange; the first to answer, or to raise, ends that. HEAD is answered as
    GET is, without the body. An exception, and an answer that takes longer than ``patience``
    seconds, becomes a problem document. Each answer has the request's ``X-Request-ID`` and what the
    stamps add, and is compressed if that is asked for and pays. The observers are told in the end.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        guards: Sequence[Guard] = (),
        stamps: Sequence[Stamp] = (),
        observers: Sequence[Observer] = (),
        patience: float = PATIENCE,
    ) -> None:
        self._app = app
        self._guards = tuple(guards)
        self._stamps = tuple(stamps)
        self._observers = tuple(observers)
        self._deadlines = Deadlines(patience)
        # Ids are this and a number: those of another process, or of this one's next, differ.
        self._name = token_hex(8).encode()
        self._numbers = count(1)

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Serve, as an ASGI application."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        if method == "HEAD" or scope.get("root_path"):
            # A copy, as what is around this needs to know what was asked.
            scope = {**scope, "method": "GET" if method == "HEAD" else method}
        exchange = self._begin(scope, method)
        try:
            try:
                response = await self._answer(exchange, receive)
            except CancelledError:
                # So servers end what takes too long once they stop, and its client is told.
                why = "the server is stopping; try again"
                refusal = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, why)
                await self._send(exchange, problem_response(exchange, refusal), send)
                raise
            except Exception as error:  # noqa: BLE001  # each becomes an answer
                response = problem_response(exchange, error)
            await self._send(exchange, response, send)
        finally:
            # The exchange has the scope: with this, both go at once, and not when they are found.
            del exchange.scope["state"]["exchange"]
            for observe in self._observers:
                observe(exchange)

    async def _answer(self, exchange: Exchange, receive: Receive) -> Response:
        """Return the answer of the guards or the application, if it comes in time."""
        task = self._deadlines.begin()
        try:
            for guard in self._guards:
                if response := guard(exchange):
                    return response
            await self._app(exchange.scope, receive, _refuse_to_send)
        except CancelledError:
            if not self._deadlines.missed(task):
                raise
            why = f"there was no answer within {self._deadlines.patience:g} s; try again"
            raise Refusal(HTTPStatus.SERVICE_UNAVAILABLE, why) from None
        finally:
            self._deadlines.end(task)
        if exchange.response is None:
            raise RuntimeError("the application gave no answer")
        return exchange.response

    async def _send(self, exchange: Exchange, response: Response, send: Send) -> None:
        headers, body = await encoded(exchange, response.fields, response.body)
        for stamp in self._stamps:
            stamp(exchange)
        exchange.status = response.status
        headers = [*headers, *exchange.answer_headers]
        if response.status not in _WITHOUT_BODY:
            headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if exchange.method == "HEAD":
            body = b""
        exchange.size = len(body)
        await send({"type": "http.response.body", "body": body, "more_body": False})

    def _begin(self, scope: Any, method: str) -> Exchange:
        """Begin the exchange, and leave it where the application finds it."""
        headers = dict(scope["headers"])
        id = headers.get(b"x-request-id", b"")
        if not (id and _REQUEST_ID.fullmatch(id)):
            id = b"%s-%x" % (self._name, next(self._numbers))
        exchange = Exchange(scope, method, headers, id.decode(), [(b"x-request-id", id)])
        scope.setdefault("state", {})["exchange"] = exchange
        return exchange


async def _refuse_to_send(_: object) -> None:
    # The framework's own way to answer would miss what the edge does for all answers.
    raise RuntimeError("an answer must be a taskcore_http.responses.Response")
