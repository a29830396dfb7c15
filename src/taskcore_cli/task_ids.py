"""The short ways to name a task: a number from the last list, or an ending of its id."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final
from uuid import UUID

from taskcore_cli.failures import AmbiguousId, UnknownId, UnusableOption, printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taskcore import Tasks
    from taskcore_cli.last_list import LastList

SHORTEST: Final = 4
"""How many characters of an id are enough, if no other id ends in them."""

_WHOLE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ID_LENGTH = 36


class TaskIds:
    """What a person typed, turned into ids of tasks."""

    def __init__(self, tasks: Tasks, last_list: LastList) -> None:
        self._tasks = tasks
        self._last_list = last_list

    def find(self, typed: str) -> UUID:
        """Return the id that is meant; whether a whole id has a task is not looked up.

        Raises ``UnknownId`` if no task is meant, ``AmbiguousId`` if it could be several, and
        ``UnusableOption`` if it is too short to tell.
        """
        text = typed.lower()
        if _WHOLE.fullmatch(text):
            return UUID(text)
        if self._is_list_number(text):
            return self._numbered(int(text))
        if len(text) < SHORTEST:
            raise UnusableOption(
                f"id {typed!r} is too short; give a number from the last list, or at least the "
                f"last {SHORTEST} characters of the id"
            )
        return self._ending_in(text)

    def find_all(self, typed: Iterable[str]) -> list[UUID | Exception]:
        """Return the id, or the error of ``find``, for each."""
        return [self._found_or_error(text) for text in typed]

    def _found_or_error(self, typed: str) -> UUID | Exception:
        try:
            return self.find(typed)
        except (AmbiguousId, UnknownId, UnusableOption) as error:
            return error

    def _is_list_number(self, text: str) -> bool:
        if not _is_digits(text) or len(text) < SHORTEST:
            return _is_digits(text)
        # It may be an ending just as well; it is a number if the list is so long.
        return len(text) < _ID_LENGTH and text[0] != "0" and int(text) <= len(self._listed)

    def _numbered(self, number: int) -> UUID:
        if 1 <= number <= len(self._listed):
            return self._listed[number - 1]
        raise UnknownId(f"no task {number} in the last list; see 'taskcore list'")

    def _ending_in(self, text: str) -> UUID:
        ids = [id for id in self._stored if str(id).endswith(text)]
        if not ids:
            raise UnknownId(f"no task with an id that ends in {printable(text)}")
        if len(ids) > 1:
            raise AmbiguousId(f"{len(ids)} tasks have an id that ends in {text}; give more of it")
        return ids[0]

    @cached_property
    def _listed(self) -> list[UUID]:
        return self._last_list.read()

    @cached_property
    def _stored(self) -> list[UUID]:
        return [task.id for task in self._tasks.find()]


def short_endings(ids: Sequence[UUID]) -> list[str]:
    """Return an ending for each id that is its own among these and cannot be a number or option."""
    whole = [str(id) for id in ids]
    length = SHORTEST
    while len({id[-length:] for id in whole}) < len(whole):
        length += 1
    return [_unmistakable(id, length) for id in whole]


def _unmistakable(id: str, length: int) -> str:
    while _is_digits(id[-length:]) or id[-length] == "-":
        length += 1
    return id[-length:]


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()
