"""/metrics: what Prometheus reads there, and that nothing of the users' is in it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psutil
import pytest
from litestar.testing import TestClient
from prometheus_client.parser import text_string_to_metric_families

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.http.conftest import Api, Server, Start

ONE = "/api/{user_id}/tasks/{task_id}"
COLLECTION = "/api/{user_id}/tasks"


@pytest.fixture
def api(start: Start) -> Api:
    return start(TASKCORE_DATABASE_URL="memory:", TASKCORE_METRICS="on").api("alice")


def samples(text: str) -> dict[tuple[str, ...], float]:
    """Return the samples by their names and the values of their labels in the order of names."""
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(api: Api) -> dict[tuple[str, ...], float]:
    answer = api.send("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    return samples(answer.body.decode())


def test_requests_are_counted_and_timed_by_method_route_and_status(api: Api) -> None:
    task = api.add()
    for _ in range(3):
        api.call("GET", f"/{task['id']}")
    api.call("GET", "/01890a5d-ac96-774b-bcce-b302099a8057")
    api.call("HEAD")
    api.call("PROPFIND")
    api.send("GET", "/nowhere")

    found = scrape(api)

    count = "taskcore_http_requests_total"
    counted = {key[1:]: value for key, value in found.items() if key[0] == count}
    assert counted == {
        ("POST", COLLECTION, "201"): 1,
        ("GET", ONE, "200"): 3,
        ("GET", ONE, "404"): 1,
        ("HEAD", COLLECTION, "200"): 1,
        ("_OTHER", "none", "405"): 1,
        ("GET", "none", "404"): 1,
    }
    seconds = "taskcore_http_request_duration_seconds"
    assert found[f"{seconds}_count", "GET", ONE] == 4
    assert 0 < found[f"{seconds}_sum", "GET", ONE] < 10
    assert found[f"{seconds}_bucket", "+Inf", "GET", ONE] == 4
    assert found["taskcore_http_requests_in_flight",] == 1
    assert found["taskcore_errors_total", "not_found"] == 2
    assert found["taskcore_errors_total", "method_not_allowed"] == 1


def test_batches_are_counted_by_the_kinds_of_what_is_in_them(api: Api) -> None:
    answer = api.call("POST", "", [{"title": f"{number}"} for number in range(40)])
    assert answer.status == 207
    api.tasks()

    found = scrape(api)

    assert found["taskcore_batch_size_sum", "Add"] == 40
    assert found["taskcore_batch_size_count", "Add"] == 1
    assert found["taskcore_batch_size_bucket", "Add", "32.0"] == 0
    assert found["taskcore_batch_size_bucket", "Add", "64.0"] == 1
    assert found["taskcore_batch_size_sum", "Find"] == 1
    assert found["taskcore_database_seconds_count",] >= 2
    assert 0 < found["taskcore_database_seconds_sum",] < 10
    assert found["taskcore_queue_depth",] == 0


def test_requests_that_wait_for_a_storage_and_its_queue_can_be_seen(
    start: Start, postgres_url: str
) -> None:
    import psycopg

    api = start(TASKCORE_DATABASE_URL=postgres_url, TASKCORE_METRICS="on").api("alice")
    with ThreadPoolExecutor(30) as pool:
        with psycopg.connect(postgres_url) as connection:
            connection.execute("LOCK TABLE taskcore.tasks")
            waiting = []
            for _ in range(30):
                waiting.append(pool.submit(api.add))
                time.sleep(0.01)
            deadline = time.monotonic() + 8
            while (found := scrape(api))["taskcore_http_requests_in_flight",] < 31:
                assert time.monotonic() < deadline
            assert found["taskcore_queue_depth",] > 0
        for one in waiting:
            one.result()

    found = scrape(api)
    assert found["taskcore_http_requests_in_flight",] == 1
    assert found["taskcore_queue_depth",] == 0


def test_several_processes_that_share_a_directory_answer_for_all(
    start: Start, tmp_path: Path
) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    settings = {
        "TASKCORE_DATABASE_URL": "memory:",
        "TASKCORE_METRICS": "on",
        "PROMETHEUS_MULTIPROC_DIR": str(shared),
    }
    apis = [start(**settings).api("alice") for _ in range(2)]
    for api in apis:
        for _ in range(3):
            api.add()

    for api in apis:
        found = scrape(api)
        assert found["taskcore_http_requests_total", "POST", COLLECTION, "201"] == 6
        assert found["taskcore_batch_size_sum", "Add"] == 6
        assert found["taskcore_http_requests_in_flight",] == 1


def test_workers_count_together_also_after_one_died(start: Start) -> None:
    server = start(
        *("--port", "0", "--workers", "2"),
        TASKCORE_DATABASE_URL="sqlite:///tasks.db",
        TASKCORE_METRICS="on",
    )
    api = server.api("alice")
    for _ in range(20):
        api.add()
    [worker, *_] = [
        one
        for one in psutil.Process(server.process.pid).children()
        if "resource_tracker" not in " ".join(one.cmdline())
    ]
    worker.kill()
    worker.wait(10)

    found = scrape(api)
    assert found["taskcore_http_requests_total", "POST", COLLECTION, "201"] == 20
    assert server.stop() == 0


def test_unless_it_is_switched_on_it_is_not_there(server: Server) -> None:
    server.api().send("GET", "/metrics").assert_problem(404, "not_found")


def test_two_applications_in_one_process_count_apart() -> None:
    settings = Settings(metrics=True)
    with (
        TestClient(create_app(MemoryRepository(), settings)) as one,
        TestClient(create_app(MemoryRepository(), settings)) as other,
    ):
        one.get("/api/alice/tasks")

        assert ("taskcore_batch_size_sum", "Find") in samples(one.get("/metrics").text)
        assert ("taskcore_batch_size_sum", "Find") not in samples(other.get("/metrics").text)
