"""Bodies of requests: from bytes to fields that the core's rules then judge.

The core checks types, lengths and characters. Here stand the rules that only a body has: it is
JSON, says so, is an object (or an array of them, where many may come), and has no key that nobody
reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from litestar.exceptions import HTTPException

from taskcore.errors import InvalidTask
from taskcore_http.ids import id_from_text
from taskcore_http.problems import BODY_LIMIT, InvalidKey, UnknownKey
from taskcore_http.responses import JSON

if TYPE_CHECKING:
    from litestar import Request

MERGE_PATCH: Final = "application/merge-patch+json"
ENTRIES: Final = 1000
"""How many tasks may be added at once."""

NEW: Final = frozenset(
    {
        "id",
        "title",
        "description",
        "due",
        "start",
        "priority",
        "tags",
        "project",
        "parent_id",
        "extra",
    }
)
CHANGES: Final = NEW - {"id"} | {"completed"}
COMPLETION: Final = frozenset({"completed"})

_decoder: Final = msgspec.json.Decoder()


async def read_new(request: Request[Any, Any, Any]) -> dict[str, Any] | list[Any]:
    """Return the JSON object in the body, of a new task, or the array of any values.

    Raises as ``read_object`` does, and ``InvalidTask`` for an array of none or too many.
    """
    content = await request.body()
    if len(content) > BODY_LIMIT and content.lstrip(b" \t\r\n")[:1] != b"[":
        raise HTTPException(status_code=413)
    body = _json(request, content)
    if not isinstance(body, list):
        return valid_new(body)
    if not 1 <= len(body) <= ENTRIES:
        reason = f"must have 1 to {ENTRIES} entries, not {len(body)}"
        raise InvalidTask("body", reason, "too_long" if body else "empty")
    return body


def valid_new(value: object) -> dict[str, Any]:
    """Allow the JSON object of a new task; its id, if there is one, becomes a ``UUID``."""
    fields = valid_object(value, NEW, required="title")
    if fields.get("id") is not None:
        fields["id"] = id_from_text(fields["id"], InvalidKey)
    return fields


async def read_object(
    request: Request[Any, Any, Any], allowed: frozenset[str], *other_media_types: str
) -> dict[str, Any]:
    """Return the JSON object in the body, its values yet to be judged.

    Raises ``InvalidTask`` for a body that is no such object, or has a key that is not allowed, and
    Litestar's 413 and 415 for too much of it or another kind.
    """
    content = await request.body()
    return valid_object(_json(request, content, *other_media_types), allowed)


def valid_object(
    value: object, allowed: frozenset[str], required: str | None = None
) -> dict[str, Any]:
    """Allow a JSON object that has the required key, and none but those allowed."""
    if not isinstance(value, dict):
        raise InvalidTask("body", "must be a JSON object", "type")
    if unknown := value.keys() - allowed:
        names = ", ".join(sorted(allowed))
        raise UnknownKey(min(unknown), f"is not one of the fields here: {names}")
    if required and required not in value:
        raise InvalidTask(required, "is missing", "missing")
    return value


def _json(request: Request[Any, Any, Any], content: bytes, *other_media_types: str) -> Any:
    _require_json(request, other_media_types)
    try:
        return _decoder.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidTask("body", f"must be JSON in UTF-8: {error}", "json") from None
    except RecursionError:
        raise InvalidTask("body", "must not be nested so deeply", "json") from None


def _require_json(request: Request[Any, Any, Any], other_media_types: tuple[str, ...]) -> None:
    media_type, parameters = request.content_type
    charset = parameters.get("charset", "utf-8").lower()
    is_plain = request.headers.get("content-encoding", "identity").lower() == "identity"
    is_known = media_type in {JSON, *other_media_types} and charset in {"utf-8", "us-ascii"}
    if not (is_known and is_plain):
        # What is taken is to be said, by RFC 9110, 15.5.16, and of a PATCH by RFC 5789, 2.2, too.
        headers = {"Accept": ", ".join((*other_media_types, JSON))}
        if request.method == "PATCH":
            headers["Accept-Patch"] = headers["Accept"]
        if not is_plain:
            headers["Accept-Encoding"] = "identity"
        raise HTTPException(status_code=415, headers=headers)
