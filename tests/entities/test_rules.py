"""The rules of the fields: every text inside them is kept, every other value is refused."""

from __future__ import annotations

import unicodedata
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taskcore import InvalidTask
from taskcore.entities.rules import (
    valid_completed,
    valid_description,
    valid_id,
    valid_project,
    valid_title,
    valid_user_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Rule = Callable[[object], Any]

any_character = st.characters(exclude_categories=())  # surrogates as well
telling_character = st.sampled_from("a \t\n\r\0\x7f\x85\u2028\ufffd\ud800")
# Not longer than any rule allows: lengths have tests of their own.
any_text = st.text(any_character, max_size=200) | st.text(telling_character, max_size=200)
# Unicode's spaces, and of the control characters only tabs and line ends.
SPACE = "\t\n\r" + "".join(chr(n) for n in range(0x3001) if unicodedata.category(chr(n)) == "Zs")
spaces = st.text(st.sampled_from(SPACE))
borders: dict[Rule, int] = {
    valid_user_id: 255,
    valid_title: 200,
    valid_description: 1000,
    valid_project: 100,
}
each_text_rule = pytest.mark.parametrize("rule", borders, ids=lambda rule: rule.__name__)


def in_a_user_id(character: str) -> bool:
    return unicodedata.category(character) not in {"Cc", "Cs"} and character != "\ufffd"


def in_a_title(character: str) -> bool:
    return in_a_user_id(character) and character not in "\u2028\u2029"


def in_a_description(character: str) -> bool:
    return in_a_user_id(character) or character in "\t\n\r"


def kind_of_refusal(rule: Rule, value: object) -> str:
    with pytest.raises(InvalidTask) as caught:
        rule(value)
    assert f"valid_{caught.value.field}" == rule.__name__  # it names its own field
    return caught.value.kind


@given(any_text)
def test_a_user_id_is_kept_as_it_is_if_it_has_characters_and_all_are_allowed(text: str) -> None:
    if not text:
        assert kind_of_refusal(valid_user_id, text) == "empty"
    elif all(map(in_a_user_id, text)):
        assert valid_user_id(text) == text
    else:
        assert kind_of_refusal(valid_user_id, text) == "character"


@given(any_text)
def test_a_title_is_kept_without_the_space_around_it_if_all_its_characters_are_allowed(
    text: str,
) -> None:
    line = text.strip(SPACE)
    if not line:
        assert kind_of_refusal(valid_title, text) == "empty"
    elif all(map(in_a_title, line)):
        assert valid_title(text) == line
    else:
        assert kind_of_refusal(valid_title, text) == "character"


@given(any_text)
def test_a_description_is_kept_as_it_is_if_all_its_characters_are_allowed(text: str) -> None:
    if all(map(in_a_description, text)):
        assert valid_description(text) == text
    else:
        assert kind_of_refusal(valid_description, text) == "character"


@each_text_rule
@given(character=any_character, place=st.integers(0, 20))
@example(character="\0", place=10)
@example(character="\u2029", place=10)
@example(character="\ud800", place=10)
@example(character="\ufffd", place=20)
def test_one_forbidden_character_anywhere_is_enough_to_refuse_a_text(
    rule: Rule, character: str, place: int
) -> None:
    text = f"<{'x' * place}{character}{'x' * (20 - place)}>"
    allowed: dict[Rule, Callable[[str], bool]] = {
        valid_user_id: in_a_user_id,
        valid_title: in_a_title,
        valid_description: in_a_description,
        valid_project: in_a_title,
    }

    if allowed[rule](character):
        assert rule(text) == text
    else:
        with pytest.raises(InvalidTask) as caught:
            rule(text)
        code_point = f"U+{ord(character):04X}"
        assert caught.value.kind == "character"
        assert caught.value.reason.endswith(f"{code_point} at position {place + 2}")


@each_text_rule
@pytest.mark.parametrize("character", ["a", "ß", "𝄞", "\u0301"])
def test_a_text_may_be_as_long_as_its_limit_in_characters_and_no_longer(
    rule: Rule, character: str
) -> None:
    limit = borders[rule]

    assert rule(character * limit) == character * limit
    assert kind_of_refusal(rule, character * (limit + 1)) == "too_long"


@each_text_rule
@given(length=st.integers(0, 3000))
def test_a_text_is_refused_as_too_long_exactly_when_it_is(rule: Rule, length: int) -> None:
    if length > borders[rule]:
        assert kind_of_refusal(rule, "a" * length) == "too_long"
    elif length:
        assert rule("a" * length) == "a" * length


def test_the_reason_for_refusing_a_long_text_tells_the_limit_and_the_length() -> None:
    with pytest.raises(InvalidTask, match=r"title must have at most 200 characters, not 201"):
        valid_title("a" * 201)


@given(before=spaces, title=st.text("ab c", min_size=1, max_size=200), after=spaces)
def test_the_space_around_a_title_does_not_count(before: str, title: str, after: str) -> None:
    if title.strip():
        assert valid_title(before + title + after) == title.strip()


def test_the_space_around_a_title_does_not_make_it_too_long() -> None:
    assert valid_title(" " * 300 + "a" * 200 + " " * 300) == "a" * 200


@given(spaces)
def test_a_title_of_nothing_but_space_is_empty(text: str) -> None:
    assert kind_of_refusal(valid_title, text) == "empty"


@pytest.mark.parametrize("value", [" alice", "alice ", "ali ce", "\u3000"])
def test_a_user_id_is_not_trimmed(value: str) -> None:
    assert valid_user_id(value) == value


def test_a_description_may_be_nothing_and_may_be_empty_which_are_two_things() -> None:
    assert valid_description(None) is None
    assert valid_description("") == ""


def test_a_description_may_have_lines_and_tabs() -> None:
    assert valid_description("one\r\n\ttwo\u2028three") == "one\r\n\ttwo\u2028three"


@each_text_rule
@pytest.mark.parametrize("value", [b"text", 1, 1.5, True, ["text"], {"text"}, object()])
def test_what_is_not_text_is_refused_and_never_turned_into_text(rule: Rule, value: object) -> None:
    assert kind_of_refusal(rule, value) == "type"


@pytest.mark.parametrize("rule", [valid_user_id, valid_title])
def test_a_required_text_may_not_be_none(rule: Rule) -> None:
    assert kind_of_refusal(rule, None) == "type"


@pytest.mark.parametrize("value", [True, False])
def test_completed_may_be_true_and_false(value: bool) -> None:  # noqa: FBT001  # the value itself
    assert valid_completed(value) is value


@pytest.mark.parametrize("value", [0, 1, "true", "false", "", None, 1.0, []])
def test_completed_may_not_be_what_only_looks_like_true_or_false(value: object) -> None:
    assert kind_of_refusal(valid_completed, value) == "type"


def test_an_id_is_a_uuid() -> None:
    id = uuid4()

    assert valid_id(id) is id


class DriversUUID(UUID):
    """Of a driver's own, with a text of its own."""

    def __str__(self) -> str:
        return "x" * 36


class LooksLikeUUID:
    """Of another library, as ``uuid_utils.UUID`` is."""

    int = 7


def test_an_id_of_a_subclass_becomes_a_plain_one() -> None:
    id = valid_id(DriversUUID(int=7))

    assert (type(id), id) == (UUID, UUID(int=7))


@pytest.mark.parametrize("value", [str(UUID(int=7)), UUID(int=7).bytes, 7, LooksLikeUUID(), None])
def test_an_id_is_not_what_could_be_made_into_a_uuid(value: object) -> None:
    assert kind_of_refusal(valid_id, value) == "type"


class Text(str, Enum):  # noqa: UP042  # it is not the same: its str() is not its value
    MILK = "milk"


@each_text_rule
def test_a_text_of_a_subclass_becomes_a_plain_one(rule: Rule) -> None:
    text = rule(Text.MILK)

    assert (type(text), text) == (str, "milk")


@pytest.mark.parametrize("character", ["\0", "\x0b", "\x1c", "\x85", "\u2028"])
def test_a_title_may_not_even_end_in_another_control_character(character: str) -> None:
    assert kind_of_refusal(valid_title, f"{character}a") == "character"
    assert kind_of_refusal(valid_title, f"a{character}") == "character"
