"""A Postgres whose disk is full: 503 until there is room, and nothing acknowledged is lost."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

import psycopg
import pytest
from faults.clusters import Cluster, cluster
from faults.command_line import Command
from faults.disks import PAGE, small_disk
from faults.long_forms import long_only
from faults.servers import assert_refused, serving
from faults.waiting import wait_until

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
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can mount a disk that Postgres sees as well")
    with small_disk(56) as disk:
        yield disk


def lend(directory: Path, owner: Path) -> None:
    """Give a directory to the user whose cluster it is."""
    found = owner.stat()
    for path in (directory, *directory.rglob("*")):
        os.chown(path, found.st_uid, found.st_gid)


class Ledger:
    """What was acknowledged, and what may have been stored although it was refused."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.acknowledged: list[str] = []
        self.refused: set[str] = set()

    def add(self) -> bool:
        """Add a task; return whether that was acknowledged."""
        title = f"{len(self.acknowledged)}.{len(self.refused)}"
        answer = self.server.add(title, description=LONG)
        if answer.status == 201:
            self.acknowledged.append(title)
            return True
        assert_refused(answer)
        self.refused.add(title)
        return False

    def audit(self) -> None:
        """Assert that all is there once, and nothing else but what may be."""
        stored = self.server.titles()
        assert len(set(stored)) == len(stored)
        assert set(self.acknowledged) <= set(stored)
        assert set(stored) <= self.refused | set(self.acknowledged)

    def wait_until_added(self) -> float:
        """Try until a task is acknowledged; return after how many seconds that was."""
        return wait_until(self.add, shown=lambda: self.server.errors)


def test_a_server_whose_postgres_has_no_room_for_data_reads_and_goes_on_when_there_is(
    disk: Disk, tmp_path: Path, times: Times, report: Report
) -> None:
    rounds = times(1, 50)
    space = disk.files / "space"
    space.mkdir()
    with cluster(fsync="off") as postgres:
        lend(space, postgres.data)
        postgres.execute(
            f"CREATE TABLESPACE small LOCATION '{space}'", "CREATE DATABASE tasks TABLESPACE small"
        )
        with serving(tmp_path, postgres.url("tasks")) as server:
            ledger = Ledger(server)
            for _ in range(rounds):
                assert ledger.add()
                disk.fill(spare=CHANCE.randrange(24) * PAGE)
                refusals = 0
                while refusals < 3:
                    refusals += not ledger.add()
                    assert len(ledger.acknowledged) < 100_000
                ledger.audit()
                # A statement that is refused is taken back whole.
                assert len(server.titles()) == len(ledger.acknowledged)

                disk.empty()
                assert ledger.add()
            disk.fill()
            while ledger.add():
                pass
            command = Command(tmp_path, postgres.url("tasks"))
            assert "No space left on device" in command.refused("add", "x", "--description", LONG)
            disk.empty()
            assert "No space left on device" in server.errors
            assert "Traceback" not in server.errors
    report(
        fault="Postgres: no room for data",
        times=rounds,
        acknowledged=len(ledger.acknowledged),
        lost=0,
        duplicated=0,
        wrong=0,
        refused=len(ledger.refused),
    )


@pytest.fixture
def with_small_log(disk: Disk) -> Iterator[Cluster]:
    """Lend a cluster whose write-ahead log is on the disk."""
    with cluster(start=False, min_wal_size="32MB", max_wal_size="32MB") as postgres:
        log = postgres.data / "pg_wal"
        shutil.copytree(log, disk.files / "pg_wal")
        shutil.rmtree(log)
        log.symlink_to(disk.path / "pg_wal")
        lend(disk.files / "pg_wal", postgres.data)
        postgres.start()
        yield postgres


def use_up_the_log(postgres: Cluster) -> None:
    """Write to the log what nobody reads, until Postgres fails at it."""
    with suppress(psycopg.OperationalError), psycopg.connect(postgres.url()) as connection:
        for _ in range(100):
            connection.execute(
                "SELECT pg_logical_emit_message(false, 'ballast', repeat('x', 1000000))"
            )
        raise AssertionError


def start_again(postgres: Cluster) -> None:
    """Wait until it is back by itself, or has given up; then start it."""

    def is_back() -> bool:
        if postgres.has_ended:
            postgres.start()
        return postgres.accepts()

    wait_until(is_back, shown=lambda: postgres.log)


@long_only
def test_a_server_whose_postgres_falls_for_want_of_room_for_its_log_goes_on_when_it_is_back(
    with_small_log: Cluster, disk: Disk, tmp_path: Path, times: Times, report: Report
) -> None:
    """Postgres ends itself (PANIC) when it cannot write its log, and starts once there is room."""
    rounds = times(1, 10)
    postgres = with_small_log
    healed = []
    with serving(tmp_path, postgres.url()) as server:
        ledger = Ledger(server)
        for _ in range(rounds):
            ledger.wait_until_added()
            disk.fill(spare=CHANCE.randrange(200) * PAGE)
            for _ in range(5):
                ledger.add()
            use_up_the_log(postgres)
            while ledger.add():
                pass
            for _ in range(3):
                ledger.add()

            disk.empty()
            start_again(postgres)
            healed.append(ledger.wait_until_added())
            ledger.audit()
        assert "PANIC" in postgres.log
        assert "No space left on device" in postgres.log
        assert "Traceback" not in server.errors
    report(
        fault="Postgres: no room for its log (PANIC)",
        times=rounds,
        acknowledged=len(ledger.acknowledged),
        lost=0,
        duplicated=0,
        wrong=0,
        healed=f"{max(healed):.2f} s after it is back, at most",
    )
