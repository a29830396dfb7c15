"""From predicates to conditions in SQL: one function for each kind of leaf.

A condition may be NULL where a task has no value. That is not true, which is all that AND, OR and
WHERE ask; and ``Not`` is written IS NOT TRUE. So indexes still serve the comparisons. Conditions
are put together from constants, and every value is a parameter.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from taskcore.adapters.postgres.rows import tag_key
from taskcore.entities import Priority
from taskcore.entities.filters.implied import span
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
    Predicate,
    Present,
    Tagged,
    Within,
)
from taskcore.entities.when import order_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Parameters(dict[str, Any]):
    """The values that a statement goes with; ``user_id`` is that of its owner."""

    def __init__(self, user_id: str) -> None:
        super().__init__(user_id=user_id)

    def bind(self, value: object) -> str:
        """Take a value, and return what stands for it in the statement."""
        name = f"p{len(self)}"
        self[name] = value
        return f":{name}"


def selection(predicate: Predicate, parameters: Parameters) -> str:
    """Return the condition for a whole filter, with what helps an index to find its tasks."""
    conditions = [condition(predicate, parameters)]
    for field in _IS_DAY:
        for op, bound in zip((">=", "<="), span(predicate, field), strict=True):
            if bound is not None:
                conditions.append(f"{COLUMNS[field]} {op} {parameters.bind(bound)}")
    return " AND ".join(conditions)


def condition(predicate: Predicate, parameters: Parameters) -> str:
    """Return what is true in SQL of the tasks that the predicate holds for, and of no others."""
    return _CONDITIONS[type(predicate)](predicate, parameters)


def _all(_: All, __: Parameters) -> str:
    return "true"


def _and(predicate: And, parameters: Parameters) -> str:
    return f"({' AND '.join(condition(term, parameters) for term in predicate.terms)})"


def _or(predicate: Or, parameters: Parameters) -> str:
    return f"({' OR '.join(condition(term, parameters) for term in predicate.terms)})"


def _not(predicate: Not, parameters: Parameters) -> str:
    return f"({condition(predicate.term, parameters)}) IS NOT TRUE"


def _is(predicate: Is, parameters: Parameters) -> str:
    if predicate.field == "completed":
        return f"completed_at IS {'NOT ' if predicate.value else ''}NULL"
    value = predicate.value
    bound = parameters.bind(value.rank if isinstance(value, Priority) else value)
    return f"{COLUMNS[predicate.field]} {_OPS[predicate.op]} {bound}"


def _like(predicate: Like, parameters: Parameters) -> str:
    pattern = "%".join(_SPECIAL.sub(r"\\\g<0>", piece) for piece in predicate.pattern)
    return f"{COLUMNS[predicate.field]} LIKE {parameters.bind(pattern)}"


def _contains(predicate: Contains, parameters: Parameters) -> str:
    text = parameters.bind(predicate.folded)
    # In the collation "C", lower() changes ASCII only, and other text is kept folded.
    places = [
        f'strpos(coalesce(folded_{field}, lower({_TEXTS[field]})) COLLATE "C", {text}) > 0'
        for field in predicate.fields
    ]
    return f"({' OR '.join(places)})"


def _day(predicate: Day, parameters: Parameters) -> str:
    end = parameters.bind(order_instant(predicate.day))
    column = COLUMNS[predicate.field]
    return f"({_IS_DAY[predicate.field]} AND {column} {_OPS[predicate.op]} {end})"


def _moment(predicate: Moment, parameters: Parameters) -> str:
    instant = parameters.bind(predicate.instant)
    column = COLUMNS[predicate.field]
    return f"(NOT {_IS_DAY[predicate.field]} AND {column} {_OPS[predicate.op]} {instant})"


def _present(predicate: Present, _: Parameters) -> str:
    return _PRESENT[predicate.field]


def _tagged(predicate: Tagged, parameters: Parameters) -> str:
    key = parameters.bind(tag_key(parameters["user_id"], predicate.folded))
    return f"tag_keys @> ARRAY[CAST({key} AS text)]"


def _within(predicate: Within, parameters: Parameters) -> str:
    project = predicate.project
    # What begins with "home." comes before "home/", the character that follows the dot.
    same, first, end = map(parameters.bind, (project, f"{project}.", f"{project}/"))
    return f"(project = {same} OR (project >= {first} AND project < {end}))"


def _extra_is(predicate: ExtraIs, parameters: Parameters) -> str:
    found = _at(predicate.path, parameters)
    if isinstance(predicate.value, str) and predicate.op != "=":
        text = parameters.bind(predicate.value)
        compared = f"({found} #>> '{{}}') COLLATE \"C\" {_OPS[predicate.op]} {text}"
        return f"(jsonb_typeof({found}) = 'string' AND {compared})"
    value = parameters.bind(json.dumps(predicate.value))
    compared = f"{found} {_OPS[predicate.op]} CAST({value} AS jsonb)"
    # Values of two types are never equal, but they have an order.
    return compared if predicate.op == "=" else f"(jsonb_typeof({found}) = 'number' AND {compared})"


def _extra_has(predicate: ExtraHas, parameters: Parameters) -> str:
    return f"{_at(predicate.path, parameters)} IS NOT NULL"


def _at(path: tuple[str, ...], parameters: Parameters) -> str:
    """Return what stands at the end of the path; text as a key leads through objects only."""
    keys = "".join(f" -> CAST({parameters.bind(key)} AS text)" for key in path)
    return f"(CAST(extra AS jsonb){keys})"


# In LIKE patterns.
_SPECIAL: Final = re.compile(r"[\\%_]")
_TEXTS: Final = {"title": 'title COLLATE "C"', "description": 'description COLLATE "C"'}
_IS_DAY: Final = {"due": "length(due) = 10", "start": "length(start) = 10"}
_OPS: Final = {op: op for op in ("=", "<", "<=", ">", ">=")}

COLUMNS: Final[Mapping[str, str]] = {
    **_TEXTS,
    "id": "id",
    "completed": "(completed_at IS NOT NULL)",
    "completed_at": "completed_at",
    "due": "due_at",
    "start": "start_at",
    "priority": "priority",
    "project": "project",
    "parent_id": "parent_id",
    "created_at": "created_at",
    "updated_at": "updated_at",
    "version": "version",
}
"""What a field is compared and sorted by."""

OPTIONAL: Final = frozenset(
    {"description", "completed_at", "due", "start", "priority", "project", "parent_id"}
)
"""The fields of ``COLUMNS`` in which a task may have no value."""

_PRESENT: Final[Mapping[str, str]] = {
    **{name: "true" for name in COLUMNS if name not in OPTIONAL},
    # For due and start in the columns that the indexes have.
    **{name: f"{COLUMNS[name]} IS NOT NULL" for name in OPTIONAL},
    **{name: f"{name} IS NOT NULL" for name in ("tags", "extra")},
}
_CONDITIONS: Final[Mapping[type, Callable[[Any, Parameters], str]]] = {
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
