"""Days and moments as people say them: ``tomorrow 9am``, ``next friday``, ``in 3 days``.

One word that a filter knows means here what it means there (``friday``, ``+3d``, ``2026-11-30``).
For the rest there is dateparser, which is well kept, but takes what it does not know for a month,
a time zone or nothing. So ``_PHRASES`` says what may be asked of it, and where a phrase ends.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from taskcore.entities.filters.literals import read_time, time_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from taskcore.entities import When

LONGEST: Final = 8
"""How many words a phrase may have."""


class Dates:
    """What phrases mean at ``now``, to a user in the zone."""

    def __init__(self, now: datetime, zone: tzinfo) -> None:
        self._now = now.astimezone(UTC).replace(second=0, microsecond=0)
        self._zone = zone

    def read(self, words: Sequence[str]) -> tuple[When, int] | None:
        """Return the day or moment that the first words say, and how many words say it.

        None if they say none. Raises ``ValueError``, with the reason, for one that cannot be.
        """
        for count in range(min(len(words), LONGEST), 0, -1):
            text = " ".join(words[:count]).rstrip(",;.")
            if count == 1 and (when := self._literal(text)) is not None:
                return when, 1
            for form in _PHRASES:
                if found := form.fullmatch(text):
                    return self._understood(found.groupdict()), count
        return None

    def _literal(self, word: str) -> When | None:
        """Return what a filter understands by the word, or None."""
        try:
            time = read_time(word)
            if isinstance(time, date):
                return time  # a moment with the zone, or the offset, that was written
            return time_at(time, self._now, self._zone)
        except OverflowError:
            raise ValueError("is too far away") from None
        except ValueError:
            if _NUMERIC.match(word) and not _LOCAL_TIME.fullmatch(word):
                raise  # it is nothing else, and the reason says more than we could
            return None

    def _understood(self, phrase: Mapping[str, str | None]) -> When:
        day, clock = phrase.get("day"), phrase.get("clock")
        if span := phrase.get("span"):
            # Hours pass by the clock: in UTC, where none comes twice and none is skipped.
            moment = _parsed(span, self._now)
            return moment.replace(tzinfo=UTC).astimezone(self._zone)
        local = self._now.astimezone(self._zone)
        if day and _WEEKDAY.fullmatch(day):
            # As in a filter, the nearest such day: today can be it.
            day = time_at(read_time(day[:3]), self._now, self._zone).isoformat()
        elif day and _MONTH.search(day):
            # Of a day without a year the next one, which to the parser today cannot be.
            local -= timedelta(days=1)
        found = _parsed(f"{day or ''} {clock or ''}", local)
        return found.replace(tzinfo=self._zone) if clock else found.date()


def _parsed(text: str, base: datetime) -> datetime:
    """Return the local time that dateparser reads. Raises ``ValueError`` where it reads none."""
    # It takes a third of a second to import, and most tasks name no date.
    from dateparser.date import DateDataParser  # type: ignore[import-untyped]  # it has no types

    settings: dict[str, Any] = {
        "DATE_ORDER": "DMY",  # of 1.12.2026
        "PREFER_DATES_FROM": "future",
        "TIMEZONE": "UTC",  # else it asks for the machine's, which may have none
        "RELATIVE_BASE": base.replace(tzinfo=None),
    }
    known = _FILLER.sub(" ", _BARE_HOUR.sub(r"\1:00", text.lower()))
    found: datetime | None
    found = DateDataParser(languages=["en"], settings=settings).get_date_data(known).date_obj
    if found is None:
        raise ValueError(f"is no day that there is: {text.strip()}")
    return found


_BARE_HOUR: Final = re.compile(r"\bat (\d{1,2})$")
_FILLER: Final = re.compile(r"\b(?:at|of|on|the)\b|,")
_NUMERIC: Final = re.compile(r"\d{4}-|[+-]\d")


def _form(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII | re.IGNORECASE)


_COUNT = r"(?:an?|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,3})"
_NAMES = "mon(?:day)?|tue(?:s|sday)?|wed(?:nesday)?|thu(?:rs|rsday)?|fri(?:day)?|sat(?:urday)?"
_DAY_NAME = f"(?:{_NAMES}|sun(?:day)?)"
_MONTH_NAME = (
    "(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_YEAR = r"(?:,? \d{4})?"
_ISO = r"\d{4}-\d\d-\d\d"
_DAY = (
    "(?P<day>"
    + "|".join(
        (
            "today|tomorrow|yesterday|(?:the )?day after tomorrow",
            f"(?:next |last |this )?{_DAY_NAME}",
            "(?:next|last) (?:week|month|year)",
            f"(?:in )?{_COUNT} (?:day|week|month|year)s?",
            f"{_COUNT} (?:day|week|month|year)s? ago",
            f"(?:the )?{_NTH}(?: of)? {_MONTH_NAME}{_YEAR}",
            f"{_MONTH_NAME} {_NTH}{_YEAR}",
            rf"{_ISO}|\d{{1,2}}\.\d{{1,2}}\.\d{{4}}",
        )
    )
    + ")"
)
_HOUR = "(?:[01]?[0-9]|2[0-3])"
_TIME = (
    rf"(?:(?:at )?(?:{_HOUR}:[0-5]\d|(?:0?[1-9]|1[0-2])(?::[0-5]\d)? ?[ap]m|noon|midnight)"
    f"|at {_HOUR})"
)
_PART = "(?:morning|afternoon|evening)"
_SPAN = f"{_COUNT} (?:hour|minute|min)s?"

_LOCAL_TIME: Final = _form(rf"(?P<day>{_ISO})T(?P<clock>{_HOUR}:[0-5]\d(?::[0-5]\d)?)")
_PHRASES: Final = (
    _form(f"(?:on )?{_DAY}(?:,? (?P<clock>{_TIME}|{_PART}))?"),
    _form(f"(?P<clock>{_TIME}),? (?:on )?{_DAY}"),
    _form(f"(?P<clock>{_TIME}|tonight|this {_PART})"),
    _form(f"(?P<span>(?:in )?{_SPAN}|{_SPAN} ago)"),
    _LOCAL_TIME,
)
_WEEKDAY: Final = _form(_DAY_NAME)
_MONTH: Final = _form(rf".*\b{_MONTH_NAME}\b.*")
