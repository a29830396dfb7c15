"""What statements ask of Python: functions that answer as ``entities.filters.matching`` does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from taskcore.entities.folding import folded

if TYPE_CHECKING:
    import sqlite3


def register(connection: sqlite3.Connection) -> None:
    """Make ``contains_all``, ``contains_any`` and ``extra_at`` known to a connection."""
    connection.create_function("contains_all", -1, _contains_all, deterministic=True)
    connection.create_function("contains_any", -1, _contains_any, deterministic=True)
    connection.create_function("extra_at", 2, _extra_at, deterministic=True)


def comparable(value: object) -> str | int | float | bytes:
    """Return a JSON value for SQLite to compare: text and numbers, and the others as a blob."""
    if type(value) in _ORDERED:
        return value  # type: ignore[return-value]  # one of these types
    import json  # as below

    return json.dumps(value).encode()


def _contains_all(words: str, *texts: str | None) -> bool:
    """Return whether each of the words (a JSON array, folded) is in one of the texts."""
    found = [folded(text) for text in texts if text is not None]
    return all(any(word in text for text in found) for word in _parsed(words))


def _contains_any(words: str, *texts: str | None) -> bool:
    """Return whether one of the words is in one of the texts."""
    sought = _parsed(words)
    return any(any(map(folded(text).__contains__, sought)) for text in texts if text is not None)


def _extra_at(extra: str | None, path: str) -> str | int | float | bytes | None:
    """Return what stands in ``extra`` at the path (a JSON array of keys), None for nothing."""
    value = {} if extra is None else _parsed(extra)
    for key in _parsed(path):
        value = value.get(key, _NOTHING) if isinstance(value, Mapping) else _NOTHING
    return None if value is _NOTHING else comparable(value)


# Words and paths, of which a filter has up to a hundred, are the same for all tasks; and what is
# asked of the extra of one task comes one after the other.
@lru_cache(maxsize=128)
def _parsed(text: str) -> Any:
    import json  # a command line starts without it, and seldom asks for extra

    return json.loads(text)


_NOTHING: Final = object()
_ORDERED: Final = {str, int, float}
