"""Our own processes are killed with -9 under load, and go on where they were when started again."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

import psutil
import pytest
from faults.ledger import audit
from faults.processes import wait_until_ended
from faults.servers import Server, serving
from faults.storage import require_whole, seconds_to_use, skip_unless_long, url_of
from faults.writers import writing

if TYPE_CHECKING:
    from pathlib import Path

    from faults.conftest import Report, Times

EACH = pytest.mark.parametrize("storage", ["sqlite", "postgres"])


@EACH
def test_a_server_killed_under_load_goes_on_when_started_again(
    tmp_path: Path, request: pytest.FixtureRequest, times: Times, report: Report, storage: str
) -> None:
    url = url_of(storage, tmp_path, request)
    kills, between = times(1, 24), times(150, 2_200)
    random = Random(2)  # noqa: S311  # no secret
    used: list[float] = []
    with serving(tmp_path, url) as http:
        with writing(http.address) as ledger:
            for _ in range(kills):
                ledger.wait_for(int(between * random.uniform(0.5, 1.5)))
                http.kill()
                used.append(seconds_to_use(url))
                http.start()
            ledger.wait_for(between)
        verdict = audit(ledger, url)
        assert http.stop() == 0
    report(
        fault=f"one server process killed with -9, {storage}",
        times=kills,
        **verdict.counts,
        unknown=verdict.unknown,
        usable_after=f"{max(used):.2f} s",
    )
    verdict.require_clean()
    assert "locked" not in http.log
    assert max(used) < times(10, 2)  # a run of all tests shares the machine
    if storage == "sqlite":
        assert ledger.statuses[503] == 0
        require_whole(tmp_path / "tasks.db")


@EACH
def test_workers_and_supervisors_killed_under_load_are_replaced(
    tmp_path: Path, request: pytest.FixtureRequest, times: Times, report: Report, storage: str
) -> None:
    skip_unless_long(times, storage)
    url = url_of(storage, tmp_path, request)
    kills, between = times(2, 24), times(100, 2_200)
    random = Random(3)  # noqa: S311  # no secret
    orphaned: list[float] = []
    with serving(tmp_path, url, "--workers", "2") as http:
        with writing(http.address) as ledger:
            for number in range(kills):
                ledger.wait_for(int(between * random.uniform(0.5, 1.5)))
                if number % 2 == 0:
                    random.choice(http.workers()).kill()
                else:
                    orphaned.append(seconds_of_orphans_replaced(http))
            ledger.wait_for(between)
        verdict = audit(ledger, url)
        assert http.stop() == 0
    report(
        fault=f"workers and their supervisor killed with -9 in turn, {storage}",
        times=kills,
        **verdict.counts,
        unknown=verdict.unknown,
        orphans_ended_after=f"{max(orphaned):.2f} s",
    )
    verdict.require_clean()
    assert "locked" not in http.log
    assert max(orphaned) < times(60, 10)
    if storage == "sqlite":
        require_whole(tmp_path / "tasks.db")


def seconds_of_orphans_replaced(http: Server) -> float:
    """Kill a supervisor, start another at once; return how long the workers of the first live."""
    orphans = psutil.Process(http.pid).children(recursive=True)
    killed = time.monotonic()
    http.kill()
    http.start(wait=False)
    wait_until_ended(orphans)
    lived = time.monotonic() - killed
    http.wait()
    return lived
