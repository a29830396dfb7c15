"""How large a request may be and how long it may take, and the rules of HTTP that nobody checks."""

from __future__ import annotations

import struct
import sys
from collections.abc import Collection
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import httptools

from taskcore_http.problems import BODY_LIMIT, URI_LIMIT, Refusal

if TYPE_CHECKING:
    from asyncio import Transport

    from taskcore_http.edge import Exchange

URI_BOUND: Final = 2 * URI_LIMIT
"""From how many bytes on an address is refused unread; up to that the edge does it, and knows the
header by then, so that a page of another origin may read why."""

FRAMED_LIMIT: Final = 4 * 1024 * 1024
"""How many bytes a body may take with what frames it: chunks, their extensions, and trailers."""

CONNECTIONS: Final = 10_000
"""How many connections a process takes; one more is answered with 503."""

SPARE: Final = 100
"""How many more there may be for a moment, only to be told that there are too many."""

HEAD_SECONDS: Final = 10.0
"""How long a request may take from its first byte to the end of its header."""

BODY_SECONDS: Final = 8.0
"""How long the body may take after that; what is left of the edge's patience is the storage's."""

READING_SECONDS: Final = 10.0
"""How long a client may read nothing of an answer that waits for it."""

KEEP_ALIVE_SECONDS: Final = 75.0
"""How long a connection may be idle. Proxies keep theirs for 60 s, and must not find one closed."""

LINGER_SECONDS: Final = 2.0
"""How long what a client still sends is thrown away, so that it gets to read its answer."""

_Fields = Collection[tuple[bytes, bytes]]


def refused(exchange: Exchange) -> None:
    """Raise what the protocol has against a request, as a guard of the edge."""
    refusal: Exception | None = exchange.scope["state"].get("refusal")
    if refusal is not None:
        raise refusal


def size_of(fields: _Fields) -> int:
    """Return how many bytes the header fields have, with what stands between them."""
    return sum(len(name) + len(value) + 4 for name, value in fields)


def is_short(fields: _Fields) -> bool:
    """Whether the header says of the body that it is one of few bytes."""
    return any(name == b"content-length" and int(value) <= BODY_LIMIT for name, value in fields)


def require_http(version: str, fields: _Fields) -> None:
    """Raise ``Refusal`` for a version that nobody speaks, and for no host or two (RFC 9112)."""
    if version not in {"1.1", "1.0"}:
        raise Refusal(HTTPStatus.BAD_REQUEST, "the request must be one of HTTP/1.1")
    hosts = [name for name, _ in fields].count(b"host")
    if hosts > 1 or (not hosts and version == "1.1"):
        raise Refusal(HTTPStatus.BAD_REQUEST, "the header must have one Host")


def with_path(target: bytes) -> bytes:
    """Return an absolute URL with a path, as one that has none means ``/``; all else as it is."""
    url = httptools.parse_url(target)
    return target if url.path else b"/" + (b"?" + url.query if url.query else b"")


def refusal_of(error: httptools.HttpParserError) -> Refusal:
    """Return what to tell the client of what the parser, or one who was called by it, raised."""
    cause = error.__context__
    if isinstance(cause, Refusal):
        return cause
    return Refusal(HTTPStatus.BAD_REQUEST, f"this is no request of HTTP/1.1: {cause or error}")


def unread(transport: Transport) -> int:
    """Return how many bytes the client has not taken yet, of which the kernel may have some."""
    waiting = transport.get_write_buffer_size()
    if sys.platform != "linux":
        return waiting
    from fcntl import ioctl
    from termios import TIOCOUTQ

    descriptor: int = transport.get_extra_info("socket").fileno()
    return waiting + int(struct.unpack("i", ioctl(descriptor, TIOCOUTQ, bytes(4)))[0])
