"""The repository in memory; what it shares with the others is in ``contract``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskcore import Task, Tasks
from taskcore.adapters.memory import MemoryRepository
from taskcore.ports import Add, Find

if TYPE_CHECKING:
    from collections.abc import Callable


def test_two_repositories_share_nothing() -> None:
    first, second = MemoryRepository(), MemoryRepository()

    Tasks(first, "alice").add("Buy milk")

    assert Tasks(second, "alice").find() == []


def test_a_list_that_was_given_out_is_the_callers_own(make_task: Callable[..., Task]) -> None:
    repository = MemoryRepository()
    repository.execute([Add(make_task())])
    [given] = repository.execute([Find("alice")])

    given.clear()

    assert len(repository.execute([Find("alice")])[0]) == 1


def test_it_can_be_closed_twice_and_be_a_context() -> None:
    with MemoryRepository() as repository:
        repository.close()

    repository.close()


def test_one_batch_goes_at_a_time() -> None:
    assert MemoryRepository().threads == 1
