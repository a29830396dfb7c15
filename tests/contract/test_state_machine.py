"""Any story of batches: a storage answers what the model, the repository in memory, answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract.strategies import IDS, USERS, of_one_kind, operations, queries, tasks
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from taskcore.adapters.memory import MemoryRepository
from taskcore.ports import Add, Find, Get, Operation, Remove, Replace, Tally

if TYPE_CHECKING:
    from taskcore import Task, TaskRepository
    from taskcore.entities import TaskQuery


class Comparison(RuleBasedStateMachine):
    """Sends the same batches to a repository and to the model."""

    def __init__(self, repository: TaskRepository) -> None:
        super().__init__()
        self._repository = repository
        self._model = MemoryRepository()

    @initialize()
    def empty_the_repository(self) -> None:
        # A parent has a smaller id than its subtasks.
        for id in reversed(IDS):
            self._repository.execute([Remove(user, id) for user in USERS])

    @rule(batch=st.lists(operations, max_size=12))
    def batch_of_any_kinds(self, batch: list[Operation[Any]]) -> None:
        self._compare(batch)

    @rule(batch=of_one_kind)
    def batch_of_one_kind(self, batch: list[Operation[Any]]) -> None:
        self._compare(batch)

    @rule(task=tasks(), length=st.integers(1, 5))
    def chain_of_changes(self, task: Task, length: int) -> None:
        chain: list[Operation[Any]] = [Add(task), Get(task.user_id, task.id)]
        for number in range(length):
            changed = task.edited({"title": f"{number}"}, task.updated_at)
            chain.append(Replace(changed, expected=task.version))
            task = changed
        self._compare([*chain, Remove(task.user_id, task.id, expected=task.version)])

    @rule(query=queries())
    def the_same_query_of_all(self, query: TaskQuery) -> None:
        self._compare([Find(user, query) for user in USERS])

    @invariant()
    def lists_are_the_same(self) -> None:
        self._compare([Find(user) for user in USERS])
        self._compare([Tally(user, "tags") for user in USERS])

    def _compare(self, batch: list[Operation[Any]]) -> None:
        # repr tells errors with their data, and times with their zone.
        assert repr(self._repository.execute(batch)) == repr(self._model.execute(batch))


@pytest.mark.parametrize("name", ["sqlite", "postgres", "postgres_protected"])
def test_a_storage_tells_any_story_as_memory_does(
    name: str, request: pytest.FixtureRequest
) -> None:
    repository: TaskRepository = request.getfixturevalue(name)

    run_state_machine_as_test(
        lambda: Comparison(repository),
        settings=settings(max_examples=20, stateful_step_count=12),
    )
