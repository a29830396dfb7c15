"""A filter in words."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from taskcore.entities import Priority
from taskcore.entities.filters import explain, parse_filter
from taskcore.entities.ordering import ORDER_FIELDS

NOW = datetime(2026, 11, 21, 10, 43, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
SOME_ID = "0190b6b2-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "every task"),
        ("title:*", "every task"),
        ("milk", 'title or description contains "milk"'),
        ("title:Milk", 'title contains "milk"'),
        (
            "completed = false AND (tags:home OR priority = high) AND due <= today+7d",
            'open, and (tagged "home" or priority is high), and due by Sat 2026-11-28',
        ),
        (
            "completed=true AND tags:a OR tags:b",
            'completed, and (tagged "a" or tagged "b")',
        ),
        ("(tags:a tags:b) OR tags:c", '(tagged "a", and tagged "b") or tagged "c"'),
        ("tags:(a OR -(b c))", 'tagged "a" or not (tagged "b", and tagged "c")'),
        ("priority != low", "not (priority is low)"),
        (
            "tags:a and",
            (
                'tagged "a", and title or description contains "and" '
                "(a word: operators are in capitals)"
            ),
        ),
        (r"title = 'a\*\n*\"'", r'title is like "a\*\n*\""'),
        ("title = 'say \"hi\"'", r'title is "say \"hi\""'),
        ("project = home", 'project is "home"'),
        ("project:home", 'in project "home" or below'),
        ("version >= 3", "version is at least 3"),
        ("priority < high", "priority is below high"),
        ("priority > low", "priority is above low"),
        ("priority <= low", "priority is at most low"),
        (f"id = {SOME_ID}", f"id is {SOME_ID}"),
        (f"parent_id = {SOME_ID}", f"parent is {SOME_ID}"),
        ("extra.a.'b c' = 'x'", 'extra.a."b c" is "x"'),
        ("extra.a = null", "extra.a is null"),
        ("extra.a = true", "extra.a is true"),
        ("extra.a > -2.5", "extra.a is above -2.5"),
        ("extra:a", "has extra.a"),
        ("description:*", "has a description"),
        ("completed_at:*", "has a time of completion"),
        ("due:*", "has a due date"),
        ("start:*", "has a start date"),
        ("priority:*", "has a priority"),
        ("tags:*", "has a tag"),
        ("project:*", "has a project"),
        ("parent_id:*", "has a parent"),
        ("extra:*", "has something in extra"),
        ("due = friday", "due on Fri 2026-11-27"),
        ("due < tomorrow", "due before Sun 2026-11-22"),
        ("start > 2026-11-30", "starts after Mon 2026-11-30"),
        ("created_at >= -1w", "created on or after Sat 2026-11-14"),
        ("due < now", "due before Sat 2026-11-21 11:43 Europe/Paris"),
        ("updated_at = 2026-11-24T23:30:00Z", "updated at Wed 2026-11-25 00:30 Europe/Paris"),
        ("completed_at >= now-1h", "completed at or after Sat 2026-11-21 10:43 Europe/Paris"),
        ("due >= 0999-12-31", "due on or after Tue 0999-12-31"),
    ],
)
def test_a_filter_is_explained_with_its_groups_and_its_days(text: str, words: str) -> None:
    assert explain(parse_filter(text), NOW, PARIS) == words


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("completed", "completed = true"),
        ("Done", "completed = true"),
        ("open", "completed = false"),
        ("overdue", "due < now"),
        ("TODAY", "due = today"),
        ("friday", "due = friday"),
        ("2026-11-30", "due = 2026-11-30"),
        ("high", "priority = high"),
        ("+money", "tags:NAME"),
        ("#home.calls", "project:NAME"),
        ("!low", "priority = high"),
    ],
)
def test_a_bare_word_that_may_be_meant_for_more_comes_with_a_hint(word: str, meant: str) -> None:
    hint = f" (a word: to test the field, write {meant})"
    for text in (word, f"NOT {word}", f"a OR {word}"):
        assert hint in explain(parse_filter(text), NOW, PARIS)
    assert hint not in explain(parse_filter(f"title:{json.dumps(word)}"), NOW, PARIS)


@pytest.mark.parametrize(
    "field",
    [*sorted(set(ORDER_FIELDS) - {"id"}), "tags", "extra", *(one.value for one in Priority)],
)
def test_a_hint_is_a_filter_that_tests_the_field(field: str) -> None:
    hinted = explain(parse_filter(field), NOW, PARIS)
    [meant] = re.findall(r"write (.*)\)$", hinted)
    assert meant.startswith("priority" if field in set(Priority) else field)
    assert "a word" not in explain(parse_filter(meant), NOW, PARIS)


def test_an_explanation_has_one_line() -> None:
    assert "\n" not in explain(
        parse_filter("'a\nb' extra.'c\nd' = 'e\nf' title='g\n*'"), NOW, PARIS
    )
