"""Tokens: how a filter's text is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskcore import InvalidTask
from taskcore.entities.filters.syntax import Kind, Token, tokens


@given(st.text("aA .:()<>=!-+*,\n\t'\"\\", max_size=30))
def test_tokens_stand_in_the_text_at_their_columns_with_only_space_between(text: str) -> None:
    try:
        found = list(tokens(text))
    except InvalidTask:
        return

    rebuilt = ""
    for token in found:
        space = text[len(rebuilt) : token.column - 1]
        assert space == "" or space.isspace()
        assert token.spaced is (space != "" or rebuilt == "" or token.kind is Kind.END)
        rebuilt += space + token.source
    assert rebuilt == text
    assert [token.kind for token in found].index(Kind.END) == len(found) - 1


def kinds(text: str) -> list[tuple[Kind, str]]:
    return [(token.kind, token.source) for token in tokens(text)][:-1]


def test_a_dot_and_a_colon_end_a_word_but_not_a_value() -> None:
    assert kinds("a.b:c.d:e f:g") == [
        (Kind.WORD, "a"),
        (Kind.DOT, "."),
        (Kind.WORD, "b"),
        (Kind.COMPARATOR, ":"),
        (Kind.WORD, "c.d:e"),
        (Kind.WORD, "f"),
        (Kind.COMPARATOR, ":"),
        (Kind.WORD, "g"),
    ]


def test_a_minus_is_a_sign_of_its_own_before_a_word_and_a_part_of_a_value() -> None:
    assert kinds("-a-b=-2w") == [
        (Kind.MINUS, "-"),
        (Kind.WORD, "a-b"),
        (Kind.COMPARATOR, "="),
        (Kind.WORD, "-2w"),
    ]


@pytest.mark.parametrize("comparator", ["=", "!=", "<", "<=", ">", ">=", ":"])
def test_a_comparator_needs_no_space_around_it(comparator: str) -> None:
    assert kinds(f"a{comparator}b") == [
        (Kind.WORD, "a"),
        (Kind.COMPARATOR, comparator),
        (Kind.WORD, "b"),
    ]


@pytest.mark.parametrize(
    ("source", "pieces"),
    [
        ("a*b", ("a", "b")),
        ("*", ("", "")),
        ("'a*b'", ("a", "b")),
        (r"'a\*b'", ("a*b",)),
        ("''", ("",)),
        (r"a\*b", ("a\\", "b")),
    ],
)
def test_what_is_meant_is_cut_at_wildcards(source: str, pieces: tuple[str, ...]) -> None:
    token: Token = next(tokens(source))

    assert token.pieces == pieces
