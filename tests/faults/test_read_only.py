"""A database that may only be read: reading works, writing is refused with what it takes."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults.command_line import Command
from faults.disks import small_disk
from faults.long_forms import long_only
from faults.old_files import make_old_file, titles
from faults.servers import assert_refused, serving

from taskcore import RepositoryUnavailable, Tasks
from taskcore.adapters.sqlite import SqliteRepository, schema_status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.conftest import Report, Times
    from faults.disks import Disk

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
    command = Command(tmp_path, disk.url(), through=disk.words)
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
    Command(tmp_path, disk.url(), through=disk.words).said("add", "0")
    for number in range(1, rounds + 1):
        disk.remount("ro")
        with serving(tmp_path, disk.url(), through=disk.words) as server:
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
    command = Command(tmp_path, disk.url(), through=disk.words)
    disk.remount("ro")

    for words in (("list",), ("db", "status")):
        assert str(disk.path / "tasks.db") in command.refused(*words)

    disk.remount("rw")
    with serving(tmp_path, disk.url(), through=disk.words) as server:
        assert server.titles() == ["in the log"]
        server.kill()
    disk.remount("ro")
    assert {file.name for file in disk.files.iterdir()} == {
        f"tasks.db{end}" for end in ("", "-shm", "-wal")
    }
    assert command.titles() == ["in the log"]
    assert "read-only" in command.refused("add", "Buy tea")


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
    command = Command(tmp_path, disk.url(), through=disk.words)
    disk.remount("ro")

    line = command.refused("list")
    assert "schema 2 is older" in line
    assert "not read-only" in line
    assert command.run("db", "status").returncode == 6

    disk.remount("rw")
    assert command.titles() == titles(3)
