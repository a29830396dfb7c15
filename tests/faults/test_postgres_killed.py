"""Postgres is killed with -9 under load, starts again, and everything that was acknowledged is there."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING

from faults.clusters import cluster
from faults.ledger import audit
from faults.servers import server
from faults.writers import writing

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.conftest import Report, Times

SERVING_AGAIN = 2.0


def test_what_was_acknowledged_survives_postgres_killed_under_load(
    tmp_path: Path, times: Times, report: Report
) -> None:
    kills, between = times(2, 24), times(300, 2_200)
    healed: list[float] = []
    ready: list[float] = []
    random = Random(1)  # noqa: S311  # no secret
    with cluster() as postgres, server(tmp_path, postgres.url()) as http:
        with writing(http.address) as ledger:
            for number in range(kills):
                ledger.wait_for(int(between * random.uniform(0.5, 1.5)), 120)
                postgres.kill(backends=number % 2 == 1)
                time.sleep(random.uniform(0, 0.5))
                postgres.start()
                accepting = time.monotonic()
                http.wait()
                ready.append(time.monotonic() - accepting)
                ledger.wait_for(100)
                healed.append(ledger.healed_after(accepting))
            ledger.wait_for(between, 120)
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
    assert max(healed) < SERVING_AGAIN
    assert max(ready) < SERVING_AGAIN
