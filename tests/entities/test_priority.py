"""Priorities: which there are, and which is more."""

from __future__ import annotations

import pytest

from taskcore import InvalidTask
from taskcore.entities import Priority
from taskcore.entities.priority import BY_RANK, valid_priority


def test_they_are_ordered_by_their_rank() -> None:
    assert [priority.rank for priority in Priority] == [1, 2, 3]
    assert [BY_RANK[priority.rank] for priority in Priority] == list(Priority)
    assert BY_RANK[0] is None


@pytest.mark.parametrize(
    ("value", "priority"),
    [
        (None, None),
        (Priority.HIGH, Priority.HIGH),
        ("high", Priority.HIGH),
        ("medium", Priority.MEDIUM),
        ("low", Priority.LOW),
    ],
)
def test_a_priority_is_one_of_three_or_none(value: object, priority: Priority | None) -> None:
    assert valid_priority(value) is priority


@pytest.mark.parametrize(
    "value", ["", "HIGH", "High", " high", "urgent", "none", 0, 3, True, False, 1.0, [], {}, b"low"]
)
def test_what_is_no_priority_is_refused(value: object) -> None:
    with pytest.raises(InvalidTask, match="priority must be high, medium or low") as caught:
        valid_priority(value)

    assert (caught.value.field, caught.value.kind) == ("priority", "value")
