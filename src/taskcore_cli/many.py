"""One change to several tasks at once: what can be done is done, and what cannot is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from typer import Exit

from taskcore_cli.failures import exit_code, report

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taskcore import TaskcoreError

Changed = TypeVar("Changed")


def change_each(
    found: Sequence[UUID | Exception],
    change: Callable[[list[UUID]], Sequence[Changed | TaskcoreError]],
    show: Callable[[Changed], None],
) -> None:
    """Change the tasks that were named and show what became of each, in the order given.

    An exception among them stands for one that was named and not found. Each failure is a line on
    stderr; with any, the command ends with the exit code of the first.
    """
    known = [id for id in found if isinstance(id, UUID)]
    changed = dict(zip(known, change(known), strict=True))
    failures = []
    for id in found:
        outcome = changed[id] if isinstance(id, UUID) else id
        if isinstance(outcome, Exception):
            report(outcome)
            failures.append(outcome)
        else:
            show(outcome)
    if failures:
        raise Exit(exit_code(failures[0]))
