"""A page of what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from taskcore.entities.task import Task
from taskcore.errors import InvalidTask

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE_SIZE: Final = 1000
"""How many tasks a page may have."""


class Page(list[Task]):
    """Tasks that were found. ``next_page_token`` asks for those after them; None, if none are."""

    def __init__(self, tasks: Iterable[Task], next_page_token: str | None = None) -> None:
        super().__init__(tasks)
        self.next_page_token = next_page_token


def valid_page_size(value: object) -> int | None:
    """Allow None, or a whole number from 1 to 1000."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidTask("page_size", "must be a whole number", "type")
    if not 1 <= value <= PAGE_SIZE:
        raise InvalidTask("page_size", f"must be from 1 to {PAGE_SIZE}", "range")
    return value
