"""The token by which the next page is asked for: it says where the page before ended.

It opens nothing: whose tasks are found is always said beside it, and a token of another user or
another question is refused.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from taskcore.entities.ordering import order_text
from taskcore.entities.priority import Priority
from taskcore.entities.rules import (
    valid_completed,
    valid_description,
    valid_project,
    valid_title,
)
from taskcore.errors import InvalidTask

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from taskcore.entities.ordering import Order


def token_after(user_id: str, filter: str, order: Order, position: Sequence[Any]) -> str:
    """Return the token for what comes after the position, in the answer to this question."""
    values = [_fingerprint(user_id, filter, order), *position]
    text = json.dumps(values, default=_text, ensure_ascii=False, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position_after(token: object, user_id: str, filter: str, order: Order) -> tuple[Any, ...]:
    """Return the position that a token holds.

    Raises ``InvalidTask`` for one that ``token_after`` did not make for this question.
    """
    try:
        padded = str(token).encode("ascii") + b"=="
        _, *values = json.loads(urlsafe_b64decode(padded))
        position = tuple(
            _FROM_JSON[key.field](value) for key, value in zip(order, values, strict=True)
        )
        # One text says it, so that what is left out, put in or spelled differently is found out.
        if token == token_after(user_id, filter, order, position):
            return position
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        pass  # no token; which of them depends on what it is instead
    raise _refusal()


def _fingerprint(user_id: str, filter: str, order: Order) -> str:
    question = json.dumps([user_id, filter, order_text(order)])
    return sha256(question.encode()).hexdigest()[:16]


def _refusal() -> InvalidTask:
    reason = "is none that this user was given with this filter and this order"
    return InvalidTask("page_token", reason, "value")


def _text(value: UUID | datetime) -> str:
    # Of a datetime's subclass, as a clock for tests may tell, str() may be any text.
    return datetime.isoformat(value) if isinstance(value, datetime) else str(value)


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("not aware")
    return moment.astimezone(UTC)


def _whole_number(last: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if type(value) is not int or not 1 <= value <= last:
            raise ValueError("not such a number")
        return value

    return read


def _optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


# A token may come from anybody, and a storage need not know what to do with other values.
_FROM_JSON: Final[Mapping[str, Callable[[Any], Any]]] = {
    "id": UUID,
    "title": valid_title,
    "description": valid_description,
    "completed": valid_completed,
    "completed_at": _optional(_moment),
    "due": _optional(_moment),
    "start": _optional(_moment),
    "priority": _optional(_whole_number(Priority.HIGH.rank)),
    "project": valid_project,
    "parent_id": _optional(UUID),
    "created_at": _moment,
    "updated_at": _moment,
    "version": _whole_number(2**63 - 1),
}
