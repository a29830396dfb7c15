"""Measure what row-level security costs, on this machine: ``python bench/protection.py``.

Prints CPU microseconds an operation, this process and the one of Postgres that serves it: as the
owner of the tables, whom nothing limits, and as a role that ``taskcore db protect`` made. Postgres
is one that TASKCORE_TEST_POSTGRES_URL names, with its processes on this machine, or a new one.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psutil
import sqlalchemy
from run import postgres
from table import print_table

from taskcore import Tasks
from taskcore.adapters.memory import MemoryRepository
from taskcore.adapters.postgres import PostgresRepository, create_engine, protect, upgrade
from taskcore.entities import TaskQuery
from taskcore.entities.filters import parse_filter, resolve
from taskcore.ports import Add, Find, Get
from taskcore.ports.system import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Engine

    from taskcore import Task
    from taskcore.ports import Operation

ROUNDS: Final = 5
CALLS: Final = 1_000
"""How many batches a round has."""


def main() -> None:
    """Measure as both, in turns, and print the table."""
    with postgres() as url, engines(url) as (owner, limited):
        figures: dict[str, dict[str, float]] = {}
        for _ in range(ROUNDS):
            for name, engine in (("not limited", owner), ("limited", limited)):
                best = figures.setdefault(name, {})
                for call, figure in round_of(engine).items():
                    best[call] = min(best.get(call, figure), figure)
    ratio = {
        call: figures["limited"][call] / figure for call, figure in figures["not limited"].items()
    }
    print_table("operation", figures, "CPU us an operation, this process and Postgres")
    print("\n" + ", ".join(f"{call}: {times:.2f} times" for call, times in ratio.items()))


@contextmanager
def engines(url: str) -> Iterator[tuple[Engine, Engine]]:
    """Return engines of the owner and of a limited role, on a database of their own."""
    name = f"taskcore_bench_{uuid4().hex}"
    parts = urlsplit(url)
    administrator = create_engine(url)
    owner = create_engine(urlunsplit(parts._replace(path=f"/{name}")))
    place = f"{name}:x@{parts.netloc.rpartition('@')[2]}"
    limited = create_engine(urlunsplit(parts._replace(path=f"/{name}", netloc=place)))
    _run(administrator, f"CREATE DATABASE {name}")
    try:
        upgrade(owner)
        protect(owner, role=name)
        _run(owner, f"ALTER ROLE {name} LOGIN PASSWORD 'x'")
        yield owner, limited
    finally:
        owner.dispose()
        limited.dispose()
        for statement in (f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE IF EXISTS {name}"):
            _run(administrator, statement)
        administrator.dispose()


def _run(engine: Engine, statement: str) -> None:
    with engine.connect() as connection:
        connection.execute(sqlalchemy.text(statement))


def round_of(engine: Engine) -> dict[str, float]:
    """Return the CPU microseconds an operation, for each kind and size of batch."""
    repository = PostgresRepository(engine)
    user_id = uuid4().hex
    fifty = Tasks(repository, user_id).add_all(f"Task {number}" for number in range(50))
    ids = [task.id for task in fifty if not isinstance(task, Exception)]
    page = TaskQuery(resolve(parse_filter("completed = false"), utc_now(), None), limit=50)
    kinds: dict[str, Callable[[int], Operation[object]]] = {
        "get": lambda number: Get(user_id, ids[number % len(ids)]),
        "list of 50": lambda _: Find(user_id),
        "page of 50": lambda _: Find(user_id, page),
        "add": lambda number: Add(_task(number)),
    }
    figures = {}
    for kind, make in kinds.items():
        for size in (1, 10) if kind in {"get", "add"} else (1,):
            batches = [[make(call * size + n) for n in range(size)] for call in range(CALLS)]
            figures[f"{kind}, {size} a batch"] = _cpu(repository, engine, batches) / size
    return figures


def _cpu(
    repository: PostgresRepository, engine: Engine, batches: Sequence[Sequence[Operation[object]]]
) -> float:
    """Return the CPU microseconds that a batch takes here and there."""
    with engine.connect() as connection:
        pid = connection.execute(sqlalchemy.text("SELECT pg_backend_pid()")).scalar()
    server = psutil.Process(pid)
    start = time.process_time() + sum(server.cpu_times()[:2])
    for batch in batches:
        repository.execute(batch)
    spent = time.process_time() + sum(server.cpu_times()[:2]) - start
    return spent / len(batches) * 1e6


def _task(number: int) -> Task:
    return Tasks(MemoryRepository(), f"user {number % 100}").add("Write the report")


if __name__ == "__main__":
    main()
