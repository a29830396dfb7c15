"""A database that may only be read: reading works, writing is refused with what it takes."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

import pytest
from faults.disks import small_disk
from faults.doors import Command, assert_refused, serving
from faults.long_forms import long_only
from faults.old_files import make_old_file, titles

from taskcore import RepositoryUnavailable, Tasks
from taskcore.adapters.sqlite import SqliteRepository, opened, schema_status, still

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faults.conftest import Report, Times
    from faults.disks import Disk

    Changing: TypeAlias = tuple[Tasks, Callable[[int], None]]

NOBODY = 65534


@pytest.fixture
def disk() -> Iterator[Disk]:
    with small_disk(8) as disk:
        yield disk


def make_file_of_one_that_was_killed(path: Path) -> Path:
    """Make a file, not all of whose tasks are in the file itself, and none to find them by."""
    with SqliteRepository(path.with_name("killed.db")) as repository:
        Tasks(repository, "ann").add("in the log")
        for end in ("", "-wal"):
            shutil.copy(f"{path.with_name('killed.db')}{end}", f"{path}{end}")
    return path


def test_on_a_read_only_disk_a_command_reads_and_says_why_it_cannot_write(
    disk: Disk, tmp_path: Path
) -> None:
    command = Command(tmp_path, disk.url(), disk.words)
    command.said("add", "Buy milk")
    disk.remount("ro")

    assert command.titles() == ["Buy milk"]
    line = command.refused("add", "Buy tea")
    assert str(disk.path / "tasks.db") in line
    assert "on a disk that is not read-only" in line
    assert "up to date; it can only be read here" in command.said("db", "upgrade")
    assert json.loads(command.said("db", "status", "--json"))["read_only"] is True

    disk.remount("rw")
    command.said("add", "Buy tea")
    assert command.titles() == ["Buy milk", "Buy tea"]
    assert json.loads(command.said("db", "status", "--json"))["read_only"] is False


def test_a_server_on_a_read_only_disk_reads_and_writes_as_soon_as_it_may(
    disk: Disk, tmp_path: Path, times: Times, report: Report
) -> None:
    rounds = times(1, 10)
    Command(tmp_path, disk.url(), disk.words).said("add", "0")
    for number in range(1, rounds + 1):
        disk.remount("ro")
        with serving(tmp_path, disk.url(), disk.words) as server:
            titles = sorted(str(known) for known in range(number))
            for _ in range(3):
                assert_refused(server.add("refused"))
                assert server.titles() == titles
            disk.remount("rw")

            assert server.add(str(number)).status == 201
            assert server.titles() == sorted([*titles, str(number)])
            assert "not read-only" in server.errors
            assert "Traceback" not in server.errors
    report(
        fault="SQLite: a server on a disk that is read-only, and then is not",
        times=rounds,
        acknowledged=rounds,
        lost=0,
        duplicated=0,
        wrong=0,
    )


@long_only
def test_what_was_not_moved_from_the_log_is_read_on_a_read_only_disk_or_nothing_is(
    disk: Disk, tmp_path: Path
) -> None:
    """Without an index of the log, which cannot be made, SQLite could only leave the log out."""
    old = make_file_of_one_that_was_killed(tmp_path / "tasks.db")
    for file in (old, Path(f"{old}-wal")):
        shutil.copy(file, disk.files)
    command = Command(tmp_path, disk.url(), disk.words)
    disk.remount("ro")

    for words in (("list",), ("db", "status")):
        assert str(disk.path / "tasks.db") in command.refused(*words)

    disk.remount("rw")
    with serving(tmp_path, disk.url(), disk.words) as server:
        assert server.titles() == ["in the log"]
        server.process.kill()
        server.process.wait()
    disk.remount("ro")
    assert {file.name for file in disk.files.iterdir()} == {
        f"tasks.db{end}" for end in ("", "-shm", "-wal")
    }
    assert command.titles() == ["in the log"]
    assert "read-only" in command.refused("add", "Buy tea")


READER = """
import sys
from taskcore import Tasks, RepositoryUnavailable
from taskcore.adapters.sqlite import SqliteRepository, still
still.TICK = float(sys.argv[2])
with SqliteRepository(sys.argv[1]) as repository:
    tasks = Tasks(repository, "ann")
    print("ready", flush=True)
    for line in sys.stdin:
        try:
            found = [task.title for task in tasks.find(order_by="title", page_size=1000)]
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
        [sys.executable, "-c", READER, str(read_only_view / "tasks.db"), str(still.TICK)],
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


@contextmanager
def as_other_user() -> Iterator[None]:
    """Be somebody for whom permissions count."""
    if os.name == "nt":
        pytest.skip("Windows has other permissions")
    if (us := os.geteuid()) != 0:
        yield
        return
    os.setresuid(NOBODY, NOBODY, us)
    try:
        yield
    finally:
        os.setresuid(us, us, us)


@pytest.fixture
def seen_by_all() -> Iterator[Path]:
    """Return a directory in which all users may write."""
    with tempfile.TemporaryDirectory(prefix="taskcore-") as directory:
        path = Path(directory)
        path.chmod(0o777)
        yield path


@pytest.mark.parametrize("closed", ["directory and file", "directory", "file"])
def test_without_the_right_to_write_tasks_are_read_and_writers_are_told_what_it_takes(
    seen_by_all: Path, closed: str
) -> None:
    path = seen_by_all / "tasks.db"
    with SqliteRepository(path) as repository:
        milk = Tasks(repository, "ann").add("Buy milk")
    assert not schema_status(path).read_only
    path.chmod(0o444 if "file" in closed else 0o666)
    seen_by_all.chmod(0o555 if "directory" in closed else 0o777)
    with as_other_user():
        assert "up to date; it can only be read here" in str(schema_status(path))
        repository = SqliteRepository(path)
        tasks = Tasks(repository, "ann")
        for _ in range(2):
            with pytest.raises(RepositoryUnavailable, match=r"the right to .*its directory") as why:
                tasks.add("Buy tea")
            assert str(path) in str(why.value)
            assert tasks.find() == [milk]

    seen_by_all.chmod(0o777)
    path.chmod(0o666)
    with as_other_user(), repository:
        tea = tasks.add("Buy tea")
        assert tasks.find() == [tea, milk]


@long_only
def test_an_older_file_that_cannot_be_upgraded_is_refused_with_both_reasons(
    disk: Disk, tmp_path: Path
) -> None:
    make_old_file(tmp_path / "tasks.db", 2, 3)
    shutil.copy(tmp_path / "tasks.db", disk.files)
    command = Command(tmp_path, disk.url(), disk.words)
    disk.remount("ro")

    line = command.refused("list")
    assert "schema 2 is older" in line
    assert "not read-only" in line
    assert command.run("db", "status").returncode == 6

    disk.remount("rw")
    assert command.titles() == titles(3)
