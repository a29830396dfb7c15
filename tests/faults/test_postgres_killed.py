"""Postgres is killed with -9 under load, and starts again: all that was acknowledged is there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from faults.clusters import Cluster, cluster
from faults.ledger import audit
from faults.servers import serving
from faults.writers import writing

if TYPE_CHECKING:
    from pathlib import Path

    from faults.conftest import Report, Times


def test_what_was_acknowledged_survives_postgres_killed_under_load(
    tmp_path: Path, times: Times, report: Report
) -> None:
    kills, between = times(2, 24), times(200, 2_200)
    healed: list[float] = []
    ready: list[float] = []
    break_off = (kill_postmaster, Cluster.crash, kill_all)
    with cluster() as postgres, serving(tmp_path, postgres.url()) as http:
        with writing(http.address) as ledger:
            for number in range(kills):
                ledger.wait_for(between)
                break_off[number % len(break_off)](postgres)
                accepting = time.monotonic()
                http.wait()
                ready.append(time.monotonic() - accepting)
                ledger.wait_for(50)
                healed.append(ledger.healed_after(accepting))
            ledger.wait_for(between)
        verdict = audit(ledger, postgres.url())

    report(
        fault="Postgres killed with -9",
        times=kills,
        **verdict.counts,
        unknown=verdict.unknown,
        serving_again=f"{max(healed):.2f} s",
        ready_again=f"{max(ready):.2f} s",
    )
    verdict.require_clean()
    assert max(*healed, *ready) < times(10, 2)  # a run of all tests shares the machine


def kill_postmaster(postgres: Cluster) -> None:
    """Kill the postmaster; all others end when they notice. Then start it again."""
    postgres.kill()
    postgres.start()


def kill_all(postgres: Cluster) -> None:
    """Kill all of them, as a machine does that stops, and start Postgres again."""
    postgres.kill(backends=True)
    postgres.start()
