"""Answers that take more than one statement, each of which sees another moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from taskcore.adapters.postgres.answering import answer
from taskcore.ports import Add, Expect, Get, Operation, Remove

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskcore import Task
    from taskcore.adapters.postgres import PostgresRepository

MEANT = {
    "whatever version": lambda task: Remove("alice", task.id),
    "a version": lambda task: Remove("alice", task.id, 1),
    "that very task": lambda task: Remove("alice", task.id, 1, task.created_at),
    "expected": lambda task: Expect("alice", task.id, 1),
    "that very task, expected": lambda task: Expect("alice", task.id, 1, None, task.created_at),
}
"""Operations that one task answers with None."""


@pytest.fixture(params=MEANT.values(), ids=MEANT)
def meant(request: pytest.FixtureRequest) -> Callable[[Task], Operation[Any]]:
    return request.param


def test_a_task_that_is_added_before_it_is_asked_why_there_was_none_is_found(
    repository: PostgresRepository,
    make_task: Callable[..., Task],
    meant: Callable[[Task], Operation[Any]],
) -> None:
    task = make_task()
    with repository._session() as fetch:

        def fetch_and_add(*statement: Any) -> Any:
            rows = fetch(*statement)
            repository.execute([Add(task)])
            return rows

        # There was none, or one that is as expected: at no moment was it at another version.
        assert answer([meant(task)], fetch_and_add) == [None]


def test_a_task_that_is_removed_and_added_at_once_was_always_there(
    repository: PostgresRepository,
    make_task: Callable[..., Task],
    meant: Callable[[Task], Operation[Any]],
) -> None:
    task = make_task()
    repository.execute([Add(task)])
    with ThreadPoolExecutor(1) as pool:
        with repository._session(together=True) as fetch:  # to stay in the middle of it
            assert answer([Remove("alice", task.id)], fetch) == [None]
            assert answer([Add(task)], fetch) == [task]
            waiting = pool.submit(repository.execute, [meant(task)])
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)

        assert waiting.result(timeout=30) == [None]


def test_an_expectation_that_waits_for_a_removal_finds_nothing(
    repository: PostgresRepository, make_task: Callable[..., Task]
) -> None:
    task = make_task()
    repository.execute([Add(task)])
    with ThreadPoolExecutor(1) as pool:
        with repository._session(together=True) as fetch:
            assert answer([Remove("alice", task.id)], fetch) == [None]
            waiting = pool.submit(repository.execute, [Expect("alice", task.id, 1)])
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)

        [stale] = waiting.result(timeout=30)

    assert type(stale).__name__ == "StaleTask"
    assert repository.execute([Get("alice", task.id)]) != [task]
