"""Days and moments: which text says them, which values are refused, and how they are told apart."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskcore.entities.when import (
    begins_after,
    format_when,
    is_day,
    order_instant,
    parse_when,
    same_when,
    start_of_day,
    stored_when,
    valid_when,
)
from taskcore.errors import InvalidTask

PARIS = ZoneInfo("Europe/Paris")


def local(*parts: int, fold: int = 0) -> datetime:
    """Return a datetime without a zone."""
    return datetime(*parts, fold=fold)  # type: ignore[arg-type]  # noqa: DTZ001  # so it is


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("2026-11-30", date(2026, 11, 30)),
        ("2028-02-29", date(2028, 2, 29)),
        ("2026-11-30T09:00:00Z", datetime(2026, 11, 30, 9, tzinfo=UTC)),
        ("2026-11-30t09:00:00z", datetime(2026, 11, 30, 9, tzinfo=UTC)),
        ("2026-11-30T09:00:00+00:00", datetime(2026, 11, 30, 9, tzinfo=UTC)),
        ("2026-11-30T09:00:00-00:00", datetime(2026, 11, 30, 9, tzinfo=UTC)),
        ("2026-11-30T09:00:00.25+05:30", local(2026, 11, 30, 9, 0, 0, 250000)),
        ("2026-11-30T09:00:00.123456789Z", datetime(2026, 11, 30, 9, 0, 0, 123456, UTC)),
        ("2026-11-30T09:00:00+01:00[Europe/Paris]", datetime(2026, 11, 30, 9, tzinfo=PARIS)),
        ("2026-11-30T09:00:00+01:00[!Europe/Paris]", datetime(2026, 11, 30, 9, tzinfo=PARIS)),
        ("2026-11-30T09:00:00+01:00[Europe/Paris][u-ca=gregory]", local(2026, 11, 30, 9)),
        ("2026-11-30T08:00:00Z[Europe/Paris]", datetime(2026, 11, 30, 9, tzinfo=PARIS)),
        ("2026-11-30T08:00:00-00:00[Europe/Paris]", datetime(2026, 11, 30, 9, tzinfo=PARIS)),
        ("2026-11-30T09:00:00+00:00[Europe/London]", local(2026, 11, 30, 9)),
        ("2026-10-25T02:30:00+02:00[Europe/Paris]", local(2026, 10, 25, 2, 30, fold=0)),
        ("2026-10-25T02:30:00+01:00[Europe/Paris]", local(2026, 10, 25, 2, 30, fold=1)),
    ],
)
def test_text_of_rfc_3339_and_9557_is_read(text: str, when: date | datetime) -> None:
    read = parse_when(text)

    assert type(read) is type(when)
    if isinstance(when, datetime):
        assert isinstance(read, datetime)
        assert read.replace(tzinfo=None) == when.replace(tzinfo=None)
        assert read.fold == when.fold
        assert read.tzinfo is not None
        assert when.tzinfo in {None, read.tzinfo}
    else:
        assert read == when


@pytest.mark.parametrize(
    ("text", "clue"),
    [
        ("", "must be a date"),
        ("tomorrow", "must be a date"),
        ("20261130", "must be a date"),
        ("2026-11-30 ", "must be a date"),
        ("2026-11-30\n", "must be a date"),
        ("\N{ARABIC-INDIC DIGIT TWO}026-11-30", "must be a date"),
        ("2026-11-30T09:00", "must be a date"),
        ("2026-11-30T09:00:00", "must be a date"),
        ("2026-11-30T09:00:00[Europe/Paris]", "must be a date"),
        ("2026-11-30 09:00:00Z", "must be a date"),
        ("2026-11-30T09:00:00+0100", "must be a date"),
        ("2026-11-30T09:00:00+01", "must be a date"),
        ("2026-11-30T09:00:00+01:00Europe/Paris", "must be a date"),
        ("2026-02-29", "day"),
        ("2026-13-01", "month"),
        ("0000-01-01", "year"),
        ("2026-11-30T24:00:00Z", "hour"),
        ("2026-11-30T09:61:00Z", "minute"),
        ("2026-12-31T23:59:60Z", "leap second"),
        ("2026-11-30T09:00:00+24:00", "impossible offset"),
        ("2026-11-30T09:00:00+01:60", "impossible offset"),
        ("2026-11-30T09:00:00+02:00[Europe/Paris]", "offset that is not the one of Europe/Paris"),
        ("2026-11-30T08:00:00+00:00[Europe/Paris]", "offset that is not the one of Europe/Paris"),
        ("2026-11-30T09:00:00+01:00[Europe/Atlantis]", "unknown time zone: 'Europe/Atlantis'"),
        ("2026-11-30T09:00:00+01:00[]", "unknown time zone"),
        ("2026-11-30T09:00:00+01:00[../etc/passwd]", "unknown time zone"),
        ("2026-11-30T09:00:00+01:00[posix/Europe/Paris]", "unknown time zone"),
        ("2026-11-30T09:00:00+01:00[localtime]", "unknown time zone"),
        ("2026-11-30T09:00:00+01:00[Europe]", "unknown time zone"),
        ("2026-03-29T02:30:00+01:00[Europe/Paris]", "skip that time"),
        ("2026-03-29T02:30:00+02:00[Europe/Paris]", "skip that time"),
        ("2026-11-30T09:00:00+01:00[Europe/Paris][Europe/Rome]", "suffix"),
        ("2026-11-30T09:00:00+01:00[Europe/Paris][!u-ca=hebrew]", "suffix"),
        ("0001-01-01T00:00:00+14:00", "too far"),
        ("9999-12-31T23:00:00-14:00", "too far"),
        ("9999-12-31T23:00:00-05:00[America/New_York]", "too far"),
        ("0001-01-01T00:00:00Z[America/New_York]", "too far"),
    ],
)
def test_what_is_looser_than_rfc_3339_or_cannot_be_is_refused(text: str, clue: str) -> None:
    with pytest.raises(ValueError, match=clue):
        parse_when(text)
    with pytest.raises(InvalidTask, match=clue) as caught:
        valid_when("due", text)
    assert caught.value.field == "due"


class Odd(tzinfo):
    """A zone of nobody's."""

    def utcoffset(self, _: datetime | None) -> timedelta:
        return timedelta(hours=1)

    def dst(self, _: datetime | None) -> None: ...

    def tzname(self, _: datetime | None) -> None: ...


@pytest.mark.parametrize(
    ("value", "clue"),
    [
        (local(2026, 11, 30, 9), "aware"),
        (datetime(2026, 11, 30, 9, tzinfo=Odd()), "ZoneInfo"),
        (datetime(2026, 3, 29, 2, 30, tzinfo=PARIS), "skip that time"),
        (7, "must be a date"),
        (True, "must be a date"),
        ([], "must be a date"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "too far"),
    ],
)
def test_a_value_that_says_no_time_is_refused(value: object, clue: str) -> None:
    with pytest.raises(InvalidTask, match=clue):
        valid_when("start", value)


def test_a_zone_without_a_name_is_refused() -> None:
    with open("/usr/share/zoneinfo/Europe/Paris", "rb") as file:  # noqa: PTH123  # as its docs do
        nameless = ZoneInfo.from_file(file)

    with pytest.raises(InvalidTask, match="name"):
        valid_when("due", datetime(2026, 11, 30, 9, tzinfo=nameless))


def test_none_and_plain_values_stay_what_they_are() -> None:
    moment = datetime(2026, 11, 30, 9, tzinfo=PARIS)

    assert valid_when("due", None) is None
    assert valid_when("due", date(2026, 11, 30)) == date(2026, 11, 30)
    assert valid_when("due", moment) == moment


def test_subclasses_become_plain_values() -> None:
    class Day(date):
        pass

    class Instant(datetime):
        pass

    assert type(valid_when("due", Day(2026, 11, 30))) is date
    assert type(valid_when("due", Instant(2026, 11, 30, tzinfo=PARIS))) is datetime


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (date(2026, 11, 30), "2026-11-30"),
        (datetime(2026, 11, 30, 9, tzinfo=UTC), "2026-11-30T09:00:00Z"),
        (datetime(2026, 11, 30, 9, tzinfo=ZoneInfo("UTC")), "2026-11-30T09:00:00+00:00[UTC]"),
        (datetime(2026, 11, 30, 9, tzinfo=PARIS), "2026-11-30T09:00:00+01:00[Europe/Paris]"),
        (
            datetime(2026, 11, 30, 9, 0, 0, 5, timezone(timedelta(hours=-3))),
            "2026-11-30T09:00:00.000005-03:00",
        ),
        (datetime(1850, 1, 1, tzinfo=PARIS), "1849-12-31T23:50:39Z[Europe/Paris]"),
    ],
)
def test_a_value_is_written_with_its_zone_and_read_again(when: date | datetime, text: str) -> None:
    assert format_when(when) == text
    assert same_when(parse_when(text), when)


zones = st.sampled_from(["Europe/Paris", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia"])
offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(local(1800, 1, 1), local(2200, 1, 1), timezones=st.just(UTC))
moments = st.builds(datetime.astimezone, instants, zones.map(ZoneInfo) | offsets)


@given(st.dates() | moments)
def test_every_valid_value_survives_its_text(when: date | datetime) -> None:
    valid = valid_when("due", when)

    assert valid is not None
    text = format_when(valid)
    assert same_when(parse_when(text), valid)
    assert order_instant(parse_when(text)) == order_instant(when)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert format_when(parse_when(text))


def test_the_same_moment_in_another_zone_is_not_the_same() -> None:
    moment = datetime(2026, 11, 30, 9, tzinfo=PARIS)

    assert not same_when(moment, moment.astimezone(UTC))
    assert not same_when(moment, None)
    assert same_when(None, None)
    assert same_when(moment, moment.replace())


def test_a_day_is_no_moment() -> None:
    assert is_day(date(2026, 11, 30))
    assert not is_day(datetime(2026, 11, 30, tzinfo=UTC))


def test_days_sort_at_their_end_in_utc() -> None:
    day = order_instant(date(2026, 11, 30))

    assert order_instant(datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) < day
    assert day < order_instant(datetime(2026, 12, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("day", "zone", "begins"),
    [
        (date(2026, 11, 30), "UTC", datetime(2026, 11, 30, tzinfo=UTC)),
        (date(2026, 11, 30), "Europe/Paris", datetime(2026, 11, 29, 23, tzinfo=UTC)),
        (date(2026, 11, 30), "America/Los_Angeles", datetime(2026, 11, 30, 8, tzinfo=UTC)),
        # Clocks went from midnight to one o'clock.
        (date(2018, 11, 4), "America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),
        # Midnight came twice; the day begins with the first.
        (date(2018, 11, 4), "America/Havana", datetime(2018, 11, 4, 4, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_its_first_moment_there(day: date, zone: str, begins: datetime) -> None:
    assert start_of_day(day, ZoneInfo(zone)) == begins


@pytest.mark.parametrize(
    ("start", "due", "expected"),
    [
        ("2026-11-30", "2026-11-30", False),
        ("2026-12-01", "2026-11-30", True),
        ("2026-11-30T09:00:00Z", "2026-11-30T10:00:00+01:00", False),
        ("2026-11-30T09:00:01Z", "2026-11-30T10:00:00+01:00", True),
        ("2026-11-30", "2026-11-30T00:00:00+01:00[Europe/Paris]", False),
        ("2026-12-01", "2026-11-30T23:00:00+01:00[Europe/Paris]", True),
        ("2026-11-30T23:59:59Z", "2026-11-30", False),
        ("2026-12-01T00:00:00Z", "2026-11-30", True),
    ],
)
def test_a_start_is_after_the_due_or_not(start: str, due: str, *, expected: bool) -> None:
    assert begins_after(parse_when(start), parse_when(due)) is expected


@given(st.dates() | moments)
def test_what_was_stored_is_read_as_it_was(when: date | datetime) -> None:
    valid = valid_when("due", when)

    assert valid is not None
    assert same_when(stored_when(format_when(valid)), valid)


@pytest.mark.parametrize("zone", ["Mars/Olympus_Mons", "../x", "Europe"])
def test_a_stored_moment_in_a_zone_that_is_gone_stays_the_instant_it_was(zone: str) -> None:
    read = stored_when(f"2026-11-30T09:00:00+01:00[{zone}]")

    assert order_instant(read) == datetime(2026, 11, 30, 8, tzinfo=UTC)
