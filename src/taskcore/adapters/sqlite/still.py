"""A file that lies still: read without the files that SQLite keeps beside one in use.

In a write-ahead log's place, a reader needs a ``-shm`` file. Where that cannot be made, on a full
disk or a read-only one, SQLite reads a file that it is told never changes. That is a promise nobody
can give: also a disk that is mounted read-only here may be written elsewhere. So each look at the
file is compared with the one before: what was read between two that are equal is right.
"""

from __future__ import annotations

import os
import sqlite3
from time import sleep, time
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from os import PathLike

    Look: TypeAlias = tuple[int, ...]

TICK: Final = 0.1
"""Within how many seconds two changes of a file may have the same time."""

_HELD: Final = 2
"""How many of the last numbers of a look are what files beside it hold back."""


def look_at(path: str | PathLike[str]) -> Look | None:
    """Return what is another when the file has changed; None if there is none."""
    # Those beside it have the name of the file itself, also where the path is a link to it.
    file = os.path.realpath(path)
    try:
        found = os.stat(file)  # noqa: PTH116  # pathlib starts slowly
    except OSError:
        return None
    changed = (found.st_mtime_ns, found.st_ctime_ns)
    beside = (_size_of(f"{file}-wal"), _size_of(f"{file}-journal"))
    return found.st_dev, found.st_ino, found.st_size, *changed, *beside


def settled_look_at(path: str | PathLike[str]) -> Look | None:
    """Return a look at a file that holds all that is stored in it; None if that is elsewhere too.

    What changes it from now on changes the look.
    """
    look = look_at(path)
    while look and not any(look[-_HELD:]):
        if not 0 <= time() - max(look[3:5]) / 1e9 < TICK:
            return look
        sleep(TICK)
        look = look_at(path)
    return None


def may_write(path: str | PathLike[str]) -> bool:
    """Whether this user may write the file, as far as the system says."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def may_use(path: str | PathLike[str]) -> bool:
    """Whether this user may write the file, and has or may make those beside it."""
    file = os.path.realpath(path)
    return may_write(file) and (
        may_write(os.path.dirname(file))  # noqa: PTH120  # likewise
        or all(os.path.exists(f"{file}{end}") for end in ("-wal", "-shm"))  # noqa: PTH110  # likewise
    )


def connect_to(path: str | PathLike[str]) -> sqlite3.Connection:
    """Return a connection that reads the file as if it never changed, and makes none beside it."""
    return _connect(path, "immutable=1")


def connect_to_read(path: str | PathLike[str]) -> sqlite3.Connection:
    """Return a connection that writes nothing in the file, and makes none beside it but one.

    That one is the ``-shm`` of a file that has a ``-wal`` and no ``-shm``, as a copy may: without
    it, SQLite does not read what is in the log.
    """
    look = look_at(path)
    return _connect(path, "mode=ro" if look and any(look[-_HELD:]) else "immutable=1")


def _connect(path: str | PathLike[str], how: str) -> sqlite3.Connection:
    from pathlib import Path  # starts slowly

    return sqlite3.connect(
        f"{Path(path).resolve().as_uri()}?{how}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )


def _size_of(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  # likewise
    except OSError:
        return 0
