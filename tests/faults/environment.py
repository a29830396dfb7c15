"""The environment in which our programs run as somebody has them for whom nothing is set."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_OURS = re.compile(
    r"TASKCORE_.*|DATABASE_URL|HOST|PORT|WEB_CONCURRENCY|XDG_.*|PG[A-Z]+|NO_COLOR|PYTHONUNBUFFERED"
)


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which nothing is set for our programs but where they are at home."""
    others = {name: value for name, value in os.environ.items() if not _OURS.fullmatch(name)}
    return others | {"HOME": str(home), "XDG_STATE_HOME": str(home / "state")}
