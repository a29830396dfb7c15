"""Removing tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskcore.entities.rules import valid_id
from taskcore.errors import StaleTask
from taskcore.ports import Get, Remove

if TYPE_CHECKING:
    from uuid import UUID

    from taskcore.entities import Task


async def remove(user_id: str, id: UUID) -> Task:
    """Remove the task and return it exactly as it was. Raises ``TaskNotFound``."""
    id = valid_id(id)
    while True:
        task = await Get(user_id, id)
        try:
            await Remove(user_id, id, expected=task.version)
        except StaleTask:
            continue
        return task
