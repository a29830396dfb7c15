"""An order as a chain of stretches, each of which an index reads from where it begins.

For "due, priority" after a task due on Monday with priority 2: first what is due on Monday with a
greater priority; then what is due on Monday and has none; then what is due later; at last what is
never due. As one condition, no index could find where that begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from attrs import evolve, frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST: Final = 9
"""How many stretches there are at the most, as a statement has the whole filter for each."""


@frozen
class Key:
    """One key of an order, in SQL; ``optional`` is one that some tasks have no value for."""

    column: str
    descending: bool
    optional: bool

    def __str__(self) -> str:
        direction = " DESC" if self.descending else ""
        # Where none is last anyway, or there is none, an index is in the order without it.
        return f"{self.column}{direction}{' NULLS LAST' if direction and self.optional else ''}"


Place: TypeAlias = "Sequence[str | None]"
"""What a task has for each key, in SQL; None where it has no value."""

Stretch: TypeAlias = "tuple[str, Sequence[Key]]"
"""What is true of the tasks in it besides what is asked for, and what orders them."""


def in_parts(keys: Sequence[Key], after: Place | None) -> Sequence[Stretch]:
    """Return the stretches; those without a value for a key have an order by the other keys.

    The conditions begin with AND, or are empty. If there are too many, the nearest are one: they
    have the most in common with the place, and the fewest tasks.
    """
    stretches = list(_in_parts(keys, after))
    if len(stretches) <= MOST:
        return stretches
    nearest, others = stretches[: 1 - MOST], stretches[1 - MOST :]
    any_of_them = " OR ".join(f"(true{condition})" for condition, _ in nearest)
    return [(f" AND ({any_of_them})", keys), *others]


def in_one(keys: Sequence[Key], after: Place | None) -> Sequence[Stretch]:
    """Return the stretches for an index of the whole order, tasks without a value included.

    It is read in that order only where all of its columns are named.
    """
    if after is None:
        return [("", keys)]
    return [(f"{level}{beyond}", keys) for level, _, beyond in _beyond(keys, after)]


def _in_parts(keys: Sequence[Key], after: Place | None) -> Iterator[Stretch]:
    if after is None:
        yield from _from_first("", keys)
        return
    for level, first, beyond in _beyond(keys, after):
        rest = keys[first:]
        if beyond:
            # Which is so anyway, but only said can it name an index of those that have a value.
            there = f" AND {rest[0].column} IS NOT NULL" if rest[0].optional else ""
            yield f"{level}{there}{beyond}", [evolve(rest[0], optional=False), *rest[1:]]
        else:
            yield from _from_first(level, rest[1:])


def _beyond(keys: Sequence[Key], after: Place) -> Iterator[tuple[str, int, str]]:
    """Return what comes after the place: the nearest first, which differ in the last keys only.

    Of each, in which it is level with the place, the number of the key in which it differs, and how
    it does; nothing for those that have no value there, where the place has one, which ``level``
    says as well.
    """
    for first, end in reversed(_runs(keys, after)):
        if after[first] is None:
            continue
        level = "".join(map(_level, keys[:first], after[:first]))
        columns = ", ".join(key.column for key in keys[first:end])
        values = ", ".join(filter(None, after[first:end]))
        yield level, first, f" AND ({columns}) {'<' if keys[first].descending else '>'} ({values})"
        if keys[first].optional:
            yield f"{level}{_level(keys[first], None)}", first, ""


def _runs(keys: Sequence[Key], after: Place) -> list[tuple[int, int]]:
    """Return the runs of keys of one direction, which an index finds the place of in one step."""
    starts = [
        place
        for place, key in enumerate(keys)
        if place == 0
        or key.optional
        or key.descending != keys[place - 1].descending
        or None in (after[place - 1], after[place])
    ]
    return list(zip(starts, [*starts[1:], len(keys)], strict=True))


def _level(key: Key, value: str | None) -> str:
    return f" AND {key.column} {'IS NULL' if value is None else f'= {value}'}"


def _from_first(level: str, keys: Sequence[Key]) -> Iterator[Stretch]:
    first, rest = keys[0], keys[1:]
    if not first.optional:
        yield level, keys
        return
    yield f"{level} AND {first.column} IS NOT NULL", [evolve(first, optional=False), *rest]
    yield from _from_first(f"{level}{_level(first, None)}", rest)
