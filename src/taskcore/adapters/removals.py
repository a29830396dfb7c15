"""Removing many tasks one by one, of which some may be subtasks of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskcore.errors import HasSubtasks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taskcore.ports import Operation


def remove_each(
    removals: Sequence[Operation[Any]], remove: Callable[[Operation[Any]], Any]
) -> list[Any]:
    """Return the answers to ``Remove``s that stand next to each other in a batch.

    ``remove`` answers one. A task whose subtasks go with it goes too, in whatever order they stand.
    """
    answers = [remove(removal) for removal in removals]
    while True:
        again = [place for place, answer in enumerate(answers) if isinstance(answer, HasSubtasks)]
        for place in again:
            answers[place] = remove(removals[place])
        if all(isinstance(answers[place], HasSubtasks) for place in again):
            return answers
