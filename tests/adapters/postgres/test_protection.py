"""Putting row-level security on and taking it off: who may, and for which roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from taskcore import Tasks
from taskcore.adapters.postgres import (
    PostgresRepository,
    create_engine,
    metadata,
    protect,
    schema_status,
    sessions,
    unprotect,
    upgrade,
)
from taskcore.errors import RepositoryUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

IN_TRANSACTION: Any = {"isolation_level": "READ COMMITTED"}


def test_protecting_again_changes_nothing_and_undoing_it_shows_all(
    engine: Engine, limited: Engine
) -> None:
    with limited.connect() as connection:
        role = connection.execute(
            text(
                "SELECT rolname FROM pg_roles JOIN pg_auth_members ON roleid = pg_roles.oid"
                " WHERE member = current_user::regrole"
            )
        ).scalar_one()
    before = policies(engine)
    protect(engine, role=role)
    assert policies(engine) == before != []
    assert schema_status(engine).protected
    assert seen(limited) == []
    for _ in range(2):
        unprotect(engine)
        assert policies(engine) == []
        assert not schema_status(engine).protected
        assert seen(limited) == ["alice", "alice", "bob", "bob"]
    assert len(Tasks(PostgresRepository(limited), "alice").find()) == 2


def seen(limited: Engine) -> list[str]:
    with limited.connect() as connection:
        rows = connection.execute(text("SELECT user_id FROM taskcore.tasks ORDER BY user_id"))
        return list(rows.scalars())


def policies(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM pg_policies WHERE schemaname = 'taskcore'"))
        return list(map(tuple, found.all()))


def test_every_table_of_tasks_is_protected(engine: Engine, limited: Engine) -> None:
    assert limited
    with engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT format('taskcore.%s', relname), relrowsecurity FROM pg_class"
                " WHERE relnamespace = 'taskcore'::regnamespace AND relkind IN ('r', 'p')"
            )
        ).all()
    assert dict(map(tuple, found)) == {
        "taskcore.alembic_version": False,
        **{str(table): True for table in metadata.sorted_tables},
    }


@pytest.mark.parametrize("name", ["", "Alice", "a-b", 'a"', "a; DROP", "1a", "a" * 64, "a\n"])
def test_a_role_has_a_plain_name(engine: Engine, name: str) -> None:
    with pytest.raises(ValueError, match="name of a to z"):
        protect(engine, role=name)


@pytest.mark.parametrize("name", ["public", "none", "pg_monitor", "pg_x"])
def test_a_role_has_no_name_that_postgres_keeps_for_itself(engine: Engine, name: str) -> None:
    with pytest.raises(ValueError, match=f"keeps the name {name} for itself"):
        protect(engine, role=name)


@pytest.mark.parametrize("name", ["user", "select", "current_user", "session_user", "all"])
def test_a_word_of_sql_is_a_name_like_any_other(engine: Engine, name: str) -> None:
    with engine.execution_options(**IN_TRANSACTION).connect() as connection:
        protect(connection, role=name)
        may = text("SELECT has_table_privilege(:name, 'taskcore.tasks', 'INSERT')")
        assert connection.execute(may, {"name": name}).scalar() is True
        connection.rollback()


def test_a_role_that_is_above_row_level_security_is_refused(
    engine: Engine, a_role: Callable[[str], str]
) -> None:
    for kind in ("SUPERUSER", "BYPASSRLS", "IN ROLE CURRENT_USER"):
        with pytest.raises(ValueError, match="is above row-level security"):
            protect(engine, role=a_role(kind))
    assert policies(engine) == []


def test_without_a_schema_there_is_nothing_to_protect(empty_engine: Engine) -> None:
    for call in (protect, unprotect):
        with pytest.raises(RepositoryUnavailable, match="taskcore db upgrade"):
            call(empty_engine)


def test_who_may_not_make_roles_is_told_in_one_line(
    engine: Engine, protected_postgres_url: str
) -> None:
    limited = create_engine(protected_postgres_url)
    with pytest.raises(RepositoryUnavailable, match="permission denied"):
        protect(limited, role="taskcore_test_never_made")
    limited.dispose()
    assert "taskcore_test_never_made" not in roles(engine)


def test_a_host_takes_part_in_it_whatever_it_has_set(engine: Engine) -> None:
    with engine.execution_options(stream_results=True, **IN_TRANSACTION).connect() as connection:
        protect(connection, role="taskcore_test_never_kept")
        assert schema_status(connection).protected
        unprotect(connection)
        assert not schema_status(connection).protected
        connection.rollback()

    assert policies(engine) == []
    assert "taskcore_test_never_kept" not in roles(engine)


def test_what_fails_halfway_leaves_a_hosts_transaction_as_it_was(
    engine: Engine, postgres_url: str, a_role: Callable[[str], str]
) -> None:
    no_owner = a_role("LOGIN CREATEROLE PASSWORD 'x'")
    with engine.begin() as connection:
        connection.execute(text(f"GRANT USAGE ON SCHEMA taskcore TO {no_owner}"))
        connection.execute(text(f"GRANT SELECT ON taskcore.alembic_version TO {no_owner}"))
    as_no_owner = create_engine(as_whom(postgres_url, no_owner, "x"))

    with as_no_owner.execution_options(**IN_TRANSACTION).connect() as connection:
        with pytest.raises(RepositoryUnavailable, match="permission denied"):
            protect(connection, role="taskcore_test_never_made")
        with pytest.raises(RepositoryUnavailable, match="must be owner"):
            unprotect(connection)
        assert connection.execute(text("SELECT 1")).scalar() == 1

    as_no_owner.dispose()
    assert "taskcore_test_never_made" not in roles(engine)


def roles(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())


@pytest.mark.parametrize("is_made_before", [False, True])
def test_an_owner_who_is_no_superuser_protects_and_goes_on_as_before(
    empty_engine: Engine,
    empty_postgres_url: str,
    a_role: Callable[[str], str],
    is_made_before: bool,  # noqa: FBT001  # a parameter of the test
) -> None:
    may = "NOCREATEROLE" if is_made_before else "CREATEROLE"
    owner = a_role(f"LOGIN {may} PASSWORD 'x'")
    with empty_engine.connect() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar()
        connection.execute(text(f"ALTER DATABASE {name} OWNER TO {owner}"))
    as_owner = create_engine(as_whom(empty_postgres_url, owner, "x"))
    role = a_role("NOLOGIN") if is_made_before else f"taskcore_test_{uuid4().hex}"
    try:
        upgrade(as_owner)
        protect(as_owner, role=role)
        tasks = Tasks(PostgresRepository(as_owner), "alice")
        added = tasks.add("Buy milk")
        upgrade(as_owner)

        assert tasks.find() == [added]
        with as_owner.connect() as connection:
            # What a migration changes is all there is, or data would be left behind.
            assert connection.execute(text("SELECT count(*) FROM taskcore.tasks")).scalar() == 1
    finally:
        as_owner.dispose()
        with empty_engine.connect() as connection:
            for one in (role, owner):
                connection.execute(text(f"DROP OWNED BY {one} CASCADE"))
            if not is_made_before:
                connection.execute(text(f"DROP ROLE {role}"))
            connection.execute(text(f"ALTER DATABASE {name} OWNER TO CURRENT_USER"))


def test_a_connection_finds_out_that_the_database_became_protected(
    engine: Engine,
    postgres_url: str,
    a_role: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "CHECK_INTERVAL", 0)
    role = a_role("LOGIN PASSWORD 'x'")
    with engine.connect() as connection:
        connection.execute(text(f"GRANT USAGE ON SCHEMA taskcore TO {role}"))
        connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA taskcore TO {role}"))
    other = create_engine(as_whom(postgres_url, role, "x"))
    tasks = Tasks(PostgresRepository(other), "alice")
    added = tasks.add("Buy milk")

    protect(engine, role=role)
    assert tasks.find() == [added]
    unprotect(engine)
    assert tasks.find() == [added]
    other.dispose()


def as_whom(url: str, user: str, password: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{place}"))


@pytest.fixture
def a_role(postgres_url: str) -> Iterator[Callable[[str], str]]:
    """Return a function that makes a role with these properties, which is dropped at the end."""
    made: list[str] = []
    with psycopg.connect(postgres_url, autocommit=True) as connection:

        def make(properties: str) -> str:
            made.append(f"taskcore_test_{uuid4().hex}")
            me = connection.info.user
            sql = f"CREATE ROLE {made[-1]} {properties.replace('CURRENT_USER', me)}"
            connection.execute(sql)  # type: ignore[call-overload]  # any text
            return made[-1]

        yield make
        for role in made:
            connection.execute(f"DROP OWNED BY {role}")  # type: ignore[call-overload]  # likewise
            connection.execute(f"DROP ROLE {role}")  # type: ignore[call-overload]  # likewise


def test_what_an_engine_may_see_is_not_taken_for_what_a_transaction_on_it_may(
    limited: Engine, engine: Engine, protected_postgres_url: str
) -> None:
    assert limited
    role = urlsplit(protected_postgres_url).username
    tasks = Tasks(PostgresRepository(engine), "alice")
    for _ in range(2):
        assert len(tasks.find()) == 2
        with engine.execution_options(isolation_level="READ COMMITTED").connect() as connection:
            connection.execute(text(f"SET LOCAL ROLE {role}"))
            assert len(Tasks(PostgresRepository(connection), "alice").find()) == 2
            connection.rollback()
