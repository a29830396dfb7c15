"""Server-Timing: in debug, how long an answer took and the storage in that; never otherwise."""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from litestar.testing import TestClient

from taskcore.adapters.memory import MemoryRepository
from taskcore.ports import Count, Get
from taskcore_http import create_app
from taskcore_http.edge import Exchange
from taskcore_http.settings import Settings
from taskcore_http.telemetry.storage import WatchedBatcher, storage_waits, watch_storage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.http.conftest import Server, Start

    from taskcore.ports import Operation

TIMES = re.compile(r"app;dur=(\d+\.\d{3}), db;dur=(\d+\.\d{3})")


class SlowRepository(MemoryRepository):
    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        time.sleep(0.05)
        return super().execute(operations)


@pytest.mark.parametrize("body", [{"title": "x"}, [{"title": "x"}] * 20], ids=["one", "many"])
def test_in_debug_an_answer_says_how_long_it_took_and_how_long_the_storage(body: object) -> None:
    app = create_app(SlowRepository(), Settings(debug=True))
    with TestClient(app) as client:
        started = time.perf_counter()
        answer = client.post("/api/alice/tasks", json=body)
        took = (time.perf_counter() - started) * 1000

    times = TIMES.fullmatch(answer.headers["Server-Timing"])
    assert times
    whole, storage = map(float, times.groups())
    assert 50 <= storage <= whole <= took


def test_operations_that_overlap_are_one_wait_from_the_first_to_the_last() -> None:
    async def main() -> list[tuple[int, int]]:
        async with WatchedBatcher(SlowRepository(), threads=2) as batcher:
            watch_storage(Exchange({}, "GET", {}, "id", []))
            first = batcher.submit(Count("alice"))
            await asyncio.sleep(0.02)
            await asyncio.gather(first, batcher.submit(Get("alice", UUID(int=0))))
            await batcher.submit(Count("alice"))
            return storage_waits()

    both, alone = (end - began for began, end in asyncio.run(main()))
    assert both >= 70_000_000
    assert alone >= 50_000_000


def test_in_debug_an_answer_without_the_storage_says_so() -> None:
    with TestClient(create_app(SlowRepository(), Settings(debug=True))) as client:
        answer = client.get("/api/alice/tasks?page_size=no")

    assert answer.status_code == 400
    times = TIMES.fullmatch(answer.headers["Server-Timing"])
    assert times
    assert times[2] == "0.000"


def test_a_server_says_it_with_the_setting_only(start: Start, server: Server) -> None:
    debugged = start(TASKCORE_DATABASE_URL="memory:", TASKCORE_DEBUG="on")

    assert TIMES.fullmatch(debugged.api().call("GET").headers["Server-Timing"])
    assert "Server-Timing" not in server.api().call("GET").headers
