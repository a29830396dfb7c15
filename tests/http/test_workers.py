"""Several processes behind one address: one service, that starts, heals and stops as one."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
from tests.http.conftest import Server, environment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.http.conftest import Start

BOTH = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
TWO = ("--port", "0", "--workers", "2")


def workers(server: Server) -> list[psutil.Process]:
    return [
        process
        for process in psutil.Process(server.process.pid).children()
        if "resource_tracker" not in " ".join(process.cmdline())
    ]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("url", ["sqlite", "postgres"])
def test_no_change_is_lost_between_four_processes(
    start: Start, request: pytest.FixtureRequest, url: str
) -> None:
    database = (
        "sqlite:///tasks.db" if url == "sqlite" else request.getfixturevalue("empty_postgres_url")
    )
    server = start("--port", "0", "--workers", "4", TASKCORE_DATABASE_URL=database)
    api = server.api()
    task = api.add()

    def toggle(_: int) -> int:
        return api.call("PATCH", f"/{task['id']}/complete").status

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(toggle, range(400)))

    assert statuses == [200] * 400
    [after] = api.tasks()
    assert (after["version"], after["completed"]) == (401, False)
    # That several took part: each has used some time for it.
    assert sum(sum(worker.cpu_times()[:2]) > 0.1 for worker in workers(server)) > 1
    assert server.stop() == 0


def test_the_serving_line_comes_once_and_the_count_from_the_environment_too(start: Start) -> None:
    server = start(WEB_CONCURRENCY="3", PORT="0", TASKCORE_DATABASE_URL="sqlite:///tasks.db")

    assert len(workers(server)) == 3
    assert server.errors.count("\n") == 1
    assert server.stop() == 0
    assert server.errors.count("\n") == 1, server.errors


@pytest.mark.parametrize("count", ["0", "-1", "two", "1000", "1.5"])
def test_a_count_that_cannot_be_is_refused_with_exit_code_2(start: Start, count: str) -> None:
    server = start("--workers", count, TASKCORE_DATABASE_URL="sqlite:///tasks.db", wait=False)

    assert server.process.wait(30) == 2
    assert server.errors.startswith("taskcore-http: --workers ")
    assert server.errors.count("\n") == 1


@pytest.mark.parametrize("url", ["memory:", "sqlite:///:memory:"])
def test_several_processes_cannot_have_tasks_in_memory(start: Start, url: str) -> None:
    server = start(*TWO, TASKCORE_DATABASE_URL=url, wait=False)

    assert server.process.wait(30) == 2
    assert "memory" in server.errors
    assert server.errors.count("\n") == 1


def test_settings_of_the_command_line_reach_the_workers(start: Start, tmp_path: Path) -> None:
    server = start(*TWO, "--host", "127.0.0.1", HOST="192.0.2.1", XDG_DATA_HOME=str(tmp_path))

    assert server.api().tasks() == []
    assert server.stop() == 0


def test_a_worker_that_dies_is_replaced_and_the_others_serve_meanwhile(start: Start) -> None:
    server = start(*TWO, TASKCORE_DATABASE_URL="sqlite:///tasks.db")
    before = workers(server)
    before[0].kill()

    # Requests that it had accepted are lost, and these come after.
    wait_until(lambda: not before[0].is_running() or before[0].status() == psutil.STATUS_ZOMBIE)
    assert [server.api().call("GET").status for _ in range(20)] == [200] * 20
    wait_until(lambda: len(set(workers(server)) - set(before)) == 1)

    assert f"worker {before[0].pid} ended with -9; another starts" in server.errors
    assert server.stop() == 0


def test_workers_that_cannot_start_anymore_are_tried_again_and_again(
    start: Start, tmp_path: Path
) -> None:
    server = start(*TWO, TASKCORE_DATABASE_URL="sqlite:///tasks.db")
    with closing(sqlite3.connect(tmp_path / "tasks.db", isolation_level=None)) as connection:
        [known] = connection.execute("PRAGMA user_version").fetchone()
        connection.execute("PRAGMA user_version = 99")
        workers(server)[0].kill()
        wait_until(lambda: "ended with 6" in server.errors)
        connection.execute(f"PRAGMA user_version = {known}")

    wait_until(lambda: len(workers(server)) == 2 and server.api().call("GET").status == 200)
    assert server.stop() == 0


# Forked, six processes end at the same moment, on a busy machine too.
FAILING = """
import multiprocessing, os, time
from taskcore_http import supervising
from taskcore_http.__main__ import main
def work(settings, listener, ready):
    if os.path.exists("fail"):
        os._exit(7)
    ready.send_bytes(b"ready")
    while not os.path.exists("fail"):
        time.sleep(0.01)
    os._exit(8)
supervising._context = multiprocessing.get_context("fork")
supervising._work = work
main()
"""


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Server]:
    """A server whose six workers ended all at once, and cannot start anymore."""
    log = tmp_path / "stderr"
    with log.open("wb") as stderr:
        process = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-c", FAILING, "--port", "0", "--workers", "6"],
            cwd=tmp_path,
            env=environment(TASKCORE_DATABASE_URL="sqlite:///tasks.db"),
            stderr=stderr,
        )
    server = Server(process, log)
    try:
        server.wait_until_serving()
        (tmp_path / "fail").touch()
        yield server
    finally:
        process.kill()
        process.wait()


@BOTH
def test_workers_that_cannot_start_anymore_do_not_keep_the_supervisor_from_stopping(
    failing: Server, number: signal.Signals
) -> None:
    wait_until(lambda: "ended with 7" in failing.errors)
    started = time.monotonic()

    assert failing.stop(number) == 0

    assert time.monotonic() - started < 3


def test_a_worker_that_cannot_start_anymore_is_tried_once_a_second(failing: Server) -> None:
    wait_until(lambda: failing.errors.count("ended with 7") >= 12)

    ends = [
        datetime.fromisoformat(line["time"]).timestamp()
        for line in failing.logged
        if "ended with 7" in line["event"]
    ]
    # All six, and a second later all six again.
    assert ends[5] - ends[0] < 0.9
    assert ends[6] - ends[0] > 0.9


@BOTH
def test_all_processes_finish_what_was_accepted_and_leave_nobody(
    start: Start, tmp_path: Path, number: signal.Signals
) -> None:
    server = start(*TWO, TASKCORE_DATABASE_URL="sqlite:///tasks.db", TASKCORE_LOG_REQUESTS="off")
    api = server.api()
    left = workers(server)
    with (
        ThreadPoolExecutor(20) as pool,
        closing(sqlite3.connect(tmp_path / "tasks.db", isolation_level=None)) as connection,
    ):
        connection.execute("BEGIN IMMEDIATE")
        answers = [pool.submit(api.call, "POST", "", {"title": "x"}) for _ in range(20)]
        time.sleep(1)
        started = time.monotonic()
        server.process.send_signal(number)
        time.sleep(1)
        assert server.process.poll() is None
        connection.execute("ROLLBACK")

        assert [answer.result().status for answer in answers] == [201] * 20

        assert server.process.wait(30) == 0
    assert time.monotonic() - started < 10
    assert not any(worker.is_running() for worker in left)
    assert server.errors.count("\n") == 1, server.errors


def test_an_interrupt_at_a_terminal_comes_to_all_processes_and_all_finish(start: Start) -> None:
    server = start(*TWO, TASKCORE_DATABASE_URL="sqlite:///tasks.db")
    for worker in workers(server):
        worker.send_signal(signal.SIGINT)

    assert server.stop(signal.SIGINT) == 0
    assert server.errors.count("\n") == 1, server.errors


def test_a_second_interrupt_kills_all_processes(start: Start, tmp_path: Path) -> None:
    server = start(*TWO, TASKCORE_DATABASE_URL="sqlite:///tasks.db")
    left = workers(server)
    with (
        ThreadPoolExecutor(1) as pool,
        closing(sqlite3.connect(tmp_path / "tasks.db", isolation_level=None)) as connection,
    ):
        connection.execute("BEGIN IMMEDIATE")
        waiting = pool.submit(server.api().call, "POST", "", {"title": "x"})
        time.sleep(0.5)
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert server.process.poll() is None
        started = time.monotonic()

        assert server.stop(signal.SIGINT) == 130

        assert time.monotonic() - started < 1
        assert isinstance(waiting.exception(), OSError)
    wait_until(lambda: not any(worker.is_running() for worker in left))


def test_a_parent_that_is_killed_leaves_no_process_behind(start: Start) -> None:
    server = start(*TWO, TASKCORE_DATABASE_URL="sqlite:///tasks.db")
    left = psutil.Process(server.process.pid).children(recursive=True)
    server.process.kill()

    gone, alive = psutil.wait_procs(left, timeout=10)

    assert len(gone) >= 2
    assert not alive
    assert "Traceback" not in server.errors


def test_several_processes_upgrade_an_empty_postgres_once(
    start: Start, empty_postgres_url: str
) -> None:
    server = start(*TWO, TASKCORE_DATABASE_URL=empty_postgres_url)

    assert server.api().add()
    with psycopg.connect(empty_postgres_url) as connection:
        query = "SELECT count(*) FROM taskcore.alembic_version"
        assert connection.execute(query).fetchone() == (1,)
    assert server.stop() == 0


@pytest.mark.parametrize(
    ("settings", "code", "clue"),
    [
        ({"TASKCORE_DATABASE_URL": "sqlite:////nowhere/tasks.db"}, 6, "/nowhere"),
        ({"TASKCORE_DATABASE_URL": "mysql://localhost/db"}, 2, "mysql"),
        ({"HOST": "192.0.2.1", "TASKCORE_INSECURE_NO_AUTH": "on"}, 1, "192.0.2.1"),
    ],
)
def test_what_cannot_start_says_so_once(
    start: Start, settings: dict[str, str], code: int, clue: str
) -> None:
    server = start("--workers", "2", wait=False, **{"PORT": "0", **settings})

    assert server.process.wait(30) == code
    assert clue in server.errors
    assert server.errors.count("\n") == 1, server.errors


def test_a_taken_port_is_refused_with_exit_code_1(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])

        server = start("--port", port, "--workers", "2", wait=False)

        assert server.process.wait(30) == 1
    assert server.errors.count("\n") == 1, server.errors


def test_a_worker_that_hangs_is_killed_in_time(start: Start) -> None:
    server = start(*TWO, TASKCORE_DATABASE_URL="sqlite:///tasks.db")
    hanging = workers(server)[0]
    os.kill(hanging.pid, signal.SIGSTOP)
    started = time.monotonic()

    assert server.stop() == 0

    assert 5 < time.monotonic() - started < 10
    assert not hanging.is_running()
