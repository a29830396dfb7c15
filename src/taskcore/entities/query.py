"""What to find: which tasks, in which order, how many, and after which."""

from __future__ import annotations

from typing import Any

from attrs import frozen

from taskcore.entities.filters.predicates import EVERY_TASK, Predicate
from taskcore.entities.ordering import NEWEST_FIRST, Order


@frozen
class TaskQuery:
    """Which of a user's tasks to find: all of them, newest first, if nothing else is said.

    ``limit`` is how many at the most. ``after`` is a position in the order (see
    ``ordering.position_of``); only tasks that stand after it are found.
    """

    filter: Predicate = EVERY_TASK
    order: Order = NEWEST_FIRST
    limit: int | None = None
    after: tuple[Any, ...] | None = None


EVERYTHING = TaskQuery()
"""All tasks, newest first."""
