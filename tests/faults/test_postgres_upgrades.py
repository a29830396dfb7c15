"""Postgres schemas of an older version: upgraded by many at once, by who is killed, or half."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from faults.clusters import cluster
from faults.long_forms import long_only
from faults.old_files import titles
from faults.old_schemas import execute, lay_out, stored_titles
from faults.upgraders import ON_POSTGRES, upgraders
from faults.waiting import PATIENCE, wait_until

from taskcore import Tasks, open_repository
from taskcore.adapters.postgres import create_engine, schema_status
from taskcore.adapters.postgres.schema import REVISION

if TYPE_CHECKING:
    from faults.conftest import Report, Times

CHANCE = Random(5)  # noqa: S311  # no secret; the same each time


def assert_old_or_new(url: str, count: int) -> int | None:
    """Return the version that there is, after a look whether it is whole."""
    engine = create_engine(url)
    found = schema_status(engine).found
    engine.dispose()
    columns = execute(
        url,
        "SELECT column_name FROM information_schema.columns WHERE table_schema = 'taskcore'"
        " AND table_name = 'tasks' AND column_name LIKE 'completed%'",
    )
    assert columns == [("completed",) if found == 1 else ("completed_at",)]
    assert found in {1, int(REVISION)}
    assert execute(url, "SELECT count(*) FROM taskcore.tasks") == [(count,)]
    return found


def locks(url: str) -> list[tuple[Any, ...]]:
    """Return the processes that hold a lock for an upgrade, or wait for one."""
    return execute(
        url,
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())",
    )


def wait_until_free(url: str, limit: float) -> float:
    """Wait until nobody holds such a lock; return after how many seconds that was."""
    return wait_until(lambda: not locks(url), limit, shown=lambda: locks(url))


@pytest.mark.parametrize("revision", ["none", "0001"])
def test_processes_that_upgrade_a_database_at_once_upgrade_it_once(
    empty_postgres_url: str, revision: str, times: Times, report: Report
) -> None:
    rounds, processes = times(1, 20), times(3, 6)
    count = 500 if revision == "0001" else None
    with upgraders(ON_POSTGRES, processes) as programs:
        for _ in range(rounds):
            lay_out(empty_postgres_url, count)
            for program in programs:
                program.tell(empty_postgres_url)
            for program in programs:
                assert program.read() == "begin"
                assert program.read() == str(count or 0)
            assert stored_titles(empty_postgres_url) == titles(count or 0)
    assert not locks(empty_postgres_url)
    report(
        fault=f"Postgres: {processes} processes upgrade one database at once, from {revision}",
        times=rounds,
        acknowledged=rounds * (count or 0),
        lost=0,
        duplicated=0,
        wrong=0,
    )


def measured(url: str, count: int) -> float:
    """Return how many seconds an upgrade takes."""
    lay_out(url, count)
    with upgraders(ON_POSTGRES) as [program]:
        program.begin(url)
        began = time.monotonic()
        assert program.read() == str(count)
        return time.monotonic() - began


def test_an_upgrade_whose_process_is_killed_leaves_the_old_schema_or_the_new_one_and_no_lock(
    empty_postgres_url: str, times: Times, report: Report
) -> None:
    kills, count = times(1, 30), times(2_000, 20_000)
    duration = measured(empty_postgres_url, count)
    lay_out(empty_postgres_url, count)
    found, waits = [], []
    for _ in range(kills):
        with upgraders(ON_POSTGRES) as [program]:
            program.begin(empty_postgres_url)
            # Any moment will do, so this one is chosen by chance.
            time.sleep(CHANCE.uniform(0, duration))
        waits.append(wait_until_free(empty_postgres_url, PATIENCE))
        found.append(assert_old_or_new(empty_postgres_url, count))
        if found[-1] != 1:
            assert stored_titles(empty_postgres_url) == titles(count)
            lay_out(empty_postgres_url, count)
    assert stored_after_upgrade(empty_postgres_url) == titles(count)
    report(
        fault=f"Postgres: kill -9 of the process that upgrades {count:,} tasks",
        times=kills,
        acknowledged=kills * count,
        lost=0,
        duplicated=0,
        wrong=0,
        left_old=found.count(1),
        next_waited=f"{max(waits):.2f} s at most",
    )


def stored_after_upgrade(url: str) -> list[str]:
    with open_repository(url, upgrade=True) as repository:
        return sorted(task.title for task in Tasks(repository, "ann").find())


def test_an_upgrade_whose_connection_is_ended_leaves_the_old_schema_or_the_new_one(
    empty_postgres_url: str, times: Times, report: Report
) -> None:
    kills, count = times(2, 100), times(2_000, 10_000)
    duration = measured(empty_postgres_url, count)
    lay_out(empty_postgres_url, count)
    found = []
    with upgraders(ON_POSTGRES) as [program]:
        for _ in range(kills):
            program.begin(empty_postgres_url)
            time.sleep(CHANCE.uniform(0, duration))  # as above
            execute(
                empty_postgres_url,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND application_name = 'taskcore'",
            )
            said = program.read()
            assert said == str(count) or said.startswith("RepositoryUnavailable Postgres: "), said
            wait_until_free(empty_postgres_url, PATIENCE)
            found.append(assert_old_or_new(empty_postgres_url, count))
            if found[-1] != 1:
                lay_out(empty_postgres_url, count)
        assert stored_after_upgrade(empty_postgres_url) == titles(count)
    report(
        fault=f"Postgres: the connection that upgrades {count:,} tasks is ended",
        times=kills,
        acknowledged=kills * count,
        lost=0,
        duplicated=0,
        wrong=0,
        left_old=found.count(1),
    )


@long_only
def test_an_upgrade_whose_server_process_is_killed_leaves_the_old_schema_or_the_new_one(
    times: Times, report: Report
) -> None:
    """The whole cluster goes down with it, and recovers."""
    kills, count = times(1, 20), times(1_000, 10_000)
    found = []
    with cluster() as postgres, upgraders(ON_POSTGRES) as [program]:
        url = postgres.url()
        duration = measured(url, count)
        lay_out(url, count)
        for _ in range(kills):
            program.begin(url)
            time.sleep(CHANCE.uniform(0, duration))  # as above
            postgres.kill_one()
            said = program.read()
            assert said == str(count) or said.startswith("RepositoryUnavailable Postgres: "), said
            postgres.wait()
            found.append(assert_old_or_new(url, count))
            if found[-1] != 1:
                lay_out(url, count)
        assert stored_after_upgrade(url) == titles(count)
    report(
        fault=f"Postgres: kill -9 of the server's process that upgrades {count:,} tasks",
        times=kills,
        acknowledged=kills * count,
        lost=0,
        duplicated=0,
        wrong=0,
        left_old=found.count(1),
    )


def test_who_was_killed_while_it_waited_for_a_table_leaves_the_lock_to_the_next(
    empty_postgres_url: str, report: Report
) -> None:
    """Its connection does not listen for us before its statement is over, unless it is told to."""
    lay_out(empty_postgres_url, 3)
    with psycopg.connect(empty_postgres_url) as busy, upgraders(ON_POSTGRES) as [program]:
        busy.execute("SELECT FROM taskcore.tasks")
        program.begin(empty_postgres_url)
        wait_until(
            lambda: execute(
                empty_postgres_url,
                "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
                " AND datname = current_database()",
            ),
            shown=lambda: execute(empty_postgres_url, "SELECT * FROM pg_stat_activity"),
        )
        program.end()

        waited = wait_until_free(empty_postgres_url, 10)

        assert assert_old_or_new(empty_postgres_url, 3) == 1
        busy.rollback()
    assert stored_after_upgrade(empty_postgres_url) == titles(3)
    report(
        fault="Postgres: kill -9 of an upgrade that waits for a table",
        times=1,
        acknowledged=3,
        lost=0,
        duplicated=0,
        wrong=0,
        next_waited=f"{waited:.2f} s",
    )
