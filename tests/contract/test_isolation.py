"""Two users on every operation: what is another's is as if it were not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from taskcore import StaleTask, Task, TaskNotFound, TaskRepository
from taskcore.ports import Add, Find, Get, Operation, Remove, Replace

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[[Operation[Any]], Any]


@pytest.fixture
def of_bob(ask: Ask, make_task: Callable[..., Task]) -> Task:
    """Return a stored task of Bob's, who alone has one with this id."""
    task = make_task(user_id="bob", title="Bob's")
    ask(Add(task))
    return task


@pytest.fixture
def of_both(ask: Ask, of_bob: Task) -> tuple[Task, Task]:
    """Return a stored task of Alice's and one of Bob's, with the same id and version."""
    of_alice = attrs.evolve(of_bob, user_id="alice", title="Alice's")
    ask(Add(of_alice))
    return of_alice, of_bob


def test_get_does_not_see_anothers_task(ask: Ask, of_bob: Task) -> None:
    assert repr(ask(Get("alice", of_bob.id))) == repr(TaskNotFound(of_bob.id))


def test_get_of_an_id_that_both_have_answers_each_their_own(
    ask: Ask, of_both: tuple[Task, Task]
) -> None:
    of_alice, of_bob = of_both

    assert ask(Get("alice", of_alice.id)) == of_alice
    assert ask(Get("bob", of_bob.id)) == of_bob


def test_find_does_not_see_anothers_tasks(ask: Ask, of_bob: Task) -> None:
    assert ask(Find("alice")) == []
    assert ask(Find("bob")) == [of_bob]


def test_add_with_an_id_that_another_uses_adds_a_task_and_leaves_the_others(
    ask: Ask, of_bob: Task
) -> None:
    of_alice = attrs.evolve(of_bob, user_id="alice", title="Alice's")

    assert ask(Add(of_alice)) == of_alice
    assert [ask(Find("alice")), ask(Find("bob"))] == [[of_alice], [of_bob]]


def test_replace_does_not_touch_anothers_task(ask: Ask, of_bob: Task) -> None:
    stolen = attrs.evolve(of_bob, user_id="alice", title="Alice's now", version=2)

    assert repr(ask(Replace(stolen, expected=1))) == repr(StaleTask(of_bob.id, 1))
    assert [ask(Find("alice")), ask(Find("bob"))] == [[], [of_bob]]


def test_replace_of_an_id_that_both_have_changes_the_owners_alone(
    ask: Ask, of_both: tuple[Task, Task]
) -> None:
    of_alice, of_bob = of_both
    changed = attrs.evolve(of_alice, title="Alice's, changed", version=2)

    assert ask(Replace(changed, expected=1)) == changed
    assert [ask(Find("alice")), ask(Find("bob"))] == [[changed], [of_bob]]


@pytest.mark.parametrize("expected", [None, 1, 2])
def test_remove_does_not_touch_anothers_task(expected: int | None, ask: Ask, of_bob: Task) -> None:
    answer = ask(Remove("alice", of_bob.id, expected=expected))

    assert repr(answer) == repr(TaskNotFound(of_bob.id))
    assert ask(Find("bob")) == [of_bob]


@pytest.mark.parametrize("expected", [None, 1])
def test_remove_of_an_id_that_both_have_removes_the_owners_alone(
    expected: int | None, ask: Ask, of_both: tuple[Task, Task]
) -> None:
    of_alice, of_bob = of_both

    assert ask(Remove("alice", of_alice.id, expected=expected)) is None
    assert [ask(Find("alice")), ask(Find("bob"))] == [[], [of_bob]]


def test_both_users_in_one_batch_get_each_their_own(
    repository: TaskRepository, make_task: Callable[..., Task]
) -> None:
    of_bob = make_task(user_id="bob", title="Bob's")
    of_alice = attrs.evolve(of_bob, user_id="alice", title="Alice's")
    changed = attrs.evolve(of_alice, title="Alice's, changed", version=2)
    id = of_bob.id

    answers = repository.execute(
        [
            *(Add(of_alice), Add(of_bob)),
            *(Get("bob", id), Get("alice", id), Get("carol", id)),
            *(Replace(changed, expected=1), Replace(of_bob, expected=2)),
            *(Remove("alice", id, expected=1), Remove("bob", id, expected=1)),
            *(Find("alice"), Find("bob")),
        ]
    )

    assert repr(answers) == repr(
        [
            *(of_alice, of_bob),
            *(of_bob, of_alice, TaskNotFound(id)),
            *(changed, StaleTask(id, 2)),
            *(StaleTask(id, 1), None),
            *([changed], []),
        ]
    )


@pytest.mark.parametrize("user_id", ["Alice", "alice ", " alice", "alic", "alice\u0301", "%", "_"])
def test_user_ids_that_only_look_alike_are_different_users(
    user_id: str, ask: Ask, make_task: Callable[..., Task]
) -> None:
    task = make_task(user_id="alice")
    ask(Add(task))

    assert ask(Find(user_id)) == []
    assert repr(ask(Get(user_id, task.id))) == repr(TaskNotFound(task.id))
    assert repr(ask(Remove(user_id, task.id))) == repr(TaskNotFound(task.id))


def test_the_same_letter_written_in_two_ways_is_two_users(
    ask: Ask, make_task: Callable[..., Task]
) -> None:
    composed, decomposed = make_task(user_id="\u00e9"), make_task(user_id="e\u0301")
    ask(Add(composed))
    ask(Add(decomposed))

    assert ask(Find("\u00e9")) == [composed]
    assert ask(Find("e\u0301")) == [decomposed]
