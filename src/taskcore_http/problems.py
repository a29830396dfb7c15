"""Every error as an RFC 9457 problem document, whatever raised it; the one table of statuses."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException

from taskcore.errors import (
    DuplicateTask,
    InvalidTask,
    RepositoryUnavailable,
    StaleTask,
    TaskcoreError,
    TaskNotFound,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

MEDIA_TYPE: Final = "application/problem+json"
BODY_LIMIT: Final = 64 * 1024
"""How many bytes a body may have."""

RETRY_AFTER: Final = 1
"""After how many seconds a client is told to try again when the storage is unavailable."""

_STATUSES: Final[Mapping[type[Exception], HTTPStatus]] = {
    InvalidTask: HTTPStatus.BAD_REQUEST,
    TaskNotFound: HTTPStatus.NOT_FOUND,
    DuplicateTask: HTTPStatus.CONFLICT,
    StaleTask: HTTPStatus.CONFLICT,
    RepositoryUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
# What the framework refuses on its own.
_FORESEEN: Final[Mapping[int, tuple[str, str]]] = {
    HTTPStatus.BAD_REQUEST: ("invalid", "the request cannot be read"),
    HTTPStatus.NOT_FOUND: ("not_found", "there is nothing at this address"),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "method_not_allowed",
        "this address does not take that method; Allow says which it takes",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "content_too_large",
        f"the body must have at most {BODY_LIMIT} bytes",
    ),
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: (
        "unsupported_media_type",
        "the body must be sent as Content-Type: application/json",
    ),
}
# How Litestar, with a 500, says that the client went away before its whole body was here.
_CLIENT_LEFT: Final = "client disconnected prematurely"
# Where the core's fields are in a request; all others are in the body, under their own names.
_PLACES: Final = {"user_id": ["path", "user_id"], "id": ["path", "task_id"], "body": ["body"]}

_log = logging.getLogger("taskcore_http")


class Flaw(msgspec.Struct):
    """One thing that is wrong with a request: where it is, what is wrong, and the broken rule."""

    loc: list[str]
    msg: str
    type: str


class Problem(msgspec.Struct):
    """An RFC 9457 problem document. ``code`` is for programs, and stable."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[Flaw] | msgspec.UnsetType = msgspec.UNSET


def problem_response(request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """Return the problem document for an exception; log what the operator should know."""
    problem = _problem(error)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if problem.status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER)
        _log.warning("%s %s: %s", request.method, request.url.path, error)
    elif problem.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return Response(problem, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


def _problem(error: Exception) -> Problem:
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
    else:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        code, detail = "internal", "something went wrong on our side"
    errors = [_flaw(error)] if isinstance(error, InvalidTask) else msgspec.UNSET
    return Problem("about:blank", status.phrase, status, detail, code, errors)


def _flaw(error: InvalidTask) -> Flaw:
    own = ["body", error.field]
    # An unknown key of the body may have any name.
    place = own if error.kind == "unknown" else _PLACES.get(error.field, own)
    return Flaw(place, error.reason, error.kind)
