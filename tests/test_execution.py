"""Running use cases: one to its end, many in lockstep, and operations together or one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from taskcore import (
    InvalidTask,
    RepositoryUnavailable,
    Task,
    TaskDraft,
    TaskNotFound,
    execution,
)
from taskcore.adapters.memory import MemoryRepository
from taskcore.execution import answer_all, run, run_all
from taskcore.ports import Add, Find, Get, Operation, Replace, Subtree, Together
from taskcore.usecases import add, complete, edit, get, remove

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    MakeTask = Callable[..., Task]


class RecordingRepository(MemoryRepository):
    """Keeps the batches that it was sent, and fails for those with a poisoned operation."""

    def __init__(self, poison: Exception | None = None, poisoned: UUID | None = None) -> None:
        super().__init__()
        self.batches: list[list[Operation[Any]]] = []
        self._poison = poison
        self._poisoned = poisoned

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        self.batches.append(list(operations))
        if self._poison and any(getattr(one, "id", None) == self._poisoned for one in operations):
            raise self._poison
        return super().execute(operations)

    @property
    def sizes(self) -> list[int]:
        return [len(batch) for batch in self.batches]


class MiscountingRepository(RecordingRepository):
    """Answers what it is told to answer, whatever it was asked."""

    def __init__(self, answers: Any) -> None:
        super().__init__()
        self._answers = answers

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        super().execute(operations)
        return self._answers  # type: ignore[no-any-return]  # it may be anything


miscounts = pytest.mark.parametrize(
    ("answers", "told"),
    [
        ([], "a list of 0"),
        ([None] * 3, "a list of 3"),
        (None, "NoneType"),
        ((None,), "tuple"),
    ],
)


async def uses(get_id: UUID, closed: list[UUID]) -> Task:
    """Get a task, and tell when the use case was closed or ended."""
    try:
        return await Get("alice", get_id)
    finally:
        closed.append(get_id)


def test_run_returns_the_result(make_task: MakeTask) -> None:
    repository, task = MemoryRepository(), make_task()
    repository.execute([Add(task)])

    assert run(get("alice", task.id), repository) == task


def test_run_raises_the_error_of_an_operation(some_id: UUID) -> None:
    with pytest.raises(TaskNotFound):
        run(get("alice", some_id), MemoryRepository())


def test_run_lets_what_the_repository_raises_pass_and_closes_the_use_case(some_id: UUID) -> None:
    repository = RecordingRepository(ZeroDivisionError("a bug"), some_id)
    closed: list[UUID] = []

    with pytest.raises(ZeroDivisionError):
        run(uses(some_id, closed), repository)

    assert closed == [some_id]


def test_run_all_returns_results_and_errors_in_their_places(
    make_task: MakeTask, some_id: UUID
) -> None:
    repository, task = MemoryRepository(), make_task()
    repository.execute([Add(task)])

    results = run_all([get("alice", id) for id in (some_id, task.id, some_id)], repository)

    assert repr(results) == repr([TaskNotFound(some_id), task, TaskNotFound(some_id)])


def test_run_all_of_nothing_asks_the_repository_nothing() -> None:
    repository = RecordingRepository()

    assert run_all([], repository) == []
    assert repository.batches == []


def test_use_cases_in_lockstep_send_each_step_together(make_task: MakeTask) -> None:
    repository, tasks = RecordingRepository(), [make_task() for _ in range(100)]
    repository.execute([Add(task) for task in tasks])
    repository.batches.clear()

    run_all([complete("alice", task.id, now=task.created_at) for task in tasks], repository)

    assert [{type(one) for one in batch} for batch in repository.batches] == [{Get}, {Replace}]
    assert repository.sizes == [100, 100]


def test_only_who_is_not_done_takes_part_in_the_next_step(make_task: MakeTask) -> None:
    repository, task, done = RecordingRepository(), make_task(), make_task(completed=True)
    repository.execute([Add(task), Add(done)])
    repository.batches.clear()

    ids = [task.id, done.id, uuid4()]
    run_all([complete("alice", id, now=task.created_at) for id in ids], repository)

    assert repository.sizes == [3, 1]


def test_subtasks_in_lockstep_are_placed_and_stored_together(make_task: MakeTask) -> None:
    repository, parent = RecordingRepository(), make_task()
    repository.execute([Add(parent)])
    repository.batches.clear()
    drafts = [TaskDraft(f"{number}", parent_id=parent.id) for number in range(100)]

    added = run_all(
        [add("alice", draft, id=uuid4(), now=parent.created_at) for draft in drafts], repository
    )

    assert {type(one) for one in added} == {Task}
    assert [{type(one) for one in batch} for batch in repository.batches] == [{Get}, {Together}]


def test_of_tasks_that_go_below_each_other_in_lockstep_only_one_does(make_task: MakeTask) -> None:
    repository, ring = MemoryRepository(), [make_task() for _ in range(3)]
    repository.execute([Add(task) for task in ring])

    results = run_all(
        [
            edit("alice", task.id, {"parent_id": parent.id}, now=task.created_at)
            for task, parent in zip(ring, (*ring[1:], ring[0]), strict=True)
        ],
        repository,
    )

    assert [type(result) for result in results].count(InvalidTask) == 1
    [top] = [task for task in repository.execute([Find("alice")])[0] if task.parent_id is None]
    assert len(repository.execute([Subtree("alice", top.id)])[0]) == 3


def test_subtrees_in_lockstep_that_lie_in_each_other_all_go(make_task: MakeTask) -> None:
    repository, top = MemoryRepository(), make_task()
    low = make_task(parent_id=top.id)
    lower = make_task(parent_id=low.id)
    repository.execute([Add(task) for task in (top, low, lower)])

    results = run_all(
        [remove("alice", task.id, subtree=True) for task in (low, top, lower)], repository
    )

    assert results[:2] == [low, top]
    assert repr(results[2]) == repr(TaskNotFound(lower.id))
    assert repository.execute([Find("alice")]) == [[]]


def test_lockstep_goes_in_groups(make_task: MakeTask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "LOCKSTEP", 4)
    repository, now = RecordingRepository(), make_task().created_at

    added = run_all(
        [add("alice", f"{number}", id=uuid4(), now=now) for number in range(10)], repository
    )

    assert repository.sizes == [4, 4, 2]
    assert [task.title for task in added] == [f"{number}" for number in range(10)]


def test_a_repository_that_cannot_serve_is_each_ones_error(some_id: UUID) -> None:
    repository = RecordingRepository(RepositoryUnavailable("the disk is full"), some_id)

    first, second = run_all([get("alice", some_id), get("alice", some_id)], repository)

    assert repr(first) == repr(second) == repr(RepositoryUnavailable("the disk is full"))
    assert first is not second


def test_a_bug_in_lockstep_is_raised_and_every_use_case_is_closed(
    make_task: MakeTask, some_id: UUID
) -> None:
    repository, task = RecordingRepository(ZeroDivisionError("a bug"), some_id), make_task()
    closed: list[UUID] = []
    ids = [some_id, task.id]

    with pytest.raises(ZeroDivisionError):
        run_all([uses(id, closed) for id in ids], repository)

    assert sorted(closed) == sorted(ids)


def test_operations_are_executed_together_if_they_can_be(make_task: MakeTask) -> None:
    repository, tasks = RecordingRepository(), [make_task(), make_task()]

    assert answer_all([Add(task) for task in tasks], repository) == tasks
    assert repository.sizes == [2]


def test_one_that_fails_the_whole_batch_fails_alone(make_task: MakeTask, some_id: UUID) -> None:
    poison = ZeroDivisionError("a bug")
    repository, task = RecordingRepository(poison, some_id), make_task()

    answers = answer_all([Add(task), Get("alice", some_id), Get("alice", task.id)], repository)

    assert answers == [task, poison, task]
    assert repository.sizes == [3, 1, 1, 1]


def test_a_lone_operation_that_fails_is_not_executed_again(some_id: UUID) -> None:
    poison = ZeroDivisionError("a bug")
    repository = RecordingRepository(poison, some_id)

    assert answer_all([Get("alice", some_id)], repository) == [poison]
    assert repository.sizes == [1]


def test_a_batch_that_finds_no_storage_is_not_executed_again_one_by_one(
    make_task: MakeTask, some_id: UUID
) -> None:
    repository = RecordingRepository(RepositoryUnavailable("the disk is full"), some_id)

    answers = answer_all([Add(make_task()), Get("alice", some_id)], repository)

    assert repr(answers) == repr([RepositoryUnavailable("the disk is full")] * 2)
    assert answers[0] is not answers[1]
    assert repository.sizes == [2]


@miscounts
def test_run_raises_a_clear_error_when_there_is_not_one_answer(
    answers: Any, told: str, some_id: UUID
) -> None:
    repository, closed = MiscountingRepository(answers), list[UUID]()

    with pytest.raises(
        RuntimeError,
        match=f"^MiscountingRepository.execute must return a list of 1, .* not {told}",
    ):
        run(uses(some_id, closed), repository)

    assert repository.sizes == [1]
    assert closed == [some_id]


@miscounts
def test_run_all_raises_a_clear_error_when_there_is_not_an_answer_each(
    answers: Any, told: str
) -> None:
    repository, closed, ids = MiscountingRepository(answers), list[UUID](), [uuid4(), uuid4()]

    with pytest.raises(
        RuntimeError,
        match=f"^MiscountingRepository.execute must return a list of 2, .* not {told}",
    ):
        run_all([uses(id, closed) for id in ids], repository)

    assert sorted(closed) == sorted(ids)


@miscounts
def test_operations_that_may_have_been_stored_are_not_executed_again(
    answers: Any, told: str, make_task: MakeTask
) -> None:
    repository = MiscountingRepository(answers)

    first, second = answer_all([Add(make_task()), Add(make_task())], repository)

    assert repr(first) == repr(second)
    assert isinstance(first, RuntimeError)
    assert told in str(first)
    assert first is not second
    assert repository.sizes == [2]


def test_run_keeps_what_caused_a_storage_not_to_serve(some_id: UUID) -> None:
    error = RepositoryUnavailable("the disk is full")
    error.__cause__ = OSError(28, "No space left on device")

    with pytest.raises(RepositoryUnavailable) as caught:
        run(get("alice", some_id), RecordingRepository(error, some_id))

    assert caught.value is error
