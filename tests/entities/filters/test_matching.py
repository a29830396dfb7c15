"""What predicates mean that no text becomes, or that hold for any text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskcore.entities.filters import And, Contains, Is, Like, Not, Or, Present, matches
from taskcore.entities.folding import fold, folded

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskcore import Task
    from taskcore.entities.filters import Predicate

few_letters = st.text("ab*", max_size=8)


@pytest.mark.parametrize(
    ("predicate", "holds"),
    [
        (And(()), True),
        (Or(()), False),
        (Not(Or(())), True),
        (Present("title"), True),
        (Present("completed"), True),
        (Is("completed", "=", False), True),  # noqa: FBT003  # the value
    ],
)
def test_a_predicate_that_a_program_makes_means_what_it_says(
    make_task: Callable[..., Task], predicate: Predicate, *, holds: bool
) -> None:
    assert matches(predicate, make_task()) is holds


@given(text=few_letters, pattern=st.lists(few_letters, min_size=2, max_size=5).map(tuple))
def test_a_pattern_is_like_a_text_if_its_pieces_follow_each_other_in_it(
    make_task: Callable[..., Task], text: str, pattern: tuple[str, ...]
) -> None:
    expected = re.fullmatch(".*".join(map(re.escape, pattern)), text, re.DOTALL) is not None

    assert matches(Like("title", pattern), make_task(title=text)) is expected


@given(text=st.text(max_size=9), piece=st.text(max_size=3))
def test_a_title_contains_what_its_folded_form_does(
    make_task: Callable[..., Task], text: str, piece: str
) -> None:
    expected = fold(piece) in fold(text)

    assert (
        matches(Contains(("title", "description"), fold(piece)), make_task(title=text)) is expected
    )


@given(st.text())
def test_a_folded_text_is_the_same_when_it_is_folded_again(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_a_text_is_folded_once_for_all_words_that_are_sought_in_it(
    make_task: Callable[..., Task],
) -> None:
    words = Or(tuple(Contains(("title", "description"), f"{number}") for number in range(100)))
    before = folded.cache_info().misses

    for title in ("first, in none of these", "second, in none of these"):
        assert not matches(words, make_task(title=title, description=f"{title} as well"))

    assert folded.cache_info().misses - before <= 4
