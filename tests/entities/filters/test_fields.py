"""What each field can be compared with, and which tasks that finds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from taskcore import InvalidTask
from taskcore.entities.filters import parse_filter
from taskcore.entities.priority import Priority

if TYPE_CHECKING:
    from collections.abc import Callable

ORDER = ["=", "!=", "<", "<=", ">", ">="]
ANY_ORDER = [*ORDER, ":"]
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY_BEFORE, DAY_AFTER = NOON.replace(day=20), NOON.replace(day=22)

# For each field: a value as a filter says it, and values of tasks that lie before, at and after it.
ORDERED: dict[str, tuple[str, Any, Any, Any]] = {
    "id": (str(UUID(int=5)), UUID(int=4), UUID(int=5), UUID(int=1 << 127)),
    "parent_id": (str(UUID(int=5)), UUID(int=4), UUID(int=5), UUID(int=1 << 127)),
    "title": ("b", "B", "b", "b\u00e4"),
    "description": ("b", "", "b", "c"),
    "project": ("home.b", "home", "home.b", "home.bb"),
    "priority": ("medium", Priority.LOW, Priority.MEDIUM, Priority.HIGH),
    "version": ("10", 9, 10, 11),
    "completed_at": ("2026-11-21", DAY_BEFORE, NOON, DAY_AFTER),
    "created_at": ("2026-11-21T12:00:00Z", DAY_BEFORE, NOON, DAY_AFTER),
    "updated_at": ("today", DAY_BEFORE, NOON, DAY_AFTER),
    "due": ("2026-11-21", date(2026, 11, 20), date(2026, 11, 21), DAY_AFTER),
    "start": ("2026-11-21", DAY_BEFORE, NOON, date(2026, 11, 22)),
}
OPTIONAL = ["parent_id", "description", "project", "priority", "completed_at", "due", "start"]


@pytest.mark.parametrize("field", ORDERED)
@pytest.mark.parametrize(
    ("comparator", "found"),
    [
        ("=", (False, True, False)),
        ("!=", (True, False, True)),
        ("<", (True, False, False)),
        ("<=", (True, True, False)),
        (">", (False, False, True)),
        (">=", (False, True, True)),
    ],
)
def test_a_field_with_an_order_compares_by_it(
    finds: Callable[..., bool], field: str, comparator: str, found: tuple[bool, ...]
) -> None:
    literal, *values = ORDERED[field]

    answers = [finds(f"{field} {comparator} {literal}", **{field: value}) for value in values]

    assert tuple(answers) == found


@pytest.mark.parametrize("field", OPTIONAL)
def test_a_task_without_a_value_is_found_by_unequal_and_by_not_alone(
    finds: Callable[..., bool], field: str
) -> None:
    literal = ORDERED[field][0]

    found = {op for op in ANY_ORDER if finds(f"{field} {op} {literal}", **{field: None})}
    found_by_not = {op for op in ANY_ORDER if finds(f"-{field} {op} {literal}", **{field: None})}

    assert found == {"!="}
    assert found_by_not == set(ANY_ORDER) - {"!="}


@pytest.mark.parametrize("field", ["id", "parent_id", "priority", "version", "due", "created_at"])
def test_has_means_equal_for_a_field_with_plain_values(
    finds: Callable[..., bool], field: str
) -> None:
    literal, before, at, _ = ORDERED[field]

    assert finds(f"{field}:{literal}", **{field: at})
    assert not finds(f"{field}:{literal}", **{field: before})


@pytest.mark.parametrize("text", ["completed = true", "completed:true", "completed != false"])
def test_completed_is_true_or_false(finds: Callable[..., bool], text: str) -> None:
    assert finds(text, completed_at=NOON)
    assert not finds(text)


EMPTY: dict[str, Any] = {**dict.fromkeys(OPTIONAL), "tags": (), "extra": {}}
FULL: dict[str, Any] = {
    **{field: ORDERED[field][2] for field in OPTIONAL},
    "tags": ("a",),
    "extra": {"a": None},
}


@pytest.mark.parametrize("field", EMPTY)
def test_a_star_finds_what_has_a_value(finds: Callable[..., bool], field: str) -> None:
    assert finds(f"{field}:*", **{field: FULL[field]})
    assert not finds(f"{field}:*", **{field: EMPTY[field]})
    assert finds(f"NOT {field}:*", **{field: EMPTY[field]})


def test_an_empty_description_is_a_value(finds: Callable[..., bool]) -> None:
    assert finds("description:*", description="")


@pytest.mark.parametrize(
    "field", ["id", "title", "completed", "created_at", "updated_at", "version"]
)
def test_a_star_finds_every_task_by_a_field_that_is_never_without(
    finds: Callable[..., bool], field: str
) -> None:
    assert finds(f"{field}:*")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("milk", True),
        ("MILK", True),
        ("'buy milk'", True),
        ("mil", True),
        ("liter", True),
        ("STRASSE", True),
        ("bread", False),
        ("'milk two'", False),
        ("title:MIL", True),
        ("title:liters", False),
        ("description:liters", True),
        ("description:milk", False),
        ("title:(milk buy)", True),
        ("title = 'buy milk'", False),
    ],
)
def test_text_is_sought_anywhere_and_without_case(
    finds: Callable[..., bool], text: str, *, found: bool
) -> None:
    assert finds(text, title="Buy Milk", description="two liters, Hauptstraße") is found


def test_text_is_sought_however_it_is_composed(finds: Callable[..., bool]) -> None:
    assert finds("caf\u00e9", title="Cafe\u0301")
    assert finds("cafe\u0301", title="Caf\u00c9")


def test_a_task_without_a_description_is_found_by_not_alone(finds: Callable[..., bool]) -> None:
    assert not finds("description:milk")
    assert finds("NOT description:milk")
    assert not finds("description=*milk")


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("'Buy *'", True),
        ("*milk", True),
        ("B*k", True),
        ("*y*m*", True),
        ("*", True),
        ("**B**", True),
        ("'Buy milk*'", True),
        ("'*Buy milk'", True),
        ("b*", False),
        ("*milk*milk", False),
        ("'Buy mil*lk'", False),
        ("*x*", False),
        ("*Buy", False),
        ("uy*", False),
        (r"'Buy \*'", False),
        ("'Buy milk'", True),
    ],
)
def test_a_star_in_equal_text_is_any_text(
    finds: Callable[..., bool], pattern: str, *, found: bool
) -> None:
    assert finds(f"title = {pattern}", title="Buy milk") is found
    assert finds(f"title != {pattern}", title="Buy milk") is not found


def test_an_escaped_star_is_a_star(finds: Callable[..., bool]) -> None:
    assert finds(r"title = 'a\*'", title="a*")
    assert finds("title >= a*", title="a*")
    assert finds(r"title:'a\*b'", title="xa*by")


def test_a_star_matches_line_ends(finds: Callable[..., bool]) -> None:
    assert finds("description = a*c", description="a\nb\nc")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tags:home", True),
        ("tags:HOME", True),
        ("tags:strasse", True),
        ("tags:hom", False),
        ("tags:work", False),
        ("tags:(home strasse)", True),
        ("tags:(home work)", False),
        ("tags:(home OR work)", True),
        ("-tags:work", True),
    ],
)
def test_tags_have_a_tag_without_case(
    finds: Callable[..., bool], text: str, *, found: bool
) -> None:
    assert finds(text, tags=("Home", "Straße")) is found


@pytest.mark.parametrize(
    ("project", "found"),
    [
        ("home", True),
        ("home.garden", True),
        ("home.garden.roses", True),
        ("homework", False),
        ("Home", False),
        ("work.home", False),
        (None, False),
    ],
)
def test_a_project_has_what_is_below_it(
    finds: Callable[..., bool], project: str | None, *, found: bool
) -> None:
    assert finds("project:home", project=project) is found
    assert finds("NOT project:home", project=project) is not found


def test_a_project_is_equal_with_wildcards(finds: Callable[..., bool]) -> None:
    assert finds("project = home.*", project="home.garden")
    assert not finds("project = home.*", project="home")


EXTRA = {
    "s": "b",
    "n": 2,
    "f": 2.5,
    "t": True,
    "o": {"x": {"y": 1}, "0": "zero"},
    "l": ["a"],
    "a b": 1,
    "nil": None,
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("extra.s = b", True),
        ("extra.s:b", True),
        ("extra.s = 'b'", True),
        ("extra.s = B", False),
        ("extra.s < c", True),
        ("extra.s > c", False),
        ("extra.s < 5", False),
        ("extra.n = 2", True),
        ("extra.n = 2.0", True),
        ("extra.n = 2e0", True),
        ("extra.n = '2'", False),
        ("extra.n = 002", False),
        ("extra.n != '2'", True),
        ("extra.n > -5", True),
        ("extra.n < 2.5", True),
        ("extra.n = (-2 OR 2)", True),
        ("extra.f >= 2.5", True),
        ("extra.f < 3", True),
        ("extra.t = true", True),
        ("extra.t = false", False),
        ("extra.t = 1", False),
        ("extra.n = true", False),
        ("extra.t = 'true'", False),
        ("extra.nil = null", True),
        ("extra.s = null", False),
        ("extra.none = null", False),
        ("extra.o.x.y = 1", True),
        ("extra.o.0 = zero", True),
        ("extra.'a b' = 1", True),
        ("extra.l = a", False),
        ("extra.l.0 = a", False),
        ("extra.s.x = 1", False),
        ("extra.s.x != 1", True),
        ("extra.none < 1", False),
        ("NOT extra.none < 1", True),
        ("extra:s", True),
        ("extra:none", False),
        ("extra.s:*", True),
        ("extra.nil:*", True),
        ("extra.o.x:*", True),
        ("extra.o.z:*", False),
        ("extra.l.0:*", False),
    ],
)
def test_extra_compares_values_of_one_json_type(
    finds: Callable[..., bool], text: str, *, found: bool
) -> None:
    assert finds(text, extra=EXTRA) is found


def refusal(text: str) -> str | None:
    try:
        parse_filter(text)
    except InvalidTask as error:
        return error.reason
    return None


@pytest.mark.parametrize(
    ("field", "comparators"),
    [
        *((field, ANY_ORDER) for field in ORDERED),
        ("completed", ["=", "!=", ":"]),
        ("tags", [":"]),
        ("extra", [":"]),
        ("extra.a", ANY_ORDER),
    ],
)
def test_a_field_takes_its_comparators_and_no_others(field: str, comparators: list[str]) -> None:
    literal = {"completed": "true", "tags": "a", "extra": "a", "extra.a": "1"}.get(field)
    value = literal or ORDERED[field][0]

    refused = {op: reason for op in ANY_ORDER if (reason := refusal(f"{field}{op}{value}"))}

    assert [op for op in ANY_ORDER if op not in refused] == comparators
    assert all(f"{field} takes" in reason for reason in refused.values())
