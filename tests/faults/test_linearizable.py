"""Many clients at once, on every storage: what they are answered has an order.

Each history that clients made is put in an order in which one call comes after another and the
model gives the same answers; see ``faults.linearizability``. A failure shows the seed, and the part
of the history that has none.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, ExitStack, contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from faults.histories import Crowd, history, require_linearizable
from faults.programs import PROGRAMS, Program
from faults.servers import Server, serving
from faults.web import Door

from taskcore import Batcher
from taskcore.adapters.memory import MemoryRepository
from taskcore.adapters.postgres import PostgresRepository, create_engine
from taskcore.adapters.sqlite import SqliteRepository
from taskcore.usecases import nesting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from faults.conftest import Report, Times

    from taskcore import TaskRepository

STORAGES = ["memory", "sqlite", "sqlite twice", "postgres", "postgres twice"]


@pytest.fixture
def storages(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[TaskRepository]]:
    """Return the storage of this name, as one server sees it, or as each of two does."""

    def make(kind: str) -> TaskRepository:
        if kind == "memory":
            return MemoryRepository()
        if kind == "sqlite":
            return SqliteRepository(tmp_path / "tasks.db")
        url = request.getfixturevalue("postgres_url")
        return PostgresRepository(create_engine(url), dispose=True)

    kind, _, twice = request.param.partition(" ")
    with ExitStack() as opened:
        yield [opened.enter_context(make(kind)) for _ in range(2 if twice else 1)]


@pytest.fixture
def play(storages: list[TaskRepository]) -> Callable[..., dict[str, int]]:
    """Return a function that has clients make histories through batchers, and counts the calls."""

    async def play(*arguments: Any) -> dict[str, int]:
        async with AsyncExitStack() as entered:
            batchers = [
                await entered.enter_async_context(Batcher(one, threads=4)) for one in storages
            ]
            return await counted(batchers, *arguments)

    return lambda *arguments: asyncio.run(play(*arguments))


async def counted(
    servers: Sequence[Any], program: Program, crowd: Crowd, rounds: int
) -> dict[str, int]:
    """Have clients make histories, demand an order of each, and count the calls."""
    seed = f"{time.time_ns()}"
    known = unknown = 0
    for number in range(rounds):
        calls = await history(program, crowd, servers, f"{seed} {number}")
        require_linearizable(calls)
        known += sum(call.answered is not None for call in calls)
        unknown += sum(call.answered is None for call in calls)
    return {"times": known + unknown, "acknowledged": known, "unknown": unknown}


NOTHING_WRONG = {"lost": 0, "duplicated": 0, "wrong": 0}


@pytest.mark.parametrize("storages", STORAGES, indirect=True)
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_many_clients_are_answered_has_an_order(
    program: str,
    play: Callable[..., dict[str, int]],
    times: Times,
    report: Report,
    request: pytest.FixtureRequest,
) -> None:
    figures = play(PROGRAMS[program], Crowd(), times(1, 60))

    assert figures["unknown"] == 0
    fault = f"many clients at once, {request.node.callspec.params['storages']}, {program}"
    report(fault=fault, **figures, **NOTHING_WRONG)


@pytest.mark.parametrize("storages", ["sqlite", "postgres twice"], indirect=True)
def test_no_move_and_no_addition_goes_too_deep(
    play: Callable[..., dict[str, int]],
    times: Times,
    report: Report,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # So that a few tasks are enough to get there.
    monkeypatch.setattr(nesting, "LEVELS", 3)

    figures = play(PROGRAMS["families"], Crowd(tasks=5), times(1, 40))

    assert figures["unknown"] == 0
    fault = f"many clients at once, {request.node.callspec.params['storages']}, 3 levels"
    report(fault=fault, **figures, **NOTHING_WRONG)


@pytest.mark.parametrize("storages", ["postgres", "postgres twice"], indirect=True)
@pytest.mark.parametrize("program", PROGRAMS)
def test_it_has_one_too_while_connections_are_lost(
    program: str,
    play: Callable[..., dict[str, int]],
    times: Times,
    report: Report,
    request: pytest.FixtureRequest,
) -> None:
    url = request.getfixturevalue("postgres_url")
    with killing_connections(url, every=0.05) as killed:
        # Of a removal that ran again, all that is known is that the task is gone.
        lasting = PROGRAMS[program].without_removals()
        figures = play(lasting, Crowd(), times(1, 30))

    assert killed
    # Nothing can be said of a history of which nobody knows anything.
    assert figures["acknowledged"] > 0.5 * figures["times"]
    fault = f"connections killed, {request.node.callspec.params['storages']}, {program}"
    report(fault=fault, **figures, **NOTHING_WRONG, killed=len(killed))


@pytest.fixture(params=["sqlite", "postgres"])
def http(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """Return a server of two processes, on each storage that two can share."""
    url = f"sqlite:///{tmp_path}/tasks.db"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres_url")
    with serving(tmp_path, url, TASKCORE_WORKERS="2") as http:
        yield http


def test_it_has_one_over_http_whichever_process_answers(
    http: Server, times: Times, report: Report, request: pytest.FixtureRequest
) -> None:
    async def play(program: Program) -> dict[str, int]:
        door = Door(http.address)
        try:
            return await counted([door], program.over_http(), Crowd(), times(1, 20))
        finally:
            door.close()

    storage = request.node.callspec.params["http"]
    for name, program in PROGRAMS.items():
        figures = asyncio.run(play(program))
        assert figures["unknown"] == 0
        report(fault=f"many HTTP clients, {storage}, {name}", **figures, **NOTHING_WRONG)


@contextmanager
def killing_connections(url: str, *, every: float) -> Iterator[Sequence[int]]:
    """End one of the database's connections every so many seconds; which, is left to chance.

    The first is one as soon as there are any, so that also a short history loses one.
    """
    stop, killed = Event(), []

    def kill() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not stop.wait(every if killed else 0.001):
                row = connection.execute(_KILL_ONE).fetchone()
                killed.extend(row or ())

    thread = Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        stop.set()
        thread.join()


_KILL_ONE: Any = """
    SELECT pid FROM (
        SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
        AND backend_type = 'client backend'
        ORDER BY (state = 'active') DESC, random() LIMIT 1
    ) AS one WHERE pg_terminate_backend(pid)
"""
