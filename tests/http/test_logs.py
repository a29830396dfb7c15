"""The log: one line a request, in one format with all others, and nothing in it of the users'."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psutil
import structlog
from litestar.testing import TestClient

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from tests.http.conftest import Start


MARK = "mark3r"
COLLECTION, ONE = "/api/{user_id}/tasks", "/api/{user_id}/tasks/{task_id}"


def test_a_request_is_one_line_of_json_that_says_what_it_was_and_took(start: Start) -> None:
    server = start(TASKCORE_DATABASE_URL="memory:")
    before = datetime.now(UTC)

    answer = server.api().call("POST", "", {"title": "Buy milk"})

    [line] = server.lines(event="request")
    assert before <= datetime.fromisoformat(line.pop("time")) <= datetime.now(UTC)
    assert 0 < line.pop("duration_ms") < 30_000
    assert line == {
        "level": "info",
        "event": "request",
        "method": "POST",
        "route": COLLECTION,
        "status": 201,
        "bytes": len(answer.body),
        "request_id": answer.headers["X-Request-ID"],
    }


def test_lines_name_the_route_the_method_and_the_problem_whatever_was_asked(start: Start) -> None:
    server = start(TASKCORE_DATABASE_URL="memory:")
    api = server.api("alice")
    api.call("GET", "/01890a5d-ac96-774b-bcce-b302099a8057")
    api.call("HEAD")
    api.send("GET", f"/{MARK}")
    api.call("PROPFIND")
    api.call("GET", "?page_size=no")

    lines = server.lines(5, event="request")

    said = [(line["method"], line["route"], line["status"], line.get("code")) for line in lines]
    assert said == [
        ("GET", ONE, 404, "not_found"),
        ("HEAD", COLLECTION, 200, None),
        ("GET", "none", 404, "not_found"),
        ("_OTHER", "none", 405, "method_not_allowed"),
        ("GET", COLLECTION, 400, "invalid"),
    ]
    assert lines[1]["bytes"] == 0


def test_nothing_of_the_users_is_logged(start: Start, postgres_url: str) -> None:
    server = start(TASKCORE_DATABASE_URL=postgres_url, TASKCORE_METRICS="on", TASKCORE_DEBUG="on")
    api = server.api(f"user-{MARK}")
    secrets = {"Authorization": f"Bearer {MARK}", "Cookie": MARK, "X-Api-Key": MARK}
    calls: list[tuple[str, str, object]] = [
        ("POST", "", {"title": f"title {MARK}", "tags": [MARK], "extra": {MARK: MARK}}),
        ("POST", "", {"title": MARK, MARK: 1}),
        ("POST", "", [{"title": MARK}, {"title": MARK, "project": f"{MARK}..x"}]),
        ("POST", f"?{MARK}={MARK}", {"title": MARK}),
        ("GET", f"?filter={MARK}%20AND%20tags:{MARK}", ...),
        ("GET", f"?filter={MARK}%20AND", ...),
        ("GET", f"?order_by={MARK}", ...),
        ("GET", f"?page_token={MARK}&page_size=1", ...),
        ("GET", f"/{MARK}", ...),
        ("PATCH", f"/{MARK}", {"title": MARK}),
        ("DELETE", f"/{MARK}?subtree={MARK}", ...),
        (MARK.upper(), "", ...),
    ]
    for method, path, body in calls:
        api.call(method, path, body, secrets)
    api.send("GET", f"/{MARK}/{MARK}?{MARK}")
    api.send("POST", api.path, MARK.encode(), {"Content-Type": f"text/{MARK}"} | secrets)
    server.exchange(f"{MARK} / HTTP/9\r\n{MARK}\r\n\r\n".encode())

    metrics = api.send("GET", "/metrics").body.decode()

    assert len(server.lines(len(calls) + 3, event="request")) == len(calls) + 3
    assert MARK not in server.errors.casefold()
    assert MARK not in metrics.casefold()


def test_a_bug_that_postgres_finds_is_logged_without_the_task(
    start: Start, postgres_url: str
) -> None:
    import psycopg

    server = start(TASKCORE_DATABASE_URL=postgres_url)
    with psycopg.connect(postgres_url) as connection:
        connection.execute("ALTER TABLE taskcore.tasks DROP COLUMN title")

    answer = server.api().call("POST", "", {"title": f"title {MARK}"})

    answer.assert_problem(500, "internal")
    [line] = [line for line in server.logged if line["level"] == "error"]
    assert line["event"] == "the request failed"
    assert line["route"] == COLLECTION
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert "Traceback" in line["exception"]
    assert MARK not in server.errors


def test_other_lines_of_the_server_have_the_same_format(start: Start) -> None:
    server = start("--port", "0", "--workers", "2", TASKCORE_DATABASE_URL="sqlite:///tasks.db")

    psutil.Process(server.process.pid).children()[-1].kill()

    [line] = server.lines(level="error")
    assert line["logger"] == "taskcore_http"
    assert "another starts" in line["event"]
    assert datetime.fromisoformat(line["time"]).tzinfo


def test_with_the_log_of_requests_off_only_other_lines_are_there(start: Start) -> None:
    server = start(TASKCORE_DATABASE_URL="memory:", TASKCORE_LOG_REQUESTS="off")
    api = server.api()

    assert api.tasks() == []

    assert server.stop() == 0
    assert server.logged == []


def test_probes_and_scrapes_are_logged_only_when_they_fail(start: Start, tmp_path: Path) -> None:
    server = start(TASKCORE_DATABASE_URL="sqlite:///tasks.db", TASKCORE_METRICS="on")
    api = server.api()
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert api.send("GET", path).status == 200
    (tmp_path / "tasks.db").unlink()
    time.sleep(1.1)

    assert api.send("GET", "/health/ready").status == 503

    [line] = server.lines(event="request")
    assert (line["route"], line["status"]) == ("/health/ready", 503)


def test_warnings_and_other_loggers_write_lines_of_the_same_format() -> None:
    program = """
import asyncio, logging, warnings
from taskcore_http.telemetry import logs
logs.configure()
warnings.warn("old", DeprecationWarning)
logging.getLogger("other").info("not for operators")
logging.getLogger("other").log(35, "100 %s", "%")
logs.logger().info("without a loop")
logs.logger().warning("half a pair", error="\\udc80", number=2**70)
async def in_a_loop():
    logs.logger().info("half a pair", error="\\udc80")
    await asyncio.sleep(0)
asyncio.run(in_a_loop())
"""
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program], capture_output=True, check=True, timeout=60
    )

    old, other, own, odd, later = map(json.loads, done.stderr.splitlines())
    assert (old["level"], old["logger"]) == ("warning", "py.warnings")
    assert "DeprecationWarning: old" in old["event"]
    assert (other["level"], other["logger"], other["event"]) == ("warning", "other", "100 %")
    assert (own["level"], own["event"]) == ("info", "without a loop")
    assert (later["level"], later["error"]) == ("info", "\udc80")
    assert (odd["level"], odd["error"], odd["number"]) == ("warning", "\udc80", 2**70)


def test_in_an_application_that_has_configured_structlog_lines_go_there() -> None:
    captured = structlog.testing.LogCapture()
    structlog.configure(processors=[captured])
    try:
        with TestClient(create_app(MemoryRepository(), Settings())) as client:
            client.get("/api/alice/tasks")
    finally:
        structlog.reset_defaults()

    [line] = captured.entries
    assert (line["event"], line["route"], line["status"]) == ("request", COLLECTION, 200)


def test_in_any_other_application_they_go_to_the_logger_of_the_standard_library(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        caplog.at_level(logging.INFO, "taskcore_http"),
        TestClient(create_app(MemoryRepository(), Settings())) as client,
    ):
        answer = client.get("/api/alice/tasks")

    [record] = [record for record in caplog.records if record.name == "taskcore_http"]
    id = answer.headers["X-Request-ID"]
    assert record.getMessage().startswith("request method='GET' route='/api/{user_id}/tasks'")
    assert (vars(record)["status"], vars(record)["request_id"]) == (200, id)


def test_in_an_application_without_any_set_up_requests_are_not_printed() -> None:
    program = """
from litestar.testing import TestClient
from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.edge import Exchange
from taskcore_http.settings import Settings
with TestClient(create_app(MemoryRepository(), Settings())) as client:
    assert client.get("/api/alice/tasks").status_code == 200
"""
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program], capture_output=True, check=True, timeout=60
    )

    assert done.stdout + done.stderr == b""
