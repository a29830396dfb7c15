"""What the core needs from the machine, and tests replace: the time, and ids nobody else has."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import TypeAlias
from uuid import UUID

from taskcore.entities.when import zone_named

Clock: TypeAlias = Callable[[], datetime]
"""Answers the time now, as an aware datetime."""

NewId: TypeAlias = Callable[[], UUID]
"""Answers an id that was never answered before."""


def utc_now() -> datetime:
    """Return the machine's time, in UTC."""
    return datetime.now(UTC)


def new_uuid7() -> UUID:
    """Return a new UUIDv7."""
    # Only who adds a task needs it, and a command line has no time for what it does not need.
    if sys.version_info >= (3, 14):
        from uuid import uuid7
    else:
        from uuid_utils.compat import uuid7
    return uuid7()


def in_utc(moment: datetime) -> datetime:
    """Return the same moment in UTC.

    Raises ``TypeError`` for what is no datetime, ``ValueError`` for one that names no zone.
    """
    if not isinstance(moment, datetime):
        raise TypeError(f"a time must be a datetime, not {type(moment).__name__}")
    if moment.utcoffset() is None:
        raise ValueError(f"a time must name its zone, as {moment!r} does not")
    utc = moment.astimezone(UTC)
    # Of a subclass (a frozen clock's, say), the plain one: storages go by the exact type.
    return utc if type(utc) is datetime else datetime.combine(utc.date(), utc.time(), UTC)


def valid_zone(zone: object) -> tzinfo:
    """Return the time zone, which may be given by its IANA name.

    Raises ``ValueError`` for a name that nothing has, and ``TypeError`` for what is no zone.
    """
    if isinstance(zone, str):
        return zone_named(zone)
    if not isinstance(zone, tzinfo):
        raise TypeError(f"a zone must be a zoneinfo.ZoneInfo, not {type(zone).__name__}")
    return zone


__all__ = ["Clock", "NewId", "in_utc", "new_uuid7", "utc_now", "valid_zone"]
