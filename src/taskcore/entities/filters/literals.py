"""The times that a filter can say, most of them only in relation to a clock and a zone.

- ``2026-11-30``, and moments as RFC 3339 and RFC 9557 write them (see ``entities.when``);
- ``today``, ``tomorrow``, ``yesterday``; and ``now``, which is a moment;
- ``monday`` to ``sunday``, or ``mon`` to ``sun``: the nearest such day, today included;
- one of these names with an offset: ``today+7d``, ``friday-1w``, ``now+2h``, ``now-30min``;
- an offset alone, which counts from today (``+3d``, ``-2w``, ``+1m``, ``+1y``) or, in hours and
  minutes, from now.

Days, weeks, months and years go by the calendar of the user's zone: a month after January 31st is
the last day of February, and ``now+1d`` is tomorrow at the same local time. Hours and minutes go by
the clock, and so only from ``now``. Case does not matter.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import frozen

from taskcore.entities.when import When, parse_when

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen
class Relative:
    """A day or a moment that depends on now: what it counts from, and how many of which unit."""

    anchor: str
    count: int
    unit: str


Time: TypeAlias = When | Relative


def read_time(text: str) -> Time:
    """Return the time that the text says; raise ``ValueError`` with the reason if it says none."""
    if _BEGINS_LIKE_A_DATE.match(text):
        return parse_when(text)
    found = _RELATIVE.fullmatch(text.lower())
    if not found or (found["anchor"] and found["anchor"] not in _ANCHORS):
        raise ValueError(f"must be {TIMES}")
    unit = found["unit"] or "d"
    anchor = found["anchor"] or ("now" if unit in _CLOCK_UNITS else "today")
    if unit not in _UNITS:
        raise ValueError(f"has an unknown unit: expected one of {', '.join(_UNITS)}, not {unit}")
    if unit in _CLOCK_UNITS and anchor != "now":
        raise ValueError(f"must count hours and minutes from now, as now{found['offset']}")
    return Relative(anchor, int(found["count"] or 0), unit)


def is_offset(text: str) -> bool:
    """Whether the text is an offset without a name before it."""
    found = _RELATIVE.fullmatch(text.lower())
    return bool(found and not found["anchor"] and found["unit"] in _UNITS)


def time_at(time: Time, now: datetime, zone: tzinfo) -> When:
    """Return the day, or the moment in the zone, that the time is when the clock shows ``now``.

    Raises ``OverflowError`` or ``ValueError`` for one before the year 1 or after 9999.
    """
    if isinstance(time, datetime):
        return time.astimezone(zone)
    if isinstance(time, date):
        return time
    local = now.astimezone(zone)
    if time.unit in _CLOCK_UNITS:
        return (now.astimezone(UTC) + time.count * _CLOCK_UNITS[time.unit]).astimezone(zone)
    day = _moved(_day(time.anchor, local.date()), time.count, time.unit)
    if time.anchor != "now":
        return day
    # Through UTC, because clocks may skip that local time.
    return local.replace(day.year, day.month, day.day).astimezone(UTC).astimezone(zone)


def _day(anchor: str, today: date) -> date:
    if anchor in _WEEKDAYS:
        return today + timedelta(days=(_WEEKDAYS[anchor] - today.weekday()) % 7)
    return today + timedelta(days=_DAYS[anchor])


def _moved(day: date, count: int, unit: str) -> date:
    if unit in _DAYS_IN:
        return day + timedelta(days=count * _DAYS_IN[unit])
    months = day.year * 12 + day.month - 1 + count * _MONTHS_IN[unit]
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


TIMES: Final = (
    "a day (2026-11-30, today, friday, +3d, today+1m) "
    "or a moment (now, now-2h, 2026-11-30T09:00:00+01:00)"
)
_DAYS: Final[Mapping[str, int]] = {"today": 0, "tomorrow": 1, "yesterday": -1, "now": 0}
_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS: Final[Mapping[str, int]] = {
    form: number for number, name in enumerate(_NAMES) for form in (name, name[:3])
}
_ANCHORS: Final = _DAYS.keys() | _WEEKDAYS.keys()

_DAYS_IN: Final[Mapping[str, int]] = {"d": 1, "w": 7}
_MONTHS_IN: Final[Mapping[str, int]] = {"m": 1, "y": 12}
_CLOCK_UNITS: Final[Mapping[str, timedelta]] = {
    "h": timedelta(hours=1),
    "min": timedelta(minutes=1),
}
_UNITS: Final = (*_DAYS_IN, *_MONTHS_IN, *_CLOCK_UNITS)

_BEGINS_LIKE_A_DATE: Final = re.compile("[0-9]{4}-")
_RELATIVE: Final = re.compile(
    "(?=.)(?P<anchor>[a-z]*)(?P<offset>(?P<count>[+-][0-9]+)(?P<unit>[a-z]+))?"
)
