"""How the log is written: to a file, a pipe, a terminal; in order, whole, at no request's cost."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from litestar.testing import TestClient
from tests.http.clients import post, wait_until_refused
from tests.http.conftest import Api, Server, environment

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.edge import Exchange
from taskcore_http.settings import Settings
from taskcore_http.telemetry import logs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.http.conftest import Start

    from taskcore.ports import Operation

MARK = "mark3r"


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


def test_the_last_line_is_written_also_where_the_server_is_stopped_at_once(start: Start) -> None:
    server = start(TASKCORE_DATABASE_URL="memory:")
    server.api().call("POST", "", {"title": "Buy milk"})

    server.process.terminate()

    assert server.process.wait(10) == 0
    assert len(server.lines(event="request")) == 1


IN_ORDER = """
import asyncio, logging
from taskcore_http.telemetry import logs
logs.configure()
async def main():
    for number in range(0, 40, 4):
        logs.logger().info(str(number))
        logs.logger().info(str(number + 1))
        logs.logger().warning(str(number + 2))
        logging.getLogger("other").error(str(number + 3))
asyncio.run(main())
"""
AT_ONCE = """
import asyncio, threading
from taskcore_http.telemetry import logs
logs.configure()
def warn(name):
    for number in range(1000):
        logs.logger().warning(f"{name} {number}")
        logs.logger().info(f"{name} {number} too")
async def main():
    threads = [threading.Thread(target=warn, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for number in range(1000):
        logs.logger().info(f"loop {number}")
        await asyncio.sleep(0)
    for thread in threads:
        thread.join()
asyncio.run(main())
"""


def events_of(program: str, log: Path) -> list[str]:
    with log.open("wb") as stderr:
        command = [sys.executable, "-c", program]
        subprocess.run(command, stderr=stderr, check=True, timeout=60)  # noqa: S603  # our own
    return [json.loads(line)["event"] for line in log.read_text().splitlines()]


def test_lines_of_the_event_loop_are_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    assert events_of(IN_ORDER, tmp_path / "log") == [str(number) for number in range(40)]


def test_lines_of_several_threads_are_all_there_once_and_those_of_each_in_order(
    tmp_path: Path,
) -> None:
    events = events_of(AT_ONCE, tmp_path / "log")

    assert len(events) == 7000
    for name in "abc":
        said = [f"{name} {number}{too}" for number in range(1000) for too in ("", " too")]
        assert [event for event in events if event.startswith(name)] == said
    assert {event for event in events if event.startswith("loop")} == {
        f"loop {number}" for number in range(1000)
    }


# Its lines wait for longer than it lives, and its storage for longer than anybody does.
HANGING = """
import time
from taskcore.adapters.memory import MemoryRepository
from taskcore_http import process
from taskcore_http.__main__ import main
from taskcore_http.telemetry import logs
logs.PAUSE = 60
process.STOPPING = {stopping}
MemoryRepository.{hanging} = lambda *_: time.sleep(60)
main()
"""


@contextmanager
def hanging(log: Path, **how: object) -> Iterator[Server]:
    with log.open("wb") as stderr:
        process = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-c", HANGING.format(**how), "--port", "0"],
            env=environment(TASKCORE_DATABASE_URL="memory:"),
            stderr=stderr,
        )
    server = Server(process, log)
    try:
        server.wait_until_serving()
        yield server
    finally:
        process.kill()
        process.wait()


def test_the_last_line_is_written_also_where_the_process_must_be_ended(tmp_path: Path) -> None:
    with hanging(tmp_path / "log", hanging="close", stopping=0.5) as server:
        server.api().send("GET", "/docs")

        assert server.stop() == 0

        assert len(server.lines(event="request")) == 1


def test_the_last_line_is_written_also_where_a_second_interrupt_ends_it(tmp_path: Path) -> None:
    with (
        hanging(tmp_path / "log", hanging="_put", stopping=60) as server,
        post(server, "Buy milk"),
    ):
        server.api().send("GET", "/docs")
        server.process.send_signal(signal.SIGINT)
        wait_until_refused(server)

        assert server.stop(signal.SIGINT) == 130

        assert len(server.lines(event="request")) == 1
