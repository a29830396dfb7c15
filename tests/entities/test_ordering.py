"""Orders: which text says one, and where tasks stand in it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskcore import InvalidTask, Task
from taskcore.entities import Priority
from taskcore.entities.ordering import (
    NEWEST_FIRST,
    ORDER_FIELDS,
    OrderKey,
    comes_after,
    in_order,
    order_text,
    parse_order,
    position_of,
    sort_value,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskcore.entities.ordering import Order

DAY = datetime(2026, 1, 2, tzinfo=UTC)

# Few values, so that many tasks stand level in many fields.
moments = st.sampled_from([DAY, DAY + timedelta(microseconds=1), DAY + timedelta(days=1)])
whens = st.none() | st.sampled_from(
    [
        date(2026, 1, 1),
        date(2026, 1, 2),
        datetime(2026, 1, 2, 23, tzinfo=UTC),
        datetime(2026, 1, 2, 23, tzinfo=timezone(timedelta(hours=-5))),
    ]
)
ids = st.integers(0, 2**128 - 1).map(lambda number: UUID(int=number))
tasks = st.builds(
    Task,
    id=ids,
    user_id=st.just("alice"),
    title=st.sampled_from(["a", "B", "b", "é", "\U0001f600", "\uff5e"]),
    description=st.none() | st.sampled_from(["", "x"]),
    completed_at=st.none() | moments,
    due=whens,
    start=whens,
    priority=st.none() | st.sampled_from(Priority),
    tags=st.just(()),
    project=st.none() | st.sampled_from(["home", "home.garden", "Work"]),
    parent_id=st.none() | ids,
    extra=st.just({}),
    created_at=moments,
    updated_at=moments,
    version=st.integers(1, 3),
)
many_tasks = st.lists(tasks, max_size=12, unique_by=lambda task: task.id)
order_texts = st.lists(
    st.tuples(st.sampled_from(ORDER_FIELDS), st.sampled_from(["", " asc", " desc"])),
    max_size=4,
    unique_by=lambda key: key[0],
).map(
    lambda keys: ",".join(
        f"{field}{direction}" for field, direction in sorted(keys, key=lambda key: key[0] == "id")
    )
)
orders = order_texts.map(parse_order)


def keys(*fields: str) -> Order:
    return tuple(OrderKey(field.removeprefix("-"), field.startswith("-")) for field in fields)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("", NEWEST_FIRST),
        (" \t", NEWEST_FIRST),
        ("due", keys("due", "id")),
        ("due asc", keys("due", "id")),
        ("due desc", keys("-due", "-id")),
        ("due, priority desc, created_at", keys("due", "-priority", "created_at", "id")),
        ("due,priority desc", keys("due", "-priority", "-id")),
        ("  due   desc ,\tpriority\n", keys("-due", "priority", "id")),
        ("id", keys("id")),
        ("id desc", keys("-id")),
        ("title, id desc", keys("title", "-id")),
        ("created_at desc, id desc", NEWEST_FIRST),
        (", ".join(ORDER_FIELDS[1:]), keys(*ORDER_FIELDS[1:], "id")),
    ],
)
def test_text_says_an_order_that_ends_with_the_id(text: str, order: Order) -> None:
    assert parse_order(text) == order
    assert parse_order(order_text(order)) == order


@pytest.mark.parametrize(
    ("text", "column", "clue"),
    [
        ("duo", 1, 'cannot order by "duo"; did you mean "due"?'),
        ("  tittle", 3, 'did you mean "title"?'),
        ("due, prio", 6, 'cannot order by "prio"'),
        ("due, nothing", 6, 'cannot order by "nothing"; there are id, title, .*, version'),
        ("due desc,\n created", 12, "created_at"),
        ("tags", 1, 'cannot order by "tags"'),
        ("extra", 1, 'cannot order by "extra"'),
        ("user_id", 1, 'cannot order by "user_id"'),
        ("Due", 1, 'did you mean "due"?'),
        ("due.x", 1, "due.x"),
        ("-due", 1, 'did you mean "due"?'),
        ("😀, duo", 1, "😀"),
        ("due desc, 😀", 11, "😀"),
        ("due descending", 1, "expected a field and perhaps desc, not 'due descending'"),
        ("due DESC", 1, "expected a field and perhaps desc"),
        ("title,  due desc desc", 9, "not 'due desc desc'"),
        ("title due", 1, "not 'title due'"),
        (",", 1, "expected a field"),
        ("due,", 5, "expected a field"),
        ("due, ", 6, "expected a field"),
        ("due,,title", 5, "expected a field"),
        (", due", 1, "expected a field"),
        ("due, title, due", 13, "due stands before it"),
        ("due, due desc", 6, "due stands before it"),
        ("id, title", 5, "id stands before it"),
        ("title, id, due desc", 12, "id stands before it"),
        ("id, id", 5, "id stands before it"),
        ("id, nothing", 5, "id stands before it"),
    ],
)
def test_a_mistake_in_an_order_is_told_with_its_column(text: str, column: int, clue: str) -> None:
    with pytest.raises(InvalidTask, match=clue.replace("?", r"\?")) as caught:
        parse_order(text)

    assert (caught.value.field, caught.value.kind) == ("order_by", "order")
    assert caught.value.column == column
    assert str(caught.value).startswith(f"order_by, column {column}: ")


@pytest.mark.parametrize("value", [None, 7, b"due", ["due"], keys("due")])
def test_what_is_no_text_is_no_order(value: Any) -> None:
    with pytest.raises(InvalidTask, match="order_by must be text") as caught:
        parse_order(value)
    assert caught.value.kind == "type"


@pytest.mark.parametrize(
    "text",
    [" " * 60_000 + "!", "due" + " " * 60_000 + "!", "a" * 60_000],
    ids=["space before", "space between", "one name"],
)
def test_long_text_is_refused_in_no_time(text: str) -> None:
    started = perf_counter()

    with pytest.raises(InvalidTask):
        parse_order(text)

    assert perf_counter() - started < 2


@given(st.text("due, sctilab_") | st.text())
def test_any_text_says_an_order_or_is_refused(text: str) -> None:
    with suppress(InvalidTask):
        order = parse_order(text)
        assert parse_order(order_text(order)) == order
        assert order[-1].field == "id"


@given(st.text("due, sctilab_", min_size=1))
def test_the_column_of_a_mistake_is_in_the_text_or_at_its_end(text: str) -> None:
    with pytest.raises(InvalidTask) as caught:
        parse_order(f"{text}, nothing, ")

    assert 1 <= (caught.value.column or 0) <= len(f"{text}, nothing, ") + 1


def test_it_orders_by_every_field_but_those_that_hold_many_values(
    make_task: Callable[..., Task],
) -> None:
    fields = {name for name in dir(make_task()) if not name.startswith("_")}
    methods = {"edited", "from_draft", "is_at", "is_still", "toggled"}

    assert fields - methods - set(ORDER_FIELDS) == {"user_id", "tags", "extra"}


@pytest.mark.parametrize(
    ("field", "rising"),
    [
        ("title", ["A", "B", "a", "b", "é", "\uff5e", "\U0001f600"]),
        ("description", ["", "\n", "a"]),
        ("priority", [Priority.LOW, Priority.MEDIUM, Priority.HIGH]),
        ("project", ["Home", "home", "home.garden", "homework"]),
        ("completed_at", [DAY, DAY + timedelta(microseconds=1)]),
        ("parent_id", [UUID(int=1), UUID(int=2), UUID(int=2**127)]),
        ("version", [1, 2, 10]),
        (
            "due",
            [
                date(2026, 1, 1),
                DAY,
                datetime(2026, 1, 2, 23, tzinfo=timezone(timedelta(hours=3))),
                datetime(2026, 1, 2, 23, tzinfo=UTC),
                date(2026, 1, 2),
                datetime(2026, 1, 2, 23, tzinfo=timezone(timedelta(hours=-3))),
            ],
        ),
    ],
)
def test_values_stand_in_their_order_and_none_last_in_both_directions(
    field: str, rising: list[Any], make_task: Callable[..., Task]
) -> None:
    found = [make_task(**{field: value}) for value in (rising[-1], *rising[:-1])]
    if field not in {"title", "version"}:
        found.insert(1, make_task(**{field: None}))
        found.insert(3, make_task(**{field: None}))
    nones = [None] * (len(found) - len(rising))

    up, down = (in_order(found, parse_order(f"{field}{way}")) for way in ("", " desc"))

    assert [getattr(task, field) for task in up] == [*rising, *nones]
    assert [getattr(task, field) for task in down] == [*reversed(rising), *nones]


def test_open_tasks_stand_before_completed_ones(make_task: Callable[..., Task]) -> None:
    found = [make_task(completed=completed) for completed in (True, False, True)]

    ordered = in_order(found, parse_order("completed"))

    assert [task.completed for task in ordered] == [False, True, True]


def test_tasks_that_are_level_stand_by_their_ids_in_the_direction_before(
    make_task: Callable[..., Task],
) -> None:
    found = [make_task(id=UUID(int=number)) for number in (2, 3, 1)]

    numbers = [
        [task.id.int for task in in_order(found, parse_order(text))]
        for text in ("title", "title desc", "title desc, due", "due desc, id", "")
    ]

    assert numbers == [[1, 2, 3], [3, 2, 1], [1, 2, 3], [1, 2, 3], [3, 2, 1]]


@given(many_tasks, orders)
def test_an_order_is_total_and_agrees_with_what_comes_after(
    found: list[Task], order: Order
) -> None:
    ordered = in_order(reversed(found), order)

    assert ordered == in_order(found, order)
    assert {task.id for task in ordered} == {task.id for task in found}
    for place, task in enumerate(ordered):
        position = position_of(task, order)
        after = [one for one in ordered if comes_after(one, position, order)]
        assert after == ordered[place + 1 :]


@given(many_tasks, orders, st.integers(1, 5))
def test_pages_put_together_are_the_whole(found: list[Task], order: Order, size: int) -> None:
    whole, pages = in_order(found, order), list[Task]()
    rest = whole
    while rest:
        pages += rest[:size]
        position = position_of(pages[-1], order)
        rest = in_order((task for task in found if comes_after(task, position, order)), order)

    assert pages == whole


@given(many_tasks, orders)
def test_the_first_key_decides(found: list[Task], order: Order) -> None:
    first = order[0]
    values = [sort_value(task, first.field) for task in in_order(found, order)]

    assert all(one is not None or other is None for one, other in pairwise(values))
    placed = [value for value in values if value is not None]
    assert placed == sorted(placed, reverse=first.descending)
