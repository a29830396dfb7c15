"""How each kind of operation is answered: its rows, its statement, and what the outcome means."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from taskcore.adapters.postgres import finding, statements
from taskcore.adapters.postgres.failures import no_parent
from taskcore.adapters.postgres.rows import is_plain, row_of, tasks_of
from taskcore.entities import Task
from taskcore.entities.folding import fold
from taskcore.entities.nesting import levels_of
from taskcore.entities.query import EVERYTHING
from taskcore.errors import DuplicateTask, InvalidTask, StaleTask, TaskNotFound
from taskcore.ports import Add, Count, Expect, Find, Get, Remove, Replace, Subtree, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from taskcore.adapters.postgres.sessions import Fetch
    from taskcore.adapters.postgres.statements import Statements


def answer(operations: Sequence[Any], fetch: Fetch) -> list[Any]:
    """Answer operations of one kind, each of which has another key if they write.

    The answer in each place is the result or the error. Raises what ``fetch`` raises.
    """
    return _ANSWERS[type(operations[0])](operations, fetch)


def _get(operations: Sequence[Get], fetch: Fetch) -> list[Any]:
    keys = [{"user_id": one.user_id, "id": one.id} for one in operations]
    found = {
        (task.user_id, task.id): task for task in tasks_of(_execute(statements.GET, keys, fetch))
    }
    return [found.get((one.user_id, one.id)) or TaskNotFound(one.id) for one in operations]


def _find(operations: Sequence[Find], fetch: Fetch) -> list[Any]:
    whole = {one.user_id for one in operations if one.query == EVERYTHING}
    found = _everything(list(whole), fetch) if whole else {}
    return [
        list(found[one.user_id])
        if one.query == EVERYTHING
        else tasks_of(fetch(*finding.find(one.user_id, one.query)))
        for one in operations
    ]


def _everything(user_ids: Sequence[str], fetch: Fetch) -> Mapping[str, list[Task]]:
    if len(user_ids) == 1:
        rows = fetch(statements.FIND, {"b_user_id": user_ids[0]})
        return {user_ids[0]: tasks_of(rows)}
    found: dict[str, list[Task]] = {user_id: [] for user_id in user_ids}
    for task in tasks_of(fetch(statements.FIND_SET, {"b_user_ids": user_ids})):
        found[task.user_id].append(task)
    return found


def _count(operations: Sequence[Count], fetch: Fetch) -> list[Any]:
    return [fetch(*finding.count(one.user_id, one.filter))[0][0] for one in operations]


def _tally(operations: Sequence[Tally], fetch: Fetch) -> list[Any]:
    return [
        _tallied(fetch(*finding.tally(one.user_id, one.field)), _KEY_OF[one.field])
        for one in operations
    ]


def _tallied(rows: Sequence[tuple[str, int]], key_of: Callable[[str], str]) -> dict[str, int]:
    names: dict[str, str] = {}
    counts: dict[str, int] = {}
    for name, count in rows:
        key = key_of(name)
        names[key] = min(name, names.get(key, name))
        counts[key] = counts.get(key, 0) + count
    return {names[key]: counts[key] for key in sorted(names)}


def _subtree(operations: Sequence[Subtree], fetch: Fetch) -> list[Any]:
    return [
        tasks_of(fetch(*finding.subtree(one.user_id, one.id))) or TaskNotFound(one.id)
        for one in operations
    ]


def _add(operations: Sequence[Add], fetch: Fetch) -> list[Any]:
    sound = [one for one in operations if not _is_own_parent(one)]
    rows = [row_of(one.task) for one in sound]
    are_plain = all(is_plain(one.task) for one in sound)
    added = _write(statements.ADD_PLAIN if are_plain else statements.ADD, rows, fetch)
    return [
        one.task if (one.task.user_id, one.task.id) in added else _why_not_added(one, fetch)
        for one in operations
    ]


def _why_not_added(operation: Add, fetch: Fetch) -> InvalidTask | DuplicateTask:
    task = operation.task
    is_new = _is_own_parent(operation) and _stored(task, fetch) is None
    return no_parent() if is_new else DuplicateTask(task.id)


def _replace(operations: Sequence[Replace], fetch: Fetch) -> list[Any]:
    sound = [one for one in operations if not _is_own_parent(one)]
    rows = [row_of(one.task) | {"expected": one.expected} for one in sound]
    are_plain = all(is_plain(one.task) for one in sound)
    replace = statements.REPLACE_PLAIN if are_plain else statements.REPLACE
    replaced = _write(replace, rows, fetch)
    return [
        one.task if (one.task.user_id, one.task.id) in replaced else _why_not_replaced(one, fetch)
        for one in operations
    ]


def _why_not_replaced(operation: Replace, fetch: Fetch) -> InvalidTask | StaleTask:
    task, expected = operation.task, operation.expected
    if _is_own_parent(operation):
        stored = _stored(task, fetch)
        if stored is not None and stored.is_at(expected, task.created_at):
            return no_parent()
    return StaleTask(task.id, expected)


def _is_own_parent(operation: Add | Replace) -> bool:
    """Whether the task would stand below itself, which no foreign key minds.

    A check in the database would cost every write more than this.
    """
    return operation.task.parent_id == operation.task.id


def _stored(task: Task | Expect, fetch: Fetch) -> Task | None:
    [found] = _get([Get(task.user_id, task.id)], fetch)
    return found if isinstance(found, Task) else None


def _remove(operations: Sequence[Remove], fetch: Fetch) -> list[Any]:
    rows = [_removed_row(one) for one in operations]
    removed = _write(statements.REMOVE, rows, fetch)
    missed = [one for one in operations if (one.user_id, one.id) not in removed]
    reasons = _why_not_removed(missed, fetch) if missed else {}
    return [reasons.get((one.user_id, one.id)) for one in operations]


def _removed_row(operation: Remove) -> dict[str, Any]:
    row = {"user_id": operation.user_id, "id": operation.id, "expected": operation.expected}
    if operation.created_at is not None:
        row["created_at"] = operation.created_at
    return row


def _why_not_removed(
    operations: Sequence[Remove], fetch: Fetch
) -> dict[tuple[str, UUID], TaskNotFound | StaleTask | None]:
    found = _get([Get(one.user_id, one.id) for one in operations], fetch)
    return {
        (one.user_id, one.id): _not_removed(one, there, fetch)
        for one, there in zip(operations, found, strict=True)
    }


def _not_removed(
    operation: Remove, there: Task | TaskNotFound, fetch: Fetch
) -> TaskNotFound | StaleTask | None:
    expected = operation.expected
    if isinstance(there, TaskNotFound):
        return there
    if expected is None or there.is_at(expected, operation.created_at):
        # Somebody added it after the statement had begun, and no answer is right but that it goes.
        [answer] = _remove([operation], fetch)
        return answer  # type: ignore[no-any-return]  # of one removal
    return StaleTask(operation.id, expected)


def _expect(operations: Sequence[Expect], fetch: Fetch) -> list[Any]:
    keys = {(one.user_id, one.id): {"user_id": one.user_id, "id": one.id} for one in operations}
    rows = _execute(statements.EXPECT, list(keys.values()), fetch)
    found = {(user_id, id): (version, created_at) for user_id, id, version, created_at in rows}
    return [
        None
        if _is_as_expected(one, found.get((one.user_id, one.id)), fetch)
        else StaleTask(one.id, one.expected)
        for one in operations
    ]


def _is_as_expected(operation: Expect, found: tuple[int, datetime] | None, fetch: Fetch) -> bool:
    if found is None:
        there = _stored(operation, fetch)
        if there is None or not there.is_at(operation.expected, operation.created_at):
            return False
        # It was removed and added again, both at once, after the statement had begun.
        return _expect([operation], fetch) == [None]
    version, created_at = found
    return (
        version == operation.expected
        # In UTC, as an hour that a zone has twice is never equal to one of another zone.
        and operation.created_at in {None, created_at.astimezone(UTC)}
        and not _is_deeper(operation, fetch)
    )


def _is_deeper(operation: Expect, fetch: Fetch) -> bool:
    if operation.levels is None:
        return False
    [subtree] = _subtree([Subtree(operation.user_id, operation.id)], fetch)
    return isinstance(subtree, TaskNotFound) or levels_of(subtree) > operation.levels


def _itself(name: str) -> str:
    return name


_KEY_OF: Final[Mapping[str, Callable[[str], str]]] = {"project": _itself, "tags": fold}
_ANSWERS: Final[Mapping[type, Callable[[Any, Fetch], list[Any]]]] = {
    Get: _get,
    Find: _find,
    Count: _count,
    Tally: _tally,
    Subtree: _subtree,
    Add: _add,
    Replace: _replace,
    Remove: _remove,
    Expect: _expect,
}


def _write(
    write: Statements, rows: Sequence[dict[str, Any]], fetch: Fetch
) -> set[tuple[str, UUID]]:
    """Return the keys of the rows that were written."""
    if not rows:
        return set()
    # In one order everywhere, so that two sets that meet seldom wait for each other's rows.
    ordered = sorted(rows, key=lambda row: (row["user_id"], row["id"].int))
    return {(user_id, id) for user_id, id in _execute(write, ordered, fetch)}


def _execute(
    execute: Statements, rows: Sequence[dict[str, Any]], fetch: Fetch
) -> Sequence[tuple[Any, ...]]:
    """Run the statement for one row as what it is: planning a set costs far more than one row.

    What is none may be left out of a row: so it need neither be written nor read.
    """
    if len(rows) == 1:
        row = rows[0]
        return fetch(execute.one, {f"b_{name}": row.get(name) for name in execute.columns})
    return fetch(execute.many, {"b_rows": json.dumps(rows, default=str), "b_count": len(rows)})
