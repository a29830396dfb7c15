"""Memory is the model: Postgres finds and counts what it does, in the same order and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy
from adapters.postgres.strategies import queries, tasks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskcore.adapters.memory import MemoryRepository
from taskcore.ports import Add, Count, Find, Operation, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from taskcore import Task
    from taskcore.adapters.postgres import PostgresRepository
    from taskcore.entities import TaskQuery


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    world=st.lists(tasks(), max_size=10, unique_by=lambda task: task.id),
    asked=st.lists(queries(), min_size=1, max_size=8),
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
        questions += [Find("alice", query), Count("alice", query.filter), Find("bob", query)]

    answers = repository.execute(questions)

    # As text, times in two zones are not the same, nor are 1 and 1.0, or one order and another.
    assert [repr(answer) for answer in answers] == [
        repr(answer) for answer in model.execute(questions)
    ]
