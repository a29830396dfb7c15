"""From what a filter says to what it means at one time, in one zone.

A day that is compared with a task's moment is the time from its start to its end in the zone. A
moment that is compared with a task's whole day meets, of a due day, its last microsecond in the
zone, and of a start day its first: ``due < now`` is what is overdue.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from taskcore.entities.filters.literals import time_at
from taskcore.entities.filters.predicates import All, And, Day, Is, Moment, Not, Op, Or, Predicate
from taskcore.entities.filters.syntax import mistake
from taskcore.entities.filters.tree import Conjunction, Disjunction, Filter, Negation, Node, Timed
from taskcore.entities.when import start_of_day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from taskcore.entities.when import When
    from taskcore.errors import InvalidTask


def resolve(filter: Filter, now: datetime, zone: tzinfo) -> Predicate:
    """Return what the filter means when the clock shows ``now`` (aware) for a user in the zone.

    Raises ``InvalidTask`` for a time that leaves the calendar, which ends with the year 9999.
    """
    return _resolved(filter.root, now, zone)


def _resolved(node: Node, now: datetime, zone: tzinfo) -> Predicate:
    match node:
        case Conjunction(terms):
            return _all([_resolved(term, now, zone) for term in terms])
        case Disjunction(terms):
            return _any([_resolved(term, now, zone) for term in terms])
        case Negation(term):
            return Not(_resolved(term, now, zone))
        case Timed():
            return _timed(node, now, zone)
    return node


def _all(terms: Sequence[Predicate]) -> Predicate:
    flat = [part for term in terms for part in (term.terms if isinstance(term, And) else (term,))]
    return And(tuple(flat)) if len(flat) > 1 else flat[0] if flat else All()


def _any(terms: Sequence[Predicate]) -> Predicate:
    return Or(
        tuple(part for term in terms for part in (term.terms if isinstance(term, Or) else (term,)))
    )


def _timed(node: Timed, now: datetime, zone: tzinfo) -> Predicate:
    try:
        when = time_at(node.time, now, zone)
        bounds = _bounds(node.op, when, zone)
        if node.field not in _OFF_THE_EDGE:
            return _all([Is(node.field, op, bound) for op, bound in bounds])
        moments = _all([Moment(node.field, op, bound) for op, bound in bounds])
        days = _days(node, when, zone)
    except (OverflowError, ValueError):
        raise beyond_calendar(node) from None
    return Or((days, moments)) if days else moments


def beyond_calendar(node: Timed) -> InvalidTask:
    """Return the error for a time that leaves the calendar, or needs a day that does."""
    reason = "expected a time between the years 1 and 9999, with days around it"
    return mistake(node.column, reason, "range")


def _bounds(op: Op, when: When, zone: tzinfo) -> list[tuple[Op, datetime]]:
    """Return what all must be true of a moment, in UTC, for it to compare so with ``when``."""
    if isinstance(when, datetime):
        return [(op, when.astimezone(UTC))]
    return [(edge, start_of_day(when + later, zone)) for edge, later in _EDGES_OF_DAY[op]]


def _days(node: Timed, when: When, zone: tzinfo) -> Day | None:
    """Return what must be true of a whole day for it to compare so, if any day can."""
    if not isinstance(when, datetime):
        return Day(node.field, node.op, when)
    day = _day_of(when, zone)
    if when == _EDGE[node.field](day, zone):
        return Day(node.field, node.op, day)
    op = _OFF_THE_EDGE[node.field].get(node.op)
    return Day(node.field, op, day) if op else None


def _day_of(moment: datetime, zone: tzinfo) -> date:
    """Return the day that has begun last at the moment.

    Where clocks go back over midnight, that is a day later than the one they show.
    """
    day = moment.astimezone(zone).date()
    return day + _DAY if moment >= start_of_day(day + _DAY, zone) else day


def _end_of_day(day: date, zone: tzinfo) -> datetime:
    return start_of_day(day + _DAY, zone) - _MICROSECOND


_DAY: Final = timedelta(days=1)
_NONE: Final = timedelta()
_MICROSECOND: Final = timedelta(microseconds=1)

# What is true of the moments that compare so with a day: with its start, or with the next one's.
_EDGES_OF_DAY: Final[Mapping[Op, Sequence[tuple[Op, timedelta]]]] = {
    "=": ((">=", _NONE), ("<", _DAY)),
    "<": (("<", _NONE),),
    "<=": (("<", _DAY),),
    ">": ((">=", _DAY),),
    ">=": ((">=", _NONE),),
}
# The moment that stands for a whole day of the field.
_EDGE: Final[Mapping[str, Callable[[date, tzinfo], datetime]]] = {
    "due": _end_of_day,
    "start": start_of_day,
}
# How days compare with the day of a moment, to compare by their edge with the moment, where it is
# not on the edge itself. No day's edge equals it.
_OFF_THE_EDGE: Final[Mapping[str, Mapping[Op, Op]]] = {
    "due": {"<": "<", "<=": "<", ">": ">=", ">=": ">="},
    "start": {"<": "<=", "<=": "<=", ">": ">", ">=": ">"},
}
