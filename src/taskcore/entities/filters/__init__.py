"""Filters: which tasks somebody wants, as text that people write.

::

    text --parse_filter--> Filter --resolve(now, zone)--> Predicate --matches--> True or False
                                  --explain(now, zone)--> the same in words

A ``Filter`` depends on its text alone. What ``today`` is comes in with ``resolve``, and leaves
predicates that name their times: these are what repositories answer. Read on in ``parsing`` for the
grammar, ``fields`` for what there is to compare, ``literals`` for times, and ``predicates``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from taskcore.entities.filters.predicates import (
    All,
    And,
    Contains,
    Day,
    ExtraHas,
    ExtraIs,
    Is,
    JsonScalar,
    Leaf,
    Like,
    Moment,
    Not,
    Op,
    Or,
    Predicate,
    Present,
    Tagged,
    Value,
    Within,
)

if TYPE_CHECKING:
    from taskcore.entities.filters.explaining import explain
    from taskcore.entities.filters.matching import matches
    from taskcore.entities.filters.parsing import parse_filter
    from taskcore.entities.filters.resolving import resolve
    from taskcore.entities.filters.tree import Filter

__all__ = [
    "All",
    "And",
    "Contains",
    "Day",
    "ExtraHas",
    "ExtraIs",
    "Filter",
    "Is",
    "JsonScalar",
    "Leaf",
    "Like",
    "Moment",
    "Not",
    "Op",
    "Or",
    "Predicate",
    "Present",
    "Tagged",
    "Value",
    "Within",
    "explain",
    "matches",
    "parse_filter",
    "resolve",
]

# Imported when first asked for: whoever finds tasks needs predicates, but few write filters.
_ELSEWHERE: Final = {
    "Filter": "tree",
    "explain": "explaining",
    "matches": "matching",
    "parse_filter": "parsing",
    "resolve": "resolving",
}


def __getattr__(name: str) -> Any:
    """Import what is not yet here, and keep it here."""
    if name not in _ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(f"{__name__}.{_ELSEWHERE[name]}"), name)
    return value
