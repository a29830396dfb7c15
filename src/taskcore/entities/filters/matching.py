"""What each predicate means: whether it holds for a task. Every repository must agree with this."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

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
    Op,
    Or,
    Predicate,
    Present,
    Tagged,
    Within,
)
from taskcore.entities.folding import fold, folded
from taskcore.entities.priority import Priority
from taskcore.entities.when import is_day, order_instant

if TYPE_CHECKING:
    from taskcore.entities.task import Task


def matches(predicate: Predicate, task: Task) -> bool:
    """Return whether the predicate holds for the task."""
    return _HOLDS[type(predicate)](predicate, task)


def _all(_: All, __: Task) -> bool:
    return True


def _and(predicate: And, task: Task) -> bool:
    return all(matches(term, task) for term in predicate.terms)


def _or(predicate: Or, task: Task) -> bool:
    return any(matches(term, task) for term in predicate.terms)


def _not(predicate: Not, task: Task) -> bool:
    return not matches(predicate.term, task)


def _is(predicate: Is, task: Task) -> bool:
    value = getattr(task, predicate.field)
    return value is not None and _COMPARE[predicate.op](_rank(value), _rank(predicate.value))


def _rank(value: object) -> Any:
    # A priority is text as well, and would compare as that.
    return value.rank if isinstance(value, Priority) else value


def _like(predicate: Like, task: Task) -> bool:
    text: str | None = getattr(task, predicate.field)
    if text is None:
        return False
    first, *middle, last = predicate.pattern
    if not text.startswith(first):
        return False
    position = len(first)
    # The leftmost place of each piece leaves the most room for those that follow.
    for piece in middle:
        found = text.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return text.endswith(last) and len(text) - len(last) >= position


def _contains(predicate: Contains, task: Task) -> bool:
    texts = [getattr(task, field) for field in predicate.fields]
    return any(text is not None and predicate.folded in folded(text) for text in texts)


def _day(predicate: Day, task: Task) -> bool:
    when = getattr(task, predicate.field)
    return when is not None and is_day(when) and _COMPARE[predicate.op](when, predicate.day)


def _moment(predicate: Moment, task: Task) -> bool:
    when = getattr(task, predicate.field)
    if when is None or is_day(when):
        return False
    # In UTC: in its own zone, Python holds a time that comes twice for equal to none.
    return _COMPARE[predicate.op](order_instant(when), predicate.instant)


def _present(predicate: Present, task: Task) -> bool:
    return getattr(task, predicate.field) not in (None, (), {})


def _tagged(predicate: Tagged, task: Task) -> bool:
    return predicate.folded in map(fold, task.tags)


def _within(predicate: Within, task: Task) -> bool:
    return task.project is not None and f"{task.project}.".startswith(f"{predicate.project}.")


def _extra_is(predicate: ExtraIs, task: Task) -> bool:
    value = _at(predicate.path, task.extra)
    json_type = _JSON_TYPE.get(type(value))
    return json_type == _JSON_TYPE[type(predicate.value)] and _COMPARE[predicate.op](
        value, predicate.value
    )


def _extra_has(predicate: ExtraHas, task: Task) -> bool:
    return _at(predicate.path, task.extra) is not _NOTHING


def _at(path: tuple[str, ...], extra: Mapping[str, Any]) -> object:
    """Return what stands at the end of the path, which leads through objects only."""
    value: object = extra
    for key in path:
        value = value.get(key, _NOTHING) if isinstance(value, Mapping) else _NOTHING
    return value


_NOTHING: Final = object()
_JSON_TYPE: Final[Mapping[type, str]] = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    type(None): "null",
}
_COMPARE: Final[Mapping[Op, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_HOLDS: Final[Mapping[type, Callable[[Any, Task], bool]]] = {
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
