"""The file of a repository: opened, and opened again when that is what it takes."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final, TypeVar

from taskcore.adapters.sqlite.connection import identity_of, open_file, open_still
from taskcore.adapters.sqlite.failures import (
    REQUIRED_TO_WRITE,
    is_read_only,
    is_refused_by_the_disk,
)
from taskcore.adapters.sqlite.still import look_at, may_write
from taskcore.errors import RepositoryUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from taskcore.adapters.sqlite.still import Look

    T = TypeVar("T")

_ATTEMPTS: Final = 5


class OpenedFile:
    """A ``connection`` to the file ``path``, which is made, or brought up to date.

    ``prepare`` is called with each connection that there is in the course of time. Where the disk
    refuses what SQLite needs for a file in use, there is one that only reads; see ``still``.

    What comes from SQLite is raised as it is; ``RepositoryUnavailable`` for a file that is gone, of
    another program, of a newer taskcore, or of an older one where it cannot be upgraded.
    """

    def __init__(
        self, path: str | PathLike[str], prepare: Callable[[sqlite3.Connection], None]
    ) -> None:
        self._path = path
        self._prepare = prepare
        self._seen: Look | None
        self._open()

    def read(self, batch: Callable[[], T]) -> T:
        """Return what the batch does, which only reads by ``connection``, and maybe again."""
        for _ in range(_ATTEMPTS):
            self._follow()
            try:
                answer = batch()
            except Exception:
                if not self._has_stirred():
                    raise
            else:
                if not self._has_stirred():
                    return answer
        raise RepositoryUnavailable(f"SQLite {self._path}: it changes while it is read")

    def write(self, batch: Callable[[], T]) -> T:
        """Return what the batch does, which is one transaction on ``connection``."""
        self._follow()
        if not self._is_still:
            try:
                return batch()
            except sqlite3.OperationalError as error:
                if not is_read_only(error):
                    raise
            # SQLite says so of a file that was moved away as well.
            self._follow()
        elif not may_write(self._path):
            raise RepositoryUnavailable(f"SQLite {self._path}: read-only; {REQUIRED_TO_WRITE}")
        # It was opened when it could not be written, which may be otherwise by now.
        replaced = self.connection
        self._use(open_file(self._path))
        replaced.close()
        return batch()

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def _follow(self) -> None:
        """Open the file again if another one took its place: in the old one, writes were lost."""
        seen = self._look(self._path)
        if seen == self._seen:
            return
        if seen is None:
            raise RepositoryUnavailable(f"SQLite {self._path}: the file is gone")
        replaced = self.connection
        self._open()
        replaced.close()

    def _has_stirred(self) -> bool:
        """Whether the file changed while it was read as one that does not."""
        return self._is_still and self._look(self._path) != self._seen

    def _open(self) -> None:
        # Beside a file that may not be written, SQLite leaves others of the same permissions, which
        # are in the way once it may.
        if not may_write(self._path) and self._opens_still(None):
            return
        try:
            self._use(open_file(self._path))
        except sqlite3.OperationalError as error:
            if not (is_refused_by_the_disk(error) and self._opens_still(error)):
                raise

    def _opens_still(self, refused: sqlite3.Error | None) -> bool:
        still = open_still(self._path, refused)
        if still is None:
            return False
        self.connection, self._seen = still
        self._look, self._is_still = look_at, True
        self._prepare(self.connection)
        return True

    def _use(self, connection: sqlite3.Connection) -> None:
        self.connection, self._seen = connection, identity_of(self._path)
        self._look, self._is_still = identity_of, False
        self._prepare(connection)
