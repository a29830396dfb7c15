"""The query: what is asked for when nothing is said."""

from __future__ import annotations

import attrs
import pytest

from taskcore.entities import TaskQuery
from taskcore.entities.filters import All
from taskcore.entities.ordering import NEWEST_FIRST
from taskcore.entities.query import EVERYTHING


def test_a_query_that_says_nothing_is_for_all_tasks_newest_first() -> None:
    assert TaskQuery() == EVERYTHING == TaskQuery(All(), NEWEST_FIRST, limit=None, after=None)


def test_a_query_cannot_be_changed() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        EVERYTHING.limit = 7  # type: ignore[misc]  # that is the mistake
