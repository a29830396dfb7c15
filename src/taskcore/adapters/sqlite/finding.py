"""From a query to statements: which tasks of a user, in which order, after which position.

An order that puts tasks without a value last, and begins in the middle, is a chain of stretches.
For "due, priority, id" after a task due on Monday with priority 2: first those due on Monday with
priority 2 and a later id, then those due on Monday with a greater priority, by that; then those due
on Monday with none, by id; then those due later; at last those without a due. Each stretch fixes
some columns and reads on in one direction, which an index does without a look at what lies before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from taskcore.adapters.sqlite.rows import COLUMNS, stored
from taskcore.entities.filters.predicates import All
from taskcore.entities.ordering import comes_after, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from taskcore.adapters.sqlite.predicates import Sql
    from taskcore.entities import Task, TaskQuery
    from taskcore.entities.filters.predicates import Predicate
    from taskcore.entities.ordering import Order, OrderKey


FEW: Final = 1000
"""Up to how many tasks are put in order here for a page of them, rather than found in order."""

FEW_OF_ALL: Final = 10_000
"""The same, where there are no pages."""


def counting(user_id: str, predicate: Predicate) -> Sql:
    """Return the statement for how many tasks the predicate holds for."""
    selected, values = _selection(user_id, predicate)
    return f"SELECT count(*) FROM tasks WHERE {selected}", values


def gatherings(user_id: str, query: TaskQuery) -> Iterator[tuple[Sql, Sql]]:
    """Yield, for each index that may find few tasks, two statements.

    The first answers how many it finds, the second all tasks that the query's filter selects, by
    way of that index, in no order. The last parameter of both is left out: at most how many.
    """
    if isinstance(query.filter, All):
        return
    from taskcore.adapters.sqlite.handles import handles_of, selection  # as below

    for handle in handles_of(query.filter, user_id):
        if not handle.serves(query.order):
            counted, sought = handle.counted
            selected, values = selection(query.filter, user_id, handle.__eq__)
            yield (
                (f"SELECT count(*) FROM ({counted} LIMIT ?)", sought),
                (f"SELECT {COLUMNS} FROM tasks WHERE {selected} LIMIT ?", values),
            )


def in_place(tasks: Sequence[Task], query: TaskQuery) -> list[Task]:
    """Return what the query asks for, of the tasks that its filter selects."""
    found = in_order(tasks, query.order)
    if query.after is not None:
        found = [task for task in found if comes_after(task, query.after, query.order)]
    return found[: query.limit]


def statements(user_id: str, query: TaskQuery) -> Iterator[Sql]:
    """Return the statements whose answers, one after the other, are the tasks, as ``COLUMNS``.

    Of each, the last parameter is left out: how many rows at the most.
    """
    selected, values = _selection(user_id, query.filter, query.order)
    for (stretch, bounds), order in _stretches(query.order, query.after):
        statement = (
            f"SELECT {COLUMNS} FROM tasks WHERE {selected}{stretch} "
            f"ORDER BY {', '.join(map(_direction, order))} LIMIT ?"
        )
        yield statement, [*values, *bounds]


def _selection(user_id: str, predicate: Predicate, order: Order | None = None) -> Sql:
    """Return the condition that a row is one of the user's that the predicate holds for.

    With an order, for tasks that are read in it: there no index is to start from anything else.
    """
    if isinstance(predicate, All):
        return "user_id = ?", [user_id]
    from taskcore.adapters.sqlite.handles import selection  # not needed where nobody filters

    return selection(predicate, user_id, lambda handle: order is None or handle.serves(order))


def _stretches(order: Order, after: Sequence[Any] | None) -> Iterator[tuple[Sql, Order]]:
    """Return where each stretch is, and what orders the tasks in it."""
    if after is None:
        yield from _from_first("", [], order)
        return
    # The nearest come first: those that differ from the position only in the last key.
    for place in reversed(range(len(order))):
        if after[place] is None:
            continue
        level, values = _level_with(after[:place], order)
        key = order[place]
        if key.field == "completed":
            if after[place] == key.descending:
                yield from _from_first(_half(level, not after[place]), values, order[place + 1 :])
            continue
        beyond = f"{level} AND {_column(key)} {'<' if key.descending else '>'} ?"
        yield (beyond, [*values, stored(after[place])]), order[place:]
        if key.field in _LOWEST:
            yield from _from_first(
                f"{level} AND {_column(key)} IS NULL", values, order[place + 1 :]
            )


def _from_first(level: str, values: list[Any], order: Order) -> Iterator[tuple[Sql, Order]]:
    """Return the stretches of the tasks that are level so far."""
    key, *rest = order
    if key.field == "completed":
        for completed in (key.descending, not key.descending):
            yield from _from_first(_half(level, completed), values, tuple(rest))
    elif key.field in _LOWEST:
        # Not IS NOT NULL: from the lowest value on, it is a range, with which an index helps.
        yield (f"{level} AND {_column(key)} >= {_LOWEST[key.field]}", values), order
        yield from _from_first(f"{level} AND {_column(key)} IS NULL", values, tuple(rest))
    else:
        yield (level, values), order


def _half(level: str, completed: object) -> str:
    """Return the condition for the completed ones, or the open ones, of those that are level."""
    return f"{level} AND completed_at IS {'NOT NULL' if completed else 'NULL'}"


def _level_with(position: Sequence[Any], order: Order) -> Sql:
    """Return the condition that a task is where the position is, as far as it goes."""
    sql, values = "", []
    for key, value in zip(order, position, strict=False):
        if key.field == "completed":
            sql = _half(sql, value)
            continue
        sql += f" AND {_column(key)} {'IS NULL' if value is None else '= ?'}"
        if value is not None:
            values.append(stored(value))
    return sql, values


def _column(key: OrderKey) -> str:
    return _COLUMNS.get(key.field, key.field)


def _direction(key: OrderKey) -> str:
    # Where there is a value in the first key, there may be none in the others.
    last = "" if key.descending or key.field not in _LOWEST else " NULLS LAST"
    return f"{_column(key)}{' DESC' if key.descending else ''}{last}"


_COLUMNS: Final[Mapping[str, str]] = {
    "completed": "(completed_at IS NOT NULL)",
    "due": "due_at",
    "start": "start_at",
}
# The fields that may have no value, with what no value in their columns is below.
_LOWEST: Final[Mapping[str, str]] = {
    **dict.fromkeys(("description", "completed_at", "due", "start", "project", "parent_id"), "''"),
    "priority": "1",
}
