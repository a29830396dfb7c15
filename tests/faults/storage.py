"""Where the tasks are that faults are about, and whether all is well there."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING
from uuid import uuid4

from taskcore import Tasks, open_repository

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def url_of(
    storage: str, directory: Path, request: pytest.FixtureRequest, database: str = "postgres_url"
) -> str:
    """Return the URL of a file in the directory for "sqlite", else of what that fixture lends."""
    if storage == "sqlite":
        return f"sqlite:///{directory}/tasks.db"
    url: str = request.getfixturevalue(database)
    return url


def seconds_to_use(url: str) -> float:
    """Return how long it takes to open what is there and to add a task."""
    started = time.monotonic()
    with open_repository(url) as repository:
        Tasks(repository, f"probe-{uuid4()}").add("Somebody is there")
    return time.monotonic() - started


def require_whole(file: Path) -> None:
    """Raise ``AssertionError`` for a file that SQLite finds fault with."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
