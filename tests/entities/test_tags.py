"""Tags: which words are tags, when two are one, and how a set of them changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskcore import InvalidTask
from taskcore.entities.folding import fold
from taskcore.entities.tags import valid_tags, with_tags, without_tags

COMPOSED, DECOMPOSED = "caf\u00e9", "cafe\u0301"
words = st.text("aAbBéÉß\u017f", min_size=1, max_size=3)


def kind_of_refusal(value: object) -> str:
    with pytest.raises(InvalidTask) as caught:
        valid_tags(value)
    assert caught.value.field == "tags"
    return caught.value.kind


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, ()),
        ([], ()),
        (["home"], ("home",)),
        (("work", "home"), ("home", "work")),
        ({"home"}, ("home",)),
        (iter(["b", "a"]), ("a", "b")),
        (["  home\t"], ("home",)),
        (["\u00a0home\u3000"], ("home",)),
        (["b", "A", "C"], ("A", "b", "C")),
        (["Home", "home", "HOME"], ("Home",)),
        (["home", " Home "], ("home",)),
        (["straße", "STRASSE"], ("straße",)),
        ([DECOMPOSED], (COMPOSED,)),
        ([COMPOSED, DECOMPOSED.upper()], (COMPOSED,)),
        (["a.b", "a-b", "@x", "50%", "買い物", "🏠"], ("50%", "@x", "a-b", "a.b", "買い物", "🏠")),
        (["\u0345"], ("\u0345",)),  # which folds to another character
    ],
)
def test_tags_are_a_set_sorted_without_case_and_kept_as_first_written(
    given: Any, kept: tuple[str, ...]
) -> None:
    assert valid_tags(given) == kept


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("home", "type"),
        (b"home", "type"),
        ({"home": True}, "type"),
        (7, "type"),
        (True, "type"),
        ([7], "type"),
        ([None], "type"),
        ([["home"]], "type"),
        ([""], "empty"),
        ([" \t "], "empty"),
        (["home", ""], "empty"),
        (["a" * 51], "too_long"),
        (["a b"], "character"),
        (["a\u00a0b"], "character"),
        (["a\u2028b"], "character"),
        (["a\tb"], "character"),
        (["a,b"], "character"),
        ([","], "character"),
        (["a\0b"], "character"),
        (["a\x85b"], "character"),
        (["a\x1fb"], "character"),
        (["a\ufffdb"], "character"),
        (["\ud800"], "character"),
    ],
)
def test_what_is_no_list_of_tags_is_refused(value: object, kind: str) -> None:
    assert kind_of_refusal(value) == kind


@pytest.mark.parametrize(("tag", "clue"), [("a,b", "a comma"), ("a b", "white space")])
def test_who_writes_two_tags_as_one_is_told_what_is_between_them(tag: str, clue: str) -> None:
    with pytest.raises(InvalidTask, match=f"must not contain {clue}, as '{tag}' does"):
        valid_tags([tag])


@pytest.mark.parametrize("character", ["a", "ß", "🏠", "e\u0301", "\u1fb3\u0313\u0300"])
def test_a_tag_may_have_50_characters_and_no_51_composed(character: str) -> None:
    assert len(valid_tags([character * 50])[0]) == 50
    assert kind_of_refusal([character * 51]) == "too_long"


def test_a_task_may_have_50_tags_and_no_51_of_which_those_that_are_one_count_once() -> None:
    fifty = [f"tag{number:02}" for number in range(50)]

    assert valid_tags([*fifty, *map(str.upper, fifty)]) == tuple(fifty)
    assert kind_of_refusal([*fifty, "one"]) == "too_long"
    assert with_tags(fifty, ["TAG07"]) == tuple(fifty)
    with pytest.raises(InvalidTask, match="tags must be at most 50, not 51"):
        with_tags(fifty, ["one"])


def test_very_long_text_is_refused_before_it_is_composed() -> None:
    # Putting a million marks in order would take an hour.
    assert kind_of_refusal(["a" + "\u0301\u0316" * 500_000]) == "too_long"


def test_a_tag_that_is_added_again_stays_as_it_was_written() -> None:
    assert with_tags(["Home"], ["HOME", "bank"]) == ("bank", "Home")


def test_tags_are_taken_away_without_case() -> None:
    assert without_tags(["bank", "Home", "straße"], ["HOME", "STRASSE", "none"]) == ("bank",)


@given(st.lists(words), st.lists(words))
def test_a_set_with_more_and_without_them_has_what_it_had_and_they_had_not(
    some: list[str], more: list[str]
) -> None:
    tags = valid_tags(some)
    united = with_tags(tags, valid_tags(more))

    assert {fold(tag) for tag in united} == {fold(tag) for tag in (*some, *more)}
    assert [fold(tag) for tag in united] == sorted({fold(tag) for tag in united})
    assert set(tags) <= set(united)
    assert without_tags(united, more) == without_tags(tags, more)
    assert valid_tags(united) == united
