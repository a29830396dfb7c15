"""Memory is the model: of any text and number, and for the lists that have an index of their own.

The contract suite compares the storages on texts that it knows. Postgres folds some texts itself,
keeps others folded, and has its own mind about LIKE, JSON and numbers.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import sqlalchemy
from attrs import evolve
from contract.strategies import ops, orders, predicates, tasks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskcore.adapters.memory import MemoryRepository
from taskcore.adapters.postgres.finding import OPEN_ORDER
from taskcore.entities import TaskQuery
from taskcore.entities.extra import extra_text
from taskcore.entities.filters import (
    And,
    Contains,
    ExtraHas,
    ExtraIs,
    Is,
    Like,
    Not,
    Predicate,
    Tagged,
    Within,
)
from taskcore.entities.folding import fold
from taskcore.entities.ordering import Order, position_of
from taskcore.entities.rules import EXTRA_SIZE
from taskcore.entities.tags import valid_tags
from taskcore.ports import Add, Count, Find, Operation, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from taskcore import Task
    from taskcore.adapters.postgres import PostgresRepository

# Few characters that mean something to somebody, so that texts meet; and any others.
SPECIAL = "aAzZ.!/%_\\'\"ßſİıÅΣς\u0301\u00e9\U0001f6d2 "
STORABLE = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufffd")
OPEN = Is("completed", "=", value=False)

characters = st.sampled_from(SPECIAL) | STORABLE
texts = st.text(characters, max_size=4)
titles = st.text(characters, min_size=1, max_size=5).filter(str.strip)
names = st.sampled_from(["a", "A", "b!", "b/", "ä", "c d", "%"])
projects = st.lists(names, min_size=1, max_size=3).map(".".join)
tags = st.text(characters, min_size=1, max_size=2).filter(lambda tag: not re.search(r"[\s,]", tag))
keys = st.sampled_from(["a", "b", "0", "a.b", "'", "ä"])
numbers = st.sampled_from([0, 1, -1, 2**53 - 1, 0.1, 1.0, 1.5, -2.5e-7, 1e16, 5e-324, 1.7e308])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2),
)
extras = st.dictionaries(keys, values, max_size=3).filter(
    lambda extra: len(extra_text(extra).encode()) <= EXTRA_SIZE
)
of_any_text = st.builds(
    evolve,
    tasks(),
    id=st.uuids(),
    user_id=st.just("alice"),
    parent_id=st.none(),
    title=titles,
    description=st.none() | texts,
    project=st.none() | projects,
    tags=st.lists(tags, max_size=3).map(valid_tags),
    extra=st.just({}) | extras,
)
paths = st.lists(keys, min_size=1, max_size=2).map(tuple)
pieces = st.lists(st.text(characters, max_size=1), min_size=2, max_size=3).map(tuple)
about_texts: st.SearchStrategy[Predicate] = st.one_of(
    st.builds(Is, st.sampled_from(["title", "description", "project"]), ops, titles),
    st.builds(Like, st.sampled_from(["title", "description", "project"]), pieces),
    st.builds(
        Contains,
        st.sampled_from([("title",), ("description",), ("title", "description")]),
        st.text(characters, min_size=1, max_size=2).map(fold),
    ),
    st.builds(Tagged, tags.map(fold)),
    st.builds(Within, projects),
    st.builds(ExtraIs, paths, ops, numbers | texts),
    st.builds(ExtraHas, paths),
)


def queries(
    filters: st.SearchStrategy[Predicate], orders: st.SearchStrategy[Order]
) -> st.SearchStrategy[TaskQuery]:
    """Return queries, which go on after where a task stands, or start at the beginning."""

    def of(order: Order) -> st.SearchStrategy[TaskQuery]:
        positions = of_any_text.map(lambda task: position_of(task, order))
        limits = st.none() | st.integers(1, 4)
        return st.builds(TaskQuery, filters, st.just(order), limits, st.none() | positions)

    return orders.flatmap(of)


any_queries = queries(about_texts | about_texts.map(Not) | predicates, orders())
open_queries = queries(
    st.just(OPEN) | predicates.map(lambda other: And((OPEN, other))), st.just(OPEN_ORDER)
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    world=st.lists(of_any_text, max_size=10, unique_by=lambda task: task.id),
    asked=st.lists(any_queries | open_queries, min_size=1, max_size=8),
    one_by_one=st.booleans(),
)
def test_whatever_is_stored_and_asked(
    engine: Engine,
    repository: PostgresRepository,
    world: list[Task],
    asked: list[TaskQuery],
    *,
    one_by_one: bool,
) -> None:
    model = MemoryRepository()
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text("DELETE FROM taskcore.tasks"))
    adds: Sequence[Operation[Any]] = [Add(task) for task in world]
    for batch in [[add] for add in adds] if one_by_one else [adds]:
        assert repository.execute(batch) == model.execute(batch)
    questions: list[Operation[Any]] = [Find("alice"), Tally("alice", "tags")]
    questions += [Tally("alice", "project")]
    for query in asked:
        questions += [Find("alice", query), Count("alice", query.filter)]

    answers = repository.execute(questions)

    # As text, times in two zones are not the same, nor are 1 and 1.0, or one order and another.
    assert [repr(answer) for answer in answers] == [
        repr(answer) for answer in model.execute(questions)
    ]
