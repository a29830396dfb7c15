"""Every statement that a storage is sent is about the tasks of its owners alone."""
# ruff: noqa: S608  # the statements are put together from constants

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract.capturing import (
    PostgresJudge,
    SqliteJudge,
    as_of,
    owners_of,
    sent_to_postgres,
    sent_to_sqlite,
)
from contract.neighbors import neighbors
from contract.strategies import USERS, of_one_kind, operations
from hypothesis import given, settings
from hypothesis import strategies as st

from taskcore.adapters.sqlite import SqliteRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from taskcore import TaskRepository
    from taskcore.ports import Operation

    Judge = Callable[[Sequence[tuple[str, Any]], set[str]], int]

ALICE = {"user_id": "alice"}
OF_ALICE = "SELECT title FROM taskcore.tasks WHERE user_id = %(user_id)s"
BEHIND_POSTGRES = [
    "SELECT title FROM taskcore.tasks",
    f"{OF_ALICE} OR id = gen_random_uuid()",
    f"{OF_ALICE} OR true",
    f"{OF_ALICE} AND EXISTS (SELECT 1 FROM taskcore.tasks b WHERE b.id = tasks.id)",
    f"{OF_ALICE} UNION SELECT title FROM taskcore.tasks",
    f"WITH a AS ({OF_ALICE}) SELECT tasks.title FROM taskcore.tasks JOIN a USING (title)",
    f"WITH a AS (UPDATE taskcore.tasks SET title = '' RETURNING 1) {OF_ALICE}",
    "SELECT title FROM taskcore.tasks WHERE NOT user_id = %(user_id)s",
    "SELECT title FROM taskcore.tasks WHERE user_id > %(user_id)s",
    "SELECT title FROM taskcore.tasks WHERE user_id = 'bob' AND title <> %(user_id)s",
    "SELECT title FROM taskcore.tasks WHERE title = %(user_id)s",
    "UPDATE taskcore.tasks SET user_id = %(user_id)s",
    f"UPDATE taskcore.tasks SET title = '' WHERE title IN ({OF_ALICE})",
    "DELETE FROM taskcore.tasks WHERE title = %(user_id)s",
]
BEHIND_SQLITE = [
    "SELECT title FROM tasks WHERE title = ?",
    "SELECT title FROM tasks WHERE user_id = ? OR TRUE",
    "SELECT title FROM tasks WHERE user_id > ?",
    "SELECT title FROM tasks AS t WHERE title = ?",
    "SELECT title FROM tasks JOIN tags ON task_id = id WHERE tasks.user_id = ?",
    "SELECT title FROM tasks WHERE user_id = ? AND EXISTS (SELECT 1 FROM tags WHERE task_id = id)",
    "SELECT title FROM tasks WHERE user_id = ? UNION SELECT title FROM tasks",
    "UPDATE tasks SET title = ?",
    "DELETE FROM tasks WHERE id = ?",
    "INSERT INTO tasks (id, user_id) VALUES (?, 'bob')",
]


@pytest.fixture
def postgres_judge(postgres_url: str) -> Iterator[PostgresJudge]:
    with PostgresJudge.at(postgres_url) as judge:
        yield judge


def judged(repository: TaskRepository, sent: list[tuple[str, Any]], judge: Judge) -> int:
    """Return how many statements about tasks were judged, of those that batches need."""
    seen = 0

    def ask(batch: Sequence[Operation[Any]]) -> None:
        nonlocal seen
        sent.clear()
        repository.execute(batch)
        seen += judge(list(sent), {owner for one in batch for owner in owners_of(one)})

    @settings(max_examples=40)
    @given(st.lists(operations, max_size=8) | of_one_kind, st.none() | st.sampled_from(USERS))
    def ask_anything(batch: list[Operation[Any]], user_id: str | None) -> None:
        ask(batch if user_id is None else [as_of(user_id, one) for one in batch])

    for batch in neighbors():
        ask(batch)
    ask_anything()
    return seen


@pytest.mark.parametrize("name", ["postgres", "postgres_in_a_transaction", "postgres_protected"])
def test_every_way_of_postgres_to_a_task_begins_at_its_owner(
    name: str, request: pytest.FixtureRequest, postgres_judge: PostgresJudge
) -> None:
    repository: TaskRepository = request.getfixturevalue(name)
    with sent_to_postgres() as sent:
        assert judged(repository, sent, postgres_judge.judge) > 150


def test_every_way_of_sqlite_to_a_task_begins_at_its_owner() -> None:
    with (
        SqliteJudge.of(USERS) as judge,
        sent_to_sqlite() as sent,
        SqliteRepository(":memory:") as repository,
    ):
        assert judged(repository, sent, judge.judge) > 300


def objects(judge: Judge, sql: str, parameters: Any) -> bool:
    """Whether the judge objects to a statement that is to be about Alice's tasks."""
    try:
        return judge([(sql, parameters)], {"alice"}) < 0
    except AssertionError:
        return True


def test_a_statement_to_postgres_that_gets_around_the_owner_is_objected_to(
    postgres_judge: PostgresJudge,
) -> None:
    judge = postgres_judge.judge
    assert not objects(judge, f"{OF_ALICE} AND (title = 'x' OR due IS NULL)", ALICE)
    assert [sql for sql in BEHIND_POSTGRES if not objects(judge, sql, ALICE)] == []
    assert objects(judge, OF_ALICE, {"user_id": "bob"})


def test_a_statement_to_sqlite_that_gets_around_the_owner_is_objected_to() -> None:
    own = "SELECT title FROM tasks WHERE user_id = ? AND (title = 'x' OR due IS NULL)"
    with SqliteJudge.of(["alice", "bob"]) as planner:
        judge = planner.judge
        assert not objects(judge, own, ["alice"])
        assert [sql for sql in BEHIND_SQLITE if not objects(judge, sql, ["alice"])] == []
        assert objects(judge, own, ["bob"])
        assert objects(judge, own, ["a title"])
