"""How much a task matters beside others."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from taskcore.errors import InvalidTask


class Priority(StrEnum):
    """A task's priority; ``rank`` orders them, and a task without one has none."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """Return 1 for low, 2 for medium, 3 for high."""
        return BY_RANK.index(self)


BY_RANK: Final = (None, Priority.LOW, Priority.MEDIUM, Priority.HIGH)
"""The priority of each rank; rank 0 is none."""


def valid_priority(value: object) -> Priority | None:
    """Allow None, a ``Priority``, or its value: high, medium or low."""
    if value is None:
        return None
    try:
        return Priority(value)  # type: ignore[arg-type]  # anything but its values is refused
    except ValueError:
        raise InvalidTask("priority", "must be high, medium or low", "value") from None
