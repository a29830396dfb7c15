"""Any story of batches: a storage answers what the model, the repository in memory, answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from taskcore import Task
from taskcore.adapters.memory import MemoryRepository
from taskcore.ports import Add, Find, Get, Operation, Remove, Replace

if TYPE_CHECKING:
    from taskcore import TaskRepository

USERS = ["alice", "bob", "Alice's 100 % \\ \U0001f6d2"]
IDS = [UUID(int=number) for number in (1, 2**64, 2**127)]
MOMENT = datetime(2025, 1, 2, tzinfo=UTC)
# Few of each, so that operations meet, and tasks of the same moment must be told apart.
users = st.sampled_from(USERS)
ids = st.sampled_from(IDS)
versions = st.integers(1, 4)


@st.composite
def tasks(draw: st.DrawFn) -> Task:
    created_at = MOMENT + timedelta(microseconds=draw(st.integers(0, 1)))
    return Task(
        id=draw(ids),
        user_id=draw(users),
        title=draw(st.sampled_from(["Buy milk", "Buy bread", "買い物"])),
        description=draw(st.sampled_from([None, "", "two\nliters"])),
        completed=draw(st.booleans()),
        created_at=created_at,
        updated_at=created_at + timedelta(microseconds=draw(st.integers(0, 2))),
        version=draw(versions),
    )


operations: st.SearchStrategy[Operation[Any]] = st.one_of(
    st.builds(Add, tasks()),
    st.builds(Replace, tasks(), versions),
    st.builds(Remove, users, ids, st.none() | versions),
    st.builds(Get, users, ids),
    st.builds(Find, users),
)
of_one_kind = st.one_of(
    st.lists(st.builds(Add, tasks())),
    st.lists(st.builds(Replace, tasks(), versions)),
    st.lists(st.builds(Remove, users, ids, st.none() | versions)),
    st.lists(st.builds(Get, users, ids)),
)


class Comparison(RuleBasedStateMachine):
    """Sends the same batches to a repository and to the model."""

    def __init__(self, repository: TaskRepository) -> None:
        super().__init__()
        self._repository = repository
        self._model = MemoryRepository()

    @initialize()
    def empty_the_repository(self) -> None:
        found = self._repository.execute([Find(user) for user in USERS])
        stored = [task for tasks in found for task in tasks]
        self._repository.execute([Remove(task.user_id, task.id) for task in stored])

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

    @invariant()
    def lists_are_the_same(self) -> None:
        self._compare([Find(user) for user in USERS])

    def _compare(self, batch: list[Operation[Any]]) -> None:
        # repr tells errors with their data, and times with their zone.
        assert repr(self._repository.execute(batch)) == repr(self._model.execute(batch))


@pytest.mark.parametrize("name", ["sqlite", "postgres"])
def test_a_storage_tells_any_story_as_memory_does(
    name: str, request: pytest.FixtureRequest
) -> None:
    repository: TaskRepository = request.getfixturevalue(name)

    run_state_machine_as_test(
        lambda: Comparison(repository),
        settings=settings(max_examples=30, stateful_step_count=12),
    )
