"""The schema of a SQLite file: whose it is, which version it has, and how that is told."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from taskcore import RepositoryUnavailable, Task
from taskcore.adapters.sqlite import (
    APPLICATION_ID,
    SCHEMA_VERSION,
    SqliteRepository,
    schema_status,
)
from taskcore.adapters.sqlite import connection as connection_module
from taskcore.ports import Add, Find, Get

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    MakeTask = Callable[..., Task]


def pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_an_empty_file_becomes_a_database(path: Path) -> None:
    path.touch()

    with SqliteRepository(path) as repository:
        assert repository.execute([Find("alice")]) == [[]]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE tasks (name)",
        "CREATE TABLE theirs (name)",
        "PRAGMA application_id = 7",
        "PRAGMA user_version = 1",
        f"PRAGMA user_version = {SCHEMA_VERSION + 1}",
    ],
)
@pytest.mark.parametrize("ask", [SqliteRepository, schema_status])
def test_a_database_of_another_program_is_refused_and_left_alone(
    path: Path, statement: str, ask: Callable[[Path], object]
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(statement)
    content = path.read_bytes()

    with pytest.raises(RepositoryUnavailable, match="another program") as caught:
        ask(path)

    assert str(path) in caught.value.reason
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_another_program_takes_while_it_is_opened_is_left_to_it(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(_: object) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE theirs (name)")

    monkeypatch.setattr(connection_module, "_switch_to_wal", take)

    with pytest.raises(RepositoryUnavailable, match="another program"):
        SqliteRepository(path)

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


def test_a_file_of_ours_is_marked_as_ours(
    repository: SqliteRepository, stranger: sqlite3.Connection
) -> None:
    assert repository.execute([Find("alice")]) == [[]]
    assert pragma(stranger, "application_id") == APPLICATION_ID


def test_a_library_that_knows_no_strict_tables_is_refused_by_its_version(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 1))

    for ask in (SqliteRepository, schema_status):
        with pytest.raises(RepositoryUnavailable, match=r"3\.36\.1; 3\.37") as caught:
            ask(path)
        assert "\n" not in caught.value.reason
    assert not path.exists()


def test_a_file_of_a_newer_taskcore_is_refused_and_left_alone(path: Path) -> None:
    SqliteRepository(path).close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    content = path.read_bytes()

    with pytest.raises(RepositoryUnavailable, match=r"newer taskcore .*update taskcore"):
        SqliteRepository(path)

    assert path.read_bytes() == content


def test_a_file_that_a_newer_taskcore_upgrades_meanwhile_is_left_alone_until_it_is_back(
    repository: SqliteRepository, stranger: sqlite3.Connection, make_task: MakeTask
) -> None:
    task = make_task()
    repository.execute([Add(task)])
    stranger.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")

    for operation in (Add(make_task()), Get("alice", task.id), Find("alice")):
        with pytest.raises(RepositoryUnavailable, match="newer taskcore"):
            repository.execute([operation])

    stranger.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    assert repository.execute([Find("alice")]) == [[task]]


def test_the_table_is_strict_and_its_schema_has_a_version(
    repository: SqliteRepository, stranger: sqlite3.Connection
) -> None:
    assert repository.threads == 1
    assert pragma(stranger, "user_version") == SCHEMA_VERSION
    tables = stranger.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'")
    strict = dict(tables.fetchall())
    assert strict["tasks"] == strict["tags"] == 1


def test_the_status_of_a_file_that_is_not_there_or_empty_is_no_schema_and_makes_nothing(
    path: Path, tmp_path: Path
) -> None:
    absent = [schema_status(path), schema_status(tmp_path / "nowhere" / "tasks.db")]
    assert list(tmp_path.iterdir()) == []
    path.touch()

    for status in (*absent, schema_status(path)):
        assert (status.found, status.expected) == (None, SCHEMA_VERSION)
        assert "taskcore db upgrade" in str(status)
    assert path.read_bytes() == b""


def test_the_status_of_a_file_is_read_and_leaves_no_trace(path: Path) -> None:
    SqliteRepository(path).close()
    content = path.read_bytes()

    assert schema_status(path).is_current
    assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_the_status_of_a_file_in_use_is_what_its_log_says(
    path: Path, repository: SqliteRepository
) -> None:
    assert schema_status(path).is_current
    repository._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")

    assert schema_status(path).found == SCHEMA_VERSION + 1


def test_the_status_of_a_copy_with_its_log_is_what_that_says_and_makes_an_index_of_it(
    path: Path, tmp_path: Path, repository: SqliteRepository
) -> None:
    """SQLite reads no log without one."""
    repository._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    there = tmp_path / "there"
    there.mkdir()
    files = [there / f"{path.name}{end}" for end in ("", "-wal")]
    for file in files:
        shutil.copy(path.with_name(file.name), file)
    content = [file.read_bytes() for file in files]

    assert schema_status(files[0]).found == SCHEMA_VERSION + 1
    assert [file.read_bytes() for file in files] == content
    assert set(there.iterdir()) == {there / f"{path.name}{end}" for end in ("", "-wal", "-shm")}


def test_the_status_of_a_file_with_any_name_is_that_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "my tasks 100 % #1 ?é.db"
    SqliteRepository(path).close()

    assert schema_status(path).is_current
    assert list(tmp_path.iterdir()) == [path]


def test_the_status_of_a_link_is_that_of_its_file_also_while_it_is_in_use(
    path: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.db"
    with SqliteRepository(path):
        link.symlink_to(path)

        assert schema_status(link).is_current
