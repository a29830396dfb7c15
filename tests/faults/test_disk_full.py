"""A disk without room: what does not fit is refused, and the rest is there, then and afterwards."""

from __future__ import annotations

import json
import shutil
from random import Random
from typing import TYPE_CHECKING

import pytest
from faults.command_line import Command, integrity
from faults.disks import PAGE, small_disk
from faults.long_forms import long_only
from faults.old_files import make_old_file, titles
from faults.servers import assert_refused, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from faults.conftest import Report, Times
    from faults.disks import Disk
    from faults.servers import Server

CHANCE = Random(5)  # noqa: S311  # no secret; the same each time
LONG = "A description that takes some room. " * 25


@pytest.fixture
def disk() -> Iterator[Disk]:
    with small_disk(32) as disk:
        yield disk


def add_until_refused(server: Server, prefix: str, refusals: int = 3) -> list[str]:
    """Return the titles of what was acknowledged."""
    acknowledged = []
    for number in range(10_000):
        answer = server.add(f"{prefix}.{number}", description=LONG)
        if answer.status == 201:
            acknowledged.append(answer.body["title"])
            continue
        assert_refused(answer)
        refusals -= 1
        if not refusals:
            return acknowledged
    raise AssertionError("the disk was never full")


def add_many(server: Server, prefix: str, count: int) -> list[str]:
    tasks = [{"title": f"{prefix}.{number}", "description": LONG} for number in range(count)]
    answer = server.call("POST", "", tasks)
    assert {one["status"] for one in answer.body} == {201}
    return [one["task"]["title"] for one in answer.body]


def test_a_server_whose_disk_is_full_refuses_and_reads_and_goes_on_when_there_is_room(
    disk: Disk, tmp_path: Path, times: Times, report: Report
) -> None:
    rounds = times(2, 100)
    acknowledged: list[str] = []
    with serving(tmp_path, disk.url(), through=disk.words) as server:
        for round_ in range(rounds):
            disk.fill(spare=CHANCE.randrange(24) * PAGE)

            acknowledged += add_until_refused(server, f"{round_}.full")
            assert server.titles() == sorted(acknowledged)
            refused = server.call("POST", "", [{"title": "x", "description": LONG}] * 50)
            assert_refused(refused)

            disk.empty()
            answer = server.add(f"{round_}.room")
            assert answer.status == 201, answer
            acknowledged.append(answer.body["title"])
            assert server.titles() == sorted(acknowledged)
        assert "full" in server.errors
        assert "Traceback" not in server.errors

    assert integrity(disk.path / "tasks.db", through=disk.words) == "('ok',)"
    assert Command(tmp_path, disk.url(), through=disk.words).titles() == sorted(acknowledged)
    report(
        fault="SQLite: the disk is full while a server writes",
        times=rounds,
        acknowledged=len(acknowledged),
        lost=0,
        duplicated=0,
        wrong=0,
    )


def test_a_checkpoint_that_finds_no_room_loses_nothing(
    disk: Disk, tmp_path: Path, times: Times, report: Report
) -> None:
    """The log is longer than 1000 pages, so each commit tries to move it into the file."""
    rounds = times(1, 10)
    acknowledged = 0
    for round_ in range(rounds):
        name = f"{round_}.db"
        done: list[str] = []
        with serving(tmp_path, disk.url(name), through=disk.words) as server:
            while (disk.files / f"{name}-wal").stat().st_size < 850 * PAGE:
                done += add_many(server, f"many.{len(done)}", 100)
            assert (disk.files / name).stat().st_size == PAGE
            disk.fill(spare=(200 + CHANCE.randrange(50)) * PAGE)

            done += add_until_refused(server, "full")
            assert (disk.files / f"{name}-wal").stat().st_size > 1000 * PAGE
            assert server.titles() == sorted(done)

        command = Command(tmp_path, disk.url(name), through=disk.words)
        assert command.titles() == sorted(done)
        disk.empty()
        command.said("add", "room")
        assert command.titles() == sorted([*done, "room"])
        assert integrity(disk.path / name, through=disk.words) == "('ok',)"
        assert not (disk.files / f"{name}-wal").exists()
        (disk.files / name).unlink()
        acknowledged += len(done) + 1
    report(
        fault="SQLite: the disk is full at a checkpoint",
        times=rounds,
        acknowledged=acknowledged,
        lost=0,
        duplicated=0,
        wrong=0,
    )


def test_on_a_full_disk_a_command_reads_and_says_why_it_cannot_write(
    disk: Disk, tmp_path: Path
) -> None:
    command = Command(tmp_path, disk.url(), through=disk.words)
    command.said("add", "Buy milk")
    disk.fill()

    assert command.titles() == ["Buy milk"]
    assert "up to date" in command.said("db", "status")
    line = command.refused("add", "Buy tea")
    assert str(disk.path / "tasks.db") in line
    assert "disk is full" in line
    assert command.titles() == ["Buy milk"]

    disk.empty()
    command.said("add", "Buy tea")
    assert command.titles() == ["Buy milk", "Buy tea"]
    assert integrity(disk.path / "tasks.db", through=disk.words) == "('ok',)"


def test_on_a_full_disk_a_new_file_is_refused_and_made_when_there_is_room(
    disk: Disk, tmp_path: Path
) -> None:
    command = Command(tmp_path, disk.url(), through=disk.words)
    disk.fill()

    assert "disk is full" in command.refused("add", "Buy milk")

    disk.empty()
    command.said("add", "Buy milk")
    assert command.titles() == ["Buy milk"]


def test_a_server_that_starts_on_a_full_disk_reads_and_writes_when_there_is_room(
    disk: Disk, tmp_path: Path
) -> None:
    command = Command(tmp_path, disk.url(), through=disk.words)
    command.said("add", "Buy milk")
    disk.fill()

    with serving(tmp_path, disk.url(), through=disk.words) as server:
        assert_refused(server.add("Buy tea"))
        assert server.titles() == ["Buy milk"]

        disk.empty()
        assert server.add("Buy tea").status == 201
        command.said("add", "Buy bread")
        assert server.titles() == ["Buy bread", "Buy milk", "Buy tea"]


@long_only
def test_what_is_read_on_a_full_disk_is_what_another_writes_as_soon_as_there_is_room(
    disk: Disk, tmp_path: Path
) -> None:
    """The server has opened the file as one that does not change."""
    command = Command(tmp_path, disk.url(), through=disk.words)
    command.said("add", "0")
    disk.fill()
    with serving(tmp_path, disk.url(), through=disk.words) as server:
        assert server.titles() == ["0"]
        disk.empty()

        for number in range(1, 4):
            command.said("add", str(number))

            assert server.titles() == [str(known) for known in range(number + 1)]


@pytest.mark.parametrize("version", [1, pytest.param(2, marks=long_only)])
def test_an_upgrade_without_room_leaves_the_file_as_it_is_and_then_goes_through(
    disk: Disk, tmp_path: Path, version: int, times: Times, report: Report
) -> None:
    rounds = times(1, 20)
    count = 1000
    old = make_old_file(tmp_path / "old.db", version, count)
    for _ in range(rounds):
        shutil.copy(old, disk.files / "tasks.db")
        command = Command(tmp_path, disk.url(), through=disk.words)
        disk.fill(spare=CHANCE.randrange(30) * PAGE)

        line = command.refused("list")

        assert f"schema {version} is older" in line
        assert "disk is full" in line
        assert f"schema {version} is older" in command.run("db", "status").stdout
        disk.empty()
        assert command.titles() == titles(count)
        assert integrity(disk.path / "tasks.db", through=disk.words) == "('ok',)"
        (disk.files / "tasks.db").unlink()
    report(
        fault=f"SQLite: the disk is full at an upgrade from schema {version}",
        times=rounds,
        acknowledged=rounds * count,
        lost=0,
        duplicated=0,
        wrong=0,
    )


@long_only
def test_a_server_that_cannot_upgrade_for_want_of_room_says_so_and_ends(
    disk: Disk, tmp_path: Path
) -> None:
    make_old_file(tmp_path / "old.db", 1, 1000)
    shutil.copy(tmp_path / "old.db", disk.files / "tasks.db")
    disk.fill()

    with serving(tmp_path, disk.url(), start=False, through=disk.words) as server:
        server.start(wait=False)
        assert server.ended() == 6
        [line] = server.errors.splitlines()
    assert "schema 1 is older" in line
    assert "disk is full" in line


def test_a_list_that_cannot_be_remembered_is_shown_and_no_number_means_a_task_of_another_list(
    disk: Disk, tmp_path: Path
) -> None:
    command = Command(tmp_path, f"sqlite:///{tmp_path / 'tasks.db'}", through=disk.words)
    state = {"XDG_STATE_HOME": str(disk.path / "state")}
    for title in ("apples", "pears"):
        command.said("add", title)
    assert "apples" in command.said("list", "apples", **state)
    disk.fill()

    assert "pears" in command.said("list", "pears", **state)

    done = command.run("done", "1", **state)
    assert done.returncode == 4, done
    stored = json.loads(command.said("list", "--json", "--all"))
    assert [task["title"] for task in stored if task["completed"]] == []
    assert [path.name for path in (disk.files / "state/taskcore/last-list").iterdir()] == []
    disk.empty()
    command.said("list", "pears", **state)
    assert "pears" in command.said("done", "1", **state)
