"""A page of what was found, and the token by which the next one is asked for.

A token says where the page before ended. It opens nothing: whose tasks are found is always said
beside it, and a token of another user or another question is refused.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from taskcore.entities.ordering import order_text
from taskcore.entities.task import Task
from taskcore.errors import InvalidTask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from taskcore.entities.ordering import Order

PAGE_SIZE: Final = 1000
"""How many tasks a page may have."""


class Page(list[Task]):
    """Tasks that were found. ``next_page_token`` asks for those after them; None, if none are."""

    def __init__(self, tasks: Iterable[Task], next_page_token: str | None = None) -> None:
        super().__init__(tasks)
        self.next_page_token = next_page_token


def valid_page_size(value: object) -> int | None:
    """Allow None, or a whole number from 1 to 1000."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidTask("page_size", "must be a whole number", "type")
    if not 1 <= value <= PAGE_SIZE:
        raise InvalidTask("page_size", f"must be from 1 to {PAGE_SIZE}, not {value}", "range")
    return value


def token_after(user_id: str, filter: str, order: Order, position: Sequence[Any]) -> str:
    """Return the token for what comes after the position, in the answer to this question."""
    values = [_TO_JSON.get(type(value), _itself)(value) for value in position]
    text = json.dumps([_fingerprint(user_id, filter, order), *values], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position_after(token: object, user_id: str, filter: str, order: Order) -> tuple[Any, ...]:
    """Return the position that a token holds.

    Raises ``InvalidTask`` for one that ``token_after`` did not make for this question.
    """
    try:
        padded = str(token).encode("ascii") + b"=="
        fingerprint, *values = json.loads(urlsafe_b64decode(padded))
        position = tuple(
            None if value is None else _FROM_JSON.get(key.field, _itself)(value)
            for key, value in zip(order, values, strict=True)
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise _refusal() from None
    if fingerprint != _fingerprint(user_id, filter, order):
        raise _refusal()
    return position


def _fingerprint(user_id: str, filter: str, order: Order) -> str:
    question = json.dumps([user_id, filter, order_text(order)])
    return sha256(question.encode()).hexdigest()[:16]


def _refusal() -> InvalidTask:
    reason = "is none that this user was given with this filter and this order"
    return InvalidTask("page_token", reason, "value")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _itself(value: Any) -> Any:
    return value


_TO_JSON: Final[Mapping[type, Callable[[Any], Any]]] = {
    UUID: str,
    datetime: datetime.isoformat,
}
_FROM_JSON: Final[Mapping[str, Callable[[Any], Any]]] = {
    "id": UUID,
    "parent_id": UUID,
    "completed_at": _moment,
    "created_at": _moment,
    "updated_at": _moment,
    "due": _moment,
    "start": _moment,
}
