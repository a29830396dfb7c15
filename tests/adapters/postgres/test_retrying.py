"""What is tried again without anybody noticing, how often, and what is not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from attrs import evolve
from sqlalchemy import text

from taskcore import HasSubtasks, RepositoryUnavailable, StaleTask, Task, TaskNotFound, Tasks
from taskcore.adapters import postgres
from taskcore.adapters.postgres import PostgresRepository, create_engine, retrying, sessions
from taskcore.adapters.postgres.answering import answer
from taskcore.ports import Add, Expect, Find, Get, Operation, Remove, Replace, Together

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy import Engine

    from taskcore.adapters.postgres.sessions import Fetch

ATTEMPTS = 5


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list of what connecting came to, from now on."""
    made: list[Any] = []
    connect = psycopg.connect

    def noted(*arguments: Any, **options: Any) -> Any:
        made.append(None)
        made[-1] = connect(*arguments, **options)
        return made[-1]

    monkeypatch.setattr(psycopg, "connect", noted)
    return made


def terminate(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    assert ended


def test_of_a_connection_that_ended_while_idle_it_is_known_that_nothing_was_sent(
    postgres_url: str,
    make_task: Callable[..., Task],
    some_id: UUID,
    repository: PostgresRepository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "IDLE", 0)
    task = make_task()
    repository.execute([Add(task)])
    changed = evolve(task, version=3)
    operations: list[tuple[Operation[Any], object]] = [
        (Get("alice", some_id), TaskNotFound(some_id)),
        # After an attempt that may have been stored, none of these would be certain.
        (Remove("alice", some_id), TaskNotFound(some_id)),
        (Replace(changed, 7), StaleTask(task.id, 7)),
        (Replace(make_task(id=some_id), 1), StaleTask(some_id, 1)),
        (Together((Remove("alice", some_id),)), TaskNotFound(some_id)),
    ]
    for operation, expected in operations:
        terminate(postgres_url)

        assert repr(repository.execute([operation])) == repr([expected])


def test_of_a_set_that_is_refused_not_each_one_waits_for_a_server_that_is_gone_by_then(
    repository: PostgresRepository,
    make_task: Callable[..., Task],
    connections: list[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = [Add(make_task()) for _ in range(99)] + [Add(make_task(title="x" * 201))]
    attempt, gone = repository._attempt, create_engine("postgresql://127.0.0.1:1/db")

    def until_it_is_gone(run: Any) -> Any:
        if len(run) > 1:
            return attempt(run)
        return PostgresRepository(gone)._attempt(run)

    monkeypatch.setattr(repository, "_attempt", until_it_is_gone)

    answers = repository.execute(refused)

    assert [type(answer) for answer in answers] == [RepositoryUnavailable] * 100
    assert connections.count(None) == retrying.ATTEMPTS[retrying.Setback.REFUSED]


def test_where_no_server_is_it_is_tried_once_more(connections: list[Any]) -> None:
    engine = create_engine("postgresql://127.0.0.1:1/db")
    repository = PostgresRepository(engine)

    [first, second] = repository.execute([Find("alice"), Find("bob")])

    assert isinstance(first, RepositoryUnavailable)
    assert isinstance(second, RepositoryUnavailable)
    assert connections == [None, None]


def test_a_connection_that_is_refused_once_is_nobodys_business(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = psycopg.connect
    refusals = [psycopg.OperationalError("connection refused")]

    def refusing(*arguments: Any, **options: Any) -> Any:
        if refusals:
            raise refusals.pop()
        return connect(*arguments, **options)

    monkeypatch.setattr(psycopg, "connect", refusing)
    with PostgresRepository(create_engine(postgres_url), dispose=True) as repository:
        assert Tasks(repository, "alice").add("Buy milk").version == 1
    assert not refusals


def test_what_took_long_to_fail_is_not_tried_again(
    connections: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a host that does not answer: nobody waits for a second time of that.
    monkeypatch.setattr(retrying, "PATIENCE", 0)
    tasks = Tasks(PostgresRepository(create_engine("postgresql://127.0.0.1:1/db")), "alice")

    with pytest.raises(RepositoryUnavailable):
        tasks.find()

    assert connections == [None]


def test_a_doubt_is_tried_for_no_longer_than_what_left_it(
    repository: PostgresRepository, make_task: Callable[..., Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each attempt takes 2 s: one is lost, one is refused, and those that read are lost."""
    task = make_task()
    repository.execute([Add(task)])
    attempt, clock, began = repository._attempt, [0.0], []

    def slow(run: Any) -> Any:
        began.append((type(run[0]), clock[0]))
        clock[0] += 2
        if began[1:] and isinstance(run[0], Add):
            return attempt(run)
        raise retrying.Lost(psycopg.OperationalError("lost"), retrying.Setback.SENT)

    marks: list[Any] = []
    monkeypatch.setattr(retrying, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(repository, "_attempt", slow)
    monkeypatch.setattr(repository, "_wait_for_standby", lambda: marks.append(clock[0]) or [])

    [answer] = repository.execute([Add(evolve(task, title="another"))])

    assert isinstance(answer, retrying.InDoubt)
    assert began == [(Add, 0), (Add, 2), (Get, 4)]
    assert not marks


def test_a_server_that_does_not_write_anymore_is_left_for_another(
    postgres_url: str, repository: PostgresRepository, connections: list[Any]
) -> None:
    tasks = Tasks(repository, "alice")
    name = psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"]
    alter = f"ALTER DATABASE {name} {{}} default_transaction_read_only"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(alter.format("SET") + " = on")
        assert tasks.find() == []
        connections.clear()
        for number in range(1, 6):
            with pytest.raises(RepositoryUnavailable, match="read-only"):
                tasks.add("Buy milk")
            # One for each write looks for another server; the one that there is can be read.
            assert tasks.find() == []
            assert [one.closed for one in connections] == [True] * number
        connection.execute(alter.format("RESET"))

        # The connection that is there still is one that does not write.
        assert tasks.add("Buy milk").version == 1

    assert [one.closed for one in connections] == [True] * 6 + [False]


def fail_commits(engine: Engine, count: int) -> None:
    """Let Postgres undo the next transactions that add tasks, as they commit."""
    with engine.connect() as connection:
        for statement in (
            "CREATE SEQUENCE undone",
            f"""
            CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                IF nextval('undone') <= {count} THEN
                    RAISE 'could not serialize access' USING ERRCODE = '40001';
                END IF;
                RETURN NULL;
            END $$
            """,
            """
            CREATE CONSTRAINT TRIGGER undo AFTER INSERT ON taskcore.tasks
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION undo()
            """,
        ):
            connection.execute(text(statement))


def undone(engine: Engine) -> int:
    with engine.connect() as connection:
        count: int = connection.execute(text("SELECT last_value FROM undone")).scalar_one()
    return count


@pytest.mark.parametrize("is_together", [False, True])
def test_what_postgres_undoes_as_it_commits_runs_five_times_at_the_most(
    engine: Engine,
    repository: PostgresRepository,
    make_task: Callable[..., Task],
    *,
    is_together: bool,
) -> None:
    tasks = [make_task() for _ in range(2)]
    fail_commits(engine, 2 * ATTEMPTS - 1)
    add = Together((Add(tasks[0]),)) if is_together else Add(tasks[0])

    [first] = repository.execute([add])
    assert isinstance(first, RepositoryUnavailable)
    assert undone(engine) == ATTEMPTS
    assert repository.execute([Find("alice")]) == [[]]

    assert repository.execute([add]) == [(tasks[0],) if is_together else tasks[0]]
    assert undone(engine) == 2 * ATTEMPTS
    assert repository.execute([Find("alice")]) == [[tasks[0]]]


def test_serializable_transactions_lose_nothing(postgres_url: str, engine: Engine) -> None:
    name = psycopg.conninfo.conninfo_to_dict(postgres_url)["dbname"]
    with engine.connect() as connection:
        connection.execute(
            text(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'")
        )
    engine.dispose()
    tasks = Tasks(PostgresRepository(engine), "alice")
    top = tasks.add("top")

    def work(number: int) -> None:
        for _ in range(5):
            assert tasks.toggle(top.id).version > 1
            below = tasks.add(f"{number}", parent_id=top.id)
            assert tasks.edit(below.id, parent_id=None).version == 2

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(work, range(3)))

    assert tasks.get(top.id).version == 1 + 3 * 5
    assert tasks.count() == 1 + 3 * 5


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (None, HasSubtasks),
        (psycopg.errors.DeadlockDetected, None),
        (psycopg.errors.ReadOnlySqlTransaction, None),
    ],
)
def test_what_is_stored_is_not_taken_for_what_another_did_if_a_later_statement_fails(
    repository: PostgresRepository,
    make_task: Callable[..., Task],
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception] | None,
    expected: type[Exception] | None,
) -> None:
    ours, missed = make_task(), make_task()
    repository.execute([Add(ours)])
    failing = [error]

    def answer_and_fail(run: Any, fetch: Fetch) -> Any:
        def fetch_and_fail(*statement: Any) -> Any:
            rows = fetch(*statement)
            if isinstance(run[0], Remove) and failing:
                # Before it is asked why one of them could not be removed.
                if error := failing.pop():
                    raise error
                repository.execute([Add(missed), Add(make_task(parent_id=missed.id))])
            return rows

        return answer(run, fetch_and_fail)

    monkeypatch.setattr(postgres.repository, "answer", answer_and_fail)

    removed, why_not = repository.execute([Remove("alice", one.id) for one in (ours, missed)])

    assert removed is None
    assert type(why_not) is (expected or type(None))


def test_in_the_callers_transaction_nothing_is_tried_again(
    host: Engine, make_task: Callable[..., Task]
) -> None:
    task = make_task()
    with host.connect() as connection:
        repository = PostgresRepository(connection)
        repository.execute([Add(task)])
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with host.connect() as other:
            other.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))

        answers = repository.execute([Expect("alice", task.id, 1), Get("alice", task.id)])

        assert [type(answer) for answer in answers] == [RepositoryUnavailable] * 2
        connection.invalidate()
