"""The repository in memory; what it shares with the others is in ``contract``."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from attrs import evolve

from taskcore import StaleTask, Task, TaskNotFound, Tasks
from taskcore.adapters.memory import MemoryRepository
from taskcore.errors import HasSubtasks
from taskcore.ports import (
    Add,
    Expect,
    Find,
    Get,
    Operation,
    Remove,
    Replace,
    Subtree,
    Tally,
    Together,
)

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


class Unheard(Operation[None]):
    """An operation that nobody can answer."""


@pytest.mark.parametrize("unheard", [Unheard(), Together((Unheard(),))], ids=["alone", "together"])
def test_a_call_with_what_nobody_can_answer_stores_nothing(
    unheard: Operation[Any], make_task: Callable[..., Task]
) -> None:
    repository, task = MemoryRepository(), make_task()

    for operations in ([Add(task), unheard], [Together((Add(task),)), unheard]):
        with pytest.raises(KeyError):
            repository.execute(operations)

    assert repository.execute([Find("alice")]) == [[]]


def test_what_fails_together_leaves_the_tasks_of_all_users_as_they_were(
    make_task: Callable[..., Task],
) -> None:
    repository = MemoryRepository()
    hers, his = make_task(), make_task(user_id="bob")
    repository.execute([Add(hers), Add(his)])

    [first] = repository.execute(
        [Together((Remove("alice", hers.id), Add(make_task(id=uuid4())), Get("alice", hers.id)))]
    )
    [second] = repository.execute(
        [Together((Add(make_task(user_id="carol")), Expect("alice", hers.id, 2)))]
    )

    assert repr([first, second]) == repr([TaskNotFound(hers.id), StaleTask(hers.id, 2)])
    assert repository.execute([Find(user) for user in ("alice", "bob", "carol")]) == [
        [hers],
        [his],
        [],
    ]


def test_a_version_is_expected_of_a_task_that_is_there(make_task: Callable[..., Task]) -> None:
    repository, task = MemoryRepository(), make_task(version=3)
    repository.execute([Add(task)])

    answers = repository.execute(
        [
            Expect("alice", task.id, 3),
            Expect("alice", task.id, 2),
            Expect("bob", task.id, 3),
        ]
    )

    assert repr(answers) == repr([None, StaleTask(task.id, 2), StaleTask(task.id, 3)])


def test_the_name_of_a_tag_is_the_first_by_code_points_of_those_that_are_one(
    make_task: Callable[..., Task],
) -> None:
    repository = MemoryRepository()
    for tags in (("home",), ("Home", "x"), ("HOME",), ("\u00e9",), ("\u00c9",)):
        repository.execute([Add(make_task(tags=tags, completed="x" in tags))])

    [tally] = repository.execute([Tally("alice", "tags")])

    assert list(tally.items()) == [("HOME", 2), ("x", 0), ("\u00c9", 2)]


def test_a_subtree_is_told_from_the_top_and_of_one_user_only(
    make_task: Callable[..., Task],
) -> None:
    repository, top = MemoryRepository(), make_task()
    low = make_task(parent_id=top.id)
    lower, other = make_task(parent_id=low.id), make_task()
    repository.execute([Add(task) for task in (top, low, lower, other)])

    subtree, leaf, his = repository.execute(
        [Subtree("alice", top.id), Subtree("alice", lower.id), Subtree("bob", top.id)]
    )

    assert (subtree, leaf) == ([top, low, lower], [lower])
    assert repr(his) == repr(TaskNotFound(top.id))


def test_a_large_subtree_is_found_and_goes_as_fast_as_it_came(
    make_task: Callable[..., Task],
) -> None:
    repository, top = MemoryRepository(), make_task()
    # Were all tasks looked through for the subtasks of each, this would take half a minute.
    subtasks = [make_task(parent_id=top.id) for _ in range(20_000)]
    repository.execute([Add(task) for task in (top, *subtasks)])
    begun = monotonic()

    [subtree] = repository.execute([Subtree("alice", top.id)])
    [gone] = repository.execute([Together(tuple(Remove("alice", one.id) for one in subtree))])

    assert monotonic() - begun < 5
    assert gone == (None,) * 20_001


def test_what_is_taken_back_is_below_its_parent_again(make_task: Callable[..., Task]) -> None:
    repository, top, other = MemoryRepository(), make_task(), make_task()
    low = make_task(parent_id=top.id)
    repository.execute([Add(task) for task in (top, other, low)])
    moved = evolve(low, parent_id=other.id, version=2)

    repository.execute([Together((Replace(moved, 1), Get("alice", uuid4())))])
    repository.execute([Together((Remove("alice", low.id), Get("alice", uuid4())))])

    subtrees = repository.execute([Subtree("alice", task.id) for task in (top, other)])
    assert subtrees == [[top, low], [other]]
    assert repr(repository.execute([Remove("alice", top.id)])) == repr([HasSubtasks(top.id)])


def test_it_can_be_closed_twice_and_be_a_context() -> None:
    with MemoryRepository() as repository:
        repository.close()

    repository.close()


def test_one_batch_goes_at_a_time() -> None:
    assert MemoryRepository().threads == 1
