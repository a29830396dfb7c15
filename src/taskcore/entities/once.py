"""Adding a task once, however often that is asked: what a task is known by, and what came of it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from attrs import frozen

from taskcore.entities.rules import valid_id
from taskcore.entities.task import Task
from taskcore.errors import InvalidTask

# What is made here must never be an id that the same key stands for elsewhere.
_DOMAIN: Final = "taskcore: the id of a new task from a key"


@frozen
class AddedTask:
    """A task that was to be added: stored now, or ``replayed``, as it was stored before."""

    task: Task
    replayed: bool


def id_from_key(user_id: str, key: UUID | str) -> UUID:
    """Return the id of the new task that the key stands for among the user's.

    A ``uuid.UUID`` is the id itself. Any other text makes a UUIDv8 (RFC 9562), always the same one,
    by SHA-256. Raises ``InvalidTask`` for a key that is neither, or empty.
    """
    if not isinstance(key, str):
        return valid_id(key)
    # A user id has no NUL, so that no two pairs make one text.
    text = "\0".join((_DOMAIN, user_id, _valid_key(key)))
    from hashlib import sha256  # few need it, and a command line starts without it

    digest = bytearray(sha256(text.encode()).digest()[:16])
    digest[6] = 0x80 | digest[6] & 0x0F
    digest[8] = 0x80 | digest[8] & 0x3F
    return UUID(bytes=bytes(digest))


def _valid_key(key: str) -> str:
    if not key:
        raise InvalidTask("key", "must not be empty", "empty")
    if any("\ud800" <= character <= "\udfff" for character in key):
        raise InvalidTask("key", "must not contain half a surrogate pair", "character")
    return key
