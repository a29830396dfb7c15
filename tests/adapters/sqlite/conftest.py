"""What the tests of SQLite share: a file, a repository in it, and somebody else who uses it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from taskcore.adapters.sqlite import SqliteRepository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "tasks.db"


@pytest.fixture
def repository(path: Path) -> Iterator[SqliteRepository]:
    with SqliteRepository(path) as repository:
        yield repository


@pytest.fixture
def stranger(path: Path, repository: SqliteRepository) -> Iterator[sqlite3.Connection]:  # noqa: ARG001  # which made the file
    """Return another program's connection to the repository's file."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        yield connection
