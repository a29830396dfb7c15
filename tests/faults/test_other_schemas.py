"""A Postgres whose schema changes under a server: 503 while it is another, and never lost."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import psycopg
from faults.command_line import Command
from faults.long_forms import long_only
from faults.old_files import titles
from faults.old_schemas import execute, lay_out, stored_titles
from faults.servers import assert_refused, is_done, serving
from faults.upgraders import ON_POSTGRES, upgraders
from faults.waiting import wait_until

from taskcore.adapters.postgres.schema import REVISION

if TYPE_CHECKING:
    from pathlib import Path

    from faults.conftest import Report, Times
    from faults.servers import Server

NEWER = "ALTER TABLE taskcore.tasks RENAME title TO name"
OLDER = "ALTER TABLE taskcore.tasks RENAME name TO title"
ADDED_BY_VERSION_1 = """
    INSERT INTO taskcore.tasks (user_id, id, title, completed, created_at, updated_at, version)
    VALUES ('ann', gen_random_uuid(), %s, false, now(), now(), 1)
"""


def wait_until_served(server: Server, expected: list[str]) -> None:
    wait_until(lambda: is_done(server.call("GET"), 200), shown=lambda: server.errors)
    assert server.titles() == expected


def test_a_server_whose_tables_become_newer_says_503_at_once_and_serves_again_after(
    tmp_path: Path, postgres_url: str, times: Times, report: Report
) -> None:
    """It looks at the version every few seconds, and else finds out by what goes wrong."""
    rounds = times(2, 50)
    stored = []
    with serving(tmp_path, postgres_url) as server:
        for number in range(rounds):
            assert server.add(str(number)).status == 201
            stored.append(str(number))
            with psycopg.connect(postgres_url) as connection:
                connection.execute(NEWER)
                connection.execute("UPDATE taskcore.alembic_version SET version_num = '9999'")
            for _ in range(10):
                assert_refused(server.add("refused"))
                assert_refused(server.call("GET"))
            with psycopg.connect(postgres_url) as connection:
                connection.execute(OLDER)
                connection.execute(
                    "UPDATE taskcore.alembic_version SET version_num = %s", [REVISION]
                )
            wait_until_served(server, sorted(stored))
        assert "newer taskcore" in server.errors
        assert "Traceback" not in server.errors
    report(
        fault="Postgres: the schema becomes newer under a server, and is put back",
        times=rounds,
        acknowledged=len(stored),
        lost=0,
        duplicated=0,
        wrong=0,
    )


@long_only
def test_a_server_serves_as_soon_as_older_tables_are_upgraded_and_old_programs_lose_nothing(
    tmp_path: Path, empty_postgres_url: str, times: Times, report: Report
) -> None:
    rounds, count = times(1, 20), times(1_000, 5_000)
    acknowledged = 0
    with serving(tmp_path, empty_postgres_url) as server, upgraders(ON_POSTGRES) as [program]:
        for _ in range(rounds):
            lay_out(empty_postgres_url, count)
            added: list[str] = []
            writer = Thread(target=_write_as_version_1, args=[empty_postgres_url, added])
            writer.start()
            program.begin(empty_postgres_url)
            while writer.is_alive():
                is_done(server.add("while it is upgraded"), 201)
            assert int(program.read()) >= count
            kept = [title for title in stored_titles(empty_postgres_url) if title[0] != "w"]
            assert kept == sorted([*titles(count), *added])
            acknowledged += len(added)
        wait_until_served(server, stored_titles(empty_postgres_url))
        assert "Traceback" not in server.errors
    report(
        fault="Postgres: a program of revision 0001 writes while the tables are upgraded",
        times=rounds,
        acknowledged=acknowledged,
        lost=0,
        duplicated=0,
        wrong=0,
    )


def _write_as_version_1(url: str, added: list[str]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            title = f"old program {len(added)}"
            try:
                connection.execute(ADDED_BY_VERSION_1, [title])
            except psycopg.errors.UndefinedColumn:
                return
            added.append(title)


def test_tables_of_another_program_are_refused_by_commands(
    tmp_path: Path, postgres_url: str
) -> None:
    revision = "ae1027a6acf"
    execute(postgres_url, "UPDATE taskcore.alembic_version SET version_num = %s", revision)
    command = Command(tmp_path, postgres_url)

    assert "another program" in command.refused("add", "Buy milk")
    status = command.run("db", "status")
    assert status.returncode == 6
    assert "another program" in status.stderr
    assert execute(postgres_url, "SELECT * FROM taskcore.alembic_version") == [(revision,)]
