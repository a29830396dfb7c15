"""What a filter says, independent of clock and zone: the tree between its text and its meaning.

Its leaves are predicates already, but those that compare a time: what ``today`` is, and when a day
begins, is for ``resolving`` to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

from taskcore.entities.filters.literals import Time
from taskcore.entities.filters.predicates import Leaf, Op

if TYPE_CHECKING:
    from collections.abc import Sequence


@frozen
class Timed:
    """The field (a time) compares so with ``time``, which is written at ``column``."""

    field: str
    op: Op
    time: Time
    column: int


@frozen
class Negation:
    """Holds where ``term`` does not."""

    term: Node


@frozen
class Conjunction:
    """Holds where every one of ``terms`` does: always, if there are none."""

    terms: tuple[Node, ...]


@frozen
class Disjunction:
    """Holds where at least one of ``terms`` does; there are two or more."""

    terms: tuple[Node, ...]


Node: TypeAlias = Leaf | Timed | Negation | Conjunction | Disjunction


@frozen
class Filter:
    """A filter that was understood: its text, and the tree of what it says."""

    text: str
    root: Node


def conjunction(nodes: Sequence[Node]) -> Node:
    """Join the nodes by AND, without a conjunction in a conjunction or one of a single node."""
    terms = [
        term
        for node in nodes
        for term in (node.terms if isinstance(node, Conjunction) else (node,))
    ]
    return terms[0] if len(terms) == 1 else Conjunction(tuple(terms))


def disjunction(nodes: Sequence[Node]) -> Node:
    """Join the nodes by OR, without a disjunction in a disjunction or one of a single node."""
    terms = [
        term
        for node in nodes
        for term in (node.terms if isinstance(node, Disjunction) else (node,))
    ]
    return terms[0] if len(terms) == 1 else Disjunction(tuple(terms))
