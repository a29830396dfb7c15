"""Where in a text that a person typed the mistake is: the text, and a caret below it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final
from unicodedata import combining, east_asian_width

from taskcore.errors import InvalidTask
from taskcore_cli.failures import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH: Final = 72
"""How much text is shown; in a longer one a caret would not stand below its character."""


@contextmanager
def pointing_into(**texts: str) -> Iterator[None]:
    """Add to an ``InvalidTask`` that names a column a note that shows it in the field's text."""
    try:
        yield
    except InvalidTask as error:
        text = texts.get(error.field, "")
        if error.column is not None and 0 < len(text) <= WIDTH:
            before = printable(text[: error.column - 1])
            blank = " " * sum(map(_cells, before))
            error.add_note(f"  {printable(text)}\n  {blank}^")
        raise


def _cells(character: str) -> int:
    if combining(character):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
