"""The right of a comparison: functions from a subject and a value as written to a leaf of the tree.

Each raises ``InvalidTask``, with the value's column, for a value that its kind of field does not
take, and says what it does take.
"""

from __future__ import annotations

import json
import re
from sys import float_info
from typing import TYPE_CHECKING, Final, NoReturn, cast
from uuid import UUID

from attrs import frozen

from taskcore.entities.filters.literals import read_time
from taskcore.entities.filters.predicates import (
    Contains,
    ExtraHas,
    ExtraIs,
    Is,
    JsonScalar,
    Like,
    Op,
    Tagged,
    Within,
)
from taskcore.entities.filters.syntax import Kind, Token, mistake
from taskcore.entities.filters.tree import Timed
from taskcore.entities.folding import fold
from taskcore.entities.priority import Priority
from taskcore.entities.rules import EXTRA_KEY_LENGTH, LARGEST_INTEGER, UUID_FORM

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen
class Subject:
    """The left of a comparison: a field, the path in it (only extra has any), and a comparator."""

    field: str
    path: tuple[str, ...]
    comparator: str

    @property
    def op(self) -> Op:
        """The comparator as predicates know it; a ``:`` that reaches them means ``=``."""
        return cast("Op", "=" if self.comparator == ":" else self.comparator)

    def refuse(self, value: Token, takes: str) -> NoReturn:
        """Raise the ``InvalidTask`` that says what there should be in place of the value."""
        name = ".".join((self.field, *self.path))
        raise mistake(value.column, f"{name} takes {takes}, not {value}", "type")


def sought(value: Token) -> str:
    """Return the folded text that is looked for anywhere in a title or description."""
    # Wildcards at the borders say what looking anywhere says already.
    inner = [piece for piece in value.pieces if piece]
    if len(inner) != 1:
        reason = f'expected text to look for, without "*" inside, not {value}'
        raise mistake(value.column, reason, "type")
    return fold(inner[0])


def contained(subject: Subject, value: Token) -> Contains:
    """Read text to look for in the field."""
    return Contains((subject.field,), sought(value))


def text(subject: Subject, value: Token) -> Is:
    """Read text as it stands."""
    return Is(subject.field, subject.op, value.text)


def pattern(subject: Subject, value: Token) -> Is | Like:
    """Read text, perhaps with wildcards."""
    if len(value.pieces) == 1:
        return text(subject, value)
    first, *middle, last = value.pieces
    return Like(subject.field, (first, *filter(None, middle), last))


def project(subject: Subject, value: Token) -> Within:
    """Read a project to be in."""
    return Within(_whole(subject, value, "a project"))


def tag(subject: Subject, value: Token) -> Tagged:
    """Read a tag."""
    return Tagged(fold(_whole(subject, value, "a tag")))


def boolean(subject: Subject, value: Token) -> Is:
    """Read true or false."""
    if value.text not in _BOOLEANS:
        subject.refuse(value, "true or false")
    return Is(subject.field, subject.op, _BOOLEANS[value.text])


def priority(subject: Subject, value: Token) -> Is:
    """Read a priority's name."""
    if value.text not in _PRIORITIES:
        subject.refuse(value, "high, medium or low")
    return Is(subject.field, subject.op, _PRIORITIES[value.text])


def uuid(subject: Subject, value: Token) -> Is:
    """Read a UUID in its usual form, of digits and hyphens."""
    if not re.fullmatch(UUID_FORM, value.text):
        subject.refuse(value, "a whole UUID")
    return Is(subject.field, subject.op, UUID(value.text))


def integer(subject: Subject, value: Token) -> Is:
    """Read a whole number."""
    if not _INTEGER.fullmatch(value.text) or abs(int(value.text)) > LARGEST_INTEGER:
        subject.refuse(value, f"a whole number up to {LARGEST_INTEGER}")
    return Is(subject.field, subject.op, int(value.text))


def time(subject: Subject, value: Token) -> Timed:
    """Read a day or a moment."""
    try:
        found = read_time(value.text)
    except ValueError as error:
        reason = f"{subject.field} takes a time, and {value} {error}"
        raise mistake(value.column, reason, "type") from None
    return Timed(subject.field, subject.op, found, value.column)


def key(subject: Subject, value: Token) -> ExtraHas:
    """Read a key that extra may have."""
    return ExtraHas((checked_key(value, _whole(subject, value, "a key")),))


def checked_key(where: Token, name: str) -> str:
    """Return the name; raise ``InvalidTask`` if extra could have no such key."""
    if not 1 <= len(name) <= EXTRA_KEY_LENGTH:
        reason = f"expected a key of 1 to {EXTRA_KEY_LENGTH} characters, not one of {len(name)}"
        raise mistake(where.column, reason, "too_long" if name else "filter")
    return name


def json_scalar(subject: Subject, value: Token) -> ExtraIs:
    """Read text, a number, true, false or null; in quotes it is text, whatever it looks like."""
    scalar = _scalar(subject, value)
    if subject.op != "=" and (scalar is None or isinstance(scalar, bool)):
        subject.refuse(value, f'text or a number after "{subject.op}"')
    return ExtraIs(subject.path, subject.op, scalar)


def _scalar(subject: Subject, value: Token) -> JsonScalar:
    if len(value.pieces) > 1:
        subject.refuse(value, 'text without wildcards (in quotes, "\\*" is a star)')
    if value.kind is Kind.STRING:
        return value.text
    if value.text in _JSON_NAMES:
        return _JSON_NAMES[value.text]
    return _number(subject, value) if _JSON_NUMBER.fullmatch(value.text) else value.text


def _number(subject: Subject, value: Token) -> int | float:
    number: int | float = json.loads(value.text)
    largest = float_info.max if isinstance(number, float) else LARGEST_INTEGER
    if abs(number) > largest:
        subject.refuse(value, f"fractions, and integers up to {LARGEST_INTEGER}")
    return number


def _whole(subject: Subject, value: Token, what: str) -> str:
    if len(value.pieces) != 1 or not value.text:
        subject.refuse(value, f'{what} after "{subject.comparator}", or * alone for any')
    return value.text


_BOOLEANS: Final = {"true": True, "false": False}
_JSON_NAMES: Final[Mapping[str, bool | None]] = {**_BOOLEANS, "null": None}
_PRIORITIES: Final = {priority.value: priority for priority in Priority}
_INTEGER: Final = re.compile("-?[0-9]+")
_JSON_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
