"""Every error as an RFC 9457 problem document, whatever raised it; the one table of statuses."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec
from litestar.exceptions import HTTPException

from taskcore.errors import (
    DuplicateTask,
    HasSubtasks,
    InvalidTask,
    KeyReused,
    RepositoryUnavailable,
    StaleTask,
    TaskcoreError,
    TaskNotFound,
)
from taskcore_http.responses import JsonResponse, encoded_headers
from taskcore_http.telemetry.logs import logger, told_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taskcore_http.edge.exchange import Exchange

MEDIA_TYPE: Final = "application/problem+json"
BODY_LIMIT: Final = 64 * 1024
"""How many bytes a body may have."""

ARRAY_LIMIT: Final = 2 * 1024 * 1024
"""How many bytes a body may have if it is an array of new tasks."""

URI_LIMIT: Final = 8 * 1024
"""How many bytes the path and the query of an address may have together."""

HEAD_LIMIT: Final = 16 * 1024
"""How many bytes the header fields of a request may have."""

FIELD_LIMIT: Final = 100
"""How many header fields a request may have."""

RETRY_AFTER: Final = 1
"""After how many seconds a client is told to try again when the storage is unavailable."""

_STATUSES: Final[Mapping[type[Exception], HTTPStatus]] = {
    InvalidTask: HTTPStatus.BAD_REQUEST,
    TaskNotFound: HTTPStatus.NOT_FOUND,
    DuplicateTask: HTTPStatus.CONFLICT,
    KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    HasSubtasks: HTTPStatus.CONFLICT,
    # Without a condition in the request, the core tries until its change went through.
    StaleTask: HTTPStatus.PRECONDITION_FAILED,
    RepositoryUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
# What is refused before, or without, the core: the code, and what is said of it if nothing else.
_FORESEEN: Final[Mapping[int, tuple[str, str]]] = {
    HTTPStatus.BAD_REQUEST: ("invalid", "the request cannot be read"),
    HTTPStatus.UNAUTHORIZED: (
        "unauthenticated",
        "say who you are: Authorization: Bearer, and a token",
    ),
    HTTPStatus.FORBIDDEN: ("forbidden", "the token is another user's"),
    HTTPStatus.NOT_FOUND: ("not_found", "there is nothing at this address"),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "method_not_allowed",
        "this address does not take that method; Allow says which it takes",
    ),
    HTTPStatus.NOT_ACCEPTABLE: (
        "not_acceptable",
        "the answer would be of none of the media types in Accept",
    ),
    HTTPStatus.REQUEST_TIMEOUT: ("timeout", "the request did not come in time"),
    HTTPStatus.PRECONDITION_FAILED: (
        StaleTask.code,
        "what is here now is not what If-Match asks for; read it again",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "content_too_large",
        f"the body must have at most {BODY_LIMIT} bytes, an array of new tasks {ARRAY_LIMIT}",
    ),
    HTTPStatus.REQUEST_URI_TOO_LONG: (
        "uri_too_long",
        f"the path and the query must have at most {URI_LIMIT} bytes together",
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (
        "unsupported_media_type",
        "the body must be sent as application/json, or a patch as application/merge-patch+json",
    ),
    HTTPStatus.MISDIRECTED_REQUEST: ("misdirected", "this server is not the one of that name"),
    HTTPStatus.TOO_MANY_REQUESTS: (
        "rate_limited",
        "these are too many requests; Retry-After says when to go on",
    ),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: (
        "headers_too_large",
        f"the header must have at most {FIELD_LIMIT} fields and {HEAD_LIMIT} bytes",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: ("unavailable", "the storage is unavailable; try again"),
}
# As RFC 9110 has them, and Python only since 3.13.
_TITLES: Final[Mapping[int, str]] = {
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large",
    HTTPStatus.REQUEST_URI_TOO_LONG: "URI Too Long",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Unprocessable Content",
}
# How Litestar, with a 500, says that the client went away before its whole body was here.
_CLIENT_LEFT: Final = "client disconnected prematurely"
# Where the core's fields are in a request; all others are in the body, under their own names.
_PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "user_id": ("path", "user_id"),
    "id": ("path", "task_id"),
    "filter": ("query", "filter"),
    "order_by": ("query", "order_by"),
    "page_size": ("query", "page_size"),
    "page_token": ("query", "page_token"),
}


class Refusal(HTTPException):
    """A request that this door refuses, with one of the foreseen statuses.

    Unlike the framework's own exceptions, it may say why.
    """

    def __init__(
        self, status: HTTPStatus, why: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status_code=status, headers=dict(headers or {}))
        self.why = why or _FORESEEN[status][1]


class InvalidQuery(InvalidTask):
    """A parameter of the query string (``query`` for the whole) is none that can be."""


class InvalidHeader(InvalidTask):
    """A header of the request is none that can be; ``field`` is its name."""


class InvalidKey(InvalidTask):
    """A key of the body is none that can be, and its name may be that of what is elsewhere."""


class UnknownKey(InvalidKey):
    """The body has a key that nobody reads, and that may have any name."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(key, reason, "unknown")


class Flaw(msgspec.Struct):
    """One thing that is wrong with a request: where it is, what is wrong, and the broken rule.

    ``column`` is where in a filter or an order, counted in characters from 1.
    """

    loc: list[str | int]
    msg: str
    type: str
    column: int | msgspec.UnsetType = msgspec.UNSET


class Problem(msgspec.Struct):
    """An RFC 9457 problem document. ``code`` is for programs, and stable.

    ``request_id`` is what to look for in the server's log.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[Flaw] | msgspec.UnsetType = msgspec.UNSET
    request_id: str | msgspec.UnsetType = msgspec.UNSET


def problem_response(exchange: Exchange, error: Exception) -> JsonResponse:
    """Return the problem document for an exception; log what the operator should know."""
    problem = problem_of(error)
    problem.request_id = exchange.request_id
    exchange.code = problem.code
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER)
        log_outage(exchange, error)
    elif problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        logger().error("the request failed", **told_of(exchange), exc_info=error)
    return JsonResponse(problem, problem.status, encoded_headers(headers), MEDIA_TYPE)


def log_outage(exchange: Exchange, error: Exception) -> None:
    """Log that, and why, a request could not be served now."""
    why = error.why if isinstance(error, Refusal) else str(error)
    logger().warning("the request could not be served", **told_of(exchange), error=why)


def problem_of(error: Exception, entry: int | None = None) -> Problem:
    """Return the problem document for an exception, raised over that entry of an array if any."""
    if isinstance(error, TaskcoreError) and isinstance(error, tuple(_STATUSES)):
        status = next(_STATUSES[kind] for kind in _STATUSES if isinstance(error, kind))
        # What the storage says may name hosts and files; that is for the log.
        hidden = status == HTTPStatus.SERVICE_UNAVAILABLE
        detail = "the storage is unavailable; try again" if hidden else str(error)
        code = error.code
    elif isinstance(error, HTTPException) and error.detail == _CLIENT_LEFT:
        # Nobody reads the answer, but our own failures are logged as such, and this is none.
        status = HTTPStatus.BAD_REQUEST
        code, detail = _FORESEEN[status]
    elif isinstance(error, HTTPException) and error.status_code in _FORESEEN:
        status = HTTPStatus(error.status_code)
        code, detail = _FORESEEN[status]
        if isinstance(error, Refusal):
            detail = error.why
    else:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        code, detail = "internal", "something went wrong on our side"
    errors = [_flaw(error, entry)] if isinstance(error, InvalidTask) else msgspec.UNSET
    title = _TITLES.get(status, status.phrase)
    return Problem("about:blank", title, status, detail, code, errors)


def _flaw(error: InvalidTask, entry: int | None) -> Flaw:
    column = msgspec.UNSET if error.column is None else error.column
    return Flaw(_place(error, entry), error.reason, error.kind, column)


def _place(error: InvalidTask, entry: int | None) -> list[str | int]:
    if isinstance(error, InvalidQuery):
        return ["query"] if error.field == "query" else ["query", error.field]
    if isinstance(error, InvalidHeader):
        return ["header", error.field]
    body: list[str | int] = ["body"] if entry is None else ["body", entry]
    if isinstance(error, InvalidKey):
        return [*body, error.field]
    if error.field == "body":
        return body
    return list(_PLACES.get(error.field, (*body, error.field)))
