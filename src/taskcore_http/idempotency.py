"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): adding once, however often asked.

Nothing is stored for it: user and key decide the new task's id, so a second request finds the first
one's task, in any process and at any time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from taskcore import AddedTask
from taskcore_http.problems import InvalidHeader, InvalidKey

if TYPE_CHECKING:
    from uuid import UUID

    from taskcore import AsyncTasks
    from taskcore_http.edge import Exchange

REPLAYED: Final = ((b"idempotency-replayed", b"true"),)
"""The header of an answer to what was done before."""

KEY_LENGTH: Final = 255

_HEADER: Final = b"idempotency-key"
# A String of RFC 8941; or what would be one if it stood in quotes, as many clients send it.
_KEY: Final = re.compile(rb'"(?P<quoted>(?:[ !#-\[\]-~]|\\["\\])*)"|(?P<bare>[!#-+\--:<-\[\]-~]*)')
_ESCAPED: Final = re.compile(rb"\\(.)")


def key_of(exchange: Exchange) -> str | None:
    """Return the request's key, or None; raise ``InvalidHeader`` for one that cannot be."""
    if _HEADER not in exchange.headers:
        return None
    lines = [value for name, value in exchange.scope["headers"] if name == _HEADER]
    found = _KEY.fullmatch(lines[0].strip(b" \t"))
    if len(lines) > 1 or not found:
        raise _invalid('must be there once, as text in double quotes: "8e03978e"', "value")
    bare, quoted = found["bare"], found["quoted"]
    key = bare if quoted is None else _ESCAPED.sub(rb"\1", quoted)
    if not 1 <= len(key) <= KEY_LENGTH:
        reason = f"must have 1 to {KEY_LENGTH} characters, not {len(key)}"
        raise _invalid(reason, "too_long" if key else "empty")
    return key.decode()


def new_key(fields: dict[str, Any], key: str | None) -> UUID | str | None:
    """Take the id out of a new task's fields, and return what the task is known by, if anything.

    Raises ``InvalidKey`` where there is an id and a key: both say what is the same task.
    """
    id = fields.pop("id", None)
    if id is not None and key is not None:
        reason = "must not be there with an Idempotency-Key, which decides it"
        raise InvalidKey("id", reason, "value")
    return key if id is None else id


def entry_key(key: str | None, place: int) -> str | None:
    """Return the key of an entry of an array that was sent with a key, or None without one."""
    # No header has a line break, so this is no key of another request.
    return None if key is None else f"{key}\n{place}"


async def add_one(tasks: AsyncTasks, fields: dict[str, Any], key: str | None) -> AddedTask:
    """Add a task, once only if there is an id or a key; raises as ``AsyncTasks.add_once`` does."""
    known_by = new_key(fields, key)
    if known_by is None:
        return AddedTask(await tasks.add(**fields), replayed=False)
    return await tasks.add_once(**fields, key=known_by)


def _invalid(reason: str, kind: str) -> InvalidHeader:
    return InvalidHeader("Idempotency-Key", reason, kind)
