"""The words and signs of a filter: from its text to tokens, each with its column.

Bare text ends at white space and at any of ``( ) , . : < > = "`` and ``!=``. Directly after a
comparator neither ``.`` nor ``:`` ends it, so that times and fractions need no quotes. In quoted
text, single or double, a backslash takes away the meaning of what follows (see ``_ESCAPES``).
A ``*`` is a wildcard, in quotes too.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final, cast

from attrs import frozen

from taskcore.entities.rules import FORBIDDEN_IN_PROSE
from taskcore.errors import InvalidTask

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_LENGTH: Final = 2000


class Kind(Enum):
    """What a token is."""

    WORD = "a word"
    STRING = "quoted text"
    COMPARATOR = "a comparator"
    OPEN = "("
    CLOSE = ")"
    COMMA = ","
    DOT = "."
    MINUS = "-"
    AND = "AND"
    OR = "OR"
    NOT = "NOT"
    END = "the end"


KEYWORDS: Final = {kind.value: kind for kind in (Kind.AND, Kind.OR, Kind.NOT)}


@frozen
class Token:
    """One word or sign: as it is written, where (columns count from 1), and what it says.

    ``pieces`` is the text that is meant, cut at its wildcards. ``spaced`` tells whether white
    space or nothing stands before it, or it is the end.
    """

    kind: Kind
    column: int
    spaced: bool
    source: str
    pieces: tuple[str, ...]

    @property
    def text(self) -> str:
        """The text that is meant, with a star for each wildcard."""
        return "*".join(self.pieces)

    def __str__(self) -> str:
        """Name the token in a message."""
        if self.kind is Kind.END:
            return "the end"
        return self.source if self.kind in _AS_THEY_ARE else f'"{self.source}"'


def mistake(column: int, reason: str, kind: str) -> InvalidTask:
    """Return the error that tells what is wrong with a filter, and at which column.

    ``kind`` is ``filter`` (against the grammar), ``unknown`` (no such field or function), ``type``
    (a comparator or value that the field does not take), ``range`` (a time that no calendar has),
    ``character`` or ``too_long``.
    """
    # What is cited from the filter may have line ends; a message has one line.
    return InvalidTask("filter", " ".join(reason.split()), kind, column)


def tokens(text: str) -> Iterator[Token]:
    """Yield the tokens of a filter, the last of which is of the kind ``END``.

    Raises ``InvalidTask`` for text that is too long, for a character that no task can have, and for
    quoted text that does not end or has an unknown escape.
    """
    _check(text)
    shape = _SHAPE
    ended = 0
    while True:
        start = cast("re.Match[str]", _SPACE.match(text, ended)).end()  # none is space enough
        token = _token(text, start, shape, spaced=start > ended or start in {0, len(text)})
        yield token
        if token.kind is Kind.END:
            return
        shape = _SHAPE_OF_VALUE if token.kind is Kind.COMPARATOR else _SHAPE
        ended = start + len(token.source)


def _check(text: str) -> None:
    if not isinstance(text, str):
        raise InvalidTask("filter", "must be text", "type")
    if len(text) > TEXT_LENGTH:
        reason = f"expected the end: a filter has at most {TEXT_LENGTH} characters"
        raise mistake(TEXT_LENGTH + 1, f"{reason}, not {len(text)}", "too_long")
    if bad := re.search(FORBIDDEN_IN_PROSE, text):
        reason = f"expected text, not the character U+{ord(bad[0]):04X}"
        raise mistake(bad.start() + 1, reason, "character")


def _token(text: str, start: int, shape: re.Pattern[str], *, spaced: bool) -> Token:
    column = start + 1
    if start == len(text):
        return Token(Kind.END, column, spaced, "", ())
    if text[start] in _QUOTES:
        source = _quoted(text, start)
        return Token(Kind.STRING, column, spaced, source, _pieces(source, column))
    found = cast("re.Match[str]", shape.match(text, start))  # one of its groups fits anything
    source = found[0]
    if found.lastgroup == "word":
        pieces = tuple(source.split("*"))
        return Token(KEYWORDS.get(source, Kind.WORD), column, spaced, source, pieces)
    kind = Kind.COMPARATOR if found.lastgroup == "comparator" else Kind(source)
    return Token(kind, column, spaced, source, ())


def _quoted(text: str, start: int) -> str:
    found = _STRING.match(text, start)
    if not found:
        reason = f"this quote never ends; expected another {text[start]}"
        raise mistake(start + 1, reason, "filter")
    return found[0]


def _pieces(source: str, column: int) -> tuple[str, ...]:
    """Return what the quoted text means, cut at its wildcards."""
    pieces = [""]
    for part in _PART.finditer(source, 1, len(source) - 1):
        if part[0] == "*":
            pieces.append("")
        elif part[0].startswith("\\") and part[0] not in _ESCAPES:
            reason = f"unknown escape {part[0]}; expected one of {' '.join(_ESCAPES)}"
            raise mistake(column + part.start(), reason, "filter")
        else:
            pieces[-1] += _ESCAPES.get(part[0], part[0])
    return tuple(pieces)


_AS_THEY_ARE: Final = {Kind.STRING, *KEYWORDS.values()}
_SPACE: Final = re.compile(r"\s*")
_QUOTES: Final = "\"'"
_ESCAPES: Final = {r"\"": '"', r"\'": "'", r"\\": "\\", r"\*": "*", r"\n": "\n", r"\t": "\t"}
_STRING: Final = re.compile(r""" "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' """, re.DOTALL | re.VERBOSE)
_PART: Final = re.compile(r"\\.|\*|[^\\*]+", re.DOTALL)
_SIGNS: Final = r"(?P<comparator><=|>=|!=|[<>=:])|(?P<sign>[(),.])"
_SHAPE: Final = re.compile(rf'{_SIGNS}|(?P<minus>-)|(?P<word>(?:(?!!=)[^\s(),.:<>="])+)')
# A "." may begin a value (".5"), a ":" may not.
_SHAPE_OF_VALUE: Final = re.compile(rf'(?P<word>(?!:)(?:(?!!=)[^\s(),<>="])+)|{_SIGNS}')
