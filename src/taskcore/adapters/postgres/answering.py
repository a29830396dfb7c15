"""How each kind of operation is answered: its rows, its statement, and what the outcome means."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve

from taskcore.adapters.postgres import statements
from taskcore.entities import Task
from taskcore.errors import DuplicateTask, StaleTask, TaskNotFound
from taskcore.ports import Add, Find, Get, Remove, Replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Executable

    from taskcore.adapters.postgres.sessions import Fetch


def answer(operations: Sequence[Any], fetch: Fetch) -> list[Any]:
    """Answer operations of one kind, each of which has another key if they write.

    The answer in each place is the result or the error. Raises what ``fetch`` raises.
    """
    return _ANSWERS[type(operations[0])](operations, fetch)


def _get(operations: Sequence[Get], fetch: Fetch) -> list[Any]:
    keys = [{"user_id": one.user_id, "id": one.id} for one in operations]
    rows = _execute(statements.GET, statements.GET_SET, keys, fetch)
    found = {(task.user_id, task.id): task for task in _tasks(rows)}
    return [found.get((one.user_id, one.id)) or TaskNotFound(one.id) for one in operations]


def _find(operations: Sequence[Find], fetch: Fetch) -> list[Any]:
    found: dict[str, list[Task]] = {one.user_id: [] for one in operations}
    if len(found) == 1:
        rows = fetch(statements.FIND, {"b_user_id": operations[0].user_id})
    else:
        rows = fetch(statements.FIND_SET, {"b_user_ids": list(found)})
    for task in _tasks(rows):
        found[task.user_id].append(task)
    return [list(found[one.user_id]) for one in operations]


def _add(operations: Sequence[Add], fetch: Fetch) -> list[Any]:
    rows = [_row(one.task) for one in operations]
    added = _write(statements.ADD, statements.ADD_SET, rows, fetch)
    return [
        one.task if (one.task.user_id, one.task.id) in added else DuplicateTask(one.task.id)
        for one in operations
    ]


def _replace(operations: Sequence[Replace], fetch: Fetch) -> list[Any]:
    rows = [{**_row(one.task), "expected": one.expected} for one in operations]
    replaced = _write(statements.REPLACE, statements.REPLACE_SET, rows, fetch)
    return [
        one.task
        if (one.task.user_id, one.task.id) in replaced
        else StaleTask(one.task.id, one.expected)
        for one in operations
    ]


def _remove(operations: Sequence[Remove], fetch: Fetch) -> list[Any]:
    rows = [{"user_id": one.user_id, "id": one.id, "expected": one.expected} for one in operations]
    removed = _write(statements.REMOVE, statements.REMOVE_SET, rows, fetch)
    missed = [one for one in operations if (one.user_id, one.id) not in removed]
    reasons = _why_not_removed(missed, fetch) if missed else {}
    return [reasons.get((one.user_id, one.id)) for one in operations]


def _why_not_removed(
    operations: Sequence[Remove], fetch: Fetch
) -> dict[tuple[str, UUID], TaskNotFound | StaleTask]:
    found = _get([Get(one.user_id, one.id) for one in operations], fetch)
    return {
        (one.user_id, one.id): StaleTask(one.id, one.expected)
        if one.expected is not None and isinstance(there, Task)
        else TaskNotFound(one.id)
        for one, there in zip(operations, found, strict=True)
    }


_ANSWERS: Final[Mapping[type, Callable[[Any, Fetch], list[Any]]]] = {
    Get: _get,
    Find: _find,
    Add: _add,
    Replace: _replace,
    Remove: _remove,
}


def _row(task: Task) -> dict[str, Any]:
    return {name: getattr(task, name) for name in statements.FIELDS}


def _write(
    one: Executable, many: Executable, rows: Sequence[dict[str, Any]], fetch: Fetch
) -> set[tuple[str, UUID]]:
    """Return the keys of the rows that were written."""
    # In one order everywhere, so that two sets that meet seldom wait for each other's rows.
    ordered = sorted(rows, key=lambda row: (row["user_id"], row["id"].int))
    return {(user_id, id) for user_id, id in _execute(one, many, ordered, fetch)}


def _execute(
    one: Executable, many: Executable, rows: Sequence[dict[str, Any]], fetch: Fetch
) -> Sequence[tuple[Any, ...]]:
    """Run the statement for one row as what it is: planning a set costs far more than one row."""
    if len(rows) == 1:
        return fetch(one, {f"b_{name}": value for name, value in rows[0].items()})
    return fetch(many, {"b_rows": json.dumps(rows, default=str), "b_count": len(rows)})


def _tasks(rows: Sequence[tuple[Any, ...]]) -> list[Task]:
    tasks = [Task(*row) for row in rows]
    if tasks and tasks[0].created_at.tzinfo is not UTC:
        # A session of the caller's may be in any zone.
        return [
            evolve(
                task,
                created_at=task.created_at.astimezone(UTC),
                updated_at=task.updated_at.astimezone(UTC),
            )
            for task in tasks
        ]
    return tasks
