"""The primary goes under load, the standby takes its place: what was acknowledged is there."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from faults.ledger import audit
from faults.servers import server
from faults.standbys import Pair, pair
from faults.writers import writing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from faults.conftest import Report, Times

SERVING_AGAIN = 2.0
"""How many seconds after the promotion the server may take to serve, on a machine that is busy."""


def killed(postgres: Pair) -> None:
    postgres.primary.kill(backends=True)
    postgres.promote()


def stopped(postgres: Pair) -> None:
    postgres.primary.stop()
    postgres.promote()


WAYS: dict[str, Callable[[Pair], None]] = {
    "killed with -9": killed,
    "stopped": stopped,
}


@pytest.mark.parametrize("way", WAYS)
def test_what_was_acknowledged_survives_a_failover(
    way: str, tmp_path: Path, times: Times, report: Report
) -> None:
    failovers, between = times(1, 10), times(150, 2_000)
    healed: list[float] = []
    with pair() as postgres, server(tmp_path, postgres.url) as http:
        with writing(http.address) as ledger:
            for number in range(failovers):
                if number:
                    postgres.follow()
                ledger.wait_for(between, 120)
                WAYS[way](postgres)
                promoted = time.monotonic()
                ledger.wait_for(between, 120)
                healed.append(ledger.healed_after(promoted))
        verdict = audit(ledger, postgres.url)

    report(
        fault=f"the primary {way}, its synchronous standby promoted",
        times=failovers,
        **verdict.counts,
        unknown=verdict.unknown,
        serving_again=f"{max(healed):.2f} s",
    )
    verdict.require_clean()
    assert max(healed) < SERVING_AGAIN
