"""A filter in words, so that its writer can see how it was understood.

Every group is in parentheses, because OR binds tighter than AND here, unlike in most languages.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final

from taskcore.entities.filters.literals import read_time, time_at
from taskcore.entities.filters.predicates import (
    All,
    Contains,
    ExtraHas,
    ExtraIs,
    Is,
    Like,
    Op,
    Present,
    Tagged,
    Within,
)
from taskcore.entities.filters.resolving import beyond_calendar
from taskcore.entities.filters.tree import (
    Conjunction,
    Disjunction,
    Filter,
    Negation,
    Node,
    Timed,
)
from taskcore.entities.priority import Priority
from taskcore.entities.when import weekday

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def explain(filter: Filter, now: datetime, zone: tzinfo) -> str:
    """Return in one line of English what the filter means at ``now``, for a user in the zone.

    Raises ``InvalidTask`` for a time that leaves the calendar, which ends with the year 9999.
    """
    return _words(filter.root, now, zone)


def _words(node: Node, now: datetime, zone: tzinfo) -> str:
    match node:
        case Conjunction(terms):
            return ", and ".join(_grouped(term, now, zone) for term in terms) or _EVERY
        case Disjunction(terms):
            return " or ".join(_grouped(term, now, zone) for term in terms)
        case Negation(term):
            return f"not ({_words(term, now, zone)})"
        case Timed():
            return _time(node, now, zone)
    return _LEAF[type(node)](node)


def _grouped(node: Node, now: datetime, zone: tzinfo) -> str:
    words = _words(node, now, zone)
    return f"({words})" if isinstance(node, Conjunction | Disjunction) else words


def _time(node: Timed, now: datetime, zone: tzinfo) -> str:
    try:
        when = time_at(node.time, now, zone)
    except (OverflowError, ValueError):
        raise beyond_calendar(node) from None
    verb = _VERBS[node.field]
    if not isinstance(when, datetime):
        return f"{verb} {_ON_DAY[node.op]} {weekday(when)} {when.isoformat()}"
    local = when.astimezone(zone)
    clock = local.replace(tzinfo=None).isoformat(" ", "seconds").removesuffix(":00")
    return f"{verb} {_AT_MOMENT[node.op]} {weekday(local)} {clock} {zone}"


def _all(_: All) -> str:
    return _EVERY


def _is(leaf: Is) -> str:
    if leaf.field == "completed":
        return "completed" if leaf.value else "open"
    value = _quoted(leaf.value) if type(leaf.value) is str else str(leaf.value)
    return f"{leaf.field.removesuffix('_id')} {_COMPARES[leaf.op]} {value}"


def _like(leaf: Like) -> str:
    pieces = (_quoted(piece)[1:-1].replace("*", r"\*") for piece in leaf.pattern)
    return f'{leaf.field} is like "{"*".join(pieces)}"'


def _contains(leaf: Contains) -> str:
    # Whoever names the field knows what is sought there.
    hint = _hint(leaf.folded) if len(leaf.fields) > 1 else ""
    return f"{' or '.join(leaf.fields)} contains {_quoted(leaf.folded)}{hint}"


def _hint(text: str) -> str:
    """Return what the writer of text that is only sought may have meant, if it looks like more."""
    if text in _LIKE_OPERATORS:
        return " (a word: operators are in capitals)"
    meant = _MEANT.get(text) or _QUICK.get(text[0]) or (f"due = {text}" if _is_time(text) else "")
    return f" (a word: to test the field, write {meant})" if meant else ""


def _is_time(text: str) -> bool:
    try:
        read_time(text)
    except ValueError:
        return False
    return True


def _present(leaf: Present) -> str:
    return _HAS[leaf.field]


def _tagged(leaf: Tagged) -> str:
    return f"tagged {_quoted(leaf.folded)}"


def _within(leaf: Within) -> str:
    return f"in project {_quoted(leaf.project)} or below"


def _extra_is(leaf: ExtraIs) -> str:
    return f"{_path(leaf.path)} {_COMPARES[leaf.op]} {_quoted(leaf.value)}"


def _extra_has(leaf: ExtraHas) -> str:
    return f"has {_path(leaf.path)}"


def _path(path: tuple[str, ...]) -> str:
    return ".".join(("extra", *(key if _PLAIN.fullmatch(key) else _quoted(key) for key in path)))


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_EVERY: Final = "every task"
_PLAIN: Final = re.compile(r"[\w-]+")
_LIKE_OPERATORS: Final = {"and", "or", "not"}
# What a bare word may have been meant for: the names of fields and priorities, and of states.
_MEANT: Final[Mapping[str, str]] = {
    "title": "title:milk",
    "description": "description:milk",
    "completed": "completed = true",
    "done": "completed = true",
    "open": "completed = false",
    "completed_at": "completed_at >= today",
    "due": "due <= today",
    "overdue": "due < now",
    "start": "start <= today",
    "priority": "priority = high",
    **{priority.value: f"priority = {priority.value}" for priority in Priority},
    "tags": "tags:home",
    "project": "project:home",
    "parent_id": "parent_id:*",
    "extra": "extra:*",
    "created_at": "created_at >= today",
    "updated_at": "updated_at >= today",
    "version": "version > 1",
}
# The signs with which a new task's line at the command line names these.
_QUICK: Final[Mapping[str, str]] = {"+": "tags:NAME", "#": "project:NAME", "!": "priority = high"}
_COMPARES: Final[Mapping[Op, str]] = {
    "=": "is",
    "<": "is below",
    "<=": "is at most",
    ">": "is above",
    ">=": "is at least",
}
_ON_DAY: Final[dict[Op, str]] = {
    "=": "on",
    "<": "before",
    "<=": "by",
    ">": "after",
    ">=": "on or after",
}
_AT_MOMENT: Final[Mapping[Op, str]] = _ON_DAY | {"=": "at", ">=": "at or after"}
_VERBS: Final[Mapping[str, str]] = {
    "due": "due",
    "start": "starts",
    "completed_at": "completed",
    "created_at": "created",
    "updated_at": "updated",
}
_HAS: Final[Mapping[str, str]] = {
    "description": "has a description",
    "completed_at": "has a time of completion",
    "due": "has a due date",
    "start": "has a start date",
    "priority": "has a priority",
    "tags": "has a tag",
    "project": "has a project",
    "parent_id": "has a parent",
    "extra": "has something in extra",
}
_LEAF: Final[Mapping[type, Callable[[Any], str]]] = {
    All: _all,
    Is: _is,
    Like: _like,
    Contains: _contains,
    Present: _present,
    Tagged: _tagged,
    Within: _within,
    ExtraIs: _extra_is,
    ExtraHas: _extra_has,
}
