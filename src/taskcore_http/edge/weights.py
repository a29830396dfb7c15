"""What a client prefers: headers such as ``Accept``, whose values have weights (RFC 9110, 12.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+(/[!#$%&'*+.^_`|~0-9A-Za-z-]+)?")
_WEIGHT: Final = re.compile(r"(0|1)?(\.[0-9]{0,3})?")


def weights(field: str) -> Mapping[str, float] | None:
    """Return the weight of each value in a header, from 0 to 1, or None if it is malformed.

    Names are in lower case; parameters other than ``q`` do not count.
    """
    found: dict[str, float] = {}
    for member in filter(str.strip, field.split(",")):
        name, *parameters = (part.strip() for part in member.lower().split(";"))
        said = [part[2:] for part in parameters if part.startswith("q=")] or ["1"]
        weight = _number(said[0])
        if weight is None or not _NAME.fullmatch(name):
            return None
        found[name] = weight
    return found


def _number(text: str) -> float | None:
    if not _WEIGHT.fullmatch(text) or text in {"", "."} or float(text) > 1:
        return None
    return float(text)
