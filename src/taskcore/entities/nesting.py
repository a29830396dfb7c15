"""How deep tasks are nested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from taskcore.entities.task import Task

LEVELS: Final = 8
"""How deep tasks may be nested: one without a parent is on the first level."""


def levels_of(subtree: Sequence[Task]) -> int:
    """Return on how many levels these tasks stand: one and all below it, parents first."""
    level: dict[UUID | None, int] = {}
    for task in subtree:
        level[task.id] = level.get(task.parent_id, 0) + 1
    return max(level.values())
