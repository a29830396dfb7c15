"""Looking tasks up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskcore.entities.rules import valid_id
from taskcore.ports import Find, Get

if TYPE_CHECKING:
    from uuid import UUID

    from taskcore.entities import Task


async def get(user_id: str, id: UUID) -> Task:
    """Return the user's task with this id. Raises ``TaskNotFound``."""
    return await Get(user_id, valid_id(id))


async def find(user_id: str) -> list[Task]:
    """Return all tasks of the user, newest first."""
    return await Find(user_id)
