"""Which operations of a batch share a statement: neighbors of one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskcore.ports import Add, Operation, Remove, Replace, Together

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID


def runs(operations: Sequence[Operation[Any]]) -> Iterator[list[Operation[Any]]]:
    """Split where the kind changes, and where a write meets a key again, so that order is kept."""
    run: list[Operation[Any]] = []
    keys: set[tuple[str, UUID]] = set()
    for operation in operations:
        key, *others = _keys(operation)
        if run and (
            type(operation) is not type(run[0]) or key in keys or type(operation) is Together
        ):
            yield run
            run, keys = [], set()
        run.append(operation)
        keys.update(one for one in (key, *others) if one)
    if run:
        yield run


def _keys(operation: Any) -> tuple[tuple[str, UUID] | None, ...]:
    """Return the key that is written, if any is, and those whose being there decides about it."""
    if isinstance(operation, Remove):
        return ((operation.user_id, operation.id),)
    if not isinstance(operation, Add | Replace):
        return (None,)
    task = operation.task
    key = (task.user_id, task.id)
    if isinstance(operation, Add) and task.parent_id is not None:
        # A parent that is added later comes too late, and in one statement it would not.
        return key, (task.user_id, task.parent_id)
    return (key,)
