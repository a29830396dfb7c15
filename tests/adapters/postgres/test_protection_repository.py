"""Row-level security: what is answered to a role that is above nothing, and named meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import text

from taskcore import Tasks
from taskcore.adapters.postgres import PostgresRepository
from taskcore.errors import RepositoryUnavailable
from taskcore.ports import Find, Get

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

NAME = "SELECT set_config('taskcore.owners', %s::text[]::text, %s)"
NAMES = [
    "a,b",
    "{a,b}",
    '"a"',
    "a\\",
    'a"',
    "NULL",
    "null",
    " ",
    "{",
    "}",
    "a b",
    "\U0001f6d2",
    "'",
]


@pytest.mark.parametrize("user_id", NAMES)
def test_a_name_of_any_characters_names_one_user(limited: Engine, user_id: str) -> None:
    repository = PostgresRepository(limited)
    for other in ("a", "b", "a,b", "NULL"):
        Tasks(repository, other).add("theirs")
    tasks = Tasks(repository, user_id)
    before = tasks.find()
    added = tasks.add("mine")

    assert tasks.find() == [added, *before]
    assert tasks.get(added.id) == added
    with repository._session([Find(user_id)]) as fetch:
        rows = fetch(text("SELECT DISTINCT user_id FROM taskcore.tasks"), {})
    assert rows == [(user_id,)]


def test_a_batch_names_its_users_and_no_others(limited: Engine) -> None:
    repository = PostgresRepository(limited)

    alices, bobs = repository.execute([Find("alice"), Find("bob")])

    assert [task.user_id for task in (*alices, *bobs)] == ["alice", "alice", "bob", "bob"]
    with repository._session([Get("alice", alices[0].id), Get("carol", alices[0].id)]) as fetch:
        rows = fetch(text("SELECT user_id FROM taskcore.tasks"), {})
    assert rows == [("alice",), ("alice",)]


def test_nothing_is_named_any_more_when_a_call_is_answered(limited: Engine) -> None:
    tasks = Tasks(PostgresRepository(limited), "alice")
    [one, two] = tasks.find()
    tasks.edit(one.id, parent_id=two.id)
    tasks.remove(two.id, subtree=True)

    with limited.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM taskcore.tasks")).scalar() == 0


@pytest.fixture
def host(limited: Engine, protected_postgres_url: str) -> Iterator[Engine]:
    assert limited
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(protected_postgres_url)
    )
    yield engine
    engine.dispose()


@pytest.mark.parametrize(("names", "sees"), [(None, 0), ([], 0), (["bob"], 2)])
def test_in_a_hosts_transaction_the_host_sees_what_it_saw_before(
    host: Engine, names: list[str] | None, sees: int
) -> None:
    count = text("SELECT count(*) FROM taskcore.tasks")
    with host.connect() as connection:
        if names is not None:
            connection.exec_driver_sql(NAME, (names, True))
        tasks = Tasks(PostgresRepository(connection), "alice")
        assert len(tasks.find()) == 2
        assert connection.execute(count).scalar() == sees
        with pytest.raises(Exception, match="parent"):
            tasks.add("three", parent_id=uuid4())
        assert connection.execute(count).scalar() == sees
        connection.commit()
        assert connection.execute(count).scalar() == 0


def test_a_host_that_changes_its_role_is_answered_as_either(
    limited: Engine, postgres_url: str, protected_postgres_url: str
) -> None:
    assert limited
    owner = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(postgres_url)
    )
    role = urlsplit(protected_postgres_url).username
    for _ in range(2):
        with owner.begin() as connection:
            assert len(Tasks(PostgresRepository(connection), "alice").find()) == 2
        with owner.begin() as connection:
            connection.execute(text(f"SET LOCAL ROLE {role}"))
            assert len(Tasks(PostgresRepository(connection), "alice").find()) == 2
            assert connection.execute(text("SELECT count(*) FROM taskcore.tasks")).scalar() == 0
    owner.dispose()


def test_a_lost_connection_is_at_worst_unavailable_and_the_next_call_works(
    limited: Engine, postgres_url: str
) -> None:
    tasks = Tasks(PostgresRepository(limited), "alice")
    for _ in range(3):
        assert len(tasks.find()) == 2
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        try:
            assert len(tasks.find()) == 2
        except RepositoryUnavailable as error:
            assert "\n" not in error.reason  # noqa: PT017  # either way is allowed
