"""The SQLite file: what makes it unusable, how it heals, and how it is kept."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

from taskcore import InvalidTask, RepositoryUnavailable, Task, TaskNotFound
from taskcore.adapters.sqlite import SqliteRepository
from taskcore.adapters.sqlite import connection as connection_module
from taskcore.ports import Add, Find, Get

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    MakeTask = Callable[..., Task]


def pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_what_is_stored_is_there_after_reopening(path: Path, make_task: MakeTask) -> None:
    task = make_task()
    with SqliteRepository(path) as repository:
        repository.execute([Add(task)])

    with SqliteRepository(path) as repository:
        assert repository.execute([Find("alice")]) == [[task]]


def test_the_path_may_be_text_and_may_be_a_path(path: Path, make_task: MakeTask) -> None:
    task = make_task()
    with SqliteRepository(str(path)) as repository:
        repository.execute([Add(task)])
        with SqliteRepository(path) as other:
            assert other.execute([Get("alice", task.id)]) == [task]


def test_two_repositories_in_memory_share_nothing(make_task: MakeTask) -> None:
    with SqliteRepository(":memory:") as first, SqliteRepository(":memory:") as second:
        first.execute([Add(make_task())])
        assert second.execute([Find("alice")]) == [[]]


def test_a_file_in_a_directory_that_is_not_there_cannot_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "tasks.db"

    with pytest.raises(RepositoryUnavailable, match="there is no directory") as caught:
        SqliteRepository(path)

    assert str(path) in str(caught.value)
    assert not path.parent.exists()


def test_nothing_is_acknowledged_that_goes_into_a_file_that_is_gone(
    path: Path, tmp_path: Path, make_task: MakeTask
) -> None:
    kept = make_task()
    with SqliteRepository(path) as repository:
        assert repository.execute([Add(kept)]) == [kept]
        moved = [file.rename(tmp_path / f"moved-{file.name}") for file in tmp_path.iterdir()]

        for _ in range(2):
            with pytest.raises(RepositoryUnavailable, match="the file is gone"):
                repository.execute([Add(make_task())])
        for file in moved:
            file.rename(tmp_path / file.name.removeprefix("moved-"))

        assert repository.execute([Find("alice")]) == [[kept]]


def test_a_file_that_takes_the_place_of_another_is_used_from_then_on(
    path: Path, tmp_path: Path, make_task: MakeTask
) -> None:
    old, new = make_task(title="old"), make_task(title="new")
    with SqliteRepository(tmp_path / "backup.db") as backup:
        backup.execute([Add(new)])
    with SqliteRepository(path) as repository:
        repository.execute([Add(old)])
        for file in tmp_path.glob(f"{path.name}*"):
            file.unlink()
        (tmp_path / "backup.db").rename(path)

        assert repository.execute([Find("alice")]) == [[new]]


def test_a_directory_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(RepositoryUnavailable, match="unable to open"):
        SqliteRepository(tmp_path)


@pytest.mark.parametrize("content", [b"Buy milk\n" * 100, b"\0" * 4096, b"SQLite format 3\0"])
def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)

    with pytest.raises(RepositoryUnavailable, match=r"not a database|malformed"):
        SqliteRepository(path)

    assert path.read_bytes() == content


def test_a_file_that_another_program_writes_to_for_long_is_unavailable_and_then_serves_again(
    path: Path, monkeypatch: pytest.MonkeyPatch, make_task: MakeTask
) -> None:
    monkeypatch.setattr(connection_module, "BUSY_TIMEOUT", 0.02)
    task, late = make_task(), make_task()
    with (
        SqliteRepository(path) as repository,
        closing(sqlite3.connect(path, isolation_level=None)) as stranger,
    ):
        repository.execute([Add(task)])
        stranger.execute("BEGIN IMMEDIATE")

        with pytest.raises(RepositoryUnavailable, match="locked"):
            repository.execute([Add(late)])
        assert repository.execute([Find("alice")]) == [[task]]  # who only reads need not wait

        stranger.execute("ROLLBACK")
        assert repository.execute([Add(late)]) == [late]


def test_a_writer_waits_for_another_that_is_soon_done(
    repository: SqliteRepository, stranger: sqlite3.Connection, make_task: MakeTask
) -> None:
    task = make_task()
    answers: list[Any] = []
    stranger.execute("BEGIN IMMEDIATE")
    writer = Thread(target=lambda: answers.extend(repository.execute([Add(task)])))

    writer.start()
    writer.join(0.05)
    assert writer.is_alive()
    stranger.execute("COMMIT")
    writer.join(10)

    assert answers == [task]


@pytest.fixture
def reader_of_an_empty_file(path: Path) -> Iterator[sqlite3.Connection]:
    """Return a connection that reads in the file, which has no write-ahead log yet."""
    with closing(
        sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    ) as connection:
        connection.execute("CREATE TABLE gone (name)")
        connection.execute("DROP TABLE gone")
        connection.execute("BEGIN")
        connection.execute("SELECT * FROM sqlite_master").fetchall()
        yield connection


def test_opening_waits_for_who_is_soon_done_with_the_file(
    path: Path, reader_of_an_empty_file: sqlite3.Connection
) -> None:
    opened: list[SqliteRepository] = []
    opener = Thread(target=lambda: opened.append(SqliteRepository(path)))

    opener.start()
    opener.join(0.05)
    assert opener.is_alive()
    reader_of_an_empty_file.execute("COMMIT")
    opener.join(10)

    assert opened[0].execute([Find("alice")]) == [[]]
    opened[0].close()


@pytest.mark.usefixtures("reader_of_an_empty_file")
def test_opening_does_not_wait_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "BUSY_TIMEOUT", 0.02)

    with pytest.raises(RepositoryUnavailable, match="locked"):
        SqliteRepository(path)


def test_a_full_disk_is_unavailable_stores_nothing_and_then_serves_again(
    repository: SqliteRepository, make_task: MakeTask
) -> None:
    connection = repository._connection
    connection.execute(f"PRAGMA max_page_count = {pragma(connection, 'page_count')}")
    tasks = [make_task(description="a" * 1000) for _ in range(50)]

    with pytest.raises(RepositoryUnavailable, match="full"):
        repository.execute([Add(task) for task in tasks])
    assert repository.execute([Find("alice")]) == [[]]

    connection.execute("PRAGMA max_page_count = 1000000")
    assert repository.execute([Add(task) for task in tasks]) == tasks


def test_a_file_of_the_machines_that_may_not_be_written_is_unavailable_to_writers(
    path: Path, make_task: MakeTask
) -> None:
    task = make_task()
    with SqliteRepository(path) as repository:
        repository.execute([Add(task)])
    path.chmod(0o400)
    if os.access(path, os.W_OK):
        pytest.skip("this user may write to any file")

    with SqliteRepository(path) as repository:
        assert repository.execute([Find("alice")]) == [[task]]
        with pytest.raises(RepositoryUnavailable, match="readonly"):
            repository.execute([Add(make_task())])


def test_a_value_of_a_type_that_sqlite_does_not_know_falls_alone(
    repository: SqliteRepository, make_task: MakeTask
) -> None:
    task, unspeakable = make_task(), make_task(title=object())

    answers = repository.execute([Add(task), Add(unspeakable)])

    assert answers[0] == task
    assert isinstance(answers[1], InvalidTask)
    assert repository.execute([Find("alice")]) == [[task]]


def test_a_batch_is_seen_whole_or_not_at_all(
    repository: SqliteRepository, path: Path, make_task: MakeTask
) -> None:
    tasks = {make_task() for _ in range(200)}
    seen: set[int] = set()
    with SqliteRepository(path) as other:
        writer = Thread(target=repository.execute, args=[[Add(task) for task in tasks]])
        writer.start()
        while writer.is_alive():
            seen.add(len(other.execute([Find("alice")])[0]))
        writer.join()
        seen.add(len(other.execute([Find("alice")])[0]))

    assert seen <= {0, 200}
    assert 200 in seen


def test_it_can_be_closed_twice_and_then_serves_no_more(repository: SqliteRepository) -> None:
    repository.close()
    repository.close()

    with pytest.raises(RepositoryUnavailable, match="closed"):
        repository.execute([Find("alice")])


def test_closing_leaves_one_file(path: Path, make_task: MakeTask) -> None:
    with SqliteRepository(path) as repository:
        repository.execute([Add(make_task())])

    assert list(path.parent.iterdir()) == [path]


def test_what_is_answered_is_durable(
    repository: SqliteRepository, stranger: sqlite3.Connection
) -> None:
    assert pragma(stranger, "journal_mode") == "wal"
    assert pragma(repository._connection, "synchronous") == 2  # FULL: each commit reaches the disk


def test_what_is_answered_is_durable_after_reopening_too(path: Path) -> None:
    SqliteRepository(path).close()

    with SqliteRepository(path) as repository:
        assert pragma(repository._connection, "journal_mode") == "wal"
        assert pragma(repository._connection, "synchronous") == 2


def test_a_task_that_another_process_removed_is_gone(
    repository: SqliteRepository, stranger: sqlite3.Connection, make_task: MakeTask
) -> None:
    task = make_task()
    repository.execute([Add(task)])
    stranger.execute("DELETE FROM tasks")

    assert repr(repository.execute([Get("alice", task.id)])) == repr([TaskNotFound(task.id)])
