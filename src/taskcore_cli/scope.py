"""Which tasks a filter means at the command line: open ones, unless it says what it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from taskcore.entities.filters.tree import Node

OPEN: Final = "completed = false"
COMPLETED: Final = "completed = true"
EVERYTHING: Final = ""


def scoped(filter: str, state: str = OPEN) -> str:
    """Return the filter, and the state with it unless it names ``completed`` itself.

    Raises ``InvalidTask`` for a filter that cannot be understood.
    """
    if not filter.strip():
        return state
    # Not needed for a list of all that is open, which is what is asked most.
    from taskcore.entities.filters import parse_filter

    asked = parse_filter(filter)
    # AND binds loosest of all, and after the filter, so that columns stay what they are.
    if not state or _names_completion(asked.root):
        return filter
    return f"{filter} AND {state}"


def _names_completion(node: Node) -> bool:
    from taskcore.entities.filters.tree import Conjunction, Disjunction, Negation

    match node:
        case Conjunction(terms) | Disjunction(terms):
            return any(_names_completion(term) for term in terms)
        case Negation(term):
            return _names_completion(term)
    return getattr(node, "field", "") in {"completed", "completed_at"}
