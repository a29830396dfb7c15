"""In which order tasks are found: by fields, and last by id, so that no two stand level."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from attrs import frozen

from taskcore.entities.when import order_instant
from taskcore.errors import InvalidTask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from taskcore.entities.task import Task


@frozen
class OrderKey:
    """A field to sort by. Tasks without a value there come last, in both directions.

    Text sorts by code points, a priority by its rank, a whole day at its end in UTC.
    """

    field: str
    descending: bool = False


Order: TypeAlias = tuple[OrderKey, ...]
"""The first key decides, and where it leaves tasks level the next; the last one is the id."""

NEWEST_FIRST: Final[Order] = (
    OrderKey("created_at", descending=True),
    OrderKey("id", descending=True),
)

_DIRECTIONS: Final[Mapping[tuple[str, ...], bool]] = {(): False, ("asc",): False, ("desc",): True}


def parse_order(text: str) -> Order:
    """Return the order that text says as AIP-132 has it: ``"due, priority desc, created_at"``.

    A field ascends unless it says ``desc``. The id is added as the last key, in the direction of
    the key before it. Empty text is newest first. Raises ``InvalidTask``, with the column.
    """
    if not isinstance(text, str):
        raise InvalidTask("order_by", "must be text", "type")
    if not text.strip():
        return NEWEST_FIRST
    keys: list[OrderKey] = []
    column = 1
    for part in text.split(","):
        keys.append(_key(part, column, {key.field for key in keys}))
        column += len(part) + 1
    if keys[-1].field != "id":
        keys.append(OrderKey("id", keys[-1].descending))
    return tuple(keys)


def order_text(order: Order) -> str:
    """Return the order as ``parse_order`` reads it."""
    return ", ".join(f"{key.field} desc" if key.descending else key.field for key in order)


def sort_value(task: Task, field: str) -> Any:
    """Return what a task sorts by in a field: values that compare with each other, or None."""
    value = getattr(task, field)
    return value if value is None else _VALUES.get(field, _itself)(value)


def in_order(tasks: Iterable[Task], order: Order) -> list[Task]:
    """Return the tasks in that order."""
    found = list(tasks)
    for key in reversed(order):
        valued = [(sort_value(task, key.field), task) for task in found]
        placed = [pair for pair in valued if pair[0] is not None]
        placed.sort(key=itemgetter(0), reverse=key.descending)
        found = [task for _, task in (*placed, *(pair for pair in valued if pair[0] is None))]
    return found


def position_of(task: Task, order: Order) -> tuple[Any, ...]:
    """Return where a task stands in the order: its sort values, of which no two tasks have all."""
    return tuple(sort_value(task, key.field) for key in order)


def comes_after(task: Task, position: Sequence[Any], order: Order) -> bool:
    """Whether a task stands after a position."""
    for key, there in zip(order, position, strict=True):
        here = sort_value(task, key.field)
        if here != there:
            if here is None or there is None:
                return here is None
            return bool(here < there if key.descending else here > there)
    return False


def _key(part: str, column: int, before: set[str]) -> OrderKey:
    column += len(part) - len(part.lstrip())
    field, *direction = part.split() or [""]
    if not field or tuple(direction) not in _DIRECTIONS:
        raise _mistake(column, f"expected a field and perhaps desc, not {part.strip()!r}")
    if field in before or "id" in before:
        last = "id" if "id" in before else field
        raise _mistake(column, f"{last} stands before it, and leaves it nothing to order")
    if field not in ORDER_FIELDS:
        from difflib import get_close_matches  # only mistakes need it

        near = get_close_matches(field, ORDER_FIELDS, 1)
        advice = (
            f'; did you mean "{near[0]}"?' if near else f"; there are {', '.join(ORDER_FIELDS)}"
        )
        raise _mistake(column, f'cannot order by "{field}"{advice}')
    return OrderKey(field, _DIRECTIONS[tuple(direction)])


def _mistake(column: int, reason: str) -> InvalidTask:
    return InvalidTask("order_by", reason, "order", column)


def _itself(value: Any) -> Any:
    return value


ORDER_FIELDS: Final = (
    "id",
    "title",
    "description",
    "completed",
    "completed_at",
    "due",
    "start",
    "priority",
    "project",
    "parent_id",
    "created_at",
    "updated_at",
    "version",
)
"""The fields that tasks can be ordered by: all that hold one value."""

_VALUES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "due": order_instant,
    "start": order_instant,
    "priority": lambda priority: priority.rank,
}
