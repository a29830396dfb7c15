"""Tasks below tasks, by each face of the library, on the model of a storage."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskcore import InvalidTask, Task, TaskDraft, TaskNotFound, Tasks, usecases
from taskcore.adapters.memory import MemoryRepository
from taskcore.errors import HasSubtasks
from taskcore.execution import resume
from taskcore.ports import Together

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeTasks = Callable[..., Any]


def titles(found: list[Task]) -> list[str]:
    return [task.title for task in found]


def chain(tasks: Any, length: int) -> list[Task]:
    """Add so many tasks, each below the one before it."""
    added = [tasks.add("1")]
    for number in range(2, length + 1):
        added.append(tasks.add(f"{number}", parent_id=added[-1].id))
    return added


def test_a_task_with_subtasks_goes_only_with_them(tasks: Any) -> None:
    added = chain(tasks, 3)
    other = tasks.add("other")

    with pytest.raises(HasSubtasks):
        tasks.remove(added[1].id)
    assert tasks.count() == 4

    assert tasks.remove(added[1].id, subtree=True) == added[1]
    assert tasks.find(order_by="title") == [added[0], other]
    assert tasks.remove(added[0].id) == added[0]


def test_of_many_that_are_removed_each_tells_what_became_of_it(tasks: Any) -> None:
    top, middle, bottom = chain(tasks, 3)
    other, missing = tasks.add("other"), uuid4()

    refused = tasks.remove_all([top.id, missing, other.id])
    assert repr(refused) == repr([HasSubtasks(top.id), TaskNotFound(missing), other])

    removed = tasks.remove_all([top.id, bottom.id], subtree=True)
    assert removed[0] == top
    assert removed[1] == bottom or isinstance(removed[1], TaskNotFound)
    assert tasks.find() == []
    assert middle.parent_id == top.id


def test_completing_a_task_leaves_its_subtasks_as_they_are(tasks: Any) -> None:
    added = chain(tasks, 3)

    tasks.complete(added[1].id)

    assert titles(tasks.find("completed = true")) == ["2"]


def test_eight_levels_are_allowed_however_they_come_about(tasks: Any) -> None:
    added = chain(tasks, 8)
    pair = chain(tasks, 2)

    with pytest.raises(InvalidTask, match="level 9"):
        tasks.add("9", parent_id=added[7].id)
    with pytest.raises(InvalidTask, match="level 9"):
        tasks.edit(pair[0].id, parent_id=added[6].id)
    assert tasks.edit(pair[0].id, parent_id=added[5].id).parent_id == added[5].id


def test_a_task_that_is_added_below_one_that_is_moving_does_not_go_too_deep() -> None:
    repository = MemoryRepository()
    tasks = Tasks(repository, "alice")
    deepest = tasks.add("level 1")
    for level in range(2, 8):
        deepest = tasks.add(f"level {level}", parent_id=deepest.id)
    moving = tasks.add("moving")
    move = usecases.edit("alice", moving.id, {"parent_id": deepest.id}, now=datetime.now(UTC))
    operation = resume(move, None)
    while not isinstance(operation, Together):
        [answer] = repository.execute([operation])
        operation = resume(move, answer)

    tasks.add("added meanwhile", parent_id=moving.id)

    def go_on() -> None:
        asked = operation
        while True:
            [answer] = repository.execute([asked])
            asked = resume(move, answer)

    with pytest.raises(InvalidTask, match="level 9"):
        go_on()
    assert tasks.get(moving.id) == moving


def test_nobody_has_a_task_of_somebody_else_as_parent(tasks_of: MakeTasks) -> None:
    alice, bob = tasks_of("alice"), tasks_of("bob")
    hers, his = alice.add("hers"), bob.add("his")

    for call in (
        lambda: bob.add("below", parent_id=hers.id),
        lambda: bob.edit(his.id, parent_id=hers.id),
        lambda: bob.edit(his.id, parent_id=uuid4()),
    ):
        with pytest.raises(InvalidTask, match="parent_id must be the id of a task of this user"):
            call()
    assert bob.find() == [his]


def test_subtasks_of_tasks_that_are_added_at_once_are_each_refused_or_added(tasks: Any) -> None:
    added = chain(tasks, 7)

    results = tasks.add_all(
        TaskDraft(f"below {number}", parent_id=id)
        for number, id in enumerate([added[0].id, uuid4(), added[6].id])
    )

    assert [type(result) for result in results] == [Task, InvalidTask, Task]


moves = st.lists(st.tuples(st.integers(0, 11), st.none() | st.integers(0, 11)), max_size=60)


@given(moves)
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_moved_there_are_no_rings_and_no_ninth_level(
    moves: list[tuple[int, int | None]],
) -> None:
    numbers = count(1)
    tasks = Tasks(MemoryRepository(), "alice", new_id=lambda: UUID(int=next(numbers)))
    ids = [task.id for task in tasks.add_all(["x"] * 12) if isinstance(task, Task)]
    parents: dict[UUID, UUID | None] = dict.fromkeys(ids)

    def above(id: UUID | None) -> list[UUID]:
        return [] if id is None else [id, *above(parents[id])]

    def height(id: UUID) -> int:
        return 1 + max((height(one) for one in ids if parents[one] == id), default=0)

    for child, parent in moves:
        id, parent_id = ids[child], None if parent is None else ids[parent]
        allowed = id not in above(parent_id) and len(above(parent_id)) + height(id) <= 8
        try:
            tasks.edit(id, parent_id=parent_id)
        except InvalidTask:
            assert not allowed
        else:
            assert allowed
            parents[id] = parent_id
    assert {task.id: task.parent_id for task in tasks.find()} == parents
