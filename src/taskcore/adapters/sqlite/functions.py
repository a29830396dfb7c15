"""What statements ask of Python: functions that answer as ``entities.filters.matching`` does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from taskcore.entities.folding import fold

if TYPE_CHECKING:
    import sqlite3


def register(connection: sqlite3.Connection) -> None:
    """Make the functions known to a connection, as ``fold`` and ``extra_at``."""
    connection.create_function("fold", 1, _fold, deterministic=True)
    connection.create_function("extra_at", 2, _extra_at, deterministic=True)


def comparable(value: object) -> str | int | float | bytes:
    """Return a JSON value for SQLite to compare: text and numbers, and the others as a blob."""
    if type(value) in _ORDERED:
        return value  # type: ignore[return-value]  # one of these types
    import json  # as below

    return json.dumps(value).encode()


# A filter may ask for a hundred words of one text.
@lru_cache(maxsize=64)
def _fold(text: str | None) -> str | None:
    return None if text is None else fold(text)


def _extra_at(extra: str | None, path: str) -> str | int | float | bytes | None:
    """Return what stands in ``extra`` at the path (a JSON array of keys), None for nothing."""
    value = {} if extra is None else _parsed(extra)
    for key in _parsed(path):
        value = value.get(key, _NOTHING) if isinstance(value, Mapping) else _NOTHING
    return None if value is _NOTHING else comparable(value)


# The path is the same for all tasks, and what is asked of one task comes one after the other.
@lru_cache(maxsize=64)
def _parsed(text: str) -> Any:
    import json  # a command line starts without it, and seldom asks for extra

    return json.loads(text)


_NOTHING: Final = object()
_ORDERED: Final = {str, int, float}
