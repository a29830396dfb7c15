"""Days and moments: what a filter's times are, by clock and zone, and which tasks they find."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taskcore import InvalidTask
from taskcore.entities.filters import (
    And,
    Contains,
    Day,
    Is,
    Moment,
    Not,
    Or,
    explain,
    parse_filter,
    resolve,
)
from taskcore.entities.filters.literals import read_time, time_at

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 21, 10, 43, tzinfo=UTC)  # a Saturday
AUCKLAND = ZoneInfo("Pacific/Auckland")  # UTC+13 in November
LOS_ANGELES = ZoneInfo("America/Los_Angeles")  # UTC-8 in November
PARIS = ZoneInfo("Europe/Paris")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")  # 2018-11-04 began at 01:00
ST_JOHNS = ZoneInfo("America/St_Johns")  # 2010-11-07 00:01 went back to the 6th, 23:01
MICROSECOND = timedelta(microseconds=1)


def at(text: str, now: datetime = NOW, zone: ZoneInfo = PARIS) -> date | datetime:
    return time_at(read_time(text), now, zone)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-11-30", date(2026, 11, 30)),
        ("today", date(2026, 11, 21)),
        ("Today", date(2026, 11, 21)),
        ("tomorrow", date(2026, 11, 22)),
        ("yesterday", date(2026, 11, 20)),
        ("saturday", date(2026, 11, 21)),
        ("sunday", date(2026, 11, 22)),
        ("Monday", date(2026, 11, 23)),
        ("fri", date(2026, 11, 27)),
        ("friday-1w", date(2026, 11, 20)),
        ("today+7d", date(2026, 11, 28)),
        ("today-2w", date(2026, 11, 7)),
        ("tomorrow+1y", date(2027, 11, 22)),
        ("+3d", date(2026, 11, 24)),
        ("-2w", date(2026, 11, 7)),
        ("+1M", date(2026, 12, 21)),
        ("+2m", date(2027, 1, 21)),
        ("-11m", date(2025, 12, 21)),
        ("+1y", date(2027, 11, 21)),
        ("+0d", date(2026, 11, 21)),
    ],
)
def test_a_day_is_found_from_today(text: str, day: date) -> None:
    assert at(text) == day


@pytest.mark.parametrize(
    ("today", "text", "day"),
    [
        (date(2027, 1, 31), "+1m", date(2027, 2, 28)),
        (date(2028, 1, 31), "+1m", date(2028, 2, 29)),
        (date(2028, 2, 29), "+1y", date(2029, 2, 28)),
        (date(2027, 3, 31), "-1m", date(2027, 2, 28)),
        (date(2027, 1, 31), "-2m", date(2026, 11, 30)),
    ],
)
def test_a_month_that_is_shorter_ends_earlier(today: date, text: str, day: date) -> None:
    assert at(text, datetime(today.year, today.month, today.day, tzinfo=UTC)) == day


@pytest.mark.parametrize(
    ("zone", "today"),
    [
        (AUCKLAND, date(2026, 11, 22)),
        (LOS_ANGELES, date(2026, 11, 21)),
        (PARIS, date(2026, 11, 22)),
    ],
)
def test_today_is_the_day_of_the_zone(zone: ZoneInfo, today: date) -> None:
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)

    assert at("today", late, zone) == today


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", NOW),
        ("NOW+2h", NOW + timedelta(hours=2)),
        ("now-30min", NOW - timedelta(minutes=30)),
        ("+90min", NOW + timedelta(minutes=90)),
        ("-1h", NOW - timedelta(hours=1)),
        ("now+1d", NOW + timedelta(days=1)),
        ("now-1m", datetime(2026, 10, 21, 9, 43, tzinfo=UTC)),  # summer time: the same local time
        ("2026-11-30T09:00:00+01:00", datetime(2026, 11, 30, 8, tzinfo=UTC)),
        ("2026-11-30T09:00:00+01:00[Europe/Paris]", datetime(2026, 11, 30, 8, tzinfo=UTC)),
        ("2026-11-30t09:00:00z", datetime(2026, 11, 30, 9, tzinfo=UTC)),
    ],
)
def test_a_moment_is_found_from_now(text: str, moment: datetime) -> None:
    assert at(text) == moment


def test_a_local_time_that_clocks_skip_is_the_one_after() -> None:
    day_before = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)  # 02:30 in Paris, skipped on the 29th

    assert at("now+1d", day_before) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30


def bounds(start: datetime, end: datetime) -> dict[str, Any]:
    return {
        "=": And((Is("created_at", ">=", start), Is("created_at", "<", end))),
        "!=": Not(And((Is("created_at", ">=", start), Is("created_at", "<", end)))),
        "<": Is("created_at", "<", start),
        "<=": Is("created_at", "<", end),
        ">": Is("created_at", ">=", end),
        ">=": Is("created_at", ">=", start),
    }


@pytest.mark.parametrize("op", ["=", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize(
    ("zone", "day", "start", "end"),
    [
        ("UTC", "2026-11-30", "2026-11-30T00Z", "2026-12-01T00Z"),
        ("Pacific/Auckland", "2026-11-30", "2026-11-29T11Z", "2026-11-30T11Z"),
        ("America/Los_Angeles", "2026-11-30", "2026-11-30T08Z", "2026-12-01T08Z"),
        ("Europe/Paris", "2026-10-25", "2026-10-24T22Z", "2026-10-25T23Z"),
    ],
)
def test_a_day_is_the_time_from_its_start_to_its_end_in_the_zone(
    zone: str, day: str, start: str, end: str, op: str
) -> None:
    expected = bounds(datetime.fromisoformat(start), datetime.fromisoformat(end))

    filter = parse_filter(f"created_at {op} {day}")

    assert resolve(filter, NOW, ZoneInfo(zone)) == expected[op]


def test_a_day_whose_midnight_is_skipped_begins_after_the_gap() -> None:
    found = resolve(parse_filter("created_at >= 2018-11-04"), NOW, SAO_PAULO)

    assert found == Is("created_at", ">=", datetime(2018, 11, 4, 3, tzinfo=UTC))


def test_a_day_is_compared_with_whole_days_as_days_and_with_moments_as_instants() -> None:
    start, end = datetime(2026, 11, 21, 8, tzinfo=UTC), datetime(2026, 11, 22, 8, tzinfo=UTC)
    day = date(2026, 11, 21)

    def found(text: str) -> object:
        return resolve(parse_filter(text), NOW, LOS_ANGELES)

    assert found("due <= today") == Or((Day("due", "<=", day), Moment("due", "<", end)))
    assert found("start > today") == Or((Day("start", ">", day), Moment("start", ">=", end)))
    assert found("due = today") == Or(
        (Day("due", "=", day), And((Moment("due", ">=", start), Moment("due", "<", end))))
    )


SATURDAY = date(2026, 11, 21)
IN_PARIS = (datetime(2026, 11, 20, 23, tzinfo=UTC), datetime(2026, 11, 21, 23, tzinfo=UTC))
MIDNIGHT, LAST = IN_PARIS[0], IN_PARIS[1] - MICROSECOND


@pytest.mark.parametrize(
    ("field", "now", "found"),
    [
        ("due", MIDNIGHT, {"!=", ">", ">="}),
        ("due", NOW, {"!=", ">", ">="}),
        ("due", LAST, {"=", "<=", ">="}),
        ("due", LAST + MICROSECOND, {"!=", "<", "<="}),
        ("start", MIDNIGHT - MICROSECOND, {"!=", ">", ">="}),
        ("start", MIDNIGHT, {"=", "<=", ">="}),
        ("start", NOW, {"!=", "<", "<="}),
        ("start", LAST, {"!=", "<", "<="}),
    ],
)
def test_a_due_day_counts_as_its_last_microsecond_and_a_start_day_as_its_first(
    finds: Callable[..., bool], field: str, now: datetime, found: set[str]
) -> None:
    ops = ["=", "!=", "<", "<=", ">", ">="]

    assert {
        op for op in ops if finds(f"{field} {op} now", now, PARIS, **{field: SATURDAY})
    } == found


def test_a_due_day_is_overdue_once_it_has_ended_in_the_zone(finds: Callable[..., bool]) -> None:
    ended_in_auckland = datetime(2026, 11, 21, 11, tzinfo=UTC)

    assert finds("due < now", ended_in_auckland, AUCKLAND, due=SATURDAY)
    assert not finds("due < now", ended_in_auckland - MICROSECOND, AUCKLAND, due=SATURDAY)
    assert not finds("due < now", ended_in_auckland, LOS_ANGELES, due=SATURDAY)


def test_a_moment_is_compared_with_moments_as_instants(finds: Callable[..., bool]) -> None:
    due = datetime(2026, 11, 21, 11, 43, tzinfo=PARIS)

    assert finds("due = now", due=due)
    assert finds("due <= 2026-11-21T10:43:00Z", due=due)
    assert not finds("due < now", due=due)
    assert finds("due = 2026-11-21", due=due)
    assert not finds("due = 2026-11-21", zone=ZoneInfo("Pacific/Kiritimati"), due=due)


zones = st.sampled_from([AUCKLAND, LOS_ANGELES, PARIS, SAO_PAULO, ST_JOHNS, ZoneInfo("UTC")])
hours = st.sampled_from(
    [datetime(2010, 11, 7, 2, 31, tzinfo=UTC), datetime(2018, 11, 4, 3, tzinfo=UTC)]
)
moments = st.builds(
    lambda hour, minutes: hour + timedelta(minutes=minutes), hours, st.integers(-3000, 3000)
)


@given(moments, moments, zones, st.sampled_from(["=", "<", "<=", ">", ">="]))
@example(
    datetime(2010, 11, 7, 2, 45, tzinfo=UTC), datetime(2010, 11, 7, 3, tzinfo=UTC), ST_JOHNS, "<"
)
def test_a_day_is_on_the_same_side_of_a_moment_as_its_edge(
    moment: datetime, other: datetime, zone: ZoneInfo, op: str
) -> None:
    day = other.astimezone(zone).date()
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    after = day + timedelta(days=1)
    end = datetime(after.year, after.month, after.day, tzinfo=zone).astimezone(UTC) - MICROSECOND
    compare: dict[str, Callable[[Any, Any], bool]] = {
        "=": lambda a, b: a == b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }

    for field, edge in (("due", end), ("start", midnight)):
        predicate = resolve(parse_filter(f"{field} {op} now"), moment, zone)
        days = [part for part in getattr(predicate, "terms", (predicate,)) if isinstance(part, Day)]
        holds = any(compare[part.op](day, part.day) for part in days)
        assert holds is compare[op](edge, moment)


@pytest.mark.parametrize(
    "time",
    [
        "today+9999y",
        "today-2026y",
        "+99999999999999999999d",
        "-1000000w",
        "now+99999999999999999999h",
        "now+8000y",
        f"+{'9' * 1900}m",
        "9999-12-31",
    ],
)
def test_a_time_outside_the_calendar_is_refused_at_its_column(time: str) -> None:
    filter = parse_filter(f"a due <= {time}")

    with pytest.raises(InvalidTask) as caught:
        resolve(filter, NOW, PARIS)

    reason = "expected a time between the years 1 and 9999, with days around it"
    assert (caught.value.column, caught.value.reason) == (10, reason)
    assert caught.value.kind == "range"


def test_a_time_outside_the_calendar_is_not_explained_either() -> None:
    with pytest.raises(InvalidTask, match="column 5: expected a time between"):
        explain(parse_filter("due<today+9999y"), NOW, PARIS)


def test_the_first_day_is_outside_the_calendar_where_it_begins_in_the_year_before() -> None:
    filter = parse_filter("created_at >= 0001-01-01")

    with pytest.raises(InvalidTask, match="column 15"):
        resolve(filter, NOW, AUCKLAND)
    assert resolve(filter, NOW, LOS_ANGELES) == Is(
        "created_at", ">=", datetime(1, 1, 1, 7, 52, 58, tzinfo=UTC)
    )


def test_a_group_of_times_is_one_flat_predicate() -> None:
    found = resolve(parse_filter("a (due <= today OR b) created_at = 2026-11-21"), NOW, PARIS)

    assert found == And(
        (
            Contains(("title", "description"), "a"),
            Or(
                (
                    Day("due", "<=", SATURDAY),
                    Moment("due", "<", IN_PARIS[1]),
                    Contains(("title", "description"), "b"),
                )
            ),
            Is("created_at", ">=", IN_PARIS[0]),
            Is("created_at", "<", IN_PARIS[1]),
        )
    )
