"""Whatever a host has set on its connection, ours works there or says why not, and leaves it so."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import sqlalchemy
from psycopg.rows import namedtuple_row
from psycopg.types.json import set_json_loads
from psycopg.types.string import TextLoader
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from taskcore import RepositoryUnavailable, Tasks
from taskcore.adapters.memory import MemoryRepository
from taskcore.adapters.postgres import PostgresRepository, schema_status
from taskcore.entities import TaskQuery
from taskcore.entities.filters import All, Is
from taskcore.entities.ordering import OrderKey
from taskcore.ports import Add, Count, Expect, Find, Get, Remove, Replace, Subtree, Tally, Together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from taskcore import Task
    from taskcore.ports import Operation

LATER = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
WAITING = """
    SELECT pid FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()
"""
STATEMENTS = [
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE, DEFERRABLE",
    "SET search_path = ''",
    "SET TimeZone = 'Asia/Kolkata'",
    "SET IntervalStyle = iso_8601; SET bytea_output = escape; SET extra_float_digits = -15",
    "SET standard_conforming_strings = off",
    "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan",
    "SET statement_timeout = '30s'; SET lock_timeout = '5s'",
]
OPTIONS = [
    *(
        {"isolation_level": level}
        for level in ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
    ),
    {"stream_results": True},
    {"stream_results": True, "yield_per": 2, "max_row_buffer": 2},
    {"schema_translate_map": {None: "tenant", "taskcore": "elsewhere"}},
    {"compiled_cache": None},
]
DRIVER = [
    {"cursor_factory": psycopg.ClientCursor},
    {"row_factory": namedtuple_row},
    {"prepare_threshold": None},
    {"prepare_threshold": 0},
]


@contextmanager
def connected(
    url: str,
    set_up: Callable[[psycopg.Connection[Any]], object] = bool,
    driver: Any = None,
    **options: Any,
) -> Iterator[Connection]:
    """Lend a connection that is set up so."""

    def connect() -> psycopg.Connection[Any]:
        connection = psycopg.connect(url, **driver or {})
        set_up(connection)
        connection.commit()
        return connection

    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=connect)
    try:
        with engine.connect() as connection:
            yield connection.execution_options(**options)
    finally:
        engine.dispose()


@pytest.fixture
def batches(make_task: Callable[..., Task]) -> Sequence[Sequence[Operation[Any]]]:
    """Return operations of every kind, alone and in sets, answered and refused."""
    top = make_task(title="Ä top", tags=("a", "b"), project="p", extra={"k": [1, {"n": None}]})
    child = make_task(title="child", parent_id=top.id)
    many = [make_task(title=f"n {number}") for number in range(4)]
    changed = top.edited({"title": "changed", "due": date(2026, 2, 3)}, LATER)
    stranger = make_task().id
    pages = TaskQuery(All(), (OrderKey("due"), OrderKey("id")), limit=2)
    first, *others = many
    return [
        [Add(top)],
        [Add(child), *map(Add, many), Add(first)],
        [Get("alice", top.id)],
        [Get("alice", top.id), Get("alice", stranger), Get("bob", top.id)],
        [Find("alice"), Find("bob"), Find("alice", pages)],
        [Count("alice", Is("completed", "=", value=False)), Tally("alice", "tags")],
        [Subtree("alice", top.id), Tally("alice", "project")],
        [Replace(changed, expected=1), Replace(changed, expected=1)],
        [Replace(one.toggled(one.created_at + timedelta(1)), expected=1) for one in many],
        [Remove("alice", top.id), Remove("alice", first.id, expected=1), Remove("bob", first.id)],
        [Add(make_task(parent_id=stranger)), Add(make_task(title="fine"))],
        [Together((Expect("alice", top.id, 2), Remove("alice", first.id)))],
        [Together((Remove("alice", others[0].id), Expect("alice", top.id, 1)))],
        [Find("alice")],
    ]


def works(connection: Connection, batches: Sequence[Sequence[Operation[Any]]]) -> None:
    """Check that the batches are answered as by the model, and the host has its connection back."""
    options = dict(connection.get_execution_options())
    repository, model = PostgresRepository(connection), MemoryRepository()
    for batch in batches:
        assert repr(repository.execute(batch)) == repr(model.execute(batch))
    assert dict(connection.get_execution_options()) == options
    assert connection.in_transaction()
    assert not connection.in_nested_transaction()
    connection.rollback()
    assert Tasks(PostgresRepository(connection), "alice").find() == []


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_hosts_session_may_be_set_so(
    shared_postgres_url: str, statement: str, batches: Sequence[Sequence[Operation[Any]]]
) -> None:
    def set_up(connection: psycopg.Connection[Any]) -> None:
        for one in statement.split("; "):
            connection.execute(one)

    with connected(shared_postgres_url, set_up) as connection:
        works(connection, batches)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_a_hosts_connection_may_have_these_options(
    shared_postgres_url: str, options: dict[str, Any], batches: Sequence[Sequence[Operation[Any]]]
) -> None:
    with connected(shared_postgres_url, **options) as connection:
        works(connection, batches)


@pytest.mark.parametrize("driver", DRIVER, ids=lambda driver: next(iter(driver)))
def test_a_hosts_driver_may_be_set_so(
    shared_postgres_url: str, driver: dict[str, Any], batches: Sequence[Sequence[Operation[Any]]]
) -> None:
    with connected(shared_postgres_url, driver=driver) as connection:
        works(connection, batches)


def test_a_hosts_way_with_json_is_not_asked(
    shared_postgres_url: str, batches: Sequence[Sequence[Operation[Any]]]
) -> None:
    with connected(shared_postgres_url, lambda driver: set_json_loads(bytes, driver)) as connection:
        assert connection.exec_driver_sql("SELECT json '1'").scalar() != 1
        works(connection, batches)


@pytest.mark.parametrize(
    ("type_", "clue"), [("uuid", "str of id"), ("timestamptz", "str of created_at")]
)
def test_a_loader_of_the_hosts_that_makes_text_is_refused_and_nothing_is_stored(
    postgres_url: str, type_: str, clue: str
) -> None:
    def set_up(driver: psycopg.Connection[Any]) -> None:
        driver.adapters.register_loader(type_, TextLoader)

    with connected(postgres_url, set_up) as connection:
        tasks = Tasks(PostgresRepository(connection), "alice")
        with pytest.raises(TypeError, match=clue):
            tasks.get(tasks.add("Buy milk").id)
        connection.commit()
        there = connection.exec_driver_sql("SELECT title FROM taskcore.tasks").scalars().all()

    # The id is looked at after a write already, which is taken back.
    assert there == ([] if type_ == "uuid" else ["Buy milk"])


def test_in_autocommit_the_host_is_told_that_there_is_no_transaction(postgres_url: str) -> None:
    with connected(postgres_url, isolation_level="AUTOCOMMIT") as connection:
        tasks = Tasks(PostgresRepository(connection), "alice")
        for ask in (tasks.find, lambda: tasks.add("Buy milk"), lambda: tasks.add_all(["a", "b"])):
            with pytest.raises(RuntimeError, match="AUTOCOMMIT"):
                ask()
        assert connection.exec_driver_sql("SELECT count(*) FROM taskcore.tasks").scalar() == 0


def test_in_a_transaction_that_only_reads_tasks_are_read_and_not_written(
    postgres_url: str,
) -> None:
    with connected(postgres_url) as connection:
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY"))
        tasks = Tasks(PostgresRepository(connection), "alice")

        assert tasks.find() == []
        with pytest.raises(RepositoryUnavailable, match="read-only"):
            tasks.add("Buy milk")
        assert tasks.find() == []


def test_a_statement_that_takes_longer_than_the_hosts_limit_ends_alone(
    postgres_url: str,
) -> None:
    with connected(postgres_url) as connection, psycopg.connect(postgres_url) as other:
        tasks = Tasks(PostgresRepository(connection), "alice")
        task = tasks.add("Buy milk")
        connection.commit()
        other.execute("SELECT FROM taskcore.tasks FOR UPDATE")
        connection.execute(text("SET statement_timeout = '50ms'"))

        with pytest.raises(RepositoryUnavailable, match="statement_timeout"):
            tasks.complete(task.id)

        other.rollback()
        assert tasks.complete(task.id).completed
        connection.commit()
        assert tasks.get(task.id).completed


def test_a_transaction_that_had_failed_before_is_unavailable_until_the_host_rolls_it_back(
    postgres_url: str,
) -> None:
    with connected(postgres_url) as connection:
        tasks = Tasks(PostgresRepository(connection), "alice")
        with pytest.raises(SQLAlchemyError):
            connection.execute(text("SELECT 1 / 0"))

        with pytest.raises(RepositoryUnavailable, match="transaction is aborted"):
            tasks.add("Buy milk")

        connection.rollback()
        assert tasks.add("Buy milk").title == "Buy milk"


def test_tasks_beyond_the_transaction_of_their_session_are_told_to_be_made_anew(
    postgres_url: str,
) -> None:
    with connected(postgres_url) as connection, Session(connection.engine) as session:
        closed = session.connection()
        tasks = Tasks(PostgresRepository(closed), "alice")
        tasks.add("Buy milk")
        session.commit()

        for ask in (tasks.find, lambda: tasks.add("Buy bread"), lambda: tasks.add_all(["a", "b"])):
            with pytest.raises(RuntimeError, match=r"closed.*session\.connection\(\)"):
                ask()
        with pytest.raises(RuntimeError, match="closed"):
            schema_status(closed)
        anew = Tasks(PostgresRepository(session.connection()), "alice")
        assert [task.title for task in anew.find()] == ["Buy milk"]


def test_a_transaction_that_is_over_is_not_taken_for_one_that_is_not_there(
    postgres_url: str,
) -> None:
    with connected(postgres_url) as connection, connection.begin() as transaction:
        transaction.rollback()
        with pytest.raises(RuntimeError, match="no transaction to take part in"):
            Tasks(PostgresRepository(connection), "alice").find()


def test_a_lost_connection_is_unavailable_however_often_it_is_asked(postgres_url: str) -> None:
    with connected(postgres_url) as connection, psycopg.connect(postgres_url) as other:
        tasks = Tasks(PostgresRepository(connection), "alice")
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar()
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        for _ in range(3):
            with pytest.raises(RepositoryUnavailable):
                tasks.find()


def test_two_repositories_on_one_connection_see_what_the_other_did(postgres_url: str) -> None:
    with connected(postgres_url) as connection:
        one, other = (Tasks(PostgresRepository(connection), "alice") for _ in range(2))
        task = one.add("Buy milk")

        assert other.complete(task.id).version == 2
        assert one.get(task.id).completed


def test_threads_that_share_a_connection_are_told_so_and_the_first_goes_on(
    postgres_url: str,
) -> None:
    with connected(postgres_url) as connection, psycopg.connect(postgres_url) as other:
        tasks = Tasks(PostgresRepository(connection), "alice")
        task = tasks.add("Buy milk")
        connection.commit()
        other.execute("SELECT FROM taskcore.tasks FOR UPDATE")
        with ThreadPoolExecutor(1) as pool:
            first = pool.submit(tasks.complete, task.id)
            deadline = monotonic() + 10
            while not other.execute(WAITING).fetchall() and monotonic() < deadline:
                other.execute("SELECT pg_stat_clear_snapshot()")
            with pytest.raises(RuntimeError, match="in use by another"):
                tasks.add("never")
            other.rollback()

            assert first.result(10).completed
        assert [task.title for task in tasks.find()] == ["Buy milk"]
