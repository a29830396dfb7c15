"""Filters: which tasks somebody wants, as text that people write.

::

    text --parse_filter--> Filter --resolve(now, zone)--> Predicate --matches--> True or False
                                  --explain(now, zone)--> the same in words

A ``Filter`` depends on its text alone. What ``today`` is comes in with ``resolve``, and leaves
predicates that name their times: these are what repositories answer. Read on in ``parsing`` for the
grammar, ``fields`` for what there is to compare, ``literals`` for times, and ``predicates``.
"""

from taskcore.entities.filters.explaining import explain
from taskcore.entities.filters.matching import matches
from taskcore.entities.filters.parsing import parse_filter
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
