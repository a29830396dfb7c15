"""The primary goes under load, the standby takes its place: what was acknowledged is there."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from typing import TYPE_CHECKING

from attrs import evolve
from faults.ledger import Ledger, audit
from faults.servers import serving
from faults.standbys import WAITING, Pair, pair
from faults.waiting import wait_until
from faults.writers import writing

from taskcore import open_repository
from taskcore.ports import Add, Find, Remove, Replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from faults.clusters import Cluster
    from faults.conftest import Report, Times

    from taskcore import Task

SERVING_AGAIN = 10.0
"""How many seconds the server may take to serve, if all else on the machine is busy too."""


def killed(postgres: Pair, _: Ledger) -> None:
    postgres.primary.kill(backends=True)
    postgres.promote()


def closed(postgres: Pair, _: Ledger) -> None:
    """Leave the primary there, and all connections to it, but for reading only."""
    postgres.close()
    postgres.promote()


def stopped(postgres: Pair, _: Ledger) -> None:
    postgres.primary.stop()
    postgres.promote()


def alone(postgres: Pair, _: Ledger) -> None:
    postgres.standby.stop()
    wait_until(lambda: postgres.waiting > 0, shown=lambda: postgres.primary.log)
    postgres.standby.start()


def alone_for_long(postgres: Pair, ledger: Ledger) -> None:
    """Leave the primary alone for so long that writers are told to come again."""
    told = ledger.statuses[503]
    postgres.standby.stop()
    wait_until(lambda: ledger.statuses[503] > told, shown=lambda: ledger.statuses)
    postgres.standby.start()


WAYS: dict[str, Callable[[Pair, Ledger], None]] = {
    "its standby gone for a moment": alone,
    "killed with -9": killed,
    "closed to writes": closed,
    "stopped": stopped,
    "its standby gone for 10 s": alone_for_long,
}


def test_what_was_acknowledged_survives_the_primary_and_waits_for_its_standby(
    tmp_path: Path, times: Times, report: Report
) -> None:
    count, between = times(3, 10 * len(WAYS)), times(100, 500)
    healed: dict[str, list[float]] = {way: [] for way in WAYS}
    with pair() as postgres, serving(tmp_path, postgres.url) as http:
        with writing(http.address) as ledger:
            for way in islice(cycle(WAYS), count):
                if postgres.is_alone:
                    postgres.follow()
                ledger.wait_for(between)
                WAYS[way](postgres, ledger)
                there = time.monotonic()
                ledger.wait_for(between)
                healed[way].append(ledger.healed_after(there))
        verdict = audit(ledger, postgres.url)

    report(
        fault="the primary " + ", ".join(way for way, took in healed.items() if took),
        times=count,
        **verdict.counts,
        unknown=verdict.unknown,
        serving_again={way: f"{max(took):.2f} s" for way, took in healed.items() if took},
    )
    verdict.require_clean()
    assert all(took < SERVING_AGAIN for times in healed.values() for took in times), healed


def canceled(primary: Cluster) -> None:
    primary.execute(f"SELECT pg_cancel_backend(pid) {WAITING}")


def terminated(primary: Cluster) -> None:
    primary.execute(f"SELECT pg_terminate_backend(pid) {WAITING}")


def crashed(primary: Cluster) -> None:
    primary.crash()


def test_a_write_whose_wait_for_the_standby_is_cut_short_is_not_acknowledged(
    make_task: Callable[..., Task], times: Times, report: Report
) -> None:
    """Postgres has committed it by then, and shows it to all, but the standby does not have it."""
    rounds = times(1, 10)
    acknowledged: list[bool] = []
    lost: list[bool] = []
    with pair() as postgres, open_repository(postgres.url, upgrade=True) as repository:
        for number in range(rounds):
            if number:
                postgres.follow()
            old, new, gone = make_task(), make_task(), make_task()
            changed = evolve(old, title="Buy bread", version=2)
            writes = [Add(new), Replace(changed, expected=1), Remove(gone.user_id, gone.id)]
            assert repository.execute([Add(old), Add(gone)]) == [old, gone]
            postgres.standby.stop()
            with ThreadPoolExecutor(len(writes)) as threads:
                answers = [threads.submit(repository.execute, [write]) for write in writes]
                for cut_short in (canceled, terminated, crashed):
                    wait_until_settled(answers, postgres)
                    cut_short(postgres.primary)
                wait_until_settled(answers, postgres)
                postgres.primary.kill(backends=True)
                postgres.standby.start()
                postgres.promote()
                was = [not isinstance(one.result()[0], Exception) for one in answers]
            [left] = repository.execute([Find(old.user_id)])
            there = [new in left, changed in left, gone not in left]
            acknowledged += was
            lost += [said and not is_so for said, is_so in zip(was, there, strict=True)]

    report(
        fault="the wait for the standby cut short, then the primary killed",
        times=rounds,
        acknowledged=sum(acknowledged),
        lost=sum(lost),
        duplicated=0,
        wrong=0,
        unknown=len(acknowledged) - sum(acknowledged),
    )
    assert not any(lost)


def wait_until_settled(answers: list[Future[list[object]]], postgres: Pair) -> None:
    """Wait until each is there, or waits for the standby."""
    wait_until(
        lambda: postgres.waiting + sum(one.done() for one in answers) == len(answers),
        shown=lambda: answers,
    )
