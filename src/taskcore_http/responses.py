"""Answers that are ready to send, by the edge. Litestar's own take many options and much time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from litestar.response.base import ASGIResponse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from litestar.types import Receive, Scope, Send

    from taskcore_http.edge.exchange import Header

JSON: Final = "application/json"

STANDARD: Final[tuple[Header, ...]] = (
    (b"cache-control", b"private, no-cache"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
"""Headers of an answer that is data, somebody's, and no page."""

encode: Final = msgspec.json.Encoder().encode
"""Return a value as JSON."""


class Response(ASGIResponse):
    """An answer: its status, its headers, and the bytes of its body.

    ``media_type`` is of the body, and empty where there is none; ``headers`` are more of them, and
    ``standard`` those that it has if nothing else is said. Its length is for the edge to say.
    """

    __slots__ = ("fields", "status")

    def __init__(
        self,
        body: bytes = b"",
        media_type: str = "",
        status: int = 200,
        headers: Sequence[Header] = (),
        standard: Sequence[Header] = STANDARD,
    ) -> None:
        self.body = body
        self.status = status
        kind = ((b"content-type", media_type.encode()),) if media_type else ()
        self.fields: list[Header] = [*kind, *standard, *headers]

    def to_asgi_response(self, **_: Any) -> Self:
        """Return the response: it is one already, as Litestar asks what its handlers return."""
        return self

    async def __call__(
        self,
        scope: Scope,
        receive: Receive,  # noqa: ARG002  # as ASGI calls it
        send: Send,  # noqa: ARG002  # likewise
    ) -> None:
        """Leave the response to the edge, which sends it without a detour through the layers."""
        scope["state"]["exchange"].response = self


class JsonResponse(Response):
    """A response that has some content as JSON."""

    __slots__ = ()

    def __init__(
        self,
        content: object,
        status: int = 200,
        headers: Sequence[Header] = (),
        media_type: str = JSON,
    ) -> None:
        super().__init__(encode(content), media_type, status, headers)


def encoded_headers(headers: Mapping[str, str]) -> list[Header]:
    """Return headers as ASGI has them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
