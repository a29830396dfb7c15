"""A connection to a file, made ready: its schema current, its log written ahead."""

from __future__ import annotations

import os
import sqlite3
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

from taskcore.adapters.sqlite.failures import explained, is_busy
from taskcore.adapters.sqlite.functions import register
from taskcore.adapters.sqlite.schema import (
    SCHEMA_VERSION,
    migrate,
    require_directory,
    status_of,
    version_of,
)
from taskcore.adapters.sqlite.still import connect_to, settled_look_at
from taskcore.errors import RepositoryUnavailable

if TYPE_CHECKING:
    from os import PathLike

    from taskcore.adapters.schema import SchemaStatus
    from taskcore.adapters.sqlite.still import Look

BUSY_TIMEOUT: Final = 5.0
"""How many seconds a writer waits for the other writers of the file."""

UPGRADE_TIMEOUT: Final = 60.0
"""How many seconds an upgrade waits for them, of which one may upgrade a large file."""

IN_MEMORY: Final = ":memory:"


def open_file(path: str | PathLike[str]) -> sqlite3.Connection:
    """Return a connection to the file ``path``, which is made, or brought up to date.

    Raises ``RepositoryUnavailable`` for a file of another program or a newer taskcore, and what
    SQLite raises.
    """
    if path != IN_MEMORY:
        require_directory(path)
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
    )
    try:
        _prepare(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_still(
    path: str | PathLike[str], refused: sqlite3.Error | None
) -> tuple[sqlite3.Connection, Look] | None:
    """Return a connection that reads the file ``path`` while it lies still, and the look it has.

    None if there is no such file, if it is empty, or if not all that is stored is in it; and for an
    older schema, unless ``refused`` says why the file cannot be opened otherwise. Raises
    ``RepositoryUnavailable`` then, for a newer schema, and for another program's file.
    """
    look = settled_look_at(path)
    if look is None:
        return None
    connection = connect_to(path)
    try:
        register(connection)
        status = status_of(path, version_of(connection, path))
        if _is_readable(status, refused):
            return connection, look
    except BaseException:
        connection.close()
        raise
    connection.close()
    return None


def identity_of(path: str | PathLike[str]) -> tuple[int, int] | None:
    """Return what tells the file ``path`` from one that takes its place; None if there is none."""
    if path == IN_MEMORY:
        return None
    try:
        found = os.stat(path)  # noqa: PTH116  # pathlib starts slowly
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _is_readable(status: SchemaStatus, refused: sqlite3.Error | None) -> bool:
    if status.found is None:
        return False
    if status.is_behind:
        if refused is None:
            return False
        raise RepositoryUnavailable(f"{status.storage}: {status} ({explained(refused)})")
    status.require_current()
    return True


def _prepare(connection: sqlite3.Connection, path: str | PathLike[str]) -> None:
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    register(connection)
    version = version_of(connection, path)
    if version == SCHEMA_VERSION:
        return
    if version > SCHEMA_VERSION:
        status_of(path, version).require_current()
    _switch_to_wal(connection)
    if version:
        _wait_for_others(connection, UPGRADE_TIMEOUT)
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it while this one waited for the lock.
        migrate(connection, version_of(connection, path))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    _wait_for_others(connection, BUSY_TIMEOUT)


def _wait_for_others(connection: sqlite3.Connection, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")


def _switch_to_wal(connection: sqlite3.Connection) -> None:
    """Keep a write-ahead log, which stays a property of the file.

    SQLite does not wait for others that switch the same file at this moment, so this does.
    """
    deadline = monotonic() + BUSY_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or monotonic() > deadline:
                raise
            sleep(0.01)
        else:
            return
