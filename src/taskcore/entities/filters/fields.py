"""The fields that a filter may name, and what each can be compared with, and how.

``_FIELDS`` is the whitelist. A field takes the comparators that its kind has a reader for. Where
it takes ``=`` it takes ``!=``, and also ``:``, which then means ``=``. ``:*`` asks of any field
whether it has a value.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, TypeAlias

from taskcore.entities.filters import values
from taskcore.entities.filters.predicates import All, ExtraHas, Present
from taskcore.entities.filters.syntax import Kind, Token, mistake
from taskcore.entities.filters.values import Subject
from taskcore.entities.rules import EXTRA_DEPTH

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from taskcore.entities.filters.tree import Node

    Readers: TypeAlias = Mapping[str, Callable[[Subject, Token], Node]]


def subject(member: Sequence[Token], comparator: Token) -> Subject:
    """Return the left of a comparison: the names before the comparator, and the comparator.

    Raises ``InvalidTask`` for a field that there is not, a path where there is none, and a
    comparator that the field does not take.
    """
    first, *rest = member
    field = first.text
    if field not in _FIELDS:
        raise mistake(first.column, f'unknown field "{field}"; {_hint(field)}', "unknown")
    found = Subject(field, _path(field, rest), comparator.source)
    takes = _comparators(_readers(found))
    if comparator.source not in takes:
        name = ".".join(token.text for token in member)
        reason = f"{name} takes {_choice(takes)}, not {comparator}"
        raise mistake(comparator.column, reason, "type")
    return found


def comparison(subject: Subject, value: Token) -> Node:
    """Return the leaf that the subject and the value on its right make.

    Its comparator is not ``!=``, which is the negation of ``=``. Raises ``InvalidTask`` for a value
    that the field does not take.
    """
    if subject.comparator == ":" and value.kind is Kind.WORD and value.text == "*":
        return _presence(subject)
    readers = _readers(subject)
    comparator = subject.comparator if subject.comparator in readers else "="
    return readers[comparator](subject, value)


def _presence(subject: Subject) -> Node:
    if subject.path:
        return ExtraHas(subject.path)
    return All() if subject.field in _NEVER_NONE else Present(subject.field)


def _path(field: str, names: Sequence[Token]) -> tuple[str, ...]:
    if names and field != "extra":
        raise mistake(names[0].column, f"{field} has no parts; only extra has", "unknown")
    if len(names) > EXTRA_DEPTH:
        reason = f"expected at most {EXTRA_DEPTH} names after extra"
        raise mistake(names[EXTRA_DEPTH].column, reason, "too_long")
    return tuple(values.checked_key(name, name.text) for name in names)


def _readers(subject: Subject) -> Readers:
    return _IN_EXTRA if subject.path else _FIELDS[subject.field]


def _comparators(readers: Readers) -> list[str]:
    equal = ("=", "!=") if "=" in readers else ()
    return list(dict.fromkeys((*equal, *readers, ":")))


def _hint(unknown: str) -> str:
    for close in get_close_matches(unknown.lower(), _FIELDS, n=1):
        return f'did you mean "{close}"?'
    return f"expected one of {', '.join(_FIELDS)}, or quotes around what is only text"


def _choice(comparators: Sequence[str]) -> str:
    *others, last = (f'"{comparator}"' for comparator in comparators)
    return f"{', '.join(others)} or {last}" if others else f"only {last}"


_ORDER: Final = ("<", "<=", ">", ">=")
_PROSE: Final[Readers] = {
    "=": values.pattern,
    **dict.fromkeys(_ORDER, values.text),
    ":": values.contained,
}
_TIME: Final[Readers] = dict.fromkeys(("=", *_ORDER), values.time)
_ID: Final[Readers] = dict.fromkeys(("=", *_ORDER), values.uuid)
_IN_EXTRA: Final[Readers] = dict.fromkeys(("=", *_ORDER), values.json_scalar)

_FIELDS: Final[Mapping[str, Readers]] = {
    "id": _ID,
    "title": _PROSE,
    "description": _PROSE,
    "completed": {"=": values.boolean},
    "completed_at": _TIME,
    "due": _TIME,
    "start": _TIME,
    "priority": dict.fromkeys(("=", *_ORDER), values.priority),
    "tags": {":": values.tag},
    "project": {**_PROSE, ":": values.project},
    "parent_id": _ID,
    "extra": {":": values.key},
    "created_at": _TIME,
    "updated_at": _TIME,
    "version": dict.fromkeys(("=", *_ORDER), values.integer),
}
_NEVER_NONE: Final = {"id", "title", "completed", "created_at", "updated_at", "version"}
