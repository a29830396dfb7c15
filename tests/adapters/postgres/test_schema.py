"""Upgrading the schema: at once, again, within a transaction of the caller's, or not at all."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import sqlalchemy
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from taskcore import Tasks, open_repository
from taskcore.adapters.postgres import (
    PostgresRepository,
    create_engine,
    schema_status,
    upgrade,
)
from taskcore.adapters.postgres.schema import REVISION
from taskcore.errors import RepositoryUnavailable

if TYPE_CHECKING:
    from sqlalchemy import Engine


def tables(engine: Engine) -> set[str]:
    return set(sqlalchemy.inspect(engine).get_table_names("taskcore"))


def set_version(engine: Engine, version: str) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE taskcore.alembic_version SET version_num = :v"), {"v": version}
        )


def test_an_upgrade_makes_the_tables_in_a_schema_of_their_own(empty_engine: Engine) -> None:
    upgrade(empty_engine)

    assert tables(empty_engine) == {"tasks", "alembic_version"}
    assert sqlalchemy.inspect(empty_engine).get_table_names("public") == []
    assert Tasks(PostgresRepository(empty_engine), "alice").find() == []


def test_an_upgrade_of_what_is_up_to_date_changes_nothing(empty_engine: Engine) -> None:
    upgrade(empty_engine)
    task = Tasks(PostgresRepository(empty_engine), "alice").add("Buy milk")

    upgrade(empty_engine)

    assert Tasks(PostgresRepository(empty_engine), "alice").find() == [task]


def test_upgrades_in_many_threads_wait_for_each_other(empty_postgres_url: str) -> None:
    def run(_: int) -> None:
        engine = create_engine(empty_postgres_url)
        try:
            upgrade(engine)
        finally:
            engine.dispose()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(run, range(6)))

    engine = create_engine(empty_postgres_url)
    assert schema_status(engine).is_current
    engine.dispose()


def test_upgrades_in_two_processes_wait_for_each_other(empty_postgres_url: str) -> None:
    # Both have imported everything when they begin.
    program = """
import sys
import alembic.command, alembic.config
from taskcore.adapters.postgres import create_engine, upgrade
engine = create_engine(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
upgrade(engine)
engine.dispose()
"""
    processes = [
        subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-c", program, empty_postgres_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write(b"\n")
        process.stdin.flush()

    ends = [process.communicate(timeout=60) for process in processes]

    assert [process.returncode for process in processes] == [0, 0], ends


def test_an_upgrade_in_a_transaction_is_kept_when_that_commits(
    empty_engine: Engine, empty_host: Engine
) -> None:
    with empty_host.begin() as connection:
        upgrade(connection)
        Tasks(PostgresRepository(connection), "alice").add("Buy milk")

    [task] = Tasks(PostgresRepository(empty_engine), "alice").find()
    assert task.title == "Buy milk"


def test_an_upgrade_in_a_transaction_goes_when_that_is_rolled_back(
    empty_engine: Engine, empty_host: Engine
) -> None:
    with empty_host.connect() as connection:
        upgrade(connection)
        assert schema_status(connection).is_current
        connection.rollback()

    assert schema_status(empty_engine).found is None
    assert tables(empty_engine) == set()


def test_two_upgrades_in_transactions_wait_for_each_other(empty_host: Engine) -> None:
    def run() -> bool:
        with empty_host.begin() as connection:
            upgrade(connection)
            return schema_status(connection).is_current

    with empty_host.begin() as connection, ThreadPoolExecutor(1) as pool:
        upgrade(connection)
        other = pool.submit(run)
        with pytest.raises(TimeoutError):
            other.result(timeout=0.3)
        connection.commit()

        assert other.result(timeout=30)


def test_the_status_says_what_is_there_and_what_is_expected(empty_engine: Engine) -> None:
    before = schema_status(empty_engine)
    upgrade(empty_engine)
    after = schema_status(empty_engine)

    assert (before.found, before.expected) == (None, int(REVISION))
    assert (after.found, after.expected) == (int(REVISION), int(REVISION))


@pytest.mark.parametrize(
    ("version", "clue"), [("9999", "update taskcore"), ("0000", "taskcore db upgrade")]
)
def test_tables_of_another_version_are_refused_with_what_to_do(
    engine: Engine, repository: PostgresRepository, version: str, clue: str
) -> None:
    set_version(engine, version)

    with pytest.raises(RepositoryUnavailable, match=clue):
        Tasks(repository, "alice").add("Buy milk")

    set_version(engine, REVISION)
    assert Tasks(repository, "alice").find() == []


def test_missing_tables_are_refused_with_what_to_do(empty_engine: Engine) -> None:
    tasks = Tasks(PostgresRepository(empty_engine), "alice")

    with pytest.raises(RepositoryUnavailable, match="taskcore db upgrade"):
        tasks.find()

    upgrade(empty_engine)
    assert tasks.find() == []


def test_a_database_newer_than_the_code_is_not_touched(engine: Engine) -> None:
    set_version(engine, "9999")

    with pytest.raises(RepositoryUnavailable, match="newer"):
        upgrade(engine)

    assert schema_status(engine).found == 9999


def test_what_is_up_to_date_needs_no_right_to_create(host: Engine) -> None:
    role = f"taskcore_test_{uuid4().hex}"
    with host.connect() as connection:
        try:
            connection.execute(text(f"CREATE ROLE {role}"))
        except ProgrammingError:
            pytest.skip("the role of TASKCORE_TEST_POSTGRES_URL may not create roles")
        for grant in (
            f"GRANT {role} TO CURRENT_USER",
            f"GRANT USAGE ON SCHEMA taskcore TO {role}",
            f"GRANT SELECT ON taskcore.alembic_version TO {role}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON taskcore.tasks TO {role}",
            f"SET LOCAL ROLE {role}",
        ):
            connection.execute(text(grant))
        with pytest.raises(ProgrammingError, match="denied"), connection.begin_nested():
            connection.execute(text("CREATE SCHEMA other"))

        upgrade(connection)
        assert schema_status(connection).is_current
        assert Tasks(PostgresRepository(connection), "alice").add("Buy milk").version == 1
        connection.rollback()  # the role goes with it


def test_a_server_that_is_not_there_is_unavailable() -> None:
    engine = create_engine("postgresql://me:s3cr3t@127.0.0.1:1/db")

    for ask in (upgrade, schema_status):
        with pytest.raises(RepositoryUnavailable, match="refused") as caught:
            ask(engine)
        assert "s3cr3t" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_version_table_of_another_program_is_refused_and_left_as_it_is(
    empty_engine: Engine,
) -> None:
    with empty_engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA taskcore"))
        connection.execute(text("CREATE TABLE taskcore.alembic_version (version_num text)"))
        connection.execute(text("INSERT INTO taskcore.alembic_version VALUES ('ae1027a6acf')"))

    tasks = Tasks(PostgresRepository(empty_engine), "alice")
    for use in (partial(schema_status, empty_engine), partial(upgrade, empty_engine), tasks.find):
        with pytest.raises(RepositoryUnavailable, match="another program"):
            use()

    assert tables(empty_engine) == {"alembic_version"}


def test_a_table_of_another_program_is_refused_and_left_as_it_is(empty_engine: Engine) -> None:
    with empty_engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA taskcore"))
        connection.execute(text("CREATE TABLE taskcore.tasks (id int)"))

    with pytest.raises(RepositoryUnavailable, match="already exists"):
        upgrade(empty_engine)

    assert tables(empty_engine) == {"tasks"}


def test_a_url_is_not_what_an_upgrade_takes() -> None:
    for wrong in ("postgresql://localhost/db", sqlalchemy.create_engine("sqlite://")):
        with pytest.raises(TypeError, match="Engine or Connection"):
            upgrade(wrong)  # type: ignore[arg-type]  # that is the mistake


def test_where_an_upgrade_fails_no_connection_stays_open(
    empty_engine: Engine, empty_postgres_url: str
) -> None:
    upgrade(empty_engine)
    set_version(empty_engine, "9999")

    for _ in range(3):
        with pytest.raises(RepositoryUnavailable, match="newer"):
            open_repository(empty_postgres_url, upgrade=True)

    with empty_engine.connect() as connection:
        others = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'taskcore'"
        mine = " AND datname = current_database() AND pid <> pg_backend_pid()"
        assert connection.execute(text(others + mine)).scalar() == 0
