"""A file that may only be read while another writes it: what is read is what is stored."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import pytest

from taskcore import RepositoryUnavailable, Tasks
from taskcore.adapters.sqlite import SqliteRepository, opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from faults.conftest import Report, Times

    Changing: TypeAlias = tuple[Tasks, Callable[[int], None]]

READER = """
import sys
from taskcore import Tasks, RepositoryUnavailable
from taskcore.adapters.sqlite import SqliteRepository
with SqliteRepository(sys.argv[1]) as repository:
    tasks = Tasks(repository, "ann")
    print("ready", flush=True)
    for line in sys.stdin:
        try:
            found = [task.title for task in tasks.find(order_by="title")]
            complete = found == [f"{number:05}" for number in range(len(found))]
            print(len(found) if complete else "torn", flush=True)
        except RepositoryUnavailable as error:
            print(error, flush=True)
"""


@pytest.fixture
def read_only_view(tmp_path: Path) -> Iterator[Path]:
    """Return a path by which a directory, ``tmp_path / "there"``, may only be read."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a directory once more, for all to see")
    there, view = tmp_path / "there", tmp_path / "view"
    there.mkdir()
    view.mkdir()
    mount = subprocess.run(["mount", "--bind", there, view], check=False)  # noqa: S603, S607  # our own
    if mount.returncode:
        pytest.skip("root may not mount here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", view], check=True)  # noqa: S603, S607  # likewise
        yield view
    finally:
        subprocess.run(["umount", "-l", view], check=True)  # noqa: S603, S607  # likewise


def test_who_may_only_read_what_another_writes_reads_what_is_stored(
    tmp_path: Path, read_only_view: Path, times: Times, report: Report
) -> None:
    """As with a volume that one container may write and another only read."""
    rounds, each = times(10, 500), 3
    path = tmp_path / "there/tasks.db"
    SqliteRepository(path).close()
    reader = subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-c", READER, str(read_only_view / "tasks.db")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdin
    assert reader.stdout

    def ask() -> None:
        assert reader.stdin
        print(file=reader.stdin, flush=True)

    answers = (line.strip() for line in reader.stdout)
    stored = 0
    try:
        assert next(answers) == "ready"
        for _ in range(rounds):
            # It is closed between rounds, so that the reader takes it for one that lies still.
            ask()
            assert next(answers) == str(stored)
            with SqliteRepository(path) as repository:
                for _ in range(each):
                    ask()
                    before = stored
                    Tasks(repository, "ann").add(f"{stored:05}")
                    stored += 1
                    assert next(answers) in {str(before), str(stored)}
                    ask()
                    assert next(answers) == str(stored)
                ask()
            assert next(answers) == str(stored)
    finally:
        reader.stdin.close()
        reader.wait(30)
        reader.stdout.close()
    report(
        fault="SQLite: read through a read-only mount while another process writes",
        times=rounds * (2 * each + 2),
        acknowledged=stored,
        lost=0,
        duplicated=0,
        wrong=0,
    )


@pytest.fixture
def changing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Changing]:
    """Return a reader of a file with task 0 that cannot have files beside it; and what changes it.

    Called with a number, that changes the file so often, each time just after it was read.
    """
    path = tmp_path / "tasks.db"
    with SqliteRepository(path) as repository:
        Tasks(repository, "ann").add("0")

    def refuse(_: object) -> NoReturn:
        sqlite3.connect(tmp_path)  # a directory
        raise AssertionError

    monkeypatch.setattr(opened, "open_file", refuse)
    with SqliteRepository(path) as reader:
        answer_batch = reader._answer_batch

        def change(times: int) -> None:
            numbers = iter(range(1, times + 1))

            def answer(*arguments: Any, **options: Any) -> list[Any]:
                answers = answer_batch(*arguments, **options)
                if number := next(numbers, None):
                    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                        connection.execute("UPDATE tasks SET title = ?", [str(number)])
                return answers

            monkeypatch.setattr(reader, "_answer_batch", answer)

        yield Tasks(reader, "ann"), change


def test_a_file_that_changes_while_it_is_read_is_read_again(changing: Changing) -> None:
    reader, change = changing
    assert [task.title for task in reader.find()] == ["0"]
    change(3)

    assert [task.title for task in reader.find()] == ["3"]


def test_a_file_that_changes_all_the_time_is_unavailable(changing: Changing) -> None:
    reader, change = changing
    change(100)

    with pytest.raises(RepositoryUnavailable, match="changes while it is read"):
        reader.find()


def test_who_reads_just_when_another_opens_the_file_reads_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then SQLite may say for a moment that what a reader needs can only be read."""
    path = tmp_path / "tasks.db"
    with SqliteRepository(path) as reader:
        answer_batch = reader._answer_batch
        refusals = iter(range(2))

        def answer(*arguments: Any, **options: Any) -> list[Any]:
            if next(refusals, None) is not None:
                with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
                    connection.execute("DELETE FROM tasks")
            return answer_batch(*arguments, **options)

        monkeypatch.setattr(reader, "_answer_batch", answer)

        assert Tasks(reader, "ann").find() == []
