"""Tasks, predicates, queries and operations for Hypothesis: few of each, so that they meet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from attrs import evolve
from hypothesis import strategies as st

from taskcore import Task
from taskcore.entities import Priority, TaskQuery
from taskcore.entities.filters import (
    All,
    And,
    Contains,
    Day,
    ExtraHas,
    ExtraIs,
    Is,
    Like,
    Moment,
    Not,
    Or,
    Predicate,
    Present,
    Tagged,
    Within,
)
from taskcore.entities.folding import fold
from taskcore.entities.ordering import ORDER_FIELDS, Order, OrderKey, position_of
from taskcore.entities.tags import valid_tags
from taskcore.ports import (
    Add,
    Count,
    Expect,
    Find,
    Get,
    Operation,
    Remove,
    Replace,
    Subtree,
    Tally,
    Together,
)

USERS = ["alice", "bob", "Alice's 100 % \\ \U0001f6d2"]
IDS = [UUID(int=number) for number in (1, 2**64, 2**127, 2**128 - 1)]
MOMENT = datetime(2025, 1, 2, tzinfo=UTC)
MOMENTS = [MOMENT + timedelta(microseconds=number) for number in range(3)]
DAYS = [date(2025, 1, 1), date(2025, 1, 2), date(9999, 12, 30)]
WHENS = [
    *DAYS,
    MOMENT,
    MOMENT.astimezone(ZoneInfo("Asia/Kolkata")),
    datetime(2025, 1, 1, 23, 59, 59, 999_999, UTC),
    datetime(2025, 1, 2, 12, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
    datetime(1900, 1, 1, tzinfo=UTC),
]
TITLES = ["Buy milk", "buy bread", "買い物", "100 % _x_ \\", "Straße", "STRASSE", "İ"]
TITLES += ["a*b", "a?b", "a[b]c", "\uffff", "𝄞"]
DESCRIPTIONS = ["", "two\nliters", "Milk", "'; --"]
TAGS = ["Home", "home", "äpfel", "a%b", "x_y", "ÄPFEL", 'q"uo\\te', "{}", "$.x"]
PROJECTS = ["home", "home.garden", "homework", "home%", "Home", "home.garden.roses", "home-made"]
EXTRAS: list[dict[str, Any]] = [
    {},
    {"a": 1},
    {"a": 1.0},
    {"a": True},
    {"a": "1"},
    {"a": {"b": "x", "c": None}},
    {"a.b": "x", "'": [1, {"b": 2}]},
    {"a": {"b": 1.5e300}},
    {'d"e': "𝄞", "f\\": 2**53 - 1, "é": -2},
]

users = st.sampled_from(USERS)
ids = st.sampled_from(IDS)
versions = st.integers(1, 4)
levels = st.none() | st.integers(1, 3)


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    """Make a task whose parent, if any, has a smaller id: so there are no circles."""
    id = draw(ids)
    created_at = draw(st.sampled_from(MOMENTS))
    return Task(
        id=id,
        user_id=draw(users),
        title=draw(st.sampled_from(TITLES)),
        description=draw(st.none() | st.sampled_from(DESCRIPTIONS)),
        completed_at=draw(st.none() | st.sampled_from(MOMENTS)),
        due=draw(st.none() | st.sampled_from(WHENS)),
        start=draw(st.none() | st.sampled_from(WHENS)),
        priority=draw(st.none() | st.sampled_from(Priority)),
        tags=valid_tags(draw(st.lists(st.sampled_from(TAGS), max_size=3))),
        project=draw(st.none() | st.sampled_from(PROJECTS)),
        parent_id=draw(st.none() | st.sampled_from([None, *IDS[: IDS.index(id)]])),
        extra=draw(st.sampled_from(EXTRAS)),
        created_at=created_at,
        updated_at=max(created_at, draw(st.sampled_from(MOMENTS))),
        version=draw(versions),
    )


ops = st.sampled_from(["=", "<", "<=", ">", ">="])
paths = st.sampled_from(
    [
        *(("a",), ("a", "b"), ("a.b",), ("'",), ("a", "c"), ("none",), ("'", "0")),
        *(('d"e',), ("f\\",), ("é",)),
    ]
)
patterns = [("", ""), ("Buy", ""), ("", "milk"), ("1", "_", "\\"), ("", "%", "")]
patterns += [("a*", ""), ("", "?", ""), ("a", "[b]", "c")]
values: dict[str, st.SearchStrategy[Any]] = {
    "id": ids,
    "title": st.sampled_from(TITLES),
    "description": st.sampled_from(DESCRIPTIONS),
    "completed_at": st.sampled_from(MOMENTS),
    "created_at": st.sampled_from(MOMENTS),
    "updated_at": st.sampled_from(MOMENTS),
    "priority": st.sampled_from(Priority),
    "project": st.sampled_from(PROJECTS),
    "parent_id": ids,
    "version": versions,
}
leaves: st.SearchStrategy[Predicate] = st.one_of(
    st.just(All()),
    st.sampled_from(list(values)).flatmap(
        lambda field: st.builds(Is, st.just(field), ops, values[field])
    ),
    st.builds(Is, st.just("completed"), st.just("="), st.booleans()),
    st.builds(
        Like,
        st.sampled_from(["title", "description", "project"]),
        st.sampled_from(patterns),
    ),
    st.builds(
        Contains,
        st.sampled_from([("title",), ("description",), ("title", "description")]),
        st.sampled_from(["milk", "ss", "%", "_", "買", "\\", "i", "'", "*", "", "B"]).map(fold),
    ),
    st.builds(Day, st.sampled_from(["due", "start"]), ops, st.sampled_from(DAYS)),
    st.builds(Moment, st.sampled_from(["due", "start"]), ops, st.sampled_from(MOMENTS)),
    st.builds(Present, st.sampled_from([*ORDER_FIELDS, "tags", "extra"])),
    st.builds(Tagged, st.sampled_from(TAGS).map(fold)),
    st.builds(Within, st.sampled_from(PROJECTS)),
    st.builds(ExtraIs, paths, ops, st.sampled_from([1, 1.5, 0, -2, 2**53 - 1, "1", "x", "", "𝄞"])),
    st.builds(ExtraIs, paths, st.just("="), st.sampled_from([True, False, None])),
    st.builds(ExtraHas, paths),
)


def _several(terms: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    some = st.lists(terms, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(And, some), st.builds(Or, some), st.builds(Not, terms))


predicates = st.recursive(leaves, _several, max_leaves=6)


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Make an order whose last key is the id."""
    others = [field for field in ORDER_FIELDS if field != "id"]
    fields = draw(st.lists(st.sampled_from(others), max_size=3, unique=True))
    return tuple(OrderKey(field, descending=draw(st.booleans())) for field in (*fields, "id"))


@st.composite
def queries(draw: st.DrawFn) -> TaskQuery:
    """Make a query, perhaps one that goes on after where some task stands, or stood."""
    order = draw(orders())
    return TaskQuery(
        draw(predicates),
        order,
        draw(st.none() | st.integers(1, 4)),
        draw(st.none() | tasks().map(lambda task: position_of(task, order))),
    )


# Most name none, as only a third of those that do name the right one.
creations = st.sampled_from([None, None, *MOMENTS])
removals = st.builds(Remove, users, ids, st.none() | versions, creations)
singles: st.SearchStrategy[Operation[Any]] = st.one_of(
    st.builds(Add, tasks()),
    st.builds(Replace, tasks(), versions),
    removals,
    st.builds(Get, users, ids),
    st.builds(Find, users),
    st.builds(Find, users, queries()),
    st.builds(Count, users, predicates),
    st.builds(Tally, users, st.sampled_from(["project", "tags"])),
    st.builds(Subtree, users, ids),
    st.builds(Expect, users, ids, versions, levels, creations),
)


@st.composite
def together(draw: st.DrawFn) -> Together:
    """Make operations of one user that go together, of which one removes at the most.

    Of two that remove, one could be of a parent and its subtask, which storages may take in any
    order.
    """
    user_id = draw(users)
    inside = st.one_of(
        st.builds(Add, tasks().map(lambda task: _of(task, user_id))),
        st.builds(Replace, tasks().map(lambda task: _of(task, user_id)), versions),
        st.builds(Expect, st.just(user_id), ids, versions, levels, creations),
        st.builds(Get, st.just(user_id), ids),
    )
    last = st.builds(Remove, st.just(user_id), ids, st.none() | versions, creations)
    return Together((*draw(st.lists(inside, max_size=4)), *draw(st.lists(last, max_size=1))))


operations = st.one_of(singles, together())
of_one_kind = st.one_of(
    st.lists(st.builds(Add, tasks())),
    st.lists(st.builds(Replace, tasks(), versions)),
    st.lists(removals),
    st.lists(st.builds(Get, users, ids)),
    st.lists(st.builds(Find, users, queries())),
)


def _of(task: Task, user_id: str) -> Task:
    return evolve(task, user_id=user_id)
