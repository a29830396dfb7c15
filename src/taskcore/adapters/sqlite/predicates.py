"""From a predicate to SQL: a table with a function for each kind.

As in SQL, a comparison with nothing is NULL, neither true nor false; ``IS NOT TRUE`` makes the
negation true of it, as it has to be. What ``entities.filters.matching`` says is the measure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from taskcore.adapters.sqlite.functions import comparable
from taskcore.adapters.sqlite.rows import stored
from taskcore.entities.filters.predicates import (
    All,
    And,
    Contains,
    Day,
    ExtraHas,
    ExtraIs,
    Is,
    Like,
    Moment,
    Not,
    Or,
    Present,
    Tagged,
    Within,
)
from taskcore.entities.when import DAY_LENGTH, order_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from taskcore.entities.filters.predicates import Predicate

Sql: TypeAlias = tuple[str, list[Any]]
"""A condition, and the values of its parameters."""

Span: TypeAlias = "tuple[datetime | None, datetime | None]"
"""From when to when; None where there is no bound."""


def condition(predicate: Predicate) -> Sql:
    """Return the condition on a row of ``tasks`` that is true where the predicate holds."""
    return _CONDITIONS[type(predicate)](predicate)


def selection(predicate: Predicate, *, in_order: bool = False) -> Sql:
    """Return the condition for a whole filter, with what helps an index to find the rows.

    ``in_order`` is for tasks that are read in the order that is asked for, as they are many: there
    what names few tasks is only looked at, and no index is to start from it.
    """
    conditions = []
    for term in _terms(predicate):
        sql, values = condition(term)
        conditions.append((f"({sql}) IS TRUE" if in_order and _names_few(term) else sql, values))
    for op, bound in zip((">=", "<="), _due_span(predicate), strict=True):
        if bound is not None:
            conditions.append((f"due_at {op} ?", [stored(bound)]))
    return _joined(" AND ", "TRUE", conditions)


def is_selective(predicate: Predicate) -> bool:
    """Whether the filter asks for something that few tasks may have, and that an index finds."""
    return any(map(_names_few, _terms(predicate))) or _due_span(predicate) != _ANY_TIME


def _terms(predicate: Predicate) -> Sequence[Predicate]:
    return predicate.terms if isinstance(predicate, And) else (predicate,)


def _names_few(term: Predicate) -> bool:
    match term:
        case Tagged() | Within() | Is("id" | "parent_id" | "project", "="):
            return True
    return False


def _due_span(predicate: Predicate) -> Span:
    """Return between which times every task is due that the predicate holds for."""
    match predicate:
        case Day("due", op, day):
            return _span(op, order_instant(day))
        case Moment("due", op, instant):
            return _span(op, instant)
        case And(terms):
            earliest, latest = _ends(terms)
            return (
                max(filter(None, earliest), default=None),
                min(filter(None, latest), default=None),
            )
        case Or(terms) if terms:
            earliest, latest = _ends(terms)
            return (
                None if None in earliest else min(filter(None, earliest)),
                None if None in latest else max(filter(None, latest)),
            )
    return _ANY_TIME


def _span(op: str, instant: datetime) -> Span:
    return None if op[0] == "<" else instant, None if op[0] == ">" else instant


def _ends(terms: Sequence[Predicate]) -> tuple[list[datetime | None], list[datetime | None]]:
    spans = [_due_span(term) for term in terms]
    return [earliest for earliest, _ in spans], [latest for _, latest in spans]


def _all(_: All) -> Sql:
    return "TRUE", []


def _and(predicate: And) -> Sql:
    return _joined(" AND ", "TRUE", [condition(term) for term in predicate.terms])


def _or(predicate: Or) -> Sql:
    return _joined(" OR ", "FALSE", [condition(term) for term in predicate.terms])


def _joined(how: str, empty: str, conditions: Sequence[Sql]) -> Sql:
    sql = how.join(sql for sql, _ in conditions) or empty
    return f"({sql})", [value for _, values in conditions for value in values]


def _not(predicate: Not) -> Sql:
    sql, values = condition(predicate.term)
    return f"({sql} IS NOT TRUE)", values


def _is(predicate: Is) -> Sql:
    if predicate.field == "completed":
        return f"completed_at IS {'NOT NULL' if predicate.value else 'NULL'}", []
    return f"{predicate.field} {predicate.op} ?", [stored(predicate.value)]


def _like(predicate: Like) -> Sql:
    # LIKE would ignore the case of some letters.
    pieces = [piece.translate(_NO_WILDCARDS) for piece in predicate.pattern]
    return f"{predicate.field} GLOB ?", ["*".join(pieces)]


def _contains(predicate: Contains) -> Sql:
    texts = [f"instr(fold({field}), ?)" for field in predicate.fields]
    return f"({' OR '.join(texts)})", [predicate.folded] * len(texts)


def _day(predicate: Day) -> Sql:
    # Days sort as their ends do, and the index has those.
    return _on_axis(predicate, order_instant(predicate.day), "=")


def _moment(predicate: Moment) -> Sql:
    return _on_axis(predicate, predicate.instant, ">")


def _on_axis(predicate: Day | Moment, instant: datetime, length: str) -> Sql:
    field = predicate.field
    sql = f"({field}_at {predicate.op} ? AND length({field}) {length} {DAY_LENGTH})"
    return sql, [stored(instant)]


def _present(predicate: Present) -> Sql:
    column = _COLUMNS.get(predicate.field, predicate.field)
    return f"{column} IS NOT NULL", []


def _tagged(predicate: Tagged) -> Sql:
    # Not correlated, so that the search can start there; the owner is always the first parameter.
    return "id IN (SELECT task_id FROM tags WHERE user_id = ?1 AND folded = ?)", [predicate.folded]


def _within(predicate: Within) -> Sql:
    # All that starts with the path and a dot; the slash is what comes after the dot.
    path = predicate.project
    return "(project = ? OR (project > ? AND project < ?))", [path, f"{path}.", f"{path}/"]


def _extra_is(predicate: ExtraIs) -> Sql:
    place, value = _place(predicate.path), predicate.value
    sql, values = f"extra_at(extra, ?) {predicate.op} ?", [place, comparable(value)]
    if predicate.op == "=":
        return sql, values
    # In SQLite, any text is greater than any number.
    types = "('text')" if isinstance(value, str) else "('integer', 'real')"
    return f"({sql} AND typeof(extra_at(extra, ?)) IN {types})", [*values, place]


def _place(path: tuple[str, ...]) -> str:
    import json  # a command line starts without it, and seldom asks for extra

    return json.dumps(path)


def _extra_has(predicate: ExtraHas) -> Sql:
    return "extra_at(extra, ?) IS NOT NULL", [_place(predicate.path)]


# What has a value where the field has: for days and moments what the indexes hold.
_COLUMNS: Final = {"completed": "id", "due": "due_at", "start": "start_at"}
_NO_WILDCARDS: Final = str.maketrans({wildcard: f"[{wildcard}]" for wildcard in "*?["})
_ANY_TIME: Final[Span] = (None, None)
_CONDITIONS: Final[Mapping[type, Callable[[Any], Sql]]] = {
    All: _all,
    And: _and,
    Or: _or,
    Not: _not,
    Is: _is,
    Like: _like,
    Contains: _contains,
    Day: _day,
    Moment: _moment,
    Present: _present,
    Tagged: _tagged,
    Within: _within,
    ExtraIs: _extra_is,
    ExtraHas: _extra_has,
}
