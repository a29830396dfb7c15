r"""What the line of a new task says besides its title: ``+tag``, ``#project``, ``!high``, ``due:``.

A word is one of these only if it begins as one, and a letter follows ``+`` or ``#``: so ``C#``,
``+1``, ``#1``, ``!important`` and a lone ``+`` are text, and so is ``\+word``, without its ``\``.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from taskcore_cli.failures import UnusableOption

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taskcore.entities import When
    from taskcore_cli.dates import Dates

_WORDS: Final = {
    "tags": re.compile(r"\+(?=[^\W\d_])(.+)"),
    "project": re.compile(r"#(?=[^\W\d_])(.+)"),
    "priority": re.compile("!(high|medium|low)", re.IGNORECASE),
    "due": re.compile("due:(.*)", re.IGNORECASE),
    "start": re.compile("start:(.*)", re.IGNORECASE),
}
_ESCAPE: Final = re.compile(r"\\(?=[+#!]|due:|start:)", re.IGNORECASE)


@frozen
class Line:
    """A line that was read: the title, and the fields that it names beside it."""

    title: str
    fields: dict[str, Any]


def read_line(text: str, dates: Callable[[], Dates]) -> Line:
    """Return what the line says; ``dates`` is called if it names any.

    Raises ``UnusableOption`` for a date that is none, and for a field that is named twice.
    """
    words = text.split(" ")
    title: list[str] = []
    fields: dict[str, Any] = {}
    while words:
        word = words.pop(0)
        field, value = _marked(word)
        if field in {"due", "start"}:
            found = _read_when(word, value, list(takewhile(_is_plain, words)), dates())
            if found is None:
                title.append(word)
                continue
            when, used = found
            del words[:used]
            _name_once(fields, field, when)
        elif field == "tags":
            fields["tags"] = [*fields.get("tags", ()), value]
        elif field:
            _name_once(fields, field, value.lower() if field == "priority" else value)
        else:
            title.append(_ESCAPE.sub("", word) if word.startswith("\\") else word)
    return Line(" ".join(title), fields)


def _marked(word: str) -> tuple[str, str]:
    """Return the field that a word names, and what it says of it; nothing for plain text."""
    for field, form in _WORDS.items():
        if found := form.fullmatch(word):
            return field, found[1]
    return "", ""


def _is_plain(word: str) -> bool:
    return not _marked(word)[0]


def _read_when(
    word: str, value: str, following: Sequence[str], dates: Dates
) -> tuple[When, int] | None:
    """Return the time, and how many of the following words say it; None if the word is text."""
    try:
        found = dates.read([value, *following] if value else following)
    except ValueError as error:
        raise UnusableOption(f"{word} {error}; {_as_text(word)}") from error
    if found:
        when, count = found
        return when, count - 1 if value else count
    if value:
        raise UnusableOption(f"{word} names no date that can be understood; {_as_text(word)}")
    return None


def _as_text(word: str) -> str:
    return rf"for text, write \{word}, or give --plain"


def _name_once(fields: dict[str, Any], field: str, value: object) -> None:
    if field in fields:
        raise UnusableOption(f"{field} is given twice")
    fields[field] = value
