"""The last list shown, remembered so that a number from it can be given as an id.

One small file for each user and database, in the user's state directory, and another for all that
runs without a terminal: a job that lists tasks at night must not renumber what a person sees. It is
a convenience: what cannot be read is an empty list, and what cannot be written is not remembered,
nor is what was before: a number must not mean another task than the one that was last shown with
it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID
from zlib import crc32

from platformdirs import user_state_path

if TYPE_CHECKING:
    from collections.abc import Iterable


class LastList:
    """The ids of the list that was last shown to this user of this database, in its order.

    At a terminal, also one that only a pager or stderr has, it is the last that was shown at one.
    """

    def __init__(self, user_id: str, database: str) -> None:
        # A sum, for a URL may hold a password. Two of them that share a file only forget each
        # other's lists: an id of the one is never an id of the other.
        key = os.fsencode(f"{user_id}\0{_absolute(database)}")
        name = f"{crc32(key):08x}" if _at_terminal() else f"{crc32(key):08x}-unseen"
        self._path = user_state_path("taskcore", appauthor=False) / "last-list" / name

    def read(self) -> list[UUID]:
        """Return the ids; number 1 is the first."""
        try:
            return [UUID(line) for line in self._path.read_text("ascii").splitlines()]
        except (OSError, ValueError):
            return []

    def write(self, ids: Iterable[UUID]) -> None:
        """Remember these ids instead, all of them or none."""
        unfinished = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            unfinished.write_text("".join(f"{id}\n" for id in ids), "ascii")
            unfinished.replace(self._path)
        except OSError:
            for path in (self._path, unfinished):
                with suppress(OSError):
                    path.unlink()


def _at_terminal() -> bool:
    return any(os.isatty(descriptor) for descriptor in range(3))


def _absolute(database: str) -> str:
    """Return a URL that means the same from every working directory."""
    scheme, slashes, path = database.partition(":///")
    return f"{scheme}{slashes}{Path(path).resolve()}" if scheme == "sqlite" else database
