"""SQLite files as older versions of taskcore left them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from taskcore.adapters.sqlite.schema import MIGRATIONS

if TYPE_CHECKING:
    from pathlib import Path

_TASKS = """
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
    INSERT INTO tasks (
        user_id, id, title, description, {completed}, created_at, updated_at, version
    )
    SELECT
        'ann', printf('00000000-0000-0000-0000-%012x', n), 'task ' || n,
        'Something about task ' || n || ' that is a little longer', {value},
        '2025-01-02T03:04:05.678901Z', '2025-01-03T03:04:05.678901Z', 1
    FROM numbers
"""
_COMPLETED = {
    1: {"completed": "completed", "value": "n % 2"},
    2: {"completed": "completed_at", "value": "iif(n % 2, '2025-01-03T03:04:05.678901Z', NULL)"},
}


def make_old_file(path: Path, version: int, count: int) -> Path:
    """Make a file of that schema version, in which ann has so many tasks: "task 1", "task 2", ...

    Each second one, from the first on, is completed.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN")
        for statement in (statement for steps in MIGRATIONS[:version] for statement in steps):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")
        if count:
            connection.execute(_TASKS.format(**_COMPLETED[version]), {"count": count})
        connection.execute("COMMIT")
    return path


def titles(count: int) -> list[str]:
    """Return the titles of so many tasks, sorted."""
    return sorted(f"task {number}" for number in range(1, count + 1))
