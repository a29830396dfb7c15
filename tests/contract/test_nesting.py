"""Subtasks: what a storage keeps true of parents, and what goes together or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from attrs import evolve

from taskcore import DuplicateTask, StaleTask, TaskNotFound
from taskcore.errors import HasSubtasks, InvalidTask
from taskcore.ports import Add, Expect, Get, Operation, Remove, Replace, Subtree, Together

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskcore import Task, TaskRepository

    Ask = Callable[[Operation[Any]], Any]
    MakeTask = Callable[..., Task]

NO_PARENT = InvalidTask("parent_id", "is no task of this user", "parent")


@pytest.fixture
def family(repository: TaskRepository, make_task: MakeTask) -> list[Task]:
    """Return a stored task, its subtask, and the subtask of that."""
    parent = make_task(title="parent")
    child = make_task(title="child", parent_id=parent.id)
    grandchild = make_task(title="grandchild", parent_id=child.id)
    family = [parent, child, grandchild]
    for task in family:
        assert repository.execute([Add(task)]) == [task]
    return family


def stored(repository: TaskRepository, tasks: list[Task]) -> list[bool]:
    answers = repository.execute([Get(task.user_id, task.id) for task in tasks])
    return [not isinstance(answer, TaskNotFound) for answer in answers]


@pytest.mark.parametrize("owner", ["nobody", "bob"])
def test_a_parent_must_be_a_task_of_the_same_user(
    owner: str, ask: Ask, make_task: MakeTask
) -> None:
    parent = make_task(user_id=owner)
    if owner == "bob":
        ask(Add(parent))
    orphan = make_task(parent_id=parent.id)
    task = make_task()
    ask(Add(task))

    assert repr(ask(Add(orphan))) == repr(NO_PARENT)
    assert repr(ask(Replace(evolve(task, parent_id=parent.id), expected=1))) == repr(NO_PARENT)
    assert repr(ask(Get("alice", orphan.id))) == repr(TaskNotFound(orphan.id))
    assert repr(ask(Get("alice", task.id))) == repr(task)


def test_a_task_is_not_its_own_parent(repository: TaskRepository, make_task: MakeTask) -> None:
    task = make_task()
    own = evolve(task, parent_id=task.id)

    answers = repository.execute([Add(own), Add(task), Add(own), Replace(own, 1), Replace(own, 7)])

    refused = [NO_PARENT, task, DuplicateTask(task.id), NO_PARENT, StaleTask(task.id, 7)]
    assert repr(answers) == repr(refused)
    assert repr(repository.execute([Get("alice", task.id)])) == repr([task])


def test_a_task_that_is_its_own_parent_is_refused_alone_and_in_a_set(
    ask: Ask, make_task: MakeTask
) -> None:
    task, own = make_task(), make_task()
    ask(Add(task))

    assert repr(ask(Add(evolve(own, parent_id=own.id)))) == repr(NO_PARENT)
    assert repr(ask(Replace(evolve(task, parent_id=task.id), 1))) == repr(NO_PARENT)
    assert repr(ask(Together((Add(evolve(own, parent_id=own.id)),)))) == repr(NO_PARENT)


def test_a_wrong_parent_does_not_fail_its_neighbors(
    repository: TaskRepository, make_task: MakeTask, some_id: UUID
) -> None:
    tasks = [make_task(), make_task(parent_id=some_id), make_task()]

    answers = repository.execute([Add(task) for task in tasks])

    assert [repr(answer) for answer in answers] == [
        repr(tasks[0]),
        repr(NO_PARENT),
        repr(tasks[2]),
    ]
    assert stored(repository, tasks) == [True, False, True]


def test_a_parent_and_its_subtask_may_come_in_one_batch(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    parent = make_task()
    child = make_task(parent_id=parent.id)

    assert repository.execute([Add(parent), Add(child)]) == [parent, child]


def test_a_subtask_that_comes_before_its_parent_is_refused(
    repository: TaskRepository, make_task: MakeTask
) -> None:
    parent = make_task()
    child = make_task(parent_id=parent.id)

    answers = repository.execute([Add(child), Add(parent)])

    assert repr(answers) == repr([NO_PARENT, parent])


def test_a_task_with_subtasks_does_not_go_alone(ask: Ask, family: list[Task]) -> None:
    for task in family[:2]:
        assert repr(ask(Remove("alice", task.id))) == repr(HasSubtasks(task.id))
        assert repr(ask(Remove("alice", task.id, expected=1))) == repr(HasSubtasks(task.id))
        assert repr(ask(Get("alice", task.id))) == repr(task)


def test_a_task_with_subtasks_at_another_version_is_stale(ask: Ask, family: list[Task]) -> None:
    assert repr(ask(Remove("alice", family[0].id, 7))) == repr(StaleTask(family[0].id, 7))


def test_what_has_subtasks_stays_and_its_neighbors_go(
    repository: TaskRepository, family: list[Task], make_task: MakeTask
) -> None:
    others = [make_task(), make_task()]
    repository.execute([Add(task) for task in others])

    answers = repository.execute(
        [Remove("alice", task.id) for task in (others[0], family[1], others[1])]
    )

    assert repr(answers) == repr([None, HasSubtasks(family[1].id), None])


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0), (0, 2, 1)])
def test_what_goes_with_its_subtasks_goes_in_whatever_order(
    order: tuple[int, ...], repository: TaskRepository, family: list[Task], make_task: MakeTask
) -> None:
    kept = make_task(title="kept")
    below = make_task(parent_id=kept.id)
    for task in (kept, below):
        repository.execute([Add(task)])
    removals = [Remove("alice", family[place].id) for place in order]

    # Also where another one of the batch has to stay.
    answers = repository.execute([*removals, Remove("alice", kept.id)])

    assert repr(answers) == repr([None, None, None, HasSubtasks(kept.id)])
    assert stored(repository, [*family, kept]) == [False, False, False, True]


def test_from_the_bottom_all_go(repository: TaskRepository, family: list[Task]) -> None:
    removals = [Remove("alice", task.id, expected=1) for task in reversed(family)]

    assert repository.execute(removals) == [None, None, None]
    assert stored(repository, family) == [False, False, False]


def test_a_subtree_is_the_task_and_all_below_it_parents_first(
    ask: Ask, repository: TaskRepository, family: list[Task], make_task: MakeTask
) -> None:
    twins = [make_task(parent_id=family[0].id) for _ in range(2)]
    repository.execute([Add(task) for task in (*twins, make_task())])

    found = ask(Subtree("alice", family[0].id))

    assert found[0] == family[0]
    assert sorted(found, key=lambda task: task.id) == sorted(
        [*family, *twins], key=lambda task: task.id
    )
    seen = {None}
    for task in found[1:]:
        seen.add(found[0].id)
        assert task.parent_id in seen
        seen.add(task.id)
    assert ask(Subtree("alice", family[2].id)) == [family[2]]


def test_the_subtree_of_no_task_and_of_anothers_is_not_found(
    ask: Ask, family: list[Task], some_id: UUID
) -> None:
    assert repr(ask(Subtree("alice", some_id))) == repr(TaskNotFound(some_id))
    assert repr(ask(Subtree("bob", family[0].id))) == repr(TaskNotFound(family[0].id))


def test_what_goes_together_is_answered_together(
    ask: Ask, family: list[Task], make_task: MakeTask
) -> None:
    new = make_task(parent_id=family[2].id)
    changed = family[0].edited({"title": "changed"}, family[0].updated_at)

    answer = ask(
        Together(
            (
                Expect("alice", family[2].id, 1),
                Add(new),
                Replace(changed, expected=1),
                Get("alice", new.id),
                Remove("alice", new.id, expected=1),
            )
        )
    )

    assert repr(answer) == repr((None, new, changed, new, None))
    assert repr(ask(Get("alice", changed.id))) == repr(changed)


@pytest.mark.parametrize(("place", "levels"), [(0, 3), (1, 2), (2, 1), (0, 8)])
def test_as_many_levels_as_there_are_may_be_expected(
    place: int, levels: int, ask: Ask, family: list[Task]
) -> None:
    assert ask(Expect("alice", family[place].id, 1, levels)) is None


@pytest.mark.parametrize(("place", "levels"), [(0, 2), (0, 1), (1, 1)])
def test_more_levels_than_are_expected_are_stale(
    place: int, levels: int, ask: Ask, family: list[Task]
) -> None:
    stale = StaleTask(family[place].id, 1)

    assert repr(ask(Expect("alice", family[place].id, 1, levels))) == repr(stale)
    assert repr(ask(Together((Expect("alice", family[place].id, 1, levels),)))) == repr(stale)


def test_nothing_together_is_nothing(ask: Ask) -> None:
    assert ask(Together(())) == ()


FAILURES: dict[str, Callable[[list[Task]], tuple[Operation[Any], Exception]]] = {
    "a duplicate": lambda family: (Add(family[0]), _duplicate(family[0])),
    "a stale change": lambda family: (
        Replace(evolve(family[0], version=9), expected=8),
        StaleTask(family[0].id, 8),
    ),
    "a stale removal": lambda family: (
        Remove("alice", family[2].id, expected=8),
        StaleTask(family[2].id, 8),
    ),
    "subtasks": lambda family: (Remove("alice", family[0].id), HasSubtasks(family[0].id)),
    "no parent": lambda family: (
        Replace(evolve(family[0], parent_id=UUID(int=5)), expected=1),
        NO_PARENT,
    ),
    "what is expected": lambda family: (
        Expect("alice", family[1].id, 8),
        StaleTask(family[1].id, 8),
    ),
    "who is expected": lambda family: (
        Expect("bob", family[1].id, 1),
        StaleTask(family[1].id, 1),
    ),
    "what is read": lambda family: (Get("bob", family[1].id), TaskNotFound(family[1].id)),
}


def _duplicate(task: Task) -> Exception:
    from taskcore import DuplicateTask

    return DuplicateTask(task.id)


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("place", ["first", "last"])
def test_where_one_fails_nothing_of_what_goes_together_is_stored(
    failure: str, place: str, ask: Ask, family: list[Task], make_task: MakeTask
) -> None:
    failing, error = FAILURES[failure](family)
    new = make_task()
    changed = family[1].edited({"title": "changed"}, family[1].updated_at)
    others: list[Operation[Any]] = [Add(new), Replace(changed, expected=1)]
    if failure == "what is expected":
        others = others[:1]

    answer = ask(Together((failing, *others) if place == "first" else (*others, failing)))

    assert repr(answer) == repr(error)
    assert repr(ask(Get("alice", new.id))) == repr(TaskNotFound(new.id))
    assert repr(ask(Get("alice", changed.id))) == repr(family[1])


def test_what_fails_together_does_not_touch_its_neighbors(
    repository: TaskRepository, make_task: MakeTask, some_id: UUID
) -> None:
    before, inside, after = (make_task() for _ in range(3))

    answers = repository.execute(
        [Add(before), Together((Add(inside), Expect("alice", some_id, 1))), Add(after)]
    )

    assert repr(answers) == repr([before, StaleTask(some_id, 1), after])
    assert stored(repository, [before, inside, after]) == [True, False, True]
