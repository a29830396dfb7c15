"""Schemas of Postgres as an older taskcore left them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config

import taskcore.adapters.postgres
from taskcore import Tasks, open_repository
from taskcore.adapters.postgres import create_engine

_MIGRATIONS = Path(taskcore.adapters.postgres.__file__).parent / "migrations"
# Not ASCII, so that Python has to fold each of them.
_ROWS = """
    INSERT INTO taskcore.tasks (
        user_id, id, title, description, completed, created_at, updated_at, version
    )
    SELECT 'ann', ('00000000-0000-0000-0000-' || lpad(to_hex(n), 12, '0'))::uuid, 'task ' || n,
        'ÄÖÜ', mod(n, 2) = 1, '2025-01-02T03:04:05Z', '2025-01-03T03:04:05Z', 1
    FROM generate_series(1, %s) AS n
"""


def lay_out(url: str, count: int | None) -> None:
    """Make the database empty, or one of revision 0001 with so many tasks of ann's."""
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS taskcore CASCADE")
    if count is not None:
        transactional = engine.execution_options(isolation_level="READ COMMITTED")
        with transactional.begin() as connection:
            connection.exec_driver_sql("CREATE SCHEMA taskcore")
            config = Config(attributes={"connection": connection})
            config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
            config.set_main_option("path_separator", "os")
            command.upgrade(config, "0001")
            connection.exec_driver_sql(_ROWS, (count,))
    engine.dispose()


def execute(url: str, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
    """Execute a statement in a transaction of its own; return its rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


def stored_titles(url: str) -> list[str]:
    """Return the titles of ann's tasks, sorted, with the tables as they are."""
    with open_repository(url) as repository:
        return sorted(task.title for task in Tasks(repository, "ann").find())
