"""What follows from a filter for every task that it holds for, and that an index can make use of.

A filter says that a day or a moment is due before some time; that one of the two is, whichever, is
what an index of both finds. And where all have a value, none is to be sought among those without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from taskcore.entities.filters.predicates import (
    And,
    Day,
    Is,
    Like,
    Moment,
    Or,
    Predicate,
    Present,
    Within,
)
from taskcore.entities.when import order_instant

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Span: TypeAlias = "tuple[datetime | None, datetime | None]"
"""From when to when; None where there is no bound."""


def span(predicate: Predicate, field: str) -> Span:
    """Return between which times due, or start, lies by what days and moments are sorted by."""
    match predicate:
        case Day() if predicate.field == field:
            return _bounds(predicate.op, order_instant(predicate.day))
        case Moment() if predicate.field == field:
            return _bounds(predicate.op, predicate.instant)
        case And(terms):
            earliest, latest = _ends(terms, field)
            return max(filter(None, earliest), default=None), min(
                filter(None, latest), default=None
            )
        case Or(terms) if terms:
            earliest, latest = _ends(terms, field)
            return (
                None if None in earliest else min(filter(None, earliest)),
                None if None in latest else max(filter(None, latest)),
            )
    return _ANY_TIME


def filled(predicate: Predicate) -> frozenset[str]:
    """Return fields in which every task has a value that the predicate holds for."""
    match predicate:
        case Is("completed", _, value):
            return frozenset({"completed_at"} if value else ())
        case Is() | Like() | Day() | Moment() | Present():
            return frozenset({predicate.field})
        case Within():
            return frozenset({"project"})
        case And(terms):
            return frozenset().union(*map(filled, terms))
        case Or(terms) if terms:
            return frozenset.intersection(*map(filled, terms))
    return frozenset()


def is_open(predicate: Predicate) -> bool:
    """Whether the predicate holds for open tasks only, and says so in one of its terms."""
    terms = predicate.terms if isinstance(predicate, And) else (predicate,)
    return _OPEN in terms


def _bounds(op: str, instant: datetime) -> Span:
    return None if op[0] == "<" else instant, None if op[0] == ">" else instant


def _ends(
    terms: Sequence[Predicate], field: str
) -> tuple[list[datetime | None], list[datetime | None]]:
    spans = [span(term, field) for term in terms]
    return [earliest for earliest, _ in spans], [latest for _, latest in spans]


_OPEN: Final = Is("completed", "=", value=False)
_ANY_TIME: Final[Span] = (None, None)
