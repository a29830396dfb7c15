"""Where an index can get hold of the tasks that a filter selects, and the conditions around that.

SQLite knows nothing of how many tasks have a tag, say, and would often start from the wrong index.
So it is told: what a filter says in a form that an index finds is its *handles*, and a statement
starts from one of them. The others are only looked at, which ``IS TRUE`` makes sure of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from taskcore.adapters.sqlite.predicates import Sql, all_of, condition
from taskcore.adapters.sqlite.rows import stored
from taskcore.entities.filters.implied import span
from taskcore.entities.filters.predicates import (
    All,
    And,
    Is,
    Present,
    Tagged,
    Within,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from taskcore.entities.filters.predicates import Predicate
    from taskcore.entities.ordering import Order


class Handle(NamedTuple):
    """Something that a filter demands of all its tasks, and that an index finds.

    ``field`` tells which index. ``finds`` is the condition to start from, ``looks`` the one for
    tasks that are found in another way; the rows of ``counted`` are as many as these tasks are.
    """

    field: str
    finds: Sql
    looks: Sql
    counted: Sql

    def serves(self, order: Order) -> bool:
        """Whether the index finds the tasks in the order, or nearly so."""
        return order[0].field in _SERVED.get(self.field, (self.field,))


def handles_of(predicate: Predicate, user_id: str) -> list[Handle]:
    """Return all handles that a user's filter gives."""
    return [*_direct(predicate, user_id), *_spans(predicate, user_id)]


def selection(
    predicate: Predicate, user_id: str, starts: Callable[[Handle], bool] = lambda _: True
) -> Sql:
    """Return the condition that a row of ``tasks`` is one of the user's that the filter selects.

    Those handles are started from that ``starts`` says; of all, SQLite chooses one.
    """
    handles = [
        handle.finds if starts(handle) else handle.looks
        for handle in handles_of(predicate, user_id)
    ]
    others = all_of([term for term in _terms(predicate) if _field(term) is None])
    conditions = [("user_id = ?", [user_id]), *handles, others]
    return (
        " AND ".join(sql for sql, _ in conditions if sql != _TRUE),
        [value for _, values in conditions for value in values],
    )


def _terms(predicate: Predicate) -> Sequence[Predicate]:
    match predicate:
        case All():
            return ()
        case And(terms):
            return terms
    return (predicate,)


def _field(term: Predicate) -> str | None:
    """Return the field whose index finds what the term demands, as it stands."""
    match term:
        case Tagged():
            return "tags"
        case Within():
            return "project"
        case Is("completed", _, completed):
            return "completed_at" if completed else "completed"
        case Is(field) | Present(field) if field in _INDEXED:
            return field
        case Present("due" | "start" as field):
            return field
    return None


def _direct(predicate: Predicate, user_id: str) -> Iterator[Handle]:
    by_field: dict[str, list[Predicate]] = {}
    for term in _terms(predicate):
        if isinstance(term, Tagged):
            yield _tagged(term, user_id)
        elif field := _field(term):
            by_field.setdefault(field, []).append(term)
    for field, terms in by_field.items():
        sql, values = all_of(terms)
        yield _handle(field, (sql, values), (f"{sql} IS TRUE", values), user_id)


def _spans(predicate: Predicate, user_id: str) -> Iterator[Handle]:
    """Yield between which times all tasks are due, or start; no task is selected for that alone."""
    for field in ("due", "start"):
        bounds = [
            (f"{field}_at {op} ?", stored(bound))
            for op, bound in zip((">=", "<="), span(predicate, field), strict=True)
            if bound is not None
        ]
        if bounds:
            sql = " AND ".join(condition for condition, _ in bounds)
            yield _handle(field, (sql, [value for _, value in bounds]), (_TRUE, []), user_id)


def _handle(field: str, finds: Sql, looks: Sql, user_id: str) -> Handle:
    sql, values = finds
    counted = f"SELECT 1 FROM tasks WHERE user_id = ? AND {sql}"
    return Handle(field, finds, looks, (counted, [user_id, *values]))


def _tagged(term: Tagged, user_id: str) -> Handle:
    # Not correlated, so that the search can start there; the owner is always the first parameter.
    tagged = "SELECT task_id FROM tags WHERE user_id = ?1 AND folded = ?"
    return Handle(
        "tags",
        (f"id IN ({tagged})", [term.folded]),
        condition(term),
        (tagged, [user_id, term.folded]),
    )


_TRUE: Final = "TRUE"
_INDEXED: Final = {
    *("id", "parent_id", "project", "priority"),
    *("completed_at", "created_at", "updated_at"),
}
# There are indexes of the open tasks in these orders.
_SERVED: Final = {"completed": ("due", "created_at")}
