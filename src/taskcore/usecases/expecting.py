"""Changing a task only as it was seen: at the version, or one of those, that the caller names."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, TypeAlias

from taskcore.errors import StaleTask

if TYPE_CHECKING:
    from taskcore.entities import Task

Expected: TypeAlias = int | Container[int] | None
"""The version that a task must be at, or a container of all that will do; None, if any will."""


def require_expected(task: Task, expected: Expected) -> None:
    """Raise ``StaleTask`` unless the task, as it was just read, is at an expected version.

    Who then writes in place of the version that was read needs no other check. Raises ``TypeError``
    for what can be none.
    """
    if expected is None:
        return
    versions: object = (expected,) if isinstance(expected, int) else expected
    if isinstance(versions, str) or not isinstance(versions, Container):
        given = type(expected).__name__
        raise TypeError(f"expected must be a version, or a container of versions, not {given}")
    if task.version not in versions:
        raise StaleTask(task.id, expected)
