"""Two at once, on the same tasks of one user: one is first, and the other is told."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from taskcore import StaleTask, TaskNotFound
from taskcore.adapters.sqlite import SqliteRepository
from taskcore.errors import HasSubtasks, InvalidTask, TaskcoreError
from taskcore.ports import Add, Expect, Find, Get, Operation, Remove, Replace, Together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from taskcore import Task, TaskRepository

    MakeTask = Callable[..., Task]
    Race = Callable[[Operation[Any], Operation[Any]], list[Any]]

ROUNDS = 20


@pytest.fixture(params=["memory", "sqlite", "postgres", "postgres_protected"])
def repository(request: pytest.FixtureRequest) -> TaskRepository:
    """Return each repository that two may use at once."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def race(repository: TaskRepository, tmp_path: Path) -> Iterator[Race]:
    """Return a function that executes two operations at once, and returns their answers."""
    # One in SQLite lets its callers in one by one: two are as in two processes.
    with ThreadPoolExecutor(2) as threads, _other(repository, tmp_path) as other:

        def race(*operations: Operation[Any]) -> list[Any]:
            start = Barrier(2)

            def run(repository: TaskRepository, operation: Operation[Any]) -> Any:
                start.wait(10)
                [answer] = repository.execute([operation])
                return answer

            return list(threads.map(run, [repository, other], operations))

        yield race


def _other(repository: TaskRepository, tmp_path: Path) -> TaskRepository:
    if isinstance(repository, SqliteRepository):
        return SqliteRepository(tmp_path / "tasks.db")
    return repository


def changed(task: Task, **fields: Any) -> Replace:
    return Replace(evolve(task, version=task.version + 1, **fields), expected=task.version)


def stored(repository: TaskRepository, make_task: MakeTask, number: int = 1) -> list[Task]:
    tasks = [make_task() for _ in range(number)]
    assert repository.execute([Add(task) for task in tasks]) == tasks
    return tasks


def outcomes(answers: list[Any]) -> set[str]:
    return {type(one).__name__ if isinstance(one, TaskcoreError) else "done" for one in answers}


def test_of_two_changes_of_one_version_one_is_stored(
    repository: TaskRepository, race: Race, make_task: MakeTask
) -> None:
    for _ in range(ROUNDS):
        [task] = stored(repository, make_task)

        answers = race(changed(task, title="one"), changed(task, title="two"))

        [winner] = [one for one in answers if not isinstance(one, StaleTask)]
        assert repository.execute([Get("alice", task.id)]) == [winner]
        assert outcomes(answers) == {"done", "StaleTask"}


def test_of_a_change_and_a_removal_of_one_version_one_is_done(
    repository: TaskRepository, race: Race, make_task: MakeTask
) -> None:
    for _ in range(ROUNDS):
        [task] = stored(repository, make_task)

        edited, removed = race(changed(task, title="one"), Remove("alice", task.id, 1))

        [left] = repository.execute([Get("alice", task.id)])
        if removed is None:
            assert isinstance(edited, StaleTask)
            assert isinstance(left, TaskNotFound)
        else:
            assert isinstance(removed, StaleTask)
            assert left == edited


def test_of_two_removals_of_one_task_one_is_done(
    repository: TaskRepository, race: Race, make_task: MakeTask
) -> None:
    for _ in range(ROUNDS):
        [task] = stored(repository, make_task)

        answers = race(Remove("alice", task.id), Remove("alice", task.id))

        assert outcomes(answers) == {"done", "TaskNotFound"}


def test_a_task_does_not_go_while_it_gets_a_subtask(
    repository: TaskRepository, race: Race, make_task: MakeTask
) -> None:
    for _ in range(ROUNDS):
        [parent] = stored(repository, make_task)
        child = make_task(parent_id=parent.id)

        removed, added = race(Remove("alice", parent.id), Add(child))

        if removed is None:
            assert isinstance(added, InvalidTask)
        else:
            assert isinstance(removed, HasSubtasks)
            assert added == child


def test_of_two_that_go_together_in_opposite_orders_one_is_stored_whole(
    repository: TaskRepository, race: Race, make_task: MakeTask
) -> None:
    for _ in range(ROUNDS):
        tasks = stored(repository, make_task, 2)
        there = Together(tuple(changed(task, title="there") for task in tasks))
        back = Together(tuple(changed(task, title="back") for task in tasks[::-1]))

        answers = race(there, back)

        assert outcomes(answers) == {"done", "StaleTask"}
        found = repository.execute([Get("alice", task.id) for task in tasks])
        assert len({task.title for task in found}) == 1
        assert {task.version for task in found} == {2}


def test_two_that_move_below_each_other_make_no_circle(
    repository: TaskRepository, race: Race, make_task: MakeTask
) -> None:
    for _ in range(ROUNDS):
        one, two = stored(repository, make_task, 2)

        answers = race(
            Together((Expect("alice", two.id, 1), changed(one, parent_id=two.id))),
            Together((Expect("alice", one.id, 1), changed(two, parent_id=one.id))),
        )

        assert outcomes(answers) == {"done", "StaleTask"}
        found = repository.execute([Get("alice", task.id) for task in (one, two)])
        assert sum(task.parent_id is None for task in found) == 1


def test_a_subtree_that_goes_while_a_task_of_it_changes_goes_whole_or_stays_whole(
    repository: TaskRepository, race: Race, make_task: MakeTask
) -> None:
    for _ in range(ROUNDS):
        [top] = stored(repository, make_task)
        low = make_task(parent_id=top.id)
        repository.execute([Add(low)])

        gone, edited = race(
            Together((Remove("alice", low.id, 1), Remove("alice", top.id, 1))),
            changed(low, title="edited"),
        )

        [found] = repository.execute([Find("alice")])
        left = {task.id for task in found} & {top.id, low.id}
        if isinstance(gone, StaleTask):
            assert edited.title == "edited"
            assert left == {top.id, low.id}
        else:
            assert isinstance(edited, StaleTask)
            assert left == set()
