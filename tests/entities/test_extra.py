"""What a caller keeps with a task: I-JSON, merged as RFC 7396 says, and not too large."""

from __future__ import annotations

import json
import math
from enum import Enum, IntEnum
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskcore import InvalidTask
from taskcore.entities.extra import extra_text, merged_extra, valid_extra

BIGGEST = 2**53 - 1


class Name(str, Enum):  # noqa: UP042  # it is not the same: its str() is not its value
    ALICE = "alice"


class Number(IntEnum):
    ONE = 1


def kind_of_refusal(value: object) -> str:
    with pytest.raises(InvalidTask) as caught:
        valid_extra(value)
    assert caught.value.field == "extra"
    return caught.value.kind


def nested(levels: int, container: type) -> Any:
    """Return an object with so many levels, of which all but the first are such containers."""
    inner: Any = container()
    for _ in range(levels - 2):
        inner = {"a": inner} if container is dict else [inner]
    return {"a": inner}


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": None, "b": True, "c": False, "d": "", "e": [], "f": {}},
        {"integers": [0, -1, BIGGEST, -BIGGEST]},
        {"numbers": [0.0, -0.5, 1e300, 5e-324, 2.0**53]},
        {"text": "one\ntwo\t\u2028\ufffd\x7f\U0001f600"},
        {"a" * 64: 1, "🏠" * 64: 1, " ": 1, "a.b": 1, "\n": 1},
        {"lists": [[1, [2]], {"a": [None]}]},
    ],
)
def test_a_json_object_is_kept_as_it_is(value: dict[str, Any]) -> None:
    assert extra_text(valid_extra(value)) == extra_text(value)


def test_none_is_an_empty_object() -> None:
    assert valid_extra(None) == {}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("{}", "type"),
        ([], "type"),
        ([["a", 1]], "type"),
        (7, "type"),
        (True, "type"),
        ({1: "a"}, "type"),
        ({None: "a"}, "type"),
        ({b"a": 1}, "type"),
        ({"a": {1: 1}}, "type"),
        ({"a": (1, 2)}, "type"),
        ({"a": {1}}, "type"),
        ({"a": b"b"}, "type"),
        ({"a": object()}, "type"),
        ({"a": 1j}, "type"),
        ({"a": math.nan}, "range"),
        ({"a": math.inf}, "range"),
        ({"a": [-math.inf]}, "range"),
        ({"a": BIGGEST + 1}, "range"),
        ({"a": -BIGGEST - 1}, "range"),
        pytest.param({"a": 10**5000}, "range", id="larger than Python prints"),
        ({"": 1}, "empty"),
        ({"a": {"": 1}}, "empty"),
        ({"a" * 65: 1}, "too_long"),
        ({"a": [{"a" * 65: 1}]}, "too_long"),
        ({"a": "\0"}, "character"),
        ({"a": "\ud800"}, "character"),
        ({"a": ["b", "\udfff"]}, "character"),
        ({"\0": 1}, "character"),
        ({"\ud83d": 1}, "character"),
    ],
)
def test_what_is_no_i_json_object_is_refused(value: object, kind: str) -> None:
    assert kind_of_refusal(value) == kind


@pytest.mark.parametrize("container", [dict, list])
def test_an_object_may_have_32_levels_and_no_33(container: type) -> None:
    assert valid_extra(nested(32, container)) == nested(32, container)
    assert kind_of_refusal(nested(33, container)) == "too_long"
    assert kind_of_refusal(nested(5000, container)) == "too_long"


def test_an_object_that_contains_itself_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["a"] = endless

    assert kind_of_refusal(endless) == "too_long"


def test_what_is_kept_is_the_librarys_own_and_plain() -> None:
    numbers = [1]
    inner = MappingProxyType({"a": numbers})
    given = MappingProxyType({Name.ALICE: Name.ALICE, "one": Number.ONE, "in": inner})

    kept = valid_extra(given)

    assert kept == {"alice": "alice", "one": 1, "in": {"a": [1]}}
    assert [type(value) for value in kept.values()] == [str, int, dict]
    assert {type(key) for key in kept} == {str}
    assert kept["in"]["a"] is not numbers


# RFC 7396, Appendix A: those whose target and result are an object, as ``extra`` always is.
RFC_7396 = [
    ('{"a":"b"}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'),
    ('{"a":"b"}', '{"a":null}', "{}"),
    ('{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'),
    ('{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'),
    ('{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'),
    ('{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'),
    ('{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'),
    ('{"e":null}', '{"a":1}', '{"e":null,"a":1}'),
    ("{}", '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'),
    # The example of its section 3, abridged.
    (
        '{"title":"Goodbye!","author":{"givenName":"John","familyName":"Doe"},"tags":["a","b"]}',
        '{"title":"Hello!","phone":"+01-123","author":{"familyName":null},"tags":["a"]}',
        '{"title":"Hello!","author":{"givenName":"John"},"tags":["a"],"phone":"+01-123"}',
    ),
    # And what it does not show.
    ('{"a":{"b":1}}', '{"a":{}}', '{"a":{"b":1}}'),
    ('{"a":[1]}', '{"a":{"b":1}}', '{"a":{"b":1}}'),
    ('{"a":1}', '{"a":true}', '{"a":true}'),
    ('{"a":1}', '{"b":[null]}', '{"a":1,"b":[null]}'),
    ("{}", '{"a":null}', "{}"),
]


@pytest.mark.parametrize(("target", "patch", "result"), RFC_7396)
def test_a_patch_is_merged_as_rfc_7396_says(target: str, patch: str, result: str) -> None:
    before = json.loads(target)

    merged = merged_extra(before, valid_extra(json.loads(patch)))

    assert extra_text(merged) == result
    assert extra_text(before) == target


@pytest.mark.parametrize("character", ["a", "é", "買", "😀"])
def test_the_merged_object_may_have_4096_bytes_as_json_and_no_4097(character: str) -> None:
    size = len(character.encode())
    room = 4096 - len(b'{"a":1,"b":""}')
    fits = "x" * (room % size) + character * (room // size)

    merged = merged_extra({"a": 1}, {"b": fits})

    assert len(json.dumps(merged, ensure_ascii=False, separators=(",", ":")).encode()) == 4096
    with pytest.raises(InvalidTask, match="extra must have at most 4096 bytes as JSON, not 4097"):
        merged_extra({"a": 1}, {"b": f"{fits}x"})
    with pytest.raises(InvalidTask, match="not 4097"):
        merged_extra(merged, {"a": 10})


def test_a_large_object_can_become_smaller_by_a_merge() -> None:
    assert merged_extra({"a": "x" * 4000, "b": "y"}, {"a": None}) == {"b": "y"}


scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2)
objects = st.recursive(
    st.dictionaries(st.sampled_from("abc"), scalars | st.lists(scalars, max_size=2), max_size=3),
    lambda inner: st.dictionaries(st.sampled_from("abc"), scalars | inner, max_size=3),
    max_leaves=8,
)


def rfc_7396(target: Any, patch: Any) -> Any:
    """Merge as the pseudocode of the RFC's section 2 does."""
    if not isinstance(patch, dict):
        return patch
    if not isinstance(target, dict):
        target = {}
    target = dict(target)
    for name, value in patch.items():
        if value is None:
            if name in target:
                del target[name]
        else:
            target[name] = rfc_7396(target.get(name), value)
    return target


@given(objects, objects)
def test_every_merge_is_that_of_the_rfc_and_merging_again_changes_nothing(
    target: dict[str, Any], patch: dict[str, Any]
) -> None:
    merged = merged_extra(valid_extra(target), valid_extra(patch))

    assert extra_text(merged) == extra_text(rfc_7396(target, patch))
    assert extra_text(merged_extra(merged, patch)) == extra_text(merged)
