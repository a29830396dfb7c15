"""An owner is taken out of a statement: that is noticed, and row-level security answers for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from faults import owner_mutants, owner_trials
from faults.owner_mutants import mutants, unexplained

if TYPE_CHECKING:
    from faults.conftest import Report, Times

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each trial is a fork")

TESTS = Path(__file__).parent.parent
CONTROLS = [number for number, mutant in enumerate(mutants()) if mutant.line == 0]


def tried(numbers: list[int], count: int, **urls: str | None) -> list[dict[str, Any]]:
    """Return what came of trials of these mutants, with so many batches each."""
    done = subprocess.run(  # noqa: S603  # our own program
        [
            *(sys.executable, "-W", "ignore", owner_trials.__file__),
            *(json.dumps(urls), json.dumps(numbers), str(count)),
        ],
        env=os.environ | {"PYTHONPATH": str(TESTS)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    trials = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(trials) == len(numbers)
    return trials


def test_an_owner_that_is_taken_out_anywhere_is_missed(
    times: Times, report: Report, postgres_url: str, shared_postgres_url: str
) -> None:
    # The short form takes some of each storage, and always those in which nothing is changed.
    numbers = sorted({*CONTROLS, *range(0, len(mutants()), times(8, 1))})
    trials = tried(
        numbers,
        times(5, 100),
        tried=shared_postgres_url,
        owned=shared_postgres_url,
        judge=postgres_url,
    )

    noticed = [trial["mutant"] for trial in trials if trial["plans"] or trial["answers"]]
    unnoticed = [trial["mutant"] for trial in trials if trial["mutant"] not in noticed]
    assert unnoticed == [str(mutants()[number]) for number in CONTROLS]
    report(
        fault="the owner is taken out of one statement, or look-up",
        times=len(noticed),
        acknowledged=0,
        lost=0,
        duplicated=0,
        wrong=0,
        noticed=len(noticed),
        by_plans=sum(bool(trial["plans"]) for trial in trials),
        by_answers=sum(bool(trial["answers"]) for trial in trials),
    )


def test_behind_row_level_security_the_answers_are_right_all_the_same(
    times: Times, report: Report, shared_protected_postgres_url: tuple[str, str]
) -> None:
    owned, limited = shared_protected_postgres_url
    of_postgres = [
        number for number, mutant in enumerate(mutants()) if mutant.module.startswith("postgres.")
    ]
    trials = tried(
        of_postgres[:: times(11, 1)], times(5, 100), tried=limited, owned=owned, judge=None
    )

    assert [trial["answers"] for trial in trials if trial["answers"]] == []
    report(
        fault="the same on Postgres, with row-level security",
        times=len(trials) - 1,
        acknowledged=sum(trial["batches"] for trial in trials),
        lost=0,
        duplicated=0,
        wrong=0,
    )


def test_wherever_a_statement_names_an_owner_a_trial_takes_it_out() -> None:
    assert unexplained() == []


@pytest.mark.parametrize(
    "module", sorted(owner_mutants.PLACES.keys() - {"memory"} - owner_mutants.OF_THE_SCHEMA)
)
def test_a_new_statement_without_a_trial_would_be_missed(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(owner_mutants.PLACES, module, [])

    assert unexplained()
