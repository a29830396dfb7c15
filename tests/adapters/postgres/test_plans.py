"""What Postgres reads to answer: a few times what it returns, of a user who has many tasks."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from attrs import evolve
from sqlalchemy import text

from taskcore import Task
from taskcore.adapters.postgres import PostgresRepository, create_engine
from taskcore.adapters.postgres.finding import find
from taskcore.entities import Priority, TaskQuery
from taskcore.entities.filters import parse_filter, resolve
from taskcore.entities.ordering import parse_order, position_of
from taskcore.ports import Add, Find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from taskcore.entities.filters import Predicate

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AT_THE_COMMAND_LINE = "due, priority desc, created_at desc"
MANY = 6000
SIZE = 10
FEW_TIMES = 2


def task(user_id: str, number: int, some: random.Random) -> Task:
    created_at = NOW - timedelta(hours=number, seconds=some.randrange(3600))
    updated_at = created_at + timedelta(minutes=some.randrange(10**5))
    days = [date(2026, 1, 1) + timedelta(some.randrange(600)) for _ in range(2)]
    return Task(
        id=UUID(int=some.getrandbits(128)),
        user_id=user_id,
        title=f"Task number {number}",
        description=None,
        # Of the old ones a few are open still: the newest do not find them soon.
        completed_at=None if number % 10 == 0 else updated_at,
        due=max(days) if some.random() < 0.6 else None,
        start=min(days) if some.random() < 0.3 else None,
        priority=some.choice([None, None, *Priority]),
        tags=(f"tag{some.randrange(100)}",) if some.random() < 0.5 else (),
        project=f"p{some.randrange(40)}.sub" if some.random() < 0.5 else None,
        parent_id=UUID(int=1) if number % 10 == 7 else None,
        extra={},
        created_at=created_at,
        updated_at=updated_at,
        version=1,
    )


@pytest.fixture(scope="module")
def engines(shared_protected_postgres_url: tuple[str, str]) -> Iterator[dict[str, Engine]]:
    """Return engines on a database where Alice has many tasks, and two hundred others some."""
    engine, limited = map(create_engine, shared_protected_postgres_url)
    repository = PostgresRepository(engine)
    some = random.Random(7)  # noqa: S311  # no secret
    for user_id, count in [("alice", MANY), *((f"user {n}", 50) for n in range(200))]:
        top = evolve(task(user_id, 0, some), id=UUID(int=1))
        tasks = [top, *(task(user_id, number, some) for number in range(1, count))]
        assert repository.execute([Add(one) for one in tasks]) == tasks
    with engine.connect() as connection:
        connection.execute(text("VACUUM ANALYZE taskcore.tasks"))
    yield {"free": engine, "limited": limited}
    with engine.connect() as connection:
        connection.execute(text("TRUNCATE taskcore.tasks"))
    engine.dispose()
    limited.dispose()


@pytest.fixture(params=["free", "limited"])
def many(request: pytest.FixtureRequest, engines: dict[str, Engine]) -> Engine:
    """Return the engine of the tables' owner, and of a role that row-level security limits."""
    return engines[request.param]


def meaning(filter: str) -> Predicate:
    return resolve(parse_filter(filter), NOW, UTC)


def page(engine: Engine, filter: str, order_by: str, number: int) -> TaskQuery:
    """Return the query for a page, which begins where the one before it ends."""
    order = parse_order(order_by)
    if number == 1:
        return TaskQuery(meaning(filter), order, SIZE)
    before = TaskQuery(meaning(filter), order, SIZE * (number - 1))
    [tasks] = PostgresRepository(engine).execute([Find("alice", before)])
    assert len(tasks) == before.limit
    return TaskQuery(meaning(filter), order, SIZE, position_of(tasks[-1], order))


def read_and_returned(engine: Engine, query: TaskQuery) -> tuple[float, float]:
    """Return how many tasks Postgres looked at for the query, and how many it answered."""
    statement, parameters = find("alice", query)
    with PostgresRepository(engine)._session([Find("alice")]) as fetch:  # what a find is sent on
        explained = text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}")
        [[[found]]] = fetch(explained, parameters)
    return sum(map(read_by, nodes(found["Plan"]))), found["Plan"]["Actual Rows"]


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)


def read_by(node: dict[str, Any]) -> float:
    if node.get("Relation Name") != "tasks":
        return 0
    names = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    rows: float = sum(node.get(name, 0) for name in names)
    return rows * node["Actual Loops"]


@pytest.mark.parametrize("number", [1, 2, 10])
@pytest.mark.parametrize(
    "filter",
    [
        "completed = false",
        "completed = false AND due < now",
        "completed = false AND priority:*",
    ],
)
def test_the_default_list_of_the_command_line_and_what_is_overdue(
    many: Engine, filter: str, number: int
) -> None:
    read, returned = read_and_returned(many, page(many, filter, AT_THE_COMMAND_LINE, number))

    assert returned == SIZE
    assert read <= FEW_TIMES * SIZE


@pytest.mark.parametrize("direction", ["", " desc"])
@pytest.mark.parametrize(
    "field",
    [
        "id",
        "created_at",
        "updated_at",
        "completed_at",
        "due",
        "start",
        "priority",
        "project",
        "parent_id",
    ],
)
def test_page_50_of_an_order(many: Engine, field: str, direction: str) -> None:
    read, returned = read_and_returned(many, page(many, "", f"{field}{direction}", 50))

    assert returned == SIZE
    assert read <= FEW_TIMES * SIZE


@pytest.mark.parametrize(
    "order_by",
    [
        "",
        AT_THE_COMMAND_LINE,
        "project desc, due",
        "due, start desc, priority, project desc, parent_id, completed_at desc, title",
    ],
)
def test_page_50_of_an_order_by_several_fields(many: Engine, order_by: str) -> None:
    read, returned = read_and_returned(many, page(many, "", order_by, 50))

    assert returned == SIZE
    # Those that stand level in the first key may all be read, of which there are about 75.
    assert read <= 150 + SIZE


@pytest.mark.parametrize(
    "filter",
    [
        "project:p7",
        "project = p7.sub",
        "priority = high",
        "parent_id = 00000000-0000-0000-0000-000000000001",
        "id = 00000000-0000-0000-0000-000000000001",
        "due = today",
        "due >= today AND due < today+7d",
        "start >= today AND start < today+7d",
        "completed = false",
        "completed = false AND due < now",
        "completed_at >= 2026-11-01 AND completed_at < 2026-11-08",
        "created_at >= 2026-11-01 AND created_at < 2026-11-08",
        "updated_at >= 2026-11-01 AND updated_at < 2026-11-08",
    ],
)
def test_a_filter_reads_the_tasks_that_it_finds(many: Engine, filter: str) -> None:
    read, returned = read_and_returned(many, TaskQuery(meaning(filter)))

    assert 0 < returned < MANY / 4
    assert read <= FEW_TIMES * returned


@pytest.mark.parametrize("filter", ["tags:tag7", "tags:tag7 AND title:number"])
def test_a_tag_is_found_by_its_index_unless_row_level_security_forbids_it(
    engines: dict[str, Engine], filter: str
) -> None:
    read, returned = read_and_returned(engines["free"], TaskQuery(meaning(filter)))
    as_limited = read_and_returned(engines["limited"], TaskQuery(meaning(filter)))

    assert read <= FEW_TIMES * returned
    # Postgres may not ask an index what the tags are before it knows whose task it is. So all of
    # Alice's are read, or all there are if hers are that many of them: docs/reliability.md says so.
    assert as_limited[0] >= MANY
    assert as_limited[1] == returned


@pytest.mark.parametrize(
    ("filter", "order_by"),
    [
        ("", ""),
        ("priority = high", ""),
        ("due < now", "due"),
        ("start > 2026-01-01", "start desc"),
        ("completed = true", "completed_at desc"),
        ("due:*", "due"),
    ],
)
@pytest.mark.parametrize("number", [1, 20])
def test_a_page_of_many_that_a_filter_finds(
    many: Engine, filter: str, order_by: str, number: int
) -> None:
    read, returned = read_and_returned(many, page(many, filter, order_by, number))

    assert returned == SIZE
    assert read <= FEW_TIMES * SIZE


def test_a_plan_for_the_average_user_is_not_made(many: Engine) -> None:
    repository = PostgresRepository(many)
    query = TaskQuery(meaning("tags:tag7"), limit=SIZE)
    for user_id in ["user 1"] * 20:
        repository.execute([Find(user_id, query)])

    # Of a prepared statement, Postgres soon makes one plan for all.
    with repository._session([Find("alice")]) as fetch:
        prepared = fetch(text("SELECT statement FROM pg_prepared_statements"), {})
    assert [statement for (statement,) in prepared if "tag_keys @>" in statement] == []
