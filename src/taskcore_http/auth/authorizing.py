"""Whose tasks a request may have. Asked where the routing has said which user a path means."""

from __future__ import annotations

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, TypeAlias

from taskcore_http.edge import Exchange
from taskcore_http.problems import Refusal

if TYPE_CHECKING:
    from taskcore_http.settings import Settings

CHALLENGE: Final = 'Bearer realm="taskcore"'
"""What ``WWW-Authenticate`` says to a request without a token."""

PUBLIC: Final = re.compile(r"/?|/docs(/[^/]*)?|/openapi\.json|/health/(live|ready)")
"""The addresses that are for everybody."""

Authorize: TypeAlias = Callable[[Exchange, str], None]
"""Returns if the exchange may have the tasks of the user, or raises ``Refusal``."""


def authorization(settings: Settings) -> Authorize:
    """Return the rule for the settings: with authentication on, one's own tasks and no others."""
    return _anybody if settings.auth == "off" else _the_subject


def unauthenticated() -> Refusal:
    """Return the refusal of a request that has no token."""
    return Refusal(HTTPStatus.UNAUTHORIZED, headers={"WWW-Authenticate": CHALLENGE})


def _anybody(exchange: Exchange, user_id: str) -> None:
    """Allow it."""


def _the_subject(exchange: Exchange, user_id: str) -> None:
    # A request that got past the guard as one for a public page, and is none, ends here.
    if exchange.subject is None:
        raise unauthenticated()
    if exchange.subject != user_id:
        raise Refusal(HTTPStatus.FORBIDDEN)
