"""To wait for what comes about by itself, but not for ever."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 120.0
"""How many seconds anything may take, on a machine that is busy with other tests."""

_PAUSE = 0.01


def wait_until(
    is_so: Callable[[], object], seconds: float = PATIENCE, *, shown: Callable[[], object]
) -> float:
    """Wait until it is so, and return how many seconds that took.

    Raises ``AssertionError`` with what is ``shown`` then, if that takes more than so many.
    """
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, shown()
        time.sleep(_PAUSE)
    return time.monotonic() - began
