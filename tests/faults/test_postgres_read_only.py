"""A Postgres that may only be read: a standby, or one whose operator closed it to writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from faults.clusters import cluster
from faults.command_line import Command
from faults.long_forms import long_only
from faults.servers import assert_refused, is_done, serving
from faults.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from faults.conftest import Report, Times
    from faults.servers import Server

WRITING = "-c default_transaction_read_only=off"
END_SESSIONS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'taskcore'
"""


def set_read_only(url: str, how: str) -> None:
    """Have all sessions from now on read only, or no longer."""
    with psycopg.connect(url, autocommit=True, options=WRITING) as it:
        it.execute(f"ALTER DATABASE {it.info.dbname} SET default_transaction_read_only = {how}")
        if how == "on":
            it.execute(END_SESSIONS)


def wait_until_added(server: Server, title: str) -> float:
    return wait_until(lambda: is_done(server.add(title), 201), shown=lambda: server.errors)


def test_a_server_whose_postgres_is_closed_to_writes_reads_and_writes_when_it_is_open_again(
    tmp_path: Path, postgres_url: str, times: Times, report: Report
) -> None:
    rounds = times(3, 100)
    stored: list[str] = []
    healed = []
    with serving(tmp_path, postgres_url) as server:
        for number in range(rounds):
            stored.append(str(number))
            healed.append(wait_until_added(server, str(number)))
            set_read_only(postgres_url, "on")
            for _ in range(5):
                assert_refused(server.add("refused"))
                assert server.titles() == sorted(stored)
            set_read_only(postgres_url, "off")
        wait_until_added(server, "last")
        assert server.titles() == sorted([*stored, "last"])
        assert "read-only" in server.errors
        assert "Traceback" not in server.errors
    report(
        fault="Postgres: closed to writes, and open again",
        times=rounds,
        acknowledged=len(stored) + 1,
        lost=0,
        duplicated=0,
        wrong=0,
        healed=f"{max(healed):.2f} s at most",
    )


@long_only
def test_a_command_on_a_postgres_that_may_only_be_read_reads_and_says_why_it_cannot_write(
    tmp_path: Path, postgres_url: str
) -> None:
    command = Command(tmp_path, postgres_url)
    command.said("add", "Buy milk")
    set_read_only(postgres_url, "on")

    assert command.titles() == ["Buy milk"]
    assert "read-only" in command.refused("add", "Buy tea")
    assert "up to date; it can only be read here" in command.said("db", "status")

    set_read_only(postgres_url, "off")
    command.said("add", "Buy tea")
    assert command.titles() == ["Buy milk", "Buy tea"]


@long_only
def test_an_upgrade_of_a_postgres_that_may_only_be_read_says_why_it_cannot(
    tmp_path: Path, empty_postgres_url: str
) -> None:
    set_read_only(empty_postgres_url, "on")
    command = Command(tmp_path, empty_postgres_url)

    assert "read-only" in command.refused("db", "upgrade")

    set_read_only(empty_postgres_url, "off")
    assert "up to date" in command.said("db", "upgrade")


@long_only
def test_a_server_of_a_standby_reads_and_writes_once_that_is_promoted(tmp_path: Path) -> None:
    with cluster() as primary:
        Command(tmp_path, primary.url()).said("db", "upgrade")
        Command(tmp_path, primary.url()).said("add", "Buy milk")
        with cluster(of=primary) as standby, serving(tmp_path, standby.url()) as server:
            assert server.titles() == ["Buy milk"]
            assert_refused(server.add("Buy tea"))
            status = Command(tmp_path, standby.url()).said("db", "status")
            assert "it can only be read here" in status

            standby.execute("SELECT pg_promote()")

            assert server.titles() == ["Buy milk"]
            wait_until_added(server, "Buy tea")
            assert server.titles() == ["Buy milk", "Buy tea"]
            assert "Traceback" not in server.errors
