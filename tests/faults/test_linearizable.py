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
from faults.programs import LASTING, PROGRAMS

from taskcore import Batcher
from taskcore.adapters.memory import MemoryRepository
from taskcore.adapters.postgres import PostgresRepository, create_engine
from taskcore.adapters.sqlite import SqliteRepository
from taskcore.usecases import nesting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.faults.conftest import Report, Times

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
    """Return a function that has clients make histories, demands an order, and counts the calls."""

    async def all_of_them(program: str, crowd: Crowd, rounds: int) -> dict[str, int]:
        seed = f"{time.time_ns()}"
        known = unknown = 0
        async with AsyncExitStack() as entered:
            batchers = [
                await entered.enter_async_context(Batcher(one, threads=4)) for one in storages
            ]
            for number in range(rounds):
                calls = await history(program, crowd, batchers, f"{seed} {number}")
                require_linearizable(calls)
                known += sum(call.answered is not None for call in calls)
                unknown += sum(call.answered is None for call in calls)
        return {"times": known + unknown, "acknowledged": known, "unknown": unknown}

    return lambda *arguments: asyncio.run(all_of_them(*arguments))


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
    counted = play(program, Crowd(), times(1, 60))

    fault = f"many clients at once, {request.node.callspec.params['storages']}, {program}"
    report(fault=fault, **counted, **NOTHING_WRONG)


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

    counted = play("FAMILY", Crowd(tasks=5), times(1, 40))

    fault = f"many clients at once, {request.node.callspec.params['storages']}, 3 levels"
    report(fault=fault, **counted, **NOTHING_WRONG)


@pytest.mark.parametrize("storages", ["postgres", "postgres twice"], indirect=True)
@pytest.mark.parametrize("program", LASTING)
def test_it_has_one_too_while_connections_are_lost(
    program: str,
    play: Callable[..., dict[str, int]],
    times: Times,
    report: Report,
    request: pytest.FixtureRequest,
) -> None:
    url = request.getfixturevalue("postgres_url")
    with killing_connections(url, every=0.05) as killed:
        counted = play(program, Crowd(), times(1, 60))

    fault = f"connections killed, {request.node.callspec.params['storages']}, {program}"
    report(fault=fault, **counted, **NOTHING_WRONG, killed=len(killed))


@contextmanager
def killing_connections(url: str, *, every: float) -> Iterator[Sequence[int]]:
    """End one of the database's connections every so many seconds; which, is left to chance."""
    stop, killed = Event(), []

    def kill() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not stop.wait(every):
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
