"""When something is due or can be started: a whole day, or a moment in a zone.

A whole day is a ``date``: that day, wherever the user is. A moment is an aware ``datetime``, in a
``ZoneInfo`` or at a fixed offset. As text they are RFC 3339's full-date and date-time, the latter
with the zone as RFC 9557 adds it: ``2026-11-30T09:00:00+01:00[Europe/Paris]``.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Final, TypeAlias

from taskcore.errors import InvalidTask

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

When: TypeAlias = date | datetime
"""A whole day (a ``date`` that is no ``datetime``), or a moment."""

DAY_LENGTH: Final = len("2026-11-30")
"""How long the text of a day is; that of a moment is longer."""

# As text: they are compiled when they are first needed.
_DATE: Final = r"(?a:(\d{4})-(\d\d)-(\d\d))"
_DATE_TIME: Final = (
    r"(?ai:(?P<local>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(?P<fraction>\d+))?"
    r"(?P<offset>Z|[+-]\d\d:\d\d)(?P<suffixes>(?:\[[^\[\]]*\])*))"
)
_NO_OFFSET: Final = frozenset({"Z", "z", "-00:00"})
_SUFFIX: Final = r"\[(!?)([^\[\]]*)\]"
_FORMS: Final = "a date (2026-11-30) or a date-time (2026-11-30T09:00:00+01:00[Europe/Paris])"
# Not strftime's names, which depend on the locale.
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# What the system's database of zones holds besides zones.
_NO_ZONES: Final = r"(posix|right)/.*|localtime|posixrules|Factory|tzdata.*"
_LAST_MICROSECOND: Final = time(23, 59, 59, 999_999)


def valid_when(field: str, value: object) -> When | None:
    """Allow None, a date, an aware datetime in a ``ZoneInfo`` or at an offset, or their text.

    Raises ``InvalidTask`` for anything else, and for what no clock can show.
    """
    if value is None:
        return None
    try:
        when = _parsed(value) if isinstance(value, str) else _plain(value)
        order_instant(when)
    except ValueError as error:
        raise InvalidTask(field, str(error), "when") from None
    except OverflowError:
        raise InvalidTask(field, "is too far away", "when") from None
    except TypeError:
        raise InvalidTask(field, f"must be {_FORMS}", "type") from None
    return when


def parse_when(text: str) -> When:
    """Return the day or moment that RFC 3339 or RFC 9557 text says.

    Raises ``ValueError`` with the reason: another form, an unknown zone, an offset that is not the
    zone's at that time, or a local time that the zone skips.
    """
    try:
        when = _parsed(text)
        order_instant(when)
    except OverflowError:
        raise ValueError("is too far away") from None
    return when


def format_when(when: When) -> str:
    """Return the day or moment as RFC 3339 text, with its zone as RFC 9557 has it."""
    if not isinstance(when, datetime):
        return when.isoformat()
    name = getattr(when.tzinfo, "key", None)  # which only a ZoneInfo has
    zone = f"[{name}]" if name else ""
    offset = when.utcoffset()
    if when.tzinfo is UTC or (offset is not None and offset % timedelta(minutes=1)):
        # Before standard times, zones had offsets to the second, which RFC 3339 cannot say.
        return f"{when.astimezone(UTC).replace(tzinfo=None).isoformat()}Z{zone}"
    return f"{when.isoformat()}{zone}"


def stored_when(text: str) -> When:
    """Return the day or moment that ``format_when`` wrote, faster than ``parse_when``.

    It was valid then. Should the rules of its zone have changed, it stays the instant it was.
    """
    if len(text) == DAY_LENGTH:
        return date.fromisoformat(text)
    from zoneinfo import ZoneInfo  # as above

    moment, _, zone = text.partition("[")
    instant = datetime.fromisoformat(moment)
    try:
        return instant.astimezone(ZoneInfo(zone[:-1])) if zone else instant
    except (LookupError, ValueError, OSError):
        # A zone that only the machine knows that wrote it; what is raised depends on its name.
        return instant


def is_day(when: When) -> bool:
    """Whether this is a whole day, and not a moment."""
    return not isinstance(when, datetime)


def same_when(one: When | None, other: When | None) -> bool:
    """Whether both are the same day, or the same moment in the same zone (``==`` ignores that)."""
    if one is None or other is None:
        return one is other
    return format_when(one) == format_when(other)


def order_instant(when: When) -> datetime:
    """Return the UTC time by which days and moments are sorted: for a day its end, in UTC."""
    if isinstance(when, datetime):
        return when.astimezone(UTC)
    return datetime.combine(when, _LAST_MICROSECOND, UTC)


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """Return the UTC time at which the day begins in the zone.

    Where clocks skip midnight it is the first moment after it. Raises ``OverflowError`` at the ends
    of the calendar.
    """
    # Of a local time that comes twice, the first; one that is skipped, by the offset before.
    return datetime.combine(day, time(), zone).astimezone(UTC)


def weekday(day: date) -> str:
    """Return the short name of the day of the week, in English."""
    return _WEEKDAYS[day.weekday()]


def zone_named(name: str) -> ZoneInfo:
    """Return the IANA time zone with this name. Raises ``ValueError`` for what names none."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # what has no zone starts without it

    try:
        if not re.fullmatch(_NO_ZONES, name):
            return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # Which of them depends on the name, and on what the system has in its place.
        pass
    raise ValueError(f"has an unknown time zone: {name!r}")


def begins_after(start: When, due: When) -> bool:
    """Whether the start lies after the due; a day and a moment are compared by their dates."""
    if isinstance(start, datetime) and isinstance(due, datetime):
        return start.astimezone(UTC) > due.astimezone(UTC)
    return _day_of(start) > _day_of(due)


def _day_of(when: When) -> date:
    return when.date() if isinstance(when, datetime) else when


def _plain(value: object) -> When:
    """Return the value as a plain date or datetime, whatever subclass of them it is."""
    if not isinstance(value, date):
        raise TypeError
    if not isinstance(value, datetime):
        return date(value.year, value.month, value.day)
    from zoneinfo import ZoneInfo  # as above

    zone = value.tzinfo
    if zone is None or value.utcoffset() is None:
        raise ValueError("must be aware: give the datetime a zone")
    if isinstance(zone, ZoneInfo):
        if zone.key is None:
            raise ValueError("must be in a zone that has a name")
        zone = zone_named(zone.key)
    elif not isinstance(zone, timezone):
        raise ValueError("must be in a zoneinfo.ZoneInfo or at an offset")  # noqa: TRY004  # its zone
    moment = datetime.combine(value.date(), value.time(), zone).replace(fold=value.fold)
    return _that_exists(_with_short_offset(moment))


def _with_short_offset(moment: datetime) -> datetime:
    """Make a fixed offset one that RFC 3339 can say, which has none to the second."""
    offset = moment.utcoffset() or timedelta()
    if isinstance(moment.tzinfo, timezone) and (offset % timedelta(minutes=1) or not offset):
        return moment.astimezone(UTC)
    return moment


def _parsed(text: str) -> When:
    if day := re.fullmatch(_DATE, text):
        return date(*map(int, day.groups()))
    found = re.fullmatch(_DATE_TIME, text)
    if not found:
        raise ValueError(f"must be {_FORMS}")
    if found["local"].endswith(":60"):
        raise ValueError("must not be in a leap second")
    microseconds = int((found["fraction"] or "")[:6].ljust(6, "0"))
    local = datetime.fromisoformat(found["local"].upper()).replace(microsecond=microseconds)
    offset = _offset(found["offset"])
    zone = _zone_of(found["suffixes"])
    if zone is None:
        return local.replace(tzinfo=offset)
    if found["offset"] in _NO_OFFSET:
        # They say when, and leave the local time to the zone; +00:00 is an offset like any other.
        return local.replace(tzinfo=UTC).astimezone(zone)
    for fold in (0, 1):
        moment = _that_exists(local.replace(tzinfo=zone, fold=fold))
        if moment.utcoffset() == offset.utcoffset(None):
            return moment
    raise ValueError(f"has an offset that is not the one of {zone} then")


def _offset(text: str) -> timezone:
    if text in _NO_OFFSET:
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:])
    if hours > 23 or minutes > 59:  # noqa: PLR2004  # a clock's
        raise ValueError(f"has an impossible offset: {text}")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset) if offset else UTC


def _zone_of(suffixes: str) -> ZoneInfo | None:
    """Return the zone among RFC 9557's suffixes; of the others, pass over those that one may."""
    found: ZoneInfo | None = None
    for place, (critical, suffix) in enumerate(re.findall(_SUFFIX, suffixes)):
        if place == 0 and "=" not in suffix:
            found = zone_named(suffix)
        elif critical or "=" not in suffix:
            raise ValueError(f"has a suffix that nobody here knows: [{critical}{suffix}]")
    return found


def _that_exists(moment: datetime) -> datetime:
    """Return the moment; raise ``ValueError`` if its zone skips that local time."""
    local = moment.replace(tzinfo=None, fold=0)
    if moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None, fold=0) != local:
        raise ValueError(f"does not exist: clocks in {moment.tzinfo} skip that time")
    return moment
