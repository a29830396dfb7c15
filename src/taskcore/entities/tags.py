"""Tags: a set of short words, compared without case and kept as they were first written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

from taskcore.entities.folding import fold
from taskcore.entities.rules import FORBIDDEN, TAG_LENGTH, TAGS, WHITE_SPACE, valid_text
from taskcore.errors import InvalidTask

# White space of any script, and the comma, separate tags where people write them in a line.
_SEPARATOR: Final = re.compile(r"[\s,]")

# NFC makes one character of four at the most, and takes very long over long text.
_LONGEST: Final = 4 * TAG_LENGTH


def valid_tags(value: object) -> tuple[str, ...]:
    """Allow a collection of tags of 1 to 50 characters, 50 tags at the most; None is no tags.

    A tag has no white space inside, no comma, and none of the characters that a user id may not
    have; the white space around it is trimmed, and its text is in Unicode's form NFC. Of tags that
    differ in case only, the first is kept. Returns them sorted without case.
    """
    if value is None:
        return ()
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
        raise InvalidTask("tags", "must be a list of tags", "type")
    return with_tags((), [_valid_tag(tag) for tag in value])


def with_tags(tags: Iterable[str], more: Iterable[str]) -> tuple[str, ...]:
    """Return valid tags and more of them as one set. Raises ``InvalidTask`` for too many."""
    by_folded: dict[str, str] = {}
    for tag in (*tags, *more):
        by_folded.setdefault(fold(tag), tag)
    if len(by_folded) > TAGS:
        raise InvalidTask("tags", f"must be at most {TAGS}, not {len(by_folded)}", "too_long")
    return tuple(by_folded[folded] for folded in sorted(by_folded))


def without_tags(tags: Iterable[str], fewer: Iterable[str]) -> tuple[str, ...]:
    """Return valid tags without those."""
    gone = {fold(tag) for tag in fewer}
    return tuple(tag for tag in tags if fold(tag) not in gone)


def _valid_tag(value: object) -> str:
    text = value.strip(WHITE_SPACE) if isinstance(value, str) else value
    if isinstance(text, str) and len(text) <= _LONGEST:
        text = unicodedata.normalize("NFC", text)
    tag = valid_text("tags", text, 1, TAG_LENGTH, FORBIDDEN)
    if separator := _SEPARATOR.search(tag):
        what = "a comma" if separator[0] == "," else "white space"
        raise InvalidTask("tags", f"must not contain {what}, as {tag!r} does", "character")
    return tag
