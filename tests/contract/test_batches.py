"""A batch: every operation answers as if it ran after the one before it, and falls alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import attrs
import pytest

from taskcore import (
    DuplicateTask,
    InvalidTask,
    StaleTask,
    Task,
    TaskcoreError,
    TaskNotFound,
    TaskRepository,
)
from taskcore.execution import answer_all
from taskcore.ports import Add, Find, Get, Operation, Remove, Replace

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeTask = Callable[..., Task]


def at_version(version: int, task: Task, **fields: Any) -> Task:
    return attrs.evolve(task, version=version, **{"title": f"version {version}", **fields})


def test_an_empty_batch_has_no_answers(repository: TaskRepository) -> None:
    assert repository.execute([]) == []


def test_the_life_of_a_task_fits_in_one_batch(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    task = make_task()
    second, third = at_version(2, task), at_version(3, task)

    answers = repository.execute(
        [
            Get("alice", task.id),
            Add(task),
            Get("alice", task.id),
            Replace(second, expected=1),
            Find("alice"),
            Replace(third, expected=2),
            Get("alice", task.id),
            Remove("alice", task.id, expected=3),
            Get("alice", task.id),
            Find("alice"),
            Add(task),
        ]
    )

    assert repr(answers) == repr(
        [
            TaskNotFound(task.id),
            task,
            task,
            second,
            [second],
            third,
            third,
            None,
            TaskNotFound(task.id),
            [],
            task,
        ]
    )


def test_of_two_adds_of_one_id_the_second_fails(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    first = make_task(title="first")
    second = attrs.evolve(first, title="second")

    answers = repository.execute([Add(first), Add(second), Add(first)])

    duplicate = DuplicateTask(first.id)
    assert repr(answers) == repr([first, duplicate, duplicate])
    assert repository.execute([Get("alice", first.id)]) == [first]


def test_of_two_replaces_of_one_version_the_second_fails(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    task = make_task()
    winner, loser = at_version(2, task, title="winner"), at_version(2, task, title="loser")
    repository.execute([Add(task)])

    answers = repository.execute([Replace(winner, expected=1), Replace(loser, expected=1)])

    assert repr(answers) == repr([winner, StaleTask(task.id, 1)])
    assert repository.execute([Get("alice", task.id)]) == [winner]


def test_of_two_removes_of_one_task_the_second_fails(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    task = make_task()
    repository.execute([Add(task)])

    answers = repository.execute([Remove("alice", task.id), Remove("alice", task.id)])

    assert repr(answers) == repr([None, TaskNotFound(task.id)])


def test_a_chain_of_replaces_in_one_batch_goes_through(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    task = make_task()
    versions = [at_version(version, task) for version in range(2, 12)]

    answers = repository.execute(
        [Add(task), *(Replace(one, expected=one.version - 1) for one in versions)]
    )

    assert answers == [task, *versions]
    assert repository.execute([Get("alice", task.id)]) == [versions[-1]]


def test_two_gets_of_one_task_are_both_answered(
    repository: TaskRepository, make_task: MakeTask, some_id: UUID
) -> None:
    task = make_task()
    repository.execute([Add(task)])

    answers = repository.execute(
        [Get("alice", task.id), Get("alice", some_id), Get("alice", task.id)]
    )

    assert repr(answers) == repr([task, TaskNotFound(some_id), task])


def test_what_fails_does_not_touch_its_neighbors(
    repository: TaskRepository, make_task: MakeTask, some_id: UUID
) -> None:
    here, there = make_task(), make_task()
    replaced = at_version(2, here)
    repository.execute([Add(here), Add(there)])
    new = make_task()

    answers = repository.execute(
        [
            *(Replace(at_version(9, there), expected=8), Replace(replaced, expected=1)),
            *(Add(here), Add(new), Add(there)),
            *(Remove("alice", some_id), Remove("alice", there.id), Remove("alice", new.id, 9)),
            *(Get("alice", some_id), Get("alice", here.id), Get("alice", there.id)),
        ]
    )

    assert repr(answers) == repr(
        [
            *(StaleTask(there.id, 8), replaced),
            *(DuplicateTask(here.id), new, DuplicateTask(there.id)),
            *(TaskNotFound(some_id), None, StaleTask(new.id, 9)),
            *(TaskNotFound(some_id), replaced, TaskNotFound(there.id)),
        ]
    )


def test_two_failures_are_two_error_objects(repository: TaskRepository, some_id: UUID) -> None:
    # Each is raised for another caller, who adds a traceback to it.
    first, second = repository.execute([Get("alice", some_id), Get("alice", some_id)])

    assert isinstance(first, TaskNotFound)
    assert first is not second


def test_finds_in_one_batch_see_what_was_written_between_them(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    task = make_task()

    answers = repository.execute(
        [Find("alice"), Add(task), Find("alice"), Find("bob"), Remove("alice", task.id)]
    )

    assert answers == [[], task, [task], [], None]


def test_500_operations_of_a_kind_are_answered_each_in_its_place(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    tasks = [
        make_task(id=UUID(int=number * 7919 % 500), title=f"{number}") for number in range(500)
    ]
    changed = [at_version(2, task) for task in tasks]

    assert repository.execute([Add(task) for task in tasks]) == tasks
    assert repository.execute([Get("alice", task.id) for task in tasks]) == tasks
    replaced = repository.execute(
        [Replace(task, expected=1 + place % 2) for place, task in enumerate(changed)]
    )
    assert replaced[::2] == changed[::2]
    assert all(isinstance(answer, StaleTask) for answer in replaced[1::2])
    removed = repository.execute(
        [Remove("alice", task.id, expected=2) for task in [*tasks, make_task()]]
    )
    assert removed[:-1:2] == [None] * 250
    assert all(isinstance(answer, StaleTask) for answer in removed[1:-1:2])
    assert isinstance(removed[-1], TaskNotFound)
    assert set(repository.execute([Find("alice")])[0]) == set(tasks[1::2])


def test_500_operations_of_mixed_kinds_are_answered_in_order(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    tasks = [make_task() for _ in range(100)]
    operations: list[Any] = []
    expected: list[Any] = []
    for task in tasks:
        second = at_version(2, task)
        operations += [Add(task), Get("alice", task.id), Replace(second, expected=1)]
        operations += [Replace(second, expected=1), Remove("alice", task.id, expected=2)]
        expected += [task, task, second, StaleTask(task.id, 1), None]

    assert repr(repository.execute(operations)) == repr(expected)


def test_a_task_that_the_database_refuses_is_answered_in_its_place_and_its_neighbors_are_stored(
    persistent_repository: TaskRepository, make_task: MakeTask
) -> None:
    before, after = make_task(), make_task()
    wrong = make_task(title="a" * 201)

    answers = persistent_repository.execute([Add(before), Add(wrong), Add(after)])

    refused = InvalidTask("title", "breaks a rule of the database", "constraint")
    assert repr(answers) == repr([before, refused, after])
    assert set(persistent_repository.execute([Find("alice")])[0]) == {before, after}


def test_a_change_that_the_database_refuses_leaves_the_task_and_its_neighbors(
    persistent_repository: TaskRepository, make_task: MakeTask
) -> None:
    task, neighbor = make_task(), make_task()
    changed = at_version(2, neighbor)
    persistent_repository.execute([Add(task), Add(neighbor)])

    answers = persistent_repository.execute(
        [
            Replace(at_version(2, task, description="a" * 1001), expected=1),
            Replace(changed, expected=1),
            Get("alice", task.id),
            Get("alice", neighbor.id),
        ]
    )

    refused = InvalidTask("description", "breaks a rule of the database", "constraint")
    assert repr(answers) == repr([refused, changed, task, changed])


def test_what_the_database_refuses_alone_is_answered_too(
    persistent_repository: TaskRepository, make_task: MakeTask
) -> None:
    task = make_task()
    constraints: dict[str, list[dict[str, Any]]] = {
        "user_id": [{"user_id": ""}, {"user_id": "a" * 256}],
        "title": [{"title": ""}, {"title": "a" * 201}, {"title": None}],
        "description": [{"description": "a" * 1001}],
        "updated_at": [{"updated_at": task.created_at.replace(year=2000)}],
        "version": [{"version": 0}],
    }

    for field, wrongs in constraints.items():
        for wrong in wrongs:
            [answer] = persistent_repository.execute([Add(attrs.evolve(task, **wrong))])

            refused = InvalidTask(field, "breaks a rule of the database", "constraint")
            assert repr(answer) == repr(refused), wrong
    assert persistent_repository.execute([Find("alice")]) == [[]]


def test_a_wrong_task_does_not_hide_a_duplicate_beside_it(
    persistent_repository: TaskRepository, make_task: MakeTask
) -> None:
    task = make_task()
    persistent_repository.execute([Add(task)])

    answers = persistent_repository.execute(
        [Add(task), Add(make_task(title="")), Add(attrs.evolve(task, id=uuid4()))]
    )

    assert [type(answer) for answer in answers] == [DuplicateTask, InvalidTask, Task]


@pytest.mark.parametrize(
    "bad", [Get("\ud800", UUID(int=7)), Remove("alice", UUID(int=7), expected=2**70)], ids=repr
)
def test_what_cannot_be_asked_does_not_fail_what_goes_with_it(
    repository: TaskRepository, make_task: MakeTask, bad: Operation[Any]
) -> None:
    task, other = make_task(), make_task()

    answers = repository.execute([Add(task), bad, Get("alice", task.id), Add(other)])

    assert (answers[0], answers[2], answers[3]) == (task, task, other)
    assert isinstance(answers[1], TaskcoreError)


def test_what_is_no_operation_does_not_make_a_write_count_twice(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    task = make_task()
    unknown: Any = object()

    answers = answer_all([Add(task), unknown], repository)

    assert answers[0] == task
    assert isinstance(answers[1], Exception)
    assert repository.execute([Find("alice")]) == [[task]]
