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


def condition(predicate: Predicate) -> Sql:
    """Return the condition on a row of ``tasks`` that is true where the predicate holds."""
    return _CONDITIONS[type(predicate)](predicate)


def all_of(terms: Sequence[Predicate]) -> Sql:
    """Return the condition that is true where all of them hold; TRUE if there are none."""
    return _and(And(tuple(terms))) if terms else _all(All())


def _all(_: All) -> Sql:
    return "TRUE", []


def _and(predicate: And) -> Sql:
    calls = ("contains_all", "NOT contains_any")
    return _joined(" AND ", "TRUE", _conditions(predicate.terms, *calls))


def _or(predicate: Or) -> Sql:
    calls = ("contains_any", "NOT contains_all")
    return _joined(" OR ", "FALSE", _conditions(predicate.terms, *calls))


def _conditions(terms: Sequence[Predicate], contains: str, lacks: str) -> list[Sql]:
    """Return a condition for each term, but one for all words that are sought in the same texts.

    ``contains`` is what to call for words that are to be there, ``lacks`` for those that are not.
    """
    words: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    conditions = []
    for term in terms:
        match term:
            case Contains(fields, word):
                words.setdefault((contains, fields), []).append(word)
            case Not(Contains(fields, word)):
                words.setdefault((lacks, fields), []).append(word)
            case _:
                conditions.append(condition(term))
    # These last: they take the longest.
    return [*conditions, *(_call(*where, sought) for where, sought in words.items())]


def _call(contains: str, fields: Sequence[str], words: Sequence[str]) -> Sql:
    return f"{contains}(?, {', '.join(fields)})", [_json(words)]


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
    return _call("contains_any", predicate.fields, [predicate.folded])


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
    # For each task that is looked at: a tag may have many that are not. The owner is always the
    # first parameter.
    sql = "EXISTS (SELECT 1 FROM tags WHERE user_id = ?1 AND folded = ? AND task_id = tasks.id)"
    return sql, [predicate.folded]


def _within(predicate: Within) -> Sql:
    # All that starts with the path and a dot; the slash is what comes after the dot. An index finds
    # what lies between the ends, which is hardly more.
    path = predicate.project
    sql = "(project >= ? AND project < ? AND (project = ? OR project > ?))"
    return sql, [path, f"{path}/", path, f"{path}."]


def _extra_is(predicate: ExtraIs) -> Sql:
    place, value = _json(predicate.path), predicate.value
    sql, values = f"extra_at(extra, ?) {predicate.op} ?", [place, comparable(value)]
    if predicate.op == "=":
        return sql, values
    # In SQLite, any text is greater than any number.
    types = "('text')" if isinstance(value, str) else "('integer', 'real')"
    return f"({sql} AND typeof(extra_at(extra, ?)) IN {types})", [*values, place]


def _extra_has(predicate: ExtraHas) -> Sql:
    return "extra_at(extra, ?) IS NOT NULL", [_json(predicate.path)]


def _json(texts: Sequence[str]) -> str:
    import json  # a command line starts without it, and seldom asks for what needs it

    return json.dumps(texts)


# What has a value where the field has: for days and moments what the indexes hold.
_COLUMNS: Final = {"completed": "id", "due": "due_at", "start": "start_at"}
_NO_WILDCARDS: Final = str.maketrans({wildcard: f"[{wildcard}]" for wildcard in "*?["})
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
