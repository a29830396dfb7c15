"""Which tasks a filter means at the command line: open ones, unless it says what it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typer import echo

if TYPE_CHECKING:
    from taskcore import Tasks
    from taskcore.entities.filters import Filter
    from taskcore.entities.filters.tree import Node

OPEN: Final = "completed = false"
COMPLETED: Final = "completed = true"
EVERYTHING: Final = ""


def scoped(filter: str, state: str = OPEN) -> Filter | str:
    """Return the filter, and the state with it unless it names ``completed`` itself.

    Raises ``InvalidTask`` for a filter that cannot be understood.
    """
    if not filter.strip():
        return state
    # Not needed for a list of all that is open, which is what is asked most.
    from taskcore.entities.filters import Filter, parse_filter
    from taskcore.entities.filters.tree import conjunction

    asked = parse_filter(filter)
    if not state or _names_completion(asked.root):
        return asked
    # As trees: in one text, the state would count against what the user may write.
    both = conjunction((asked.root, parse_filter(state).root))
    return Filter(f"{filter} AND {state}", both)


def tell_none(tasks: Tasks, filter: Filter | str) -> None:
    """Say on stderr that there are no such tasks, and how a filter of the user was understood."""
    # One that was not parsed is not the user's.
    why = "" if isinstance(filter, str) else f": {tasks.explain(filter)}"
    echo(f"No tasks{why}.", err=True)


def _names_completion(node: Node) -> bool:
    from taskcore.entities.filters.tree import Conjunction, Disjunction, Negation

    match node:
        case Conjunction(terms) | Disjunction(terms):
            return any(_names_completion(term) for term in terms)
        case Negation(term):
            return _names_completion(term)
    return getattr(node, "field", "") in {"completed", "completed_at"}
