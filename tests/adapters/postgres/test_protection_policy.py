"""Row-level security: what a role sees and changes that is above nothing, by any SQL of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    Limited = psycopg.Connection[Any]

NAME = "SELECT set_config('taskcore.owners', %s::text[]::text, %s)"
ADD = (
    "INSERT INTO taskcore.tasks (user_id, id, title, created_at, updated_at, version)"
    " VALUES (%s, gen_random_uuid(), 'x', now(), now(), 1)"
)


@pytest.fixture
def connection(limited: Engine, protected_postgres_url: str) -> Iterator[Limited]:
    assert limited
    with psycopg.connect(protected_postgres_url, autocommit=True) as connection:
        yield connection


def seen(connection: Limited) -> list[str]:
    rows = connection.execute("SELECT user_id FROM taskcore.tasks ORDER BY user_id").fetchall()
    return [user_id for (user_id,) in rows]


def changed(connection: Limited, statement: str) -> int:
    return connection.execute(statement).rowcount  # type: ignore[call-overload, no-any-return]  # any text


def test_who_names_nobody_sees_and_changes_nothing(connection: Limited, postgres_url: str) -> None:
    assert seen(connection) == []
    assert changed(connection, "UPDATE taskcore.tasks SET title = 'stolen'") == 0
    assert changed(connection, "DELETE FROM taskcore.tasks") == 0
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        connection.execute(ADD, ["alice"])

    with psycopg.connect(postgres_url) as owner:
        assert seen(owner) == ["alice", "alice", "bob", "bob"]


def test_who_names_one_user_sees_and_changes_this_ones_tasks_only(connection: Limited) -> None:
    connection.execute(NAME, [["alice"], False])

    assert seen(connection) == ["alice", "alice"]
    assert changed(connection, "UPDATE taskcore.tasks SET title = 'mine' WHERE title = 'one'") == 1
    for theft in (
        "UPDATE taskcore.tasks SET user_id = 'bob'",
        ADD.replace("%s", "'bob'"),
    ):
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(theft)
    assert changed(connection, "DELETE FROM taskcore.tasks") == 2
    connection.execute(NAME, [["bob", "alice"], False])
    assert seen(connection) == ["bob", "bob"]


def test_a_condition_of_an_attackers_is_not_asked_about_anothers_task(connection: Limited) -> None:
    connection.execute(
        "CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001"
        " AS $$ BEGIN RAISE EXCEPTION 'told of %', $1; END $$"
    )
    connection.execute(NAME, [["carol"], False])

    told = "SELECT count(*) FROM taskcore.tasks WHERE pg_temp.tell(user_id)"
    assert connection.execute(told).fetchone() == (0,)


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE taskcore.tasks",
        "DROP TABLE taskcore.tasks",
        "ALTER TABLE taskcore.tasks DISABLE ROW LEVEL SECURITY",
        "DROP POLICY owners ON taskcore.tasks",
        "CREATE POLICY mine ON taskcore.tasks USING (true)",
        "CREATE TABLE taskcore.more ()",
        "CREATE TABLE below (u text, i uuid, FOREIGN KEY (u, i) REFERENCES taskcore.tasks)",
        "UPDATE taskcore.alembic_version SET version_num = '0001'",
        "DELETE FROM taskcore.alembic_version",
    ],
)
def test_the_role_may_do_no_more_than_the_application_does(
    connection: Limited, statement: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement)  # type: ignore[call-overload]  # any text
