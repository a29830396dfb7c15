"""Commands are killed with -9, several at once, and what they said was done is done."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from attrs import evolve
from faults.commands import Person
from faults.ledger import Ledger, audit
from faults.storage import forget, require_whole, seconds_to_use, skip_unless_long, url_of

from taskcore import Tasks, open_repository

if TYPE_CHECKING:
    from pathlib import Path

    from faults.conftest import Report, Times

PEOPLE = 3
FEW, MANY = 5, 300


@pytest.mark.parametrize("storage", ["sqlite", "postgres"])
def test_what_a_killed_command_said_is_done(
    tmp_path: Path, request: pytest.FixtureRequest, times: Times, report: Report, storage: str
) -> None:
    skip_unless_long(times, storage)
    url = url_of(storage, tmp_path, request)
    commands = times(12, 1_200 if storage == "sqlite" else 240)
    ledger = Ledger()
    people = [
        Person(tmp_path, url, f"person-{number}", ledger, random, killed=0.5)
        for number, random in enumerate(map(Random, range(PEOPLE)))
    ]

    def type_commands(person: Person) -> None:
        for _ in range(commands // PEOPLE):
            person.do_something()

    with ThreadPoolExecutor(PEOPLE) as pool:
        list(pool.map(type_commands, people))
    used = seconds_to_use(url)
    verdict = audit(ledger, url)

    report(
        fault=f"commands killed with -9, three at once, {storage}",
        times=sum(person.kills for person in people),
        **verdict.counts,
        commands=commands,
        usable_after=f"{used:.2f} s",
    )
    verdict.require_clean()
    assert used < times(10, 2)  # a run of all tests shares the machine
    if storage == "sqlite":
        require_whole(tmp_path / "tasks.db")


def test_numbers_of_the_last_list_are_those_of_one_whole_list(
    tmp_path: Path, times: Times, report: Report
) -> None:
    url = f"sqlite:///{tmp_path}/tasks.db"
    with open_repository(url) as repository:
        tasks = Tasks(repository, "person")
        tasks.add_all(f"Task {number}" for number in range(MANY))
    ledger = Ledger()
    person = Person(tmp_path, url, "person", ledger, Random(0), killed=0.7)  # noqa: S311  # no secret
    person.run("list", "-n", f"{FEW}")
    [memory] = (tmp_path / "state" / "taskcore" / "last-list").iterdir()
    torn = 0

    for number in range(times(6, 150)):
        person.run("list", "-n", f"{(FEW, MANY)[number % 2]}")
        ids = [UUID(line) for line in memory.read_text().splitlines()]
        torn += len(ids) not in {FEW, MANY}

    report(
        fault="taskcore list killed with -9",
        times=person.kills,
        acknowledged=ledger.statuses[0],
        lost=0,
        duplicated=0,
        wrong=torn,
    )
    assert not torn
    assert not ledger.wrong
    _, lines = evolve(person, killed=0).run("show", f"{FEW}")
    assert lines[0] == f"id: {ids[FEW - 1]}"


@pytest.mark.parametrize("storage", ["sqlite", "postgres"])
def test_tables_whose_making_was_killed_are_made_the_next_time(
    tmp_path: Path, request: pytest.FixtureRequest, times: Times, report: Report, storage: str
) -> None:
    skip_unless_long(times, storage)
    url = url_of(storage, tmp_path, request, "empty_postgres_url")
    command = ("add", "Buy milk") if storage == "sqlite" else ("db", "upgrade")
    kills = times(2, 60 if storage == "sqlite" else 20)
    ledger = Ledger()
    person = Person(tmp_path, url, "person", ledger, Random(0), killed=0)  # noqa: S311  # no secret
    person.run(*command)
    open_repository(url, upgrade=True).close()  # what that imports takes no part of the time below
    person.killed, used = 1, []

    while person.kills < kills:
        forget(url)
        person.run(*command)
        started = time.monotonic()
        with open_repository(url, upgrade=True) as repository:
            tasks = Tasks(repository, "person")
            before = len(tasks.find())
            tasks.add("Somebody is there")
            assert len(tasks.find()) == before + 1 <= 2
        used.append(time.monotonic() - started)

    report(
        fault=f"killed with -9 while it made the tables, {storage}",
        times=person.kills,
        acknowledged=len(used),
        lost=0,
        duplicated=0,
        wrong=len(ledger.wrong),
        usable_after=f"{max(used):.2f} s",
    )
    assert not ledger.wrong
    assert max(used) < times(10, 2)
