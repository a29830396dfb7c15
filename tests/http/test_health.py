"""Health: live while the process answers; ready while the storage does."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from litestar.testing import TestClient
from psycopg import sql

from taskcore import Batcher
from taskcore.adapters.memory import MemoryRepository
from taskcore.errors import RepositoryUnavailable
from taskcore_http import create_app
from taskcore_http.health import FRESH, Readiness
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.http.conftest import Api, Start

    from taskcore.ports import Operation


class CountingRepository(MemoryRepository):
    """Counts what it is asked, waits at a gate, and fails as it is told."""

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__()
        self.calls = 0
        self.failure = failure
        self.gate = Event()
        self.gate.set()

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        self.calls += len(operations)
        assert self.gate.wait(10)
        if self.failure:
            raise self.failure
        return super().execute(operations)


def test_a_server_is_live_and_ready(api: Api) -> None:
    live, ready = api.send("GET", "/health/live"), api.send("GET", "/health/ready")

    assert (live.status, live.json) == (200, {"status": "live"})
    assert (ready.status, ready.json) == (200, {"status": "ready"})


def test_to_be_live_no_storage_is_asked() -> None:
    repository = CountingRepository()
    with TestClient(create_app(repository, Settings())) as client:
        assert client.get("/health/live").status_code == 200

    assert repository.calls == 0


@pytest.mark.parametrize(
    ("failure", "status"), [(RepositoryUnavailable("away"), 503), (RuntimeError("bug"), 500)]
)
def test_a_storage_that_fails_is_not_ready(failure: Exception, status: int) -> None:
    app = create_app(CountingRepository(failure), Settings())
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/health/ready").status_code == status


def test_all_who_ask_within_a_second_share_one_round_trip() -> None:
    repository = CountingRepository()

    async def main() -> None:
        async with Batcher(repository) as batcher:
            readiness = Readiness(batcher)
            await asyncio.gather(*(readiness.check() for _ in range(20)))
            await readiness.check()
            assert repository.calls == 1
            await asyncio.sleep(FRESH + 0.1)
            await readiness.check()
            assert repository.calls == 2

    asyncio.run(main())


def test_one_who_stops_waiting_does_not_disturb_the_others() -> None:
    repository = CountingRepository()

    async def main() -> None:
        async with Batcher(repository) as batcher:
            readiness = Readiness(batcher)
            repository.gate.clear()
            first, second = (asyncio.create_task(readiness.check()) for _ in range(2))
            await asyncio.sleep(0.01)
            first.cancel()
            await asyncio.sleep(0.01)
            repository.gate.set()
            await second
            assert first.cancelled()
            assert repository.calls == 1

    asyncio.run(main())


def test_a_failure_is_remembered_no_longer_than_a_success() -> None:
    repository = CountingRepository(RepositoryUnavailable("away"))

    async def main() -> None:
        async with Batcher(repository) as batcher:
            readiness = Readiness(batcher)
            for _ in range(2):
                with pytest.raises(RepositoryUnavailable):
                    await readiness.check()
            assert repository.calls == 1
            repository.failure = None
            await asyncio.sleep(FRESH + 0.1)
            await readiness.check()

    asyncio.run(main())


def test_a_server_that_can_only_read_says_so_at_its_start_and_is_ready(
    start: Start, postgres_url: str
) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        name = sql.Identifier(connection.info.dbname)
        closed = sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on")
        connection.execute(closed.format(name))

    server = start(TASKCORE_DATABASE_URL=postgres_url)
    api = server.api()

    assert server.errors.endswith(" (read-only)\n")
    assert api.send("GET", "/health/ready").status == 200
    assert api.tasks() == []
    api.call("POST", "", {"title": "x"}).assert_problem(503, "unavailable")
