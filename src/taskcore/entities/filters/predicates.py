"""What a filter means, in values that every repository understands: the predicates of a task.

A predicate holds for a task or it does not. One that compares a field is false for a task that has
no value there, so its ``Not`` is true. ``matching`` says in code what each means; a repository that
compiles them to a query of its own must agree with it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

from attrs import frozen

from taskcore.entities.plain_value import PlainValue
from taskcore.entities.priority import Priority

Op: TypeAlias = Literal["=", "<", "<=", ">", ">="]
Value: TypeAlias = str | bool | int | datetime | Priority | UUID
JsonScalar: TypeAlias = str | bool | int | float | None


@frozen(eq=False, repr=False)
class All(PlainValue):
    """Holds for every task."""


@frozen(eq=False, repr=False)
class And(PlainValue):
    """Holds where every one of ``terms`` holds."""

    terms: tuple[Predicate, ...]


@frozen(eq=False, repr=False)
class Or(PlainValue):
    """Holds where at least one of ``terms`` holds."""

    terms: tuple[Predicate, ...]


@frozen(eq=False, repr=False)
class Not(PlainValue):
    """Holds where ``term`` does not."""

    term: Predicate


@frozen(eq=False, repr=False)
class Is(PlainValue):
    """The field has a value, and it compares so with ``value``, which is of the field's type.

    ``field`` is id, title, description, completed, completed_at, created_at, updated_at, priority,
    project, parent_id or version. Text goes by code points, UUIDs by their bytes, priorities by
    rank, times are in UTC; ``completed`` knows only ``=``.
    """

    field: str
    op: Op
    value: Value


@frozen(eq=False, repr=False)
class Like(PlainValue):
    """The text of the field is the pieces of ``pattern`` with any text between one and the next.

    ``("Buy ", "")`` is what starts with "Buy ". There are two pieces or more; case counts.
    """

    field: str
    pattern: tuple[str, ...]


@frozen(eq=False, repr=False)
class Contains(PlainValue):
    """One of ``fields`` (title, description), folded, contains the folded text."""

    fields: tuple[str, ...]
    folded: str


@frozen(eq=False, repr=False)
class Day(PlainValue):
    """The field (due or start) is a whole day, and it compares so with ``day``."""

    field: str
    op: Op
    day: date


@frozen(eq=False, repr=False)
class Moment(PlainValue):
    """The field (due or start) is a moment, and it compares so with ``instant``, in UTC."""

    field: str
    op: Op
    instant: datetime


@frozen(eq=False, repr=False)
class Present(PlainValue):
    """The field has a value; ``tags`` or ``extra`` is not empty."""

    field: str


@frozen(eq=False, repr=False)
class Tagged(PlainValue):
    """One of the tags, folded, is this."""

    folded: str


@frozen(eq=False, repr=False)
class Within(PlainValue):
    """The task's project is this one, or one below it."""

    project: str


@frozen(eq=False, repr=False)
class ExtraIs(PlainValue):
    """In ``extra``, through objects only, the path leads to a value that compares so.

    It must be of the same JSON type, of which an integer and a fraction are one. Booleans and null
    know only ``=``; text goes by code points.
    """

    path: tuple[str, ...]
    op: Op
    value: JsonScalar


@frozen(eq=False, repr=False)
class ExtraHas(PlainValue):
    """In ``extra``, through objects only, the path leads to something, null included."""

    path: tuple[str, ...]


Leaf: TypeAlias = (
    All | Is | Like | Contains | Day | Moment | Present | Tagged | Within | ExtraIs | ExtraHas
)
Predicate: TypeAlias = And | Or | Not | Leaf

EVERY_TASK: Final = All()
