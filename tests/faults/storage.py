"""Where the tasks are that faults are about, and whether all is well there."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from faults.waiting import wait_until

from taskcore import Tasks, open_repository

if TYPE_CHECKING:
    from faults.conftest import Times


def url_of(
    storage: str, directory: Path, request: pytest.FixtureRequest, database: str = "postgres_url"
) -> str:
    """Return the URL of a file in the directory for "sqlite", else of what that fixture lends."""
    if storage == "sqlite":
        return f"sqlite:///{directory}/tasks.db"
    url: str = request.getfixturevalue(database)
    return url


def skip_unless_long(times: Times, storage: str) -> None:
    """Skip what is slow to start, and like what is done to a file, in the short form."""
    if storage == "postgres" and not times(0, 1):
        pytest.skip("with Postgres only in the long form")


def seconds_to_use(url: str) -> float:
    """Return how long it takes to open what is there and to add a task."""
    started = time.monotonic()
    with open_repository(url) as repository:
        Tasks(repository, f"probe-{uuid4()}").add("Somebody is there")
    return time.monotonic() - started


def forget(url: str) -> None:
    """Take away the tables, and with SQLite their file."""
    if url.startswith("sqlite:"):
        file = url.removeprefix("sqlite:///")
        for name in (file, f"{file}-wal", f"{file}-shm"):
            Path(name).unlink(missing_ok=True)
        return
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()"
    with psycopg.connect(url, autocommit=True) as connection:
        # Somebody who was killed may still have a statement at work.
        wait_until(
            lambda: not connection.execute(f"SELECT pg_terminate_backend(pid) {others}").fetchall(),
            shown=lambda: connection.execute(f"SELECT query {others}").fetchall(),
        )
        connection.execute("DROP SCHEMA IF EXISTS taskcore CASCADE")


def require_whole(file: Path) -> None:
    """Raise ``AssertionError`` for a file that SQLite finds fault with."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
