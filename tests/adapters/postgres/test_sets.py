"""Operations that share a statement: none is lost to a deadlock, and none fails for a neighbor."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from attrs import evolve
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from taskcore import Tasks
from taskcore.errors import InvalidTask, TaskcoreError
from taskcore.ports import Add, Find, Replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from taskcore import Task
    from taskcore.adapters.postgres import PostgresRepository

THREADS = 8
ROUNDS = 6


def test_sets_that_meet_in_any_order_lose_nothing(repository: PostgresRepository) -> None:
    tasks = Tasks(repository, "alice")
    added = [task for task in tasks.add_all(f"{n}" for n in range(60)) if not failed(task)]
    ids = [task.id for task in added]
    assert len(ids) == 60

    def shuffle(thread: int) -> list[Task | TaskcoreError]:
        order = random.Random(thread)  # noqa: S311  # no secret
        answers: list[Task | TaskcoreError] = []
        for number in range(ROUNDS):
            order.shuffle(ids_of_mine := list(ids))
            change = tasks.complete_all if (thread + number) % 2 else tasks.reopen_all
            answers += change(ids_of_mine)
        return answers

    with ThreadPoolExecutor(THREADS) as pool:
        answers = [answer for seen in pool.map(shuffle, range(THREADS)) for answer in seen]

    assert [answer for answer in answers if failed(answer)] == []
    assert len(answers) == THREADS * ROUNDS * 60
    # A version is a change, and each change was answered to whoever made it: none is missing.
    seen = {(task.id, task.version): task.completed for task in answers if not failed(task)}
    for task in tasks.find():
        versions = [version for id, version in seen if id == task.id and version > 1]
        assert set(versions) == set(range(2, task.version + 1))
        assert all(seen[task.id, version] == (version % 2 == 0) for version in versions)


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_set_that_postgres_undoes_for_a_deadlock_runs_again(
    repository: PostgresRepository, host: Engine, *, newest_first: bool
) -> None:
    tasks = Tasks(repository, "alice")
    added = [task for task in tasks.add_all(["one", "two"]) if not failed(task)]
    # One of the two orders crosses that of the set's statement, whatever its plan is.
    first, second = sorted((task.id for task in added), reverse=newest_first)
    touch = text("UPDATE taskcore.tasks SET title = title || '!' WHERE id = :id")
    with ThreadPoolExecutor(1) as pool, host.connect() as connection:
        connection.execute(touch, {"id": first})
        waiting = pool.submit(tasks.complete_all, [second, first])
        wait_for_a_lock(connection)
        # On a slow machine it may be this one that Postgres undoes.
        with suppress(OperationalError):
            connection.execute(touch, {"id": second})
            connection.commit()
        connection.rollback()

        done = waiting.result(timeout=30)

    assert [task for task in done if failed(task)] == []
    assert sorted(task.title for task in tasks.find()) in (["one", "two"], ["one!", "two!"])
    assert all(task.completed for task in tasks.find())


def wait_for_a_lock(connection: Connection) -> None:
    blocked = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + 20
    while not connection.execute(blocked).scalar():
        assert time.monotonic() < deadline
        time.sleep(0.01)
        # What this view shows is fixed within a transaction.
        connection.execute(text("SELECT pg_stat_clear_snapshot()"))


def test_crossing_sets_of_adds_and_removes_lose_nothing(repository: PostgresRepository) -> None:
    tasks = Tasks(repository, "alice")
    ids = [task.id for task in tasks.add_all(f"{n}" for n in range(60)) if not failed(task)]

    def remove(thread: int) -> int:
        mine = random.Random(thread).sample(ids, len(ids))  # noqa: S311  # no secret
        return sum(not failed(answer) for answer in tasks.remove_all(mine))

    with ThreadPoolExecutor(THREADS) as pool:
        removed = sum(pool.map(remove, range(THREADS)))

    assert removed == 60
    assert tasks.find() == []


def failed(answer: object) -> bool:
    return isinstance(answer, TaskcoreError)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_add_that_the_database_refuses_fails_alone(
    repository: PostgresRepository, make_task: Callable[..., Task], place: int
) -> None:
    batch = [make_task(title=f"{n}") for n in range(3)]
    batch[place] = make_task(title="x" * 201)

    answers = repository.execute([Add(task) for task in batch])

    error = answers.pop(place)
    assert isinstance(error, InvalidTask)
    assert (error.field, error.kind) == ("title", "constraint")
    good = [task for task in batch if len(task.title) == 1]
    assert answers == good
    [found] = repository.execute([Find("alice")])
    assert sorted(task.title for task in found) == sorted(task.title for task in good)


def test_a_replace_that_the_database_refuses_fails_alone(
    repository: PostgresRepository, make_task: Callable[..., Task]
) -> None:
    batch = [make_task(title=f"{n}") for n in range(3)]
    repository.execute([Add(task) for task in batch])
    changed = [evolve(task, title="changed", version=2) for task in batch]
    changed[1] = evolve(changed[1], title="x" * 201)

    answers = repository.execute([Replace(task, expected=1) for task in changed])

    assert isinstance(answers[1], InvalidTask)
    assert [answers[0], answers[2]] == [changed[0], changed[2]]
    [found] = repository.execute([Find("alice")])
    assert sorted((task.title, task.version) for task in found) == [
        ("1", 1),
        ("changed", 2),
        ("changed", 2),
    ]


@pytest.mark.parametrize("title", ["a\0b", "\ud800"])
def test_text_that_postgres_cannot_hold_fails_alone(
    repository: PostgresRepository, make_task: Callable[..., Task], title: str
) -> None:
    good, bad = make_task(title="good"), make_task(title=title)

    answers = repository.execute([Add(bad), Add(good)])

    assert isinstance(answers[0], InvalidTask)
    assert answers[1] == good
    assert repository.execute([Find("alice")]) == [[good]]
    [alone] = repository.execute([Add(bad)])
    assert isinstance(alone, InvalidTask)
