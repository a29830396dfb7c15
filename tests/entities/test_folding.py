"""Folding: what is one text for who does not look at case."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taskcore.entities.folding import fold


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("home", "HOME"),
        ("straße", "STRASSE"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("caf\u00e9", "CAFE\u0301"),
        ("\u212b", "a\u030a"),  # the sign of the angstrom, and a letter with a ring
        ("\u03b1\u0345\u0301", "\u1fb4".upper()),  # marks in another order
    ],
)
def test_texts_that_differ_in_case_or_composition_fold_to_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("e", "é"), ("i", "ı"), ("a", "ａ"), ("1", "¹")])  # noqa: RUF001  # they look alike
def test_texts_that_only_look_alike_do_not(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@given(st.text())
@example("\u0345")
@example("\u1fb3\u0301")
@example("\u0130")
def test_what_was_folded_folds_to_itself(text: str) -> None:
    assert fold(fold(text)) == fold(text)
