"""Tasks and queries for Hypothesis, of any text and time that a valid task may have."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from taskcore import Task
from taskcore.entities import Priority, TaskQuery
from taskcore.entities.extra import extra_text
from taskcore.entities.filters import (
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
from taskcore.entities.ordering import ORDER_FIELDS, OrderKey, position_of
from taskcore.entities.rules import EXTRA_SIZE
from taskcore.entities.tags import valid_tags

# Few characters that mean something to somebody, so that texts meet; and any others.
SPECIAL = "aAzZ.!/%_\\'\"ßſİıÅΣς\u0301\u00e9\U0001f6d2 "
STORABLE = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffd")
characters = st.sampled_from(SPECIAL) | STORABLE
texts = st.text(characters, max_size=4)
titles = st.text(characters, min_size=1, max_size=5).filter(str.strip)
names = st.sampled_from(["a", "A", "b!", "b/", "ä", "c d", "%"])
projects = st.lists(names, min_size=1, max_size=3).map(".".join)
tags = st.text(characters, min_size=1, max_size=2).filter(lambda tag: not re.search(r"[\s,]", tag))
zones = st.sampled_from(
    [
        UTC,
        ZoneInfo("Europe/Paris"),
        ZoneInfo("America/St_Johns"),
        ZoneInfo("UTC"),
        timezone(timedelta(hours=5, minutes=30)),
    ]
)
moments = st.builds(
    lambda hours, microseconds: (
        datetime(2025, 3, 29, 22, tzinfo=UTC) + timedelta(hours=hours, microseconds=microseconds)
    ),
    st.integers(0, 60),
    st.sampled_from([-1, 0, 1]),
)
days = st.dates(date(2025, 3, 29), date(2025, 4, 2)) | st.sampled_from(
    [date(1, 1, 2), date(9999, 12, 30)]
)
whens = days | st.builds(lambda moment, zone: moment.astimezone(zone), moments, zones)
keys = st.sampled_from(["a", "b", "0", "a.b", "'", "ä"])
numbers = st.sampled_from([0, 1, -1, 2**53 - 1, 0.1, 1.0, 1.5, -2.5e-7, 1e16, 5e-324, 1.7e308])
scalars = st.none() | st.booleans() | numbers | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2)
)
extras = st.dictionaries(keys, values, max_size=3).filter(
    lambda extra: len(extra_text(extra).encode()) <= EXTRA_SIZE
)


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    created_at = draw(moments)
    return Task(
        id=draw(st.uuids()),
        user_id="alice",
        title=draw(titles),
        description=draw(st.none() | texts),
        completed_at=draw(st.none() | moments),
        due=draw(st.none() | whens),
        start=draw(st.none() | whens),
        priority=draw(st.none() | st.sampled_from(Priority)),
        tags=valid_tags(draw(st.lists(tags, max_size=3))),
        project=draw(st.none() | projects),
        parent_id=None,
        extra=draw(st.just({}) | extras),
        created_at=created_at,
        updated_at=max(created_at, draw(moments)),
        version=draw(st.sampled_from([1, 2, 2**40])),
    )


ops = st.sampled_from(["=", "<", "<=", ">", ">="])
compared: dict[str, st.SearchStrategy[Any]] = {
    "id": st.uuids(),
    "title": titles,
    "description": texts,
    "completed_at": moments,
    "created_at": moments,
    "updated_at": moments,
    "priority": st.sampled_from(Priority),
    "project": projects,
    "parent_id": st.just(UUID(int=1)),
    "version": st.sampled_from([1, 2, 2**40]),
}
dates = st.sampled_from(["due", "start"])
paths = st.lists(keys, min_size=1, max_size=2).map(tuple)
pieces = st.lists(st.text(characters, max_size=1), min_size=2, max_size=3).map(tuple)
leaves: st.SearchStrategy[Predicate] = st.one_of(
    st.sampled_from(list(compared)).flatmap(
        lambda field: st.builds(Is, st.just(field), ops, compared[field])
    ),
    st.builds(Is, st.just("completed"), st.just("="), st.booleans()),
    st.builds(Like, st.sampled_from(["title", "description", "project"]), pieces),
    st.builds(
        Contains,
        st.sampled_from([("title",), ("description",), ("title", "description")]),
        st.text(characters, min_size=1, max_size=2).map(fold),
    ),
    st.builds(Day, dates, ops, days),
    st.builds(Moment, dates, ops, moments),
    st.builds(Present, st.sampled_from([*ORDER_FIELDS, "tags", "extra"])),
    st.builds(Tagged, tags.map(fold)),
    st.builds(Within, projects),
    st.builds(ExtraIs, paths, ops, numbers | texts),
    st.builds(ExtraIs, paths, st.just("="), st.none() | st.booleans()),
    st.builds(ExtraHas, paths),
)


def _joined(terms: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    some = st.lists(terms, min_size=2, max_size=3).map(tuple)
    return st.builds(And, some) | st.builds(Or, some) | st.builds(Not, terms)


predicates = st.recursive(leaves, _joined, max_leaves=5)


@st.composite
def queries(draw: st.DrawFn) -> TaskQuery:
    """Make a query, which goes on after where a task stands, or starts at the beginning."""
    fields = draw(st.lists(st.sampled_from(ORDER_FIELDS[1:]), max_size=3, unique=True))
    order = tuple(OrderKey(field, descending=draw(st.booleans())) for field in (*fields, "id"))
    after = draw(st.none() | tasks().map(lambda task: position_of(task, order)))
    return TaskQuery(draw(predicates), order, draw(st.none() | st.integers(1, 4)), after)
