"""Behind PgBouncer in transaction mode, every answer is to what was asked."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import psycopg
import pytest
from faults.ledger import audit
from faults.poolers import Pooler, pooler
from faults.servers import serving
from faults.stories import KINDS, Story
from faults.waiting import wait_until
from faults.writers import writing
from psycopg.conninfo import conninfo_to_dict

from taskcore.adapters.postgres import PostgresRepository, create_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from faults.conftest import Report, Times

CLIENTS = 8
"""How many engines there are, as of so many programs."""

USERS = 4
"""How many threads of a client ask at the same time, each for a user of its own."""

SERVERS = 3
"""How many connections to Postgres they all share."""

SETTINGS = {
    "as it comes": "",
    "with a reset after every transaction": "server_reset_query_always = 1\n",
}


@pytest.fixture
def pgbouncer(request: pytest.FixtureRequest, postgres_url: str) -> Iterator[Pooler]:
    """Return one that runs, with the settings that the test is parametrized with."""
    with pooler(postgres_url, servers=SERVERS, more=getattr(request, "param", "")) as made:
        made.start()
        yield made


class Clients:
    """Programs that ask at the same time, each with its engine, until they have asked enough."""

    def __init__(self, url: str, patience: float) -> None:
        self.stories = [
            Story(f"user-{number}", patience=patience) for number in range(CLIENTS * USERS)
        ]
        self._repositories = [
            PostgresRepository(create_engine(url), dispose=True) for _ in range(CLIENTS)
        ]
        self._threads = ThreadPoolExecutor(len(self.stories))
        self._enough = Event()
        self._running = [
            self._threads.submit(
                story.go_on, self._repositories[number % CLIENTS], lambda _: self._enough.is_set()
            )
            for number, story in enumerate(self.stories)
        ]

    @property
    def asked(self) -> int:
        return sum(story.asked for story in self.stories)

    @property
    def reasons(self) -> list[str]:
        """Why they had to ask again, each time."""
        return [reason for story in self.stories for reason in story.reasons]

    @property
    def wrong(self) -> list[str]:
        return [wrong for story in self.stories for wrong in story.wrong]

    def reach(self, operations: int) -> None:
        """Wait until so many were asked."""
        self.wait(lambda: self.asked >= operations, 20 + operations / 50)

    def wait(self, condition: Callable[[], bool], seconds: float = 20) -> None:
        """Wait until it holds; raise what a client raises until then."""

        def holds() -> bool:
            broken = [one for one in self._running if one.done()]
            assert not broken, broken[0].result()
            return condition()

        wait_until(holds, seconds, shown=lambda: f"{self.asked} asked; {self.reasons}")

    def end(self) -> None:
        """Let all come to an end, and raise what one of them has raised."""
        self._enough.set()
        self._threads.shutdown()
        for repository in self._repositories:
            repository.close()
        for one in self._running:
            one.result()


@contextmanager
def clients(url: str, *, patience: float = 0) -> Iterator[Clients]:
    """Lend clients that ask what is at the URL, until the end."""
    made = Clients(url, patience)
    try:
        yield made
    finally:
        made.end()


@pytest.mark.parametrize("pgbouncer", SETTINGS.values(), ids=SETTINGS, indirect=True)
def test_eight_clients_share_few_connections_and_none_gets_anothers_answer(
    pgbouncer: Pooler, times: Times, report: Report
) -> None:
    with clients(pgbouncer.url) as asking:
        asking.reach(times(1_000, 50_000))

    assert not asking.wrong
    report(
        fault="8 clients share 3 connections through PgBouncer",
        times=asking.asked,
        acknowledged=asking.asked,
        lost=0,
        duplicated=0,
        wrong=len(asking.wrong),
        kinds=len(KINDS),
    )


def test_a_pooler_that_is_killed_and_comes_back_is_used_again(
    pgbouncer: Pooler, times: Times, report: Report
) -> None:
    healed = []
    kills = times(2, 50)
    with clients(pgbouncer.url, patience=30) as asking:
        for _ in range(kills):
            asking.reach(asking.asked + 200)
            pgbouncer.kill()
            asking.wait(noticed_after(asking))
            pgbouncer.start()
            there = time.monotonic()
            asking.reach(asking.asked + 1)
            healed.append(time.monotonic() - there)

    assert not asking.wrong
    assert not [reason for reason in asking.reasons if "prepared statement" in reason]
    report(
        fault="PgBouncer killed",
        times=kills,
        acknowledged=asking.asked,
        lost=0,
        duplicated=0,
        wrong=len(asking.wrong),
        unavailable=len(asking.reasons),
        healed=f"{max(healed):.2f} s",
    )


def noticed_after(asking: Clients) -> Callable[[], bool]:
    before = len(asking.reasons)
    return lambda: len(asking.reasons) > before


def test_a_pooler_that_takes_the_place_of_the_server_is_noticed_at_once(
    postgres_url: str, times: Times, report: Report
) -> None:
    """A connection leads to the same peer all its life, and a new one is looked at first."""
    swaps = times(1, 50)
    with (
        pooler(postgres_url, servers=SERVERS) as pgbouncer,
        clients(pooler_else_server(pgbouncer, postgres_url), patience=30) as asking,
    ):
        for _ in range(swaps):
            # By now, those that go to the server directly have statements prepared there.
            asking.reach(asking.asked + 600)
            pgbouncer.start()
            assert terminate_all(postgres_url)
            asking.reach(asking.asked + 300)
            pgbouncer.kill()

    assert not asking.wrong
    assert not [reason for reason in asking.reasons if "prepared statement" in reason]
    report(
        fault="PgBouncer put in place of the server",
        times=swaps,
        acknowledged=asking.asked,
        lost=0,
        duplicated=0,
        wrong=len(asking.wrong),
        unavailable=len(asking.reasons),
    )


def test_what_was_acknowledged_through_a_pooler_that_is_killed_is_there(
    tmp_path: Path, postgres_url: str, pgbouncer: Pooler, times: Times, report: Report
) -> None:
    kills, between = times(2, 30), times(100, 1_000)
    healed = []
    with serving(tmp_path, pgbouncer.url) as http:
        with writing(http.address) as ledger:
            for _ in range(kills):
                ledger.wait_for(between)
                pgbouncer.kill()
                pgbouncer.start()
                there = time.monotonic()
                ledger.wait_for(between)
                healed.append(ledger.healed_after(there))
        verdict = audit(ledger, postgres_url)

    report(
        fault="PgBouncer killed behind the server",
        times=kills,
        **verdict.counts,
        unknown=verdict.unknown,
        serving_again=f"{max(healed):.2f} s",
    )
    verdict.require_clean()


def pooler_else_server(pgbouncer: Pooler, postgres_url: str) -> str:
    """Return a URL that leads to the server while the pooler is down."""
    server = {name: str(value) for name, value in conninfo_to_dict(postgres_url).items()}
    hosts = f"127.0.0.1,{server['host']}"
    ports = f"{pgbouncer.port},{server.get('port', 5432)}"
    return f"postgresql:///?{urlencode(server | {'host': hosts, 'port': ports})}"


def terminate_all(postgres_url: str) -> int:
    """End every connection to the database but one's own, and return how many there were."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        return connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).rowcount
