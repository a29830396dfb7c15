"""What a caller keeps with a task: a JSON object, whose meaning is the caller's own.

It is I-JSON (RFC 7493), so that every program reads the same numbers and text in it, and it is
changed by merging, as RFC 7396 (JSON Merge Patch) says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from taskcore.entities.rules import (
    EXTRA_DEPTH,
    EXTRA_KEY_LENGTH,
    EXTRA_SIZE,
    LARGEST_INTEGER,
    plain,
)
from taskcore.errors import InvalidTask

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def valid_extra(value: object) -> dict[str, Any]:
    """Allow a JSON object with keys of 1 to 64 characters, 32 levels deep; None is an empty one.

    Numbers must be finite, and integers no larger than 2**53 - 1; text must not have NUL or half a
    surrogate pair. How large the whole may be is for ``merged_extra`` to say.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidTask("extra", "must be a JSON object", "type")
    return {_valid_key(key): _valid_value(inner, EXTRA_DEPTH) for key, inner in value.items()}


def merged_extra(extra: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object with a valid patch merged into it, as RFC 7396 says.

    Inner objects merge too, and a null removes its key. Raises ``InvalidTask`` for a result of more
    than 4 KiB as JSON in UTF-8.
    """
    merged = _merged(extra, patch)
    size = len(extra_text(merged).encode())
    if size > EXTRA_SIZE:
        reason = f"must have at most {EXTRA_SIZE} bytes as JSON, not {size}"
        raise InvalidTask("extra", reason, "too_long")
    return merged


def extra_text(extra: Mapping[str, Any], *, in_order: bool = False) -> str:
    """Return the object as compact JSON, with its keys as they come or in alphabetical order."""
    import json  # few tasks have any, and a command line starts without it

    return json.dumps(extra, ensure_ascii=False, separators=(",", ":"), sort_keys=in_order)


def _merged(target: object, patch: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(target) if isinstance(target, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            merged[key] = _merged(merged.get(key), value)
        else:
            merged[key] = value
    return merged


def _valid_key(key: object) -> str:
    if not isinstance(key, str):
        raise InvalidTask("extra", "must have text as keys", "type")
    if not 1 <= len(key) <= EXTRA_KEY_LENGTH:
        reason = f"must have keys of 1 to {EXTRA_KEY_LENGTH} characters"
        raise InvalidTask("extra", reason, "too_long" if key else "empty")
    return _valid_string(key)


def _valid_string(text: str) -> str:
    if bad := _UNSTORABLE.search(text):
        raise InvalidTask(
            "extra", f"must not contain the character U+{ord(bad[0]):04X}", "character"
        )
    return plain(text)


def _valid_value(value: object, depth: int) -> Any:
    if depth == 1 and isinstance(value, Mapping | list):
        raise InvalidTask("extra", f"must be at most {EXTRA_DEPTH} levels deep", "too_long")
    if isinstance(value, Mapping):
        return {_valid_key(key): _valid_value(inner, depth - 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_valid_value(inner, depth - 1) for inner in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _valid_string(value)
    if isinstance(value, int) and abs(value) <= LARGEST_INTEGER:
        return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return float(value)
    if isinstance(value, int | float):
        raise InvalidTask("extra", "must have finite numbers, integers below 2**53", "range")
    raise InvalidTask("extra", "must have JSON values only", "type")
