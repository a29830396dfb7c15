"""SQLite files of another version: upgraded by many at once, by who is killed, beside others."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from random import Random
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from faults.command_line import Command, integrity
from faults.long_forms import long_only
from faults.old_files import make_old_file, titles
from faults.upgraders import ON_SQLITE, upgraders
from faults.waiting import PATIENCE

from taskcore import RepositoryUnavailable, Tasks
from taskcore.adapters.sqlite import SCHEMA_VERSION, SqliteRepository, schema_status

if TYPE_CHECKING:
    from faults.conftest import Report, Times

CHANCE = Random(5)  # noqa: S311  # no secret; the same each time


def lay_out(old: Path, path: Path) -> None:
    """Put a copy of the old file at the path, with nothing beside it."""
    for end in ("-wal", "-shm"):
        Path(f"{path}{end}").unlink(missing_ok=True)
    shutil.copy(old, path)


def stored_titles(path: Path) -> list[str]:
    with SqliteRepository(path, patience=PATIENCE) as repository:
        return sorted(task.title for task in Tasks(repository, "ann").find())


@pytest.mark.parametrize("version", [1, pytest.param(2, marks=long_only)])
def test_processes_that_open_an_old_file_at_once_upgrade_it_once(
    tmp_path: Path, version: int, times: Times, report: Report
) -> None:
    rounds, processes, count = times(2, 50), times(3, 6), 2000
    old = make_old_file(tmp_path / "old.db", version, count)
    path = tmp_path / "tasks.db"
    with upgraders(ON_SQLITE, processes) as programs:
        for _ in range(rounds):
            lay_out(old, path)
            for program in programs:
                program.tell(str(path))
            for program in programs:
                assert program.read() == "begin"
                assert program.read() == str(count)
            assert stored_titles(path) == titles(count)
            assert integrity(path) == "('ok',)"
    report(
        fault=f"SQLite: {processes} processes upgrade one file of schema {version} at once",
        times=rounds,
        acknowledged=rounds * count,
        lost=0,
        duplicated=0,
        wrong=0,
    )


@pytest.mark.parametrize("version", [1, pytest.param(2, marks=long_only)])
def test_an_upgrade_that_is_killed_leaves_the_old_schema_or_the_new_one(
    tmp_path: Path, version: int, times: Times, report: Report
) -> None:
    kills, count = times(2, 50), times(5_000, 30_000)
    old = make_old_file(tmp_path / "old.db", version, count)
    path = tmp_path / "tasks.db"
    lay_out(old, path)
    with upgraders(ON_SQLITE) as [program]:
        began = time.monotonic()
        program.begin(str(path))
        assert program.read() == str(count)
        duration = time.monotonic() - began
    found: list[int | None] = []
    waits: list[float] = []
    lay_out(old, path)
    for _ in range(kills):
        with upgraders(ON_SQLITE) as [program]:
            program.begin(str(path))
            # Not for luck: any moment will do, so this one is chosen by chance.
            time.sleep(CHANCE.uniform(0, duration))
        found.append(schema_status(path).found)
        assert found[-1] in {version, SCHEMA_VERSION}
        if found[-1] == SCHEMA_VERSION:
            assert stored_titles(path) == titles(count)
            lay_out(old, path)
            continue
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            began = time.monotonic()
            connection.execute("BEGIN IMMEDIATE")
            waits.append(time.monotonic() - began)
            [[rows]] = connection.execute("SELECT count(*) FROM tasks")
            assert rows == count
            names = {
                name
                for (name,) in connection.execute("SELECT name FROM pragma_table_info('tasks')")
            }
            assert ("completed" in names) == (version == 1)

    assert stored_titles(path) == titles(count)
    assert integrity(path) == "('ok',)"
    report(
        fault=f"SQLite: kill -9 while {count:,} tasks of schema {version} are upgraded",
        times=kills,
        acknowledged=kills * count,
        lost=0,
        duplicated=0,
        wrong=0,
        left_old=found.count(version),
        next_waited=f"{max(waits, default=0):.3f} s at most",
    )


def test_what_an_old_program_stores_beside_an_upgrade_is_stored(
    tmp_path: Path, times: Times, report: Report
) -> None:
    """It looks at the version in each of its transactions, as taskcore has from the first."""
    rounds, count = times(2, 50), 5_000
    old = make_old_file(tmp_path / "old.db", 1, count)
    path = tmp_path / "tasks.db"
    acknowledged = 0
    with upgraders(ON_SQLITE) as [program]:
        for _ in range(rounds):
            lay_out(old, path)
            added: list[str] = []
            writer = Thread(target=_write_as_version_1, args=[path, added])
            writer.start()
            time.sleep(CHANCE.uniform(0, 0.05))
            program.begin(str(path))
            assert int(program.read()) >= count
            writer.join(PATIENCE)
            assert not writer.is_alive()
            assert stored_titles(path) == sorted([*titles(count), *added])
            acknowledged += len(added)
    report(
        fault="SQLite: a program of schema 1 writes while the file is upgraded",
        times=rounds,
        acknowledged=acknowledged,
        lost=0,
        duplicated=0,
        wrong=0,
    )


def _write_as_version_1(path: Path, added: list[str]) -> None:
    statement = """
        INSERT INTO tasks (user_id, id, title, completed, created_at, updated_at, version)
        VALUES ('ann', ?, ?, 0, '2025-01-02T03:04:05.678901Z', '2025-01-02T03:04:05.678901Z', 1)
    """
    with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as connection:
        while True:
            connection.execute("BEGIN IMMEDIATE")
            [[version]] = connection.execute("PRAGMA user_version")
            if version != 1:
                connection.execute("ROLLBACK")
                return
            title = f"old program {len(added)}"
            connection.execute(statement, (f"10000000-0000-0000-0000-{len(added):012}", title))
            connection.execute("COMMIT")
            added.append(title)
            time.sleep(0.002)  # SQLite has no queue: without a pause, others might never get a turn


@pytest.mark.parametrize(
    ("statement", "advice"),
    [
        (f"PRAGMA user_version = {SCHEMA_VERSION + 1}", "update taskcore"),
        pytest.param("PRAGMA application_id = 7", "another program", marks=long_only),
    ],
)
def test_a_file_that_is_not_for_this_taskcore_is_refused_by_all_and_left_as_it_is(
    tmp_path: Path, statement: str, advice: str
) -> None:
    path = tmp_path / "tasks.db"
    SqliteRepository(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(statement)
    content = path.read_bytes()
    command = Command(tmp_path, f"sqlite:///{path}")

    for words in (("list",), ("db", "upgrade")):
        line = command.refused(*words)
        assert str(path) in line
        assert advice in line
    status = command.run("db", "status")
    assert status.returncode == 6
    assert advice in status.stdout + status.stderr
    with pytest.raises(RepositoryUnavailable, match=advice):
        SqliteRepository(path)
    assert path.read_bytes() == content
    assert not list(tmp_path.glob("tasks.db-*"))
