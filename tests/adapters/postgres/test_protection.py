"""Row-level security: what a role sees that is above nothing, by our statements and by others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg
import pytest
import sqlalchemy
from psycopg import errors
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
from taskcore.ports import Find, Get

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    Limited = psycopg.Connection[Any]

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
IN_TRANSACTION: Any = {"isolation_level": "READ COMMITTED"}
ADD = (
    "INSERT INTO taskcore.tasks (user_id, id, title, created_at, updated_at, version)"
    " VALUES (%s, gen_random_uuid(), 'x', now(), now(), 1)"
)


@pytest.fixture
def limited(postgres_url: str, protected_postgres_url: str) -> Iterator[Engine]:
    """Return an engine of one who is above nothing; Alice and Bob have two tasks each."""
    owner = create_engine(postgres_url)
    for user_id in ("alice", "bob"):
        Tasks(PostgresRepository(owner), user_id).add_all(["one", "two"])
    owner.dispose()
    engine = create_engine(protected_postgres_url)
    yield engine
    engine.dispose()


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


def test_protecting_again_changes_nothing_and_undoing_it_shows_all(
    engine: Engine, limited: Engine, connection: Limited
) -> None:
    role = connection.execute(
        "SELECT rolname FROM pg_roles JOIN pg_auth_members ON roleid = pg_roles.oid"
        " WHERE member = current_user::regrole"
    ).fetchall()[0][0]
    before = policies(engine)
    protect(engine, role=role)
    assert policies(engine) == before != []
    assert schema_status(engine).protected
    assert seen(connection) == []
    for _ in range(2):
        unprotect(engine)
        assert policies(engine) == []
        assert not schema_status(engine).protected
        assert seen(connection) == ["alice", "alice", "bob", "bob"]
    assert len(Tasks(PostgresRepository(limited), "alice").find()) == 2


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
