"""Filters that cannot be: each is told what is wrong, at which column, and what was expected."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taskcore import InvalidTask
from taskcore.entities.filters import Filter, parse_filter


def parsed(source: str) -> Filter | InvalidTask:
    try:
        return parse_filter(source)
    except InvalidTask as error:
        return error


def refusal(source: str) -> tuple[int, str, str]:
    """Return the column, the reason and the kind of the refusal."""
    with pytest.raises(InvalidTask) as caught:
        parse_filter(source)
    error = caught.value
    assert str(error) == f"filter, column {error.column}: {error.reason}"
    return error.column or 0, error.reason, error.kind


@pytest.mark.parametrize(
    ("source", "column", "expected"),
    [
        (")", 1, 'expected a word, a comparison or "(", not ")"'),
        ("()", 2, 'expected a word, a comparison or "(", not ")"'),
        ("AND", 1, 'expected a word, a comparison or "(", not AND'),
        ("a AND", 6, 'expected a word, a comparison or "(", not the end'),
        ("a AND OR b", 7, 'expected a word, a comparison or "(", not OR'),
        ("a OR", 5, 'expected a word, a comparison or "(", not the end'),
        ("NOT", 4, 'expected a word, a comparison or "(", not the end'),
        ("NOT NOT a", 5, 'expected a word, a comparison or "(", not NOT'),
        ("--a", 2, 'expected a word, a comparison or "(", not "-"'),
        ("= 1", 1, 'expected a word, a comparison or "(", not "="'),
        (".a", 1, 'expected a word, a comparison or "(", not "."'),
        ("- a", 3, 'expected a term directly after "-", not "a"'),
        ("-", 2, 'expected a term directly after "-", not the end'),
        ("a)", 2, 'expected AND, OR, another term or the end, not ")"'),
        ("a, b", 2, 'expected AND, OR, another term or the end, not ","'),
        ("tags:a,b", 7, 'expected AND, OR, another term or the end, not ","'),
        ("title=a=b", 8, 'expected AND, OR, another term or the end, not "="'),
        ("a . b", 3, 'expected AND, OR, another term or the end, not "."'),
        ("(a", 3, 'expected AND, OR, another term or the ")" to column 1, not the end'),
        ("x ((a)", 7, 'expected AND, OR, another term or the ")" to column 3, not the end'),
        ("(a,b)", 3, 'expected AND, OR, another term or the ")" to column 1, not ","'),
        ("etc.", 5, 'expected a name directly after ".", not the end'),
        ("a. b", 4, 'expected a name directly after ".", not "b"'),
        ("extra.=1", 7, 'expected a name directly after ".", not "="'),
        ('"a""b"', 4, 'expected a space, not "b"'),
        ('a"b"', 2, 'expected a space, not "b"'),
        ("(a)(b)", 4, 'expected a space, not "("'),
        ("'a'(b)", 4, 'expected a space, not "("'),
        ("NOT(a)", 4, 'expected a space, not "("'),
        ("a AND(b)", 6, 'expected a space, not "("'),
        ("a OR(b)", 5, 'expected a space, not "("'),
        ("tags:", 6, 'expected a value after ":", not the end'),
        ("tags:)", 6, 'expected a value after ":", not ")"'),
        ("tags::a", 6, 'expected a value after ":", not ":"'),
        ("title != OR", 10, 'expected a value after "!=", not OR'),
        ("due > =", 7, 'expected a value after ">", not "="'),
        ("tags:()", 7, 'expected a value, not ")"'),
        ("tags:(a OR AND)", 12, "expected a value, not AND"),
        ("tags:(a OR title:b)", 17, 'expected only values in these parentheses, not ":"'),
        (
            "due<=today + 7d",
            12,
            'expected no space before "+", as in today+7d, or quotes around text',
        ),
        (
            "due<=today +7d",
            12,
            'expected no space before "+7d", as in today+7d, or quotes around text',
        ),
        (
            "due<=today -2w",
            12,
            'expected no space before "-2w", as in today+7d, or quotes around text',
        ),
        ("'milk", 1, "this quote never ends; expected another '"),
        ('tags:"a\\"', 6, 'this quote never ends; expected another "'),
        (r'"a\d"', 3, r"unknown escape \d; expected one of \" \' \\ \* \n \t"),
    ],
)
def test_the_grammar_is_told_by_column_and_by_what_was_expected(
    source: str, column: int, expected: str
) -> None:
    assert refusal(source) == (column, expected, "filter")


@pytest.mark.parametrize(
    ("source", "column", "reason"),
    [
        ("completed=true tgas:home", 16, 'unknown field "tgas"; did you mean "tags"?'),
        ("Tags:home", 1, 'unknown field "Tags"; did you mean "tags"?'),
        ("TAGS:home", 1, 'unknown field "TAGS"; did you mean "tags"?'),
        ("(a) proirity=high", 5, 'unknown field "proirity"; did you mean "priority"?'),
        (
            "http://x",
            1,
            (
                'unknown field "http"; expected one of id, title, description, completed, '
                "completed_at, due, start, priority, tags, project, parent_id, extra, created_at, "
                "updated_at, version, or quotes around what is only text"
            ),
        ),
        ("due.day = 1", 5, "due has no parts; only extra has"),
        ("f(x)", 1, 'unknown function "f"; expected none, as there are no functions'),
        ("a.AND.b()", 1, 'unknown function "a.AND.b"; expected none, as there are no functions'),
        ("due<ago(1)", 5, 'unknown function "ago"; expected none, as there are no functions'),
        ("tags:(a f(x))", 9, 'unknown function "f"; expected none, as there are no functions'),
    ],
)
def test_an_unknown_name_is_told_with_what_there_is(source: str, column: int, reason: str) -> None:
    assert refusal(source) == (column, reason, "unknown")


def test_a_mistake_says_where_it_is() -> None:
    with pytest.raises(InvalidTask) as caught:
        parse_filter("priority=high tgas:home")

    said = 'filter, column 15: unknown field "tgas"; did you mean "tags"?'
    assert str(caught.value) == said


def test_the_owner_is_no_field_of_a_filter() -> None:
    assert refusal("user_id=bob")[2] == "unknown"


@pytest.mark.parametrize(
    ("source", "column", "reason"),
    [
        ("tags=home", 5, 'tags takes only ":", not "="'),
        ("tags != home", 6, 'tags takes only ":", not "!="'),
        ("extra=1", 6, 'extra takes only ":", not "="'),
        ("completed < true", 11, 'completed takes "=", "!=" or ":", not "<"'),
        ("completed=1", 11, 'completed takes true or false, not "1"'),
        ("completed='True'", 11, "completed takes true or false, not 'True'"),
        ("priority = urgent", 12, 'priority takes high, medium or low, not "urgent"'),
        ("priority=High", 10, 'priority takes high, medium or low, not "High"'),
        ("priority=(high OR urgent)", 19, 'priority takes high, medium or low, not "urgent"'),
        ("id=0190", 4, 'id takes a whole UUID, not "0190"'),
        ("version>x", 9, 'version takes a whole number up to 9007199254740991, not "x"'),
        (
            "version>9007199254740992",
            9,
            'version takes a whole number up to 9007199254740991, not "9007199254740992"',
        ),
        ("tags:ho*", 6, 'tags takes a tag after ":", or * alone for any, not "ho*"'),
        ("tags:''", 6, "tags takes a tag after \":\", or * alone for any, not ''"),
        ("tags:'*'", 6, "tags takes a tag after \":\", or * alone for any, not '*'"),
        (
            "project:home.*",
            9,
            'project takes a project after ":", or * alone for any, not "home.*"',
        ),
        ("extra:a*", 7, 'extra takes a key after ":", or * alone for any, not "a*"'),
        ("extra.a<true", 9, 'extra.a takes text or a number after "<", not "true"'),
        ("extra.a>=null", 10, 'extra.a takes text or a number after ">=", not "null"'),
        (
            "extra.a=1e400",
            9,
            'extra.a takes fractions, and integers up to 9007199254740991, not "1e400"',
        ),
        (
            "extra.a=-9007199254740992",
            9,
            'extra.a takes fractions, and integers up to 9007199254740991, not "-9007199254740992"',
        ),
        (
            "extra.a=x*",
            9,
            'extra.a takes text without wildcards (in quotes, "\\*" is a star), not "x*"',
        ),
        ("*", 1, 'expected text to look for, without "*" inside, not "*"'),
        ("a*b", 1, 'expected text to look for, without "*" inside, not "a*b"'),
        ("title:''", 7, "expected text to look for, without \"*\" inside, not ''"),
        (
            "due<soon",
            5,
            (
                'due takes a time, and "soon" must be a day '
                "(2026-11-30, today, friday, +3d, today+1m) or a moment "
                "(now, now-2h, 2026-11-30T09:00:00+01:00)"
            ),
        ),
        (
            "start = today+7x",
            9,
            (
                'start takes a time, and "today+7x" has an unknown unit: '
                "expected one of d, w, m, y, h, min, not x"
            ),
        ),
        (
            "due=today+2h",
            5,
            'due takes a time, and "today+2h" must count hours and minutes from now, as now+2h',
        ),
    ],
)
def test_what_a_field_does_not_take_is_told_with_what_it_takes(
    source: str, column: int, reason: str
) -> None:
    assert refusal(source) == (column, reason, "type")


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-30",
        "2026-11-30T09:00",
        "2026-11-30T09:00:00+02:00[Europe/Paris]",
        "2026-11-30T09:00:00Z[Mars/Base]",
        "2026-03-29T02:30:00+01:00[Europe/Paris]",
        "0000-01-01",
        "2026-13-01",
        "today+d",
        "today++7d",
        "noon",
        "+",
        "-",
        "''",
    ],
)
def test_a_time_that_cannot_be_is_refused_at_its_column(value: str) -> None:
    assert refusal(f"a due < {value}")[::2] == (9, "type")


@pytest.mark.parametrize(
    ("source", "column", "reason"),
    [
        ("a" * 2001, 2001, "expected the end: a filter has at most 2000 characters, not 2001"),
        ("a " * 101, 201, "expected the end: a filter has at most 100 terms"),
        ("-a " * 101, 302, "expected the end: a filter has at most 100 terms"),
        (f"title:({'a ' * 101})", 208, "expected the end: a filter has at most 100 terms"),
        ("(" * 33 + "a" + ")" * 33, 33, "expected at most 32 parentheses in each other"),
        ("(" * 2000, 33, "expected at most 32 parentheses in each other"),
        ("tags:" + "(" * 33, 38, "expected at most 32 parentheses in each other"),
        ("-(" * 1000, 66, "expected at most 32 parentheses in each other"),
        ("extra" + ".a" * 33 + "=1", 71, "expected at most 32 names after extra"),
        (f"extra.a.{'k' * 65}=1", 9, "expected a key of 1 to 64 characters, not one of 65"),
        (f"extra:{'k' * 65}", 7, "expected a key of 1 to 64 characters, not one of 65"),
    ],
)
def test_a_filter_beyond_a_limit_is_refused_where_it_goes_beyond(
    source: str, column: int, reason: str
) -> None:
    assert refusal(source) == (column, reason, "too_long")


def test_a_key_has_at_least_one_character() -> None:
    assert refusal("extra.''=1") == (
        7,
        "expected a key of 1 to 64 characters, not one of 0",
        "filter",
    )


@pytest.mark.parametrize("character", ["\0", "\x1c", "\x85", "\x7f", chr(0xD800), "\ufffd"])
def test_a_character_that_no_task_has_is_refused(character: str) -> None:
    reason = f"expected text, not the character U+{ord(character):04X}"

    assert refusal(f"ab{character}") == (3, reason, "character")


def test_a_message_has_one_line_whatever_it_cites() -> None:
    reason = "priority takes high, medium or low, not 'a b'"

    assert refusal("priority = 'a\nb'") == (12, reason, "type")


any_character = st.characters(exclude_categories=())
words = st.sampled_from(
    [
        *("AND", "OR", "NOT", "-", "(", ")", ",", ".", ":", "=", "!=", "<", "<=", ">", ">=", "!"),
        *('"', "'", "\\", "*", "+", "a", "tags", "due", "extra", "title", "priority", "high"),
        *("today", "now", "+3d", "-2w", "2026-11-30", "2026-11-30T09:00:00Z", "friday"),
        *("true", "null", "1", "-2.5", "1e999", "f("),
    ]
)
likely_text = st.lists(words | st.just(" ") | st.text(max_size=2), max_size=30).map("".join)


@given(st.text(any_character) | likely_text)
@example("tags:'\n'")
@example("(" * 2000)
@example("-" * 2000)
@example("NOT " * 500)
@example("extra" + ".a" * 997)
@example("extra.a=" + "9" * 1900)
@example("due<now+" + "9" * 1900 + "d")
@example("due<2026-11-30T09:00:00Z[" + "a" * 1000 + "]")
def test_any_text_is_a_filter_or_is_refused_at_a_column_of_its_own(source: str) -> None:
    found = parsed(source)
    if isinstance(found, InvalidTask):
        assert found.column is not None
        assert 1 <= found.column <= len(source) + 1
        assert "\n" not in str(found)
    else:
        assert found == parsed(source)


@pytest.mark.parametrize("text", [None, 7, b"milk", ["milk"]])
def test_what_is_no_text_is_no_filter(text: Any) -> None:
    with pytest.raises(InvalidTask, match="filter must be text"):
        parse_filter(text)
