"""What the core needs from the machine, and tests replace: the time, and ids nobody else has."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

if sys.version_info >= (3, 14):
    from uuid import uuid7 as new_uuid7
else:
    from uuid_utils.compat import uuid7 as new_uuid7

Clock: TypeAlias = Callable[[], datetime]
"""Answers the time now, as an aware datetime."""

NewId: TypeAlias = Callable[[], UUID]
"""Answers an id that was never answered before."""


def utc_now() -> datetime:
    """Return the machine's time, in UTC."""
    return datetime.now(UTC)


def in_utc(moment: datetime) -> datetime:
    """Return the same moment in UTC. Raises ``ValueError`` for a time that names no zone."""
    if moment.tzinfo is None:
        raise ValueError("the clock answered a time without a zone; times in taskcore are aware")
    return moment.astimezone(UTC)


__all__ = ["Clock", "NewId", "in_utc", "new_uuid7", "utc_now"]
