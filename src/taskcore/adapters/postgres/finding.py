"""The statements that are made from a query: which tasks, how many, in which order, after which.

SQLAlchemy would take twenty times as long to put one together, and as long as Postgres to answer.
Values are parameters always, so that queries of one shape have one text and share its plan.
"""
# ruff: noqa: S608  # the texts are put together from constants

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve, frozen
from sqlalchemy import text

from taskcore.adapters.postgres.predicates import COLUMNS, OPTIONAL, Parameters, condition
from taskcore.adapters.postgres.rows import PLAIN, RARE, REST

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import TextClause

    from taskcore.entities import TaskQuery
    from taskcore.entities.filters.predicates import Predicate
    from taskcore.entities.ordering import Order

SHAPES: Final = 256
"""How many texts are kept ready to be sent."""

Statement = tuple["TextClause", dict[str, Any]]


@frozen
class _Key:
    """One key of an order, in SQL."""

    column: str
    descending: bool
    optional: bool

    def __str__(self) -> str:
        direction = " DESC" if self.descending else ""
        # Where none is last anyway, or there is none, an index is in the order without it.
        return f"{self.column}{direction}{' NULLS LAST' if direction and self.optional else ''}"


def find(user_id: str, query: TaskQuery) -> Statement:
    """Return the statement for the tasks of a query, and its parameters."""
    parameters = Parameters(user_id)
    keys = _keys(query.order)
    where = f"user_id = :user_id AND {condition(query.filter, parameters)}"
    if query.limit is None:
        rest = f"{where}{_after(keys, query.after, parameters)}"
        return _text(f"SELECT {_COLUMNS} FROM {_TABLE} WHERE {rest}{_order(keys)}"), parameters
    limit = f" LIMIT {parameters.bind(query.limit)}"
    parts = [
        f"(SELECT {_ALL} FROM {_TABLE} WHERE {where}{part}{limit})"
        for part in _parts(keys, query.after, parameters)
    ]
    found = f"({' UNION ALL '.join(parts)}) AS tasks"
    return _text(f"SELECT {_COLUMNS} FROM {found}{_order(keys)}{limit}"), parameters


def count(user_id: str, predicate: Predicate) -> Statement:
    """Return the statement for how many tasks the predicate holds for, and its parameters."""
    parameters = Parameters(user_id)
    where = f"user_id = :user_id AND {condition(predicate, parameters)}"
    return _text(f"SELECT count(*) FROM {_TABLE} WHERE {where}"), parameters


def tally(user_id: str, field: str) -> Statement:
    """Return the statement for each project or tag, as written, and how many open tasks have it."""
    return _text(_TALLIES[field]), Parameters(user_id)


def subtree(user_id: str, id: UUID) -> Statement:
    """Return the statement for a task and all below it, from the top down."""
    return _text(_SUBTREE), {"user_id": user_id, "id": id}


def _keys(order: Order) -> list[_Key]:
    return [_Key(COLUMNS[key.field], key.descending, key.field in OPTIONAL) for key in order]


def _parts(keys: Sequence[_Key], after: Sequence[Any] | None, parameters: Parameters) -> list[str]:
    """Split the order into parts of which each is the order of an index, if there is one.

    Tasks with a value for the first key come first. Those without one have an order by the other
    keys, which is split again. Each part goes up to the limit, so little is read in vain.
    """
    first, rest = keys[0], keys[1:]
    if not first.optional:
        return [f"{_after(keys, after, parameters)}{_order(keys)}"]
    empty = f" AND {first.column} IS NULL"
    if after is not None and after[0] is None:
        return [f"{empty}{part}" for part in _parts(rest, after[1:], parameters)]
    filled = [evolve(first, optional=False), *rest]
    return [
        f" AND {first.column} IS NOT NULL{_after(filled, after, parameters)}{_order(filled)}",
        *(f"{empty}{part}" for part in _parts(rest, None, parameters)),
    ]


def _order(keys: Sequence[_Key]) -> str:
    return f" ORDER BY {', '.join(map(str, keys))}"


def _after(keys: Sequence[_Key], after: Sequence[Any] | None, parameters: Parameters) -> str:
    """Return the condition that a task stands after the position, if there is one."""
    if after is None:
        return ""
    bound = [None if value is None else parameters.bind(value) for value in after]
    if len({key.descending for key in keys}) == 1 and not any(key.optional for key in keys):
        # An index finds the place of a row in one step.
        columns = ", ".join(key.column for key in keys)
        return f" AND ({columns}) {_beyond(keys[0])} ({', '.join(map(str, bound))})"
    ways = []
    level = ""
    for key, value in zip(keys, bound, strict=True):
        if value is None:
            level += f"{key.column} IS NULL AND "
            continue
        none = f" OR {key.column} IS NULL" if key.optional else ""
        ways.append(f"({level}({key.column} {_beyond(key)} {value}{none}))")
        level += f"{key.column} = {value} AND "
    # Of the first key alone, an index finds the place.
    start = "" if keys[0].optional else f" AND {keys[0].column} {_beyond(keys[0])}= {bound[0]}"
    return f"{start} AND ({' OR '.join(ways)})"


def _beyond(key: _Key) -> str:
    return "<" if key.descending else ">"


@lru_cache(SHAPES)
def _text(sql: str) -> TextClause:
    # One object for one text: what it is compiled to is remembered by it.
    return text(sql)


_TABLE: Final = "taskcore.tasks"
_COLUMNS: Final = ", ".join((*PLAIN, REST))
_ALL: Final = ", ".join((*PLAIN, *RARE, "due_at", "start_at"))
_OPEN: Final = "count(*) FILTER (WHERE completed_at IS NULL)"
_TALLIES: Final = {
    "project": f"SELECT project, {_OPEN} FROM {_TABLE}"
    " WHERE user_id = :user_id AND project IS NOT NULL GROUP BY project",
    "tags": f"SELECT tag, {_OPEN} FROM {_TABLE}, unnest(tags) AS tag"
    " WHERE user_id = :user_id AND tags IS NOT NULL GROUP BY tag",
}
# The path ends what would go round for ever, should a task stand below itself.
_SUBTREE: Final = f"""
WITH RECURSIVE below (id, path) AS (
    SELECT id, ARRAY[id] FROM {_TABLE} WHERE user_id = :user_id AND id = :id
    UNION ALL
    SELECT tasks.id, path || tasks.id
    FROM below JOIN {_TABLE} ON tasks.parent_id = below.id
    WHERE tasks.user_id = :user_id AND tasks.id <> ALL (path)
)
SELECT {", ".join(f"tasks.{name}" for name in PLAIN)}, {REST}
FROM below JOIN {_TABLE} ON tasks.user_id = :user_id AND tasks.id = below.id
ORDER BY cardinality(path)
"""
