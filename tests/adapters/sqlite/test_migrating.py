"""A file of an older version: it is brought up to date on opening, and nothing in it is lost."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from taskcore import RepositoryUnavailable, Task
from taskcore.adapters.sqlite import SCHEMA_VERSION, SqliteRepository, schema_status
from taskcore.adapters.sqlite import connection as connection_module
from taskcore.adapters.sqlite.repository import _ADD
from taskcore.adapters.sqlite.rows import key_of, values_of
from taskcore.adapters.sqlite.schema import MIGRATIONS
from taskcore.ports import Add, Count, Find, Get, Replace, Tally

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    MakeTask = Callable[..., Task]

# As taskcore 0.1 made and filled a file. This text never changes, whatever the code becomes.
VERSION_1 = """
    PRAGMA journal_mode = WAL;
    BEGIN;
    PRAGMA application_id = 1953721187;
    CREATE TABLE tasks (
        user_id TEXT NOT NULL CONSTRAINT user_id CHECK (length(user_id) BETWEEN 1 AND 255),
        id TEXT NOT NULL CONSTRAINT id CHECK (length(id) = 36),
        title TEXT NOT NULL CONSTRAINT title CHECK (length(title) BETWEEN 1 AND 200),
        description TEXT CONSTRAINT description CHECK (length(description) <= 1000),
        completed INTEGER NOT NULL CONSTRAINT completed CHECK (completed IN (0, 1)),
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL CONSTRAINT updated_at CHECK (updated_at >= created_at),
        version INTEGER NOT NULL CONSTRAINT version CHECK (version >= 1),
        PRIMARY KEY (user_id, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX tasks_newest ON tasks (user_id, created_at DESC, id DESC);
    PRAGMA user_version = 1;
    INSERT INTO tasks VALUES
        ('alice', '00000000-0000-0000-0000-000000000001', 'Buy milk', NULL, 0,
         '2025-01-02T03:04:05.678901Z', '2025-01-02T03:04:05.678901Z', 1),
        ('alice', '00000000-0000-0000-0000-000000000002', 'Call', 'the bank' || char(10), 1,
         '2025-01-02T03:04:05.000000Z', '2025-03-01T00:00:00.000001Z', 9223372036854775807),
        ('bob', '00000000-0000-0000-0000-000000000001', '買い物', '', 1,
         '0001-01-01T00:00:00.000000Z', '9999-12-31T23:59:59.999999Z', 2);
    COMMIT;
"""
ROWS = """
    SELECT user_id, id, title, description, completed_at, created_at, updated_at, version,
        coalesce(due, due_at, start, start_at, priority, tags, project, parent_id, extra)
    FROM tasks ORDER BY user_id, id
"""


@pytest.fixture
def old_file(path: Path) -> Path:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(VERSION_1)
    return path


def test_a_file_of_version_1_is_upgraded_with_nothing_lost(old_file: Path) -> None:
    assert schema_status(old_file).found == 1

    SqliteRepository(old_file).close()

    assert schema_status(old_file).is_current
    with closing(sqlite3.connect(old_file)) as connection:
        first, second, third = connection.execute(ROWS).fetchall()
    milk = "2025-01-02T03:04:05.678901Z"
    one, two = (f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2))
    assert first == ("alice", one, "Buy milk", None, None, milk, milk, 1, None)
    done = "2025-03-01T00:00:00.000001Z"
    called = "2025-01-02T03:04:05.000000Z"
    assert second == ("alice", two, "Call", "the bank\n", done, called, done, 2**63 - 1, None)
    start, end = "0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"
    assert third == ("bob", one, "買い物", "", end, start, end, 2, None)


def test_what_was_completed_counts_as_completed_when_it_was_changed_last(old_file: Path) -> None:
    with SqliteRepository(old_file) as repository:
        [[opened, done]] = repository.execute([Find("alice")])

    assert opened.completed_at is None
    assert done.completed_at == done.updated_at
    assert (done.tags, done.extra, done.parent_id) == ((), {}, None)


def test_an_upgraded_file_takes_what_a_new_one_takes(old_file: Path, make_task: MakeTask) -> None:
    parent = UUID(int=1)
    task = make_task(tags=("home",), parent_id=parent)

    with SqliteRepository(old_file) as repository:
        [milk] = repository.execute([Get("alice", parent)])
        edited = milk.edited({"tags": ("work",)}, milk.updated_at)
        assert repository.execute([Add(task), Replace(edited, 1)]) == [task, edited]
        assert repository.execute([Count("alice")]) == [3]


def test_an_upgraded_file_has_the_schema_of_a_new_one(old_file: Path, tmp_path: Path) -> None:
    paths = [old_file, tmp_path / "new.db"]

    for path in paths:
        SqliteRepository(path).close()

    schemas = []
    statistics: list[set[tuple[str, ...]]] = []
    for path in paths:
        with closing(sqlite3.connect(path)) as connection:
            schemas.append(connection.execute("SELECT * FROM sqlite_schema").fetchall())
            statistics.append(set(connection.execute("SELECT * FROM sqlite_stat1")))
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    old, new = ([(type, name, sql) for type, name, _, _, sql in schema] for schema in schemas)
    assert old == new
    assert statistics[0] == statistics[1]
    # SQLite does not find out by itself what to think of an index.
    indexes = {name for kind, name, _ in new if kind == "index"}
    assert indexes <= {index for _, index, _ in statistics[0]}


def test_a_file_of_version_2_is_upgraded_with_nothing_lost(path: Path, make_task: MakeTask) -> None:
    tasks = [
        make_task(project="home", tags=("a",)),
        make_task(completed=True, due=date(2026, 1, 1)),
    ]
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        for statement in (statement for version in MIGRATIONS[:2] for statement in version):
            old.execute(statement)
        old.execute("PRAGMA user_version = 2")
        for task in tasks:
            old.execute(_ADD, (*key_of(task), *values_of(task)))
    assert schema_status(path).found == 2

    with SqliteRepository(path) as repository:
        found, projects = repository.execute([Find("alice"), Tally("alice", "project")])

    assert schema_status(path).is_current
    assert sorted(map(repr, found)) == sorted(map(repr, tasks))
    assert projects == {"home": 1}


def test_many_who_open_an_old_file_at_once_upgrade_it_once(old_file: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        repositories = list(threads.map(SqliteRepository, [old_file] * 8))

    for repository in repositories:
        with repository:
            assert len(repository.execute([Find("alice")])[0]) == 2
    assert schema_status(old_file).found == SCHEMA_VERSION


def test_who_opens_an_old_file_waits_longer_for_another_who_upgrades_it_than_for_a_writer(
    old_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "BUSY_TIMEOUT", 0.02)
    with (
        closing(sqlite3.connect(old_file, isolation_level=None)) as other,
        ThreadPoolExecutor(1) as thread,
    ):
        other.execute("BEGIN IMMEDIATE")
        opening = thread.submit(SqliteRepository, old_file)
        with pytest.raises(TimeoutError):
            opening.result(timeout=0.3)

        other.execute("ROLLBACK")

        with opening.result(timeout=10) as repository:
            assert len(repository.execute([Find("alice")])[0]) == 2
            assert repository._connection.execute("PRAGMA busy_timeout").fetchone() == (20,)


def test_an_upgrade_that_fails_leaves_the_file_as_it_was(old_file: Path) -> None:
    with closing(sqlite3.connect(old_file)) as connection:
        # Something in the way, which no file of ours has.
        connection.execute("CREATE TABLE tags (name)")

    with pytest.raises(RepositoryUnavailable, match="tags"):
        SqliteRepository(old_file)

    assert schema_status(old_file).found == 1
    with closing(sqlite3.connect(old_file)) as connection:
        assert connection.execute("SELECT sum(completed) FROM tasks").fetchone() == (2,)
