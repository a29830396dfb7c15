"""What only SQLite works out: how it gets hold of tasks changes nothing of what is found.

That it answers as the repository in memory does is in ``contract``, where all tasks are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest import mock
from uuid import UUID

from attrs import evolve
from contract.strategies import DAYS, MOMENTS, ops, predicates, queries, tasks
from hypothesis import given, settings
from hypothesis import strategies as st

from taskcore.adapters.memory import MemoryRepository
from taskcore.adapters.sqlite import SqliteRepository
from taskcore.adapters.sqlite import repository as repository_module
from taskcore.entities import TaskQuery
from taskcore.entities.filters.predicates import And, Day, Is, Moment, Or, Predicate
from taskcore.ports import Add, Count, Find

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskcore import Task

MANY = mock.patch.multiple(repository_module, FEW=-1, FEW_OF_ALL=-1)
worlds = st.lists(tasks(), max_size=8).map(
    lambda found: [
        evolve(task, id=UUID(int=number * 2**100 + 7), user_id="alice", parent_id=None)
        for number, task in enumerate(found)
    ]
)

# Of these, the adapter works out between which times a task is due, or starts.
fields = st.sampled_from(["due", "start"])
times: st.SearchStrategy[Predicate] = st.recursive(
    st.one_of(
        st.builds(Day, fields, ops, st.sampled_from(DAYS)),
        st.builds(Moment, fields, ops, st.sampled_from(MOMENTS)),
        st.builds(
            Is, st.sampled_from(["completed_at", "updated_at"]), ops, st.sampled_from(MOMENTS)
        ),
    ),
    lambda inner: st.one_of(
        st.builds(And, st.lists(inner, min_size=2, max_size=2).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=2).map(tuple)),
    ),
    max_leaves=4,
)
# Filters as people write them: some terms, all of which have to hold.
conjunctions = st.lists(times | predicates, min_size=2, max_size=4).map(
    lambda terms: And(tuple(terms))
)


@settings(max_examples=100)
@given(stored=worlds, query=queries(), filter=conjunctions)
def test_what_is_found_in_order_is_what_is_gathered_and_what_the_model_finds(
    stored: Sequence[Task], query: TaskQuery, filter: Predicate
) -> None:
    asked = [query, TaskQuery(filter, query.order, query.limit, query.after)]
    batch = [Find("alice", one) for one in asked]
    model = MemoryRepository()
    model.execute([Add(task) for task in stored])

    with SqliteRepository(":memory:") as sqlite:
        sqlite.execute([Add(task) for task in stored])
        gathered = sqlite.execute(batch)
        with MANY:
            in_order = sqlite.execute(batch)

    assert repr(gathered) == repr(in_order) == repr(model.execute(batch))


@settings(max_examples=70)
@given(
    stored=worlds.filter(lambda world: len(world) > 1),
    asked=st.lists(times | conjunctions, min_size=5, max_size=15),
)
def test_between_times_as_many_tasks_are_counted_as_in_the_model(
    stored: Sequence[Task], asked: Sequence[Predicate]
) -> None:
    batch = [Count("alice", predicate) for predicate in asked]
    model = MemoryRepository()
    model.execute([Add(task) for task in stored])

    with SqliteRepository(":memory:") as sqlite:
        sqlite.execute([Add(task) for task in stored])
        assert sqlite.execute(batch) == model.execute(batch)
