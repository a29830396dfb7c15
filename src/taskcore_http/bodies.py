"""Bodies: requests from bytes to fields that the core's rules then judge, and tasks as answers.

The core checks types, lengths and characters. Here stand the rules that only a body has: it is
JSON, says so, is an object, and has no key that nobody reads.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID

import msgspec
from litestar.exceptions import HTTPException

from taskcore.errors import InvalidTask

if TYPE_CHECKING:
    from litestar import Request

    from taskcore.entities import Task

_decoder = msgspec.json.Decoder()


class TaskBody(msgspec.Struct, frozen=True):
    """A task as it travels: this order of keys, times in RFC 3339 with ``Z``."""

    __schema_name__: ClassVar[str] = "Task"

    id: UUID
    user_id: str
    title: str
    description: str | None
    completed: bool
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, task: Task) -> Self:
        """Return the body for a task."""
        return cls(
            task.id,
            task.user_id,
            task.title,
            task.description,
            task.completed,
            task.created_at,
            task.updated_at,
            task.version,
        )


async def read_object(
    request: Request[Any, Any, Any], allowed: frozenset[str], required: str | None = None
) -> dict[str, Any]:
    """Return the JSON object in the body, its values yet to be judged.

    Raises ``InvalidTask`` for a body that is no such object, has a key that is not allowed, or
    lacks the required one, and Litestar's 413 and 415 for too much of it or another kind.
    """
    content = await request.body()
    _require_json(request)
    try:
        body = _decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidTask("body", f"must be JSON in UTF-8: {error}", "json") from None
    except RecursionError:
        raise InvalidTask("body", "must not be nested so deeply", "json") from None
    if not isinstance(body, dict):
        raise InvalidTask("body", "must be a JSON object", "type")
    if unknown := body.keys() - allowed:
        names = ", ".join(sorted(allowed))
        raise InvalidTask(min(unknown), f"is not one of the fields here: {names}", "unknown")
    if required and required not in body:
        raise InvalidTask(required, "is missing", "missing")
    return body


def _require_json(request: Request[Any, Any, Any]) -> None:
    media_type, parameters = request.content_type
    charset = parameters.get("charset", "utf-8").lower()
    if media_type != "application/json" or charset not in {"utf-8", "us-ascii"}:
        raise HTTPException(status_code=415)
