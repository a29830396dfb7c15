"""Days and moments as people say them, on a Tuesday at 10 in Paris."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from taskcore.entities.when import format_when
from taskcore_cli.dates import Dates

NOW = datetime(2026, 11, 24, 9, 0, 12, 5, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")


def read(text: str, now: datetime = NOW) -> tuple[str, int] | None:
    """Return the time as text, and how many words say it."""
    found = Dates(now, PARIS).read(text.split())
    return found and (format_when(found[0]), found[1])


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2026-11-24"),
        ("tomorrow", "2026-11-25"),
        ("yesterday", "2026-11-23"),
        ("friday", "2026-11-27"),
        ("Fri", "2026-11-27"),
        ("tuesday", "2026-11-24"),
        ("next friday", "2026-11-27"),
        ("next tuesday", "2026-12-01"),
        ("last friday", "2026-11-20"),
        ("on friday", "2026-11-27"),
        ("thurs", "2026-11-26"),
        ("in 3 days", "2026-11-27"),
        ("3 days", "2026-11-27"),
        ("in two weeks", "2026-12-08"),
        ("in a month", "2026-12-24"),
        ("2 days ago", "2026-11-22"),
        ("next week", "2026-12-01"),
        ("the day after tomorrow", "2026-11-26"),
        ("30 nov", "2026-11-30"),
        ("nov 30", "2026-11-30"),
        ("24 nov", "2026-11-24"),
        ("the 5th of january", "2027-01-05"),
        ("jan 5, 2028", "2028-01-05"),
        ("29 feb", "2028-02-29"),
        ("1.12.2026", "2026-12-01"),
        ("2026-11-30", "2026-11-30"),
        ("1999-01-02", "1999-01-02"),
        ("+3d", "2026-11-27"),
        ("friday+1w", "2026-12-04"),
    ],
)
def test_a_phrase_is_a_day(text: str, day: str) -> None:
    assert read(text) == (day, len(text.split()))


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("tomorrow 9am", "2026-11-25T09:00:00"),
        ("tomorrow 9 AM", "2026-11-25T09:00:00"),
        ("tomorrow at 9", "2026-11-25T09:00:00"),
        ("9am tomorrow", "2026-11-25T09:00:00"),
        ("today 9am", "2026-11-24T09:00:00"),
        ("tuesday 9am", "2026-11-24T09:00:00"),
        ("24 nov 9am", "2026-11-24T09:00:00"),
        ("friday, 17:30", "2026-11-27T17:30:00"),
        ("next friday at 5pm", "2026-11-27T17:00:00"),
        ("in 3 days at 9", "2026-11-27T09:00:00"),
        ("tomorrow noon", "2026-11-25T12:00:00"),
        ("tomorrow morning", "2026-11-25T09:00:00"),
        ("tonight", "2026-11-24T20:00:00"),
        ("9am", "2026-11-25T09:00:00"),
        ("17:30", "2026-11-24T17:30:00"),
        ("in 2 hours", "2026-11-24T12:00:00"),
        ("30 minutes ago", "2026-11-24T09:30:00"),
        ("now", "2026-11-24T10:00:00"),
        ("2026-11-30 9:00", "2026-11-30T09:00:00"),
        ("2026-11-30T09:00", "2026-11-30T09:00:00"),
        ("2026-11-30T09:00:30", "2026-11-30T09:00:30"),
    ],
)
def test_a_phrase_with_a_time_is_a_moment_in_the_zone(text: str, local: str) -> None:
    assert read(text) == (f"{local}+01:00[Europe/Paris]", len(text.split()))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-30T09:00:00Z",
        "2026-11-30T09:00:00-05:00",
        "2026-11-30T09:00:00-05:00[America/New_York]",
    ],
)
def test_a_moment_that_names_its_zone_or_offset_keeps_it(text: str) -> None:
    assert read(text) == (text, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tomorrow call the bank", 1),
        ("tomorrow 9am call", 2),
        ("tomorrow, call", 1),
        ("tomorrow 2 eggs", 1),
        ("tomorrow in the garden", 1),
        ("friday eat cake", 1),  # EAT and CAT are time zones
        ("friday the cat", 1),
        ("jan 5 2 eggs", 2),
        ("5 jan 2 eggs", 2),
    ],
)
def test_a_phrase_ends_where_it_is_no_longer_understood(text: str, words: int) -> None:
    found = read(text)
    assert found
    assert found[1] == words


@pytest.mark.parametrize(
    "text", ["", "milk", "call the bank", "2", "a", "me", "on", "may", "in", "01/12/2026", "end"]
)
def test_what_names_no_date_is_none(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "text", ["2026-02-30", "31 apr", "29 feb 2027", "+3x", "2026-3-1", "+99999y"]
)
def test_a_date_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read(text)


def test_hours_pass_by_the_clock_when_clocks_change() -> None:
    before_spring = datetime(2027, 3, 28, 0, 30, tzinfo=UTC)
    assert read("in 2 hours", before_spring) == ("2027-03-28T04:30:00+02:00[Europe/Paris]", 3)


def test_a_day_is_the_users_day() -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    assert read("today", late) == ("2026-11-25", 1)
    assert read("tomorrow 9am", late) == ("2026-11-26T09:00:00+01:00[Europe/Paris]", 2)
