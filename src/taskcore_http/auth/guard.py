"""The guard that lets nobody in without a token, but to the pages that are for everybody."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from taskcore_http.auth.authorizing import CHALLENGE, PUBLIC, unauthenticated
from taskcore_http.auth.tokens import InvalidToken
from taskcore_http.problems import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskcore_http.edge import Exchange, Guard


def bearer_guard(subject_of: Callable[[bytes], str]) -> Guard:
    """Return the guard that leaves in the exchange whose token came, as ``subject_of`` says.

    It answers 401 to a request without a good token, whatever it asks for, and 400 to one with two.
    OPTIONS says what is in the OpenAPI document too, and browsers send it without a token.
    """

    def authenticate(exchange: Exchange) -> None:
        scope = exchange.scope
        if not PUBLIC.fullmatch(scope["path"]) and scope["method"] != "OPTIONS":
            token = _token([value for name, value in scope["headers"] if name == b"authorization"])
            try:
                exchange.subject = subject_of(token)
            except InvalidToken as error:
                raise _refusal(HTTPStatus.UNAUTHORIZED, "invalid_token", str(error)) from None

    return authenticate


def _token(credentials: list[bytes]) -> bytes:
    """Return the token in the values of Authorization."""
    if len(credentials) > 1:
        why = "there must be one Authorization header only"
        raise _refusal(HTTPStatus.BAD_REQUEST, "invalid_request", why)
    scheme, _, token = credentials[0].partition(b" ") if credentials else (b"", b"", b"")
    if scheme.lower() != b"bearer" or not token:
        # Who does not know how to authenticate is told no error (RFC 6750, section 3.1).
        raise unauthenticated()
    return token.strip(b" ")


def _refusal(status: HTTPStatus, code: str, why: str) -> Refusal:
    challenge = f'{CHALLENGE}, error="{code}", error_description="{why}"'
    return Refusal(status, why, {"WWW-Authenticate": challenge})
