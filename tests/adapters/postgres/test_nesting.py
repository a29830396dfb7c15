"""Tasks below tasks: what the database refuses, in sets too, and what many do at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from attrs import evolve
from sqlalchemy import event

from taskcore import InvalidTask, Tasks
from taskcore.adapters.postgres import PostgresRepository
from taskcore.adapters.postgres.answering import answer
from taskcore.errors import (
    DuplicateTask,
    HasSubtasks,
    StaleTask,
    TaskcoreError,
    TaskNotFound,
)
from taskcore.ports import Add, Expect, Find, Get, Operation, Remove, Replace, Subtree, Together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from sqlalchemy import Engine

    from taskcore import Task

ROUNDS = 15
NO_PARENT = InvalidTask("parent_id", "is no task of this user", "parent")


def test_of_a_set_of_adds_only_the_one_without_its_parent_fails(
    repository: PostgresRepository, make_task: Callable[..., Task], some_id: UUID
) -> None:
    parent = make_task()
    good, bad = make_task(parent_id=parent.id), make_task(parent_id=some_id)
    others = make_task(user_id="bob", parent_id=parent.id)

    answers = repository.execute([Add(parent), Add(bad), Add(others), Add(good)])

    assert repr(answers) == repr([parent, NO_PARENT, NO_PARENT, good])


def test_a_parent_that_is_added_after_its_subtask_comes_too_late(
    repository: PostgresRepository, make_task: Callable[..., Task]
) -> None:
    parent = make_task()
    child = make_task(parent_id=parent.id)

    assert repr(repository.execute([Add(child), Add(parent), Add(child)])) == repr(
        [NO_PARENT, parent, child]
    )


def test_of_a_set_of_replaces_only_the_one_without_its_parent_fails(
    repository: PostgresRepository, make_task: Callable[..., Task], some_id: UUID
) -> None:
    tasks = [make_task() for _ in range(3)]
    repository.execute([Add(task) for task in tasks])
    changed = [evolve(task, version=2, parent_id=tasks[2].id) for task in tasks[:2]]
    changed[1] = evolve(changed[1], parent_id=some_id)

    answers = repository.execute([Replace(task, 1) for task in changed])

    assert repr(answers) == repr([changed[0], NO_PARENT])


def test_of_a_set_of_removes_only_the_one_with_subtasks_fails(
    repository: PostgresRepository, make_task: Callable[..., Task]
) -> None:
    parent, other = make_task(), make_task()
    child = make_task(parent_id=parent.id)
    repository.execute([Add(task) for task in (parent, other, child)])

    answers = repository.execute([Remove("alice", parent.id), Remove("alice", other.id)])

    assert repr(answers) == repr([HasSubtasks(parent.id), None])
    assert repr(repository.execute([Remove("alice", parent.id)])) == repr([HasSubtasks(parent.id)])


@pytest.fixture(params=["engine", "connection"])
def database(request: pytest.FixtureRequest, host: Engine) -> Iterator[PostgresRepository]:
    """Return a repository on an engine, and one in a transaction of the host's."""
    if request.param == "engine":
        yield PostgresRepository(host)
        return
    with host.connect() as connection:
        yield PostgresRepository(connection)


def test_together_all_is_stored_or_nothing(
    database: PostgresRepository, make_task: Callable[..., Task], some_id: UUID
) -> None:
    first, second = make_task(), make_task()
    orphan = make_task(parent_id=some_id)
    failing: list[tuple[Operation[object], TaskcoreError]] = [
        (Get("alice", some_id), TaskNotFound(some_id)),
        (Expect("alice", first.id, 2), StaleTask(first.id, 2)),
        (Remove("alice", some_id), TaskNotFound(some_id)),
        (Add(orphan), NO_PARENT),
    ]
    for last, error in failing:
        answers = database.execute([Together((Add(first), Add(second), last)), Find("alice")])

        assert repr(answers) == repr([error, []])

    [answer] = database.execute([Together((Add(first), Add(second), Expect("alice", first.id, 1)))])
    assert answer == (first, second, None)


def test_together_the_first_of_a_refused_set_is_the_one_that_is_named(
    database: PostgresRepository, make_task: Callable[..., Task]
) -> None:
    parent = make_task()
    child = make_task(parent_id=parent.id)
    late = make_task(parent_id=child.id)
    other = make_task()
    database.execute([Add(task) for task in (parent, child, late, other)])
    removals = [Remove("alice", task.id) for task in (other, child, parent)]

    [answer] = database.execute([Together(tuple(removals))])

    assert repr(answer) == repr(HasSubtasks(child.id))
    [found] = database.execute([Find("alice")])
    assert len(found) == 4


def race(*works: Callable[[], object]) -> list[object]:
    """Run all at the same time; return what each returned, or the error of taskcore it raised."""
    barrier = Barrier(len(works))

    def begin(work: Callable[[], object]) -> object:
        barrier.wait(timeout=20)
        try:
            return work()
        except TaskcoreError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return [one.result(timeout=60) for one in [pool.submit(begin, work) for work in works]]


def test_a_subtask_that_is_added_while_its_parent_goes_is_no_orphan(
    repository: PostgresRepository,
) -> None:
    tasks = Tasks(repository, "alice")
    for number in range(ROUNDS):
        parent = tasks.add("parent")

        added, removed = race(
            partial(tasks.add, "child", parent_id=parent.id),
            partial(tasks.remove, parent.id, subtree=number % 2 == 0),
        )

        left = {task.id for task in tasks.find()}
        if isinstance(removed, HasSubtasks):
            assert not isinstance(added, TaskcoreError)
            assert left == {parent.id, added.id}  # type: ignore[attr-defined]  # a task
            tasks.remove(parent.id, subtree=True)
        else:
            assert left == set()


@pytest.mark.parametrize("distance", [0, 2])
def test_two_tasks_that_are_moved_below_each_other_make_no_circle(
    repository: PostgresRepository, distance: int
) -> None:
    tasks = Tasks(repository, "alice")
    for _ in range(3):
        tops = [tasks.add("top") for _ in range(2)]
        bottoms = list(tops)
        for _ in range(distance):
            bottoms = [tasks.add("below", parent_id=task.id) for task in bottoms]

        moved = race(
            partial(tasks.edit, tops[0].id, parent_id=bottoms[1].id),
            partial(tasks.edit, tops[1].id, parent_id=bottoms[0].id),
        )

        assert sorted(isinstance(one, InvalidTask) for one in moved) == [False, True]
        roots = [task for task in tasks.find() if task.parent_id is None]
        assert len(roots) == 1
        assert len(tasks.find()) == 2 + 2 * distance
        tasks.remove(roots[0].id, subtree=True)


def test_what_is_expected_stays_so_until_all_is_stored(
    repository: PostgresRepository, make_task: Callable[..., Task]
) -> None:
    parent = make_task()
    repository.execute([Add(parent)])
    changed = evolve(parent, version=2, title="changed")
    with ThreadPoolExecutor(1) as pool:
        with repository._session(together=True) as fetch:  # to stay in the middle of it
            assert answer([Expect("alice", parent.id, 1)], fetch) == [None]
            waiting = pool.submit(repository.execute, [Replace(changed, 1)])
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.3)

        assert waiting.result(timeout=30) == [changed]


def test_sets_that_go_together_are_a_few_statements(
    repository: PostgresRepository, host: Engine
) -> None:
    tasks = Tasks(repository, "alice")
    top = tasks.add("top")
    for number in range(30):
        tasks.add(f"{number}", parent_id=top.id)
    statements: list[str] = []
    with host.begin() as connection:
        event.listen(connection, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
        Tasks(PostgresRepository(connection), "alice").remove(top.id, subtree=True)

    assert sum(statement.startswith("DELETE") for statement in statements) <= 2


def test_a_task_below_itself_is_refused_as_one_without_its_parent(
    database: PostgresRepository, make_task: Callable[..., Task]
) -> None:
    stored, others = make_task(), [make_task() for _ in range(2)]
    database.execute([Add(stored)])
    new = below_itself(make_task())
    again = below_itself(stored)
    changed = evolve(again, version=2)
    stale = evolve(again, version=8)
    answers: list[tuple[Operation[object], object]] = [
        (Add(new), NO_PARENT),
        (Add(again), DuplicateTask(stored.id)),
        (Replace(changed, 1), NO_PARENT),
        (Replace(stale, 7), StaleTask(stored.id, 7)),
        (Replace(below_itself(make_task(id=new.id)), 1), StaleTask(new.id, 1)),
    ]
    for operation, expected in answers:
        assert repr(database.execute([operation])) == repr([expected])
        assert repr(database.execute([Together((operation,))])) == repr([expected])

    adds = [Add(others[0]), Add(new), Add(others[1])]
    assert repr(database.execute(adds)) == repr([others[0], NO_PARENT, others[1]])
    replaces = [Replace(evolve(others[0], version=2), 1), Replace(changed, 1)]
    assert repr(database.execute(replaces)) == repr([evolve(others[0], version=2), NO_PARENT])
    [found] = database.execute([Find("alice")])
    assert sorted((task.id, task.version) for task in found) == sorted(
        [(stored.id, 1), (others[0].id, 2), (others[1].id, 1)]
    )


def below_itself(task: Task) -> Task:
    return evolve(task, parent_id=task.id)


def test_tasks_below_each_other_are_found_once(
    repository: PostgresRepository, make_task: Callable[..., Task]
) -> None:
    first = make_task()
    second = make_task(parent_id=first.id)
    # No use case does this; who writes to the port may.
    circle = evolve(first, version=2, parent_id=second.id)
    repository.execute([Add(first), Add(second), Replace(circle, 1)])

    assert repository.execute([Subtree("alice", first.id)]) == [[circle, second]]
