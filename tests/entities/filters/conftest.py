"""What the tests of filters share: whole tasks, and one question to ask of a filter's text."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from taskcore import Task
from taskcore.entities.filters import matches, parse_filter, resolve

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 21, 10, 43, tzinfo=UTC)  # a Saturday
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(scope="session")
def make_task() -> Callable[..., Task]:
    """Return a function that makes a task with nothing in it but what is given."""

    def make(**fields: Any) -> Task:
        nothing: dict[str, Any] = {
            "id": UUID(int=1),
            "user_id": "alice",
            "title": "Buy milk",
            "description": None,
            "completed_at": None,
            "due": None,
            "start": None,
            "priority": None,
            "tags": (),
            "project": None,
            "parent_id": None,
            "extra": {},
            "created_at": NOW,
            "updated_at": NOW,
            "version": 1,
        }
        return Task(**nothing | fields)

    return make


@pytest.fixture(scope="session")
def finds(make_task: Callable[..., Task]) -> Callable[..., bool]:
    """Return a function that says whether a filter's text finds a task with these fields."""

    def finds(text: str, now: datetime = NOW, zone: tzinfo = PARIS, **fields: Any) -> bool:
        return matches(resolve(parse_filter(text), now, zone), make_task(**fields))

    return finds
