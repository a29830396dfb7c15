"""The statements that are made from a query: which tasks, how many, in which order, after which.

SQLAlchemy would take twenty times as long to put one together, and as long as Postgres to answer.
Values are parameters always, so that queries of one shape have one text. But they share no plan:
one that is good for the average user reads all tasks of one who has many.
"""
# ruff: noqa: S608  # the texts are put together from constants

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from taskcore.adapters.postgres.predicates import COLUMNS, OPTIONAL, Parameters, selection
from taskcore.adapters.postgres.rows import PLAIN, RARE, REST
from taskcore.adapters.postgres.stretches import Key, in_one, in_parts
from taskcore.entities.filters.implied import filled, is_open
from taskcore.entities.ordering import OrderKey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet
    from uuid import UUID

    from sqlalchemy import TextClause

    from taskcore.entities import TaskQuery
    from taskcore.entities.filters.predicates import Predicate
    from taskcore.entities.ordering import Order

SHAPES: Final = 128
"""How many texts are kept ready to be sent."""

OPEN_ORDER: Final = (
    OrderKey("due"),
    OrderKey("priority", descending=True),
    OrderKey("created_at", descending=True),
    OrderKey("id", descending=True),
)
"""The order of the index ``tasks_open``."""

Statement = tuple["TextClause", dict[str, Any]]


def find(user_id: str, query: TaskQuery) -> Statement:
    """Return the statement for the tasks of a query, and its parameters."""
    parameters = Parameters(user_id)
    where = f"user_id = :user_id AND {selection(query.filter, parameters)}"
    is_indexed = query.order == OPEN_ORDER and is_open(query.filter)
    # Whether tasks without a value come first or last is a part of the index's order.
    keys = _keys(query.order, OPTIONAL if is_indexed else OPTIONAL - filled(query.filter))
    if query.limit is None and query.after is None:
        return _text(f"SELECT {_COLUMNS} FROM {_TABLE} WHERE {where}{_order(keys)}"), parameters
    limit = None if query.limit is None else parameters.bind(query.limit)
    after = query.after and [None if at is None else parameters.bind(at) for at in query.after]
    stretches = in_one(keys, after) if is_indexed else in_parts(keys, after)
    parts = [(f"{where}{place}", order) for place, order in stretches]
    return _text(_chained(parts, limit, keys)), parameters


def count(user_id: str, predicate: Predicate) -> Statement:
    """Return the statement for how many tasks the predicate holds for, and its parameters."""
    parameters = Parameters(user_id)
    where = f"user_id = :user_id AND {selection(predicate, parameters)}"
    return _text(f"SELECT count(*) FROM {_TABLE} WHERE {where}"), parameters


def tally(user_id: str, field: str) -> Statement:
    """Return the statement for each project or tag, as written, and how many open tasks have it."""
    return _TALLIES[field], Parameters(user_id)


def subtree(user_id: str, id: UUID) -> Statement:
    """Return the statement for a task and all below it, from the top down."""
    return _SUBTREE, {"user_id": user_id, "id": id}


def _keys(order: Order, optional: AbstractSet[str]) -> list[Key]:
    return [Key(COLUMNS[key.field], key.descending, key.field in optional) for key in order]


def _chained(
    parts: Sequence[tuple[str, Sequence[Key]]], limit: str | None, keys: Sequence[Key]
) -> str:
    """Return the statement for the tasks of all parts, the first of which are the first.

    With a limit, what is there so far is counted before the next part, and Postgres does not begin
    with one that is not needed.
    """
    up_to = f" LIMIT {limit}" if limit else ""
    if len(parts) == 1:
        [(where, order)] = parts
        return f"SELECT {_COLUMNS} FROM {_TABLE} WHERE {where}{_order(order)}{up_to}"
    links, before = [], ""
    for number, (where, order) in enumerate(parts):
        need = f"(SELECT found FROM {before}) < {limit} AND " if before else ""
        first = f"{_order(order)}{up_to}" if limit else ""
        links.append(f"part_{number} AS (SELECT {_ALL} FROM {_TABLE} WHERE {need}{where}{first})")
        if limit:
            so_far = f" + (SELECT found FROM {before})" if before else ""
            before = f"up_to_{number}"
            links.append(f"{before} AS (SELECT count(*){so_far} AS found FROM part_{number})")
    found = " UNION ALL ".join(f"SELECT * FROM part_{number}" for number in range(len(parts)))
    return f"WITH {', '.join(links)} SELECT {_COLUMNS} FROM ({found}) AS tasks{_order(keys)}{up_to}"


def _order(keys: Sequence[Key]) -> str:
    return f" ORDER BY {', '.join(map(str, keys))}"


@lru_cache(SHAPES)
def _text(sql: str) -> TextClause:
    # One object for one text: what it is compiled to is remembered by it.
    return text(sql).execution_options(prepare=False)


_TABLE: Final = "taskcore.tasks"
_COLUMNS: Final = ", ".join((*PLAIN, REST))
_ALL: Final = ", ".join((*PLAIN, *RARE, "due_at", "start_at"))
_OPEN: Final = "count(*) FILTER (WHERE completed_at IS NULL)"
_TALLIES: Final = {
    "project": text(
        f"SELECT project, {_OPEN} FROM {_TABLE}"
        " WHERE user_id = :user_id AND project IS NOT NULL GROUP BY project"
    ),
    "tags": text(
        f"SELECT tag, {_OPEN} FROM {_TABLE}, unnest(tags) AS tag"
        " WHERE user_id = :user_id AND tags IS NOT NULL GROUP BY tag"
    ),
}
# The path ends what would go round for ever, should a task stand below itself.
_SUBTREE: Final = text(f"""
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
""")
