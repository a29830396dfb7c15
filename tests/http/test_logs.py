"""The log: one line a request, in one format with all others, and nothing in it of the users'."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pty
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import structlog
from litestar.testing import TestClient
from tests.http.conftest import Api, environment

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.edge import Exchange
from taskcore_http.settings import Settings
from taskcore_http.telemetry import logs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.http.conftest import Server, Start

    from taskcore.ports import Operation

MARK = "mark3r"
COLLECTION, ONE = "/api/{user_id}/tasks", "/api/{user_id}/tasks/{task_id}"


def requests_of(server: Server, count: int) -> list[dict[str, Any]]:
    """Return the lines about requests, once there are so many: an answer may be here first."""
    deadline = time.monotonic() + 10
    while True:
        lines = [line for line in server.logged if line["event"] == "request"]
        if len(lines) >= count:
            assert len(lines) == count, lines
            return lines
        assert time.monotonic() < deadline, server.errors
        time.sleep(0.01)


def test_a_request_is_one_line_of_json_that_says_what_it_was_and_took(start: Start) -> None:
    server = start(TASKCORE_DATABASE_URL="memory:")
    before = datetime.now(UTC)

    answer = server.api().call("POST", "", {"title": "Buy milk"})

    [line] = requests_of(server, 1)
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

    lines = requests_of(server, 5)

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

    assert len(server.logged) >= len(calls)
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

    deadline = time.monotonic() + 10
    while not server.logged:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    [line] = server.logged
    assert line["level"] == "error"
    assert line["logger"] == "taskcore_http"
    assert "another starts" in line["event"]
    assert datetime.fromisoformat(line["time"]).tzinfo


def test_with_the_log_of_requests_off_only_other_lines_are_there(start: Start) -> None:
    server = start(TASKCORE_DATABASE_URL="memory:", TASKCORE_LOG_REQUESTS="off")
    api = server.api()

    assert api.tasks() == []

    assert server.stop() == 0
    assert server.logged == []


def test_the_last_line_is_written_also_where_the_server_is_stopped_at_once(start: Start) -> None:
    server = start(TASKCORE_DATABASE_URL="memory:")
    server.api().call("POST", "", {"title": "Buy milk"})

    server.process.terminate()

    assert server.process.wait(10) == 0
    assert len(requests_of(server, 1)) == 1


def test_probes_and_scrapes_are_logged_only_when_they_fail(start: Start, tmp_path: Path) -> None:
    server = start(TASKCORE_DATABASE_URL="sqlite:///tasks.db", TASKCORE_METRICS="on")
    api = server.api()
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert api.send("GET", path).status == 200
    (tmp_path / "tasks.db").unlink()
    time.sleep(1.1)

    assert api.send("GET", "/health/ready").status == 503

    [line] = requests_of(server, 1)
    assert (line["route"], line["status"]) == ("/health/ready", 503)


@contextmanager
def serving(*command: str, stderr: int | None = None) -> Iterator[str]:
    """Run a server, with this stderr, that must end well; yield its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    settings = {"TASKCORE_DATABASE_URL": "memory:", "HOST": "127.0.0.1", "PORT": str(port)}
    process = subprocess.Popen(  # noqa: S603  # our own program
        [*command, sys.executable, "-m", "taskcore_http"],
        env=environment(**settings, NO_COLOR=""),
        stderr=stderr,
    )
    try:
        deadline = time.monotonic() + 30
        while True:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def assert_serves(address: str) -> None:
    for _ in range(3):
        assert Api(address, "alice").tasks() == []


def test_a_log_that_nobody_reads_anymore_costs_no_request() -> None:
    reader, writer = os.pipe()
    with serving(stderr=writer) as address:
        os.close(writer)
        os.close(reader)
        assert_serves(address)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_under_the_log_costs_no_request() -> None:
    with Path("/dev/full").open("wb") as full, serving(stderr=full.fileno()) as address:
        assert_serves(address)


def test_a_closed_stderr_costs_no_request_and_is_no_connections_number() -> None:
    with serving("sh", "-c", 'exec "$@" 2>&-', "sh") as address:
        assert_serves(address)


def read_all(file: int) -> str:
    text = b""
    # A terminal whose other end is closed is an error to read from.
    with suppress(OSError):
        while piece := os.read(file, 4096):
            text += piece
    return text.decode()


def test_at_a_terminal_lines_are_for_people() -> None:
    terminal, stderr = pty.openpty()
    with serving(stderr=stderr) as address:
        assert_serves(address)
        Api(address, "alice").add(MARK)
    os.close(stderr)

    text = read_all(terminal)

    os.close(terminal)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines()
    assert "\x1b[" in text
    assert lines[0].startswith("taskcore-http: serving on ")
    assert len(lines) == 5
    assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z \[info +\] request ", lines[4])
    assert "method=POST route=/api/{user_id}/tasks " in lines[4]
    assert "status=201" in lines[4]
    assert MARK not in text


def test_lines_that_are_written_together_are_all_there_and_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(os, "write", lambda _, lines: written.append(lines))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False, raising=False)
    reader, writer = os.pipe()
    monkeypatch.setattr(sys.stderr, "fileno", lambda: writer, raising=False)
    exchange = Exchange({}, "GET", {}, "~" * 128, [], trace_id="f" * 32, code="x" * 32)
    exchange.scope["path_template"] = "/api/{user_id}/tasks/{task_id}/complete"

    async def main() -> None:
        write = logs.request_log()
        for exchange.status in range(200, 230):
            write(exchange)
        assert written == []
        await asyncio.sleep(2 * logs.PAUSE)

    with configured():
        asyncio.run(main())
    monkeypatch.undo()
    os.close(reader)
    os.close(writer)

    lines = [json.loads(line) for line in b"".join(written).splitlines()]
    assert [line["status"] for line in lines] == list(range(200, 230))
    # What a pipe takes whole, whoever else writes to it.
    assert all(lines.endswith(b"\n") and len(lines) <= 4096 for lines in written)
    assert len(written) < len(lines)


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


class FailingRepository(MemoryRepository):
    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        title = MARK  # noqa: F841  # what a traceback with variables would show
        raise RuntimeError(len(operations))


def test_at_a_terminal_a_failure_is_shown_without_its_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(os, "write", lambda _, line: written.append(line))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stderr, "fileno", lambda: 2, raising=False)
    with configured(), TestClient(create_app(FailingRepository(), Settings())) as client:
        assert client.get("/api/alice/tasks").status_code == 500

    text = b"".join(written).decode()
    assert "Traceback (most recent call last)" in text
    assert "RuntimeError: 1" in text
    assert MARK not in text


@contextmanager
def configured() -> Iterator[None]:
    """Set logging up as the server's process does, and afterwards as it was."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        logs.configure()
        yield
    finally:
        structlog.reset_defaults()
        logging.captureWarnings(capture=False)
        root.handlers[:], root.level = before


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
