"""How long a statement may work: while one does, nothing else of this connection is served."""

from __future__ import annotations

import sqlite3
from math import inf
from time import monotonic
from typing import Final

PATIENCE: Final = 10.0
"""How many seconds a batch may work; as many as a ``Batcher`` waits for its answers."""

STEPS: Final = 10_000
"""How many steps of SQLite's machine lie between two looks at the clock: well below 10 ms."""

_SHARE: Final = 0.01
"""What part of the patience is left for each operation once the batch has used up all of it."""


class Patience:
    """Stops the statements of connections that it watches when their batch takes too long.

    Those that stand behind a slow one in the batch have a short while each, so that they are
    answered if they are quick, and many slow ones together do not take much longer than one.
    """

    def __init__(self, seconds: float) -> None:
        if not seconds > 0:
            raise ValueError(f"patience must be more than 0 seconds, not {seconds}")
        self._seconds = seconds
        self._end_of_batch = inf
        self._deadline = inf

    def watch(self, connection: sqlite3.Connection) -> None:
        """Let this stop what the connection does."""
        connection.set_progress_handler(self._is_over, STEPS)

    def begin_batch(self) -> None:
        """Count from now."""
        self._end_of_batch = monotonic() + self._seconds

    def begin_statement(self) -> None:
        """Let the next statement be stopped at its time."""
        self._deadline = max(self._end_of_batch, monotonic() + self._seconds * _SHARE)

    def end_statement(self) -> None:
        """Let nothing be stopped: what ends a transaction has to go through."""
        self._deadline = inf

    @property
    def message(self) -> str:
        """What is said of a statement that was stopped."""
        return f"stopped, as it took longer than {self._seconds:g} s; ask for less at once"

    def _is_over(self) -> bool:
        return monotonic() > self._deadline


def was_stopped(error: sqlite3.OperationalError) -> bool:
    """Whether the statement was stopped."""
    return error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT
