"""Processes that are none of our children, such as orphans."""

from __future__ import annotations

from contextlib import suppress

import psutil
from faults.waiting import wait_until


def kill_all(processes: list[psutil.Process]) -> None:
    """Kill all of them that there are."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def wait_until_ended(processes: list[psutil.Process], seconds: float = 60) -> None:
    """Wait until none is at work; kill those that do not end, and raise ``AssertionError``."""

    def left() -> list[psutil.Process]:
        return [process for process in processes if is_at_work(process)]

    try:
        wait_until(lambda: not left(), seconds, shown=lambda: f"these did not end: {left()}")
    finally:
        kill_all(left())


def is_at_work(process: psutil.Process) -> bool:
    """Return whether it has not ended yet."""
    with suppress(psutil.NoSuchProcess):
        # Whoever takes over orphans may let them lie for a while.
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
