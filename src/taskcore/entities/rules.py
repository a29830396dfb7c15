"""The rules of the task's fields: functions from what came from outside to what is kept.

They run once, at the door. Each takes any object and returns the valid value or raises
``InvalidTask``; none coerces anything, but the white space around a title goes.
"""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID

from taskcore.errors import InvalidTask

USER_ID_LENGTH: Final = 255
TITLE_LENGTH: Final = 200
DESCRIPTION_LENGTH: Final = 1000
PROJECT_LENGTH: Final = 100
TAG_LENGTH: Final = 50
TAGS: Final = 50
"""How many tags a task may have."""

EXTRA_SIZE: Final = 4096
"""How many bytes ``extra`` may have, as compact JSON in UTF-8."""

LARGEST_INTEGER: Final = 2**53 - 1
"""Beyond it, programs that keep JSON's numbers as floats do not tell integers apart (RFC 7493)."""

EXTRA_DEPTH: Final = 32
EXTRA_KEY_LENGTH: Final = 64

# Control characters (Unicode's Cc), half a surrogate pair, and U+FFFD, the mark of lost text.
# Expressions are text, and compiled when they are first needed: a command line waits for imports.
FORBIDDEN: Final = "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffd]"
_FORBIDDEN_IN_LINE: Final = f"{FORBIDDEN[:-1]}\u2028\u2029]"
FORBIDDEN_IN_PROSE: Final = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd]"

UUID_FORM: Final = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
"""The one of the forms in which UUIDs are written that is taken everywhere."""

# Spaces, tabs and line ends; not the other control characters that str.strip() takes for space.
_SPACES = "".join(map(chr, range(0x2000, 0x200B)))
WHITE_SPACE: Final = f" \t\r\n\u00a0\u1680{_SPACES}\u202f\u205f\u3000"


def valid_user_id(value: object) -> str:
    """Allow 1 to 255 characters, none a control character, U+FFFD or a lone surrogate."""
    return valid_text("user_id", value, 1, USER_ID_LENGTH, FORBIDDEN)


def valid_id(value: object) -> UUID:
    """Allow a ``uuid.UUID``; of a subclass (a driver's own, say), return the plain one."""
    if not isinstance(value, UUID):
        raise InvalidTask("id", "must be a uuid.UUID", "type")
    # Storages write an id as its text, and that of a subclass may be any.
    return value if type(value) is UUID else UUID(int=value.int)


def valid_title(value: object) -> str:
    """Allow one line of 1 to 200 of a user id's characters; trim the white space around it."""
    line = value.strip(WHITE_SPACE) if isinstance(value, str) else value
    return valid_text("title", line, 1, TITLE_LENGTH, _FORBIDDEN_IN_LINE)


def valid_description(value: object) -> str | None:
    """Allow None, or up to 1000 characters: a user id's, and line breaks and tabs as well."""
    if value is None:
        return None
    return valid_text("description", value, 0, DESCRIPTION_LENGTH, FORBIDDEN_IN_PROSE)


def valid_completed(value: object) -> bool:
    """Allow True and False, and nothing that merely looks like them."""
    if not isinstance(value, bool):
        raise InvalidTask("completed", "must be true or false", "type")
    return value


def valid_project(value: object) -> str | None:
    """Allow None, or a path of names with dots between them: 1 to 100 of a title's characters."""
    if value is None:
        return None
    path = valid_text("project", value, 1, PROJECT_LENGTH, _FORBIDDEN_IN_LINE)
    for name in path.split("."):
        if not name or name != name.strip(WHITE_SPACE):
            reason = "must have names with dots between them and no space around, as home.garden"
            raise InvalidTask("project", reason, "value")
    return path


def valid_parent_id(value: object) -> UUID | None:
    """Allow None, a ``uuid.UUID``, or its canonical text."""
    if value is None:
        return None
    if isinstance(value, str) and re.fullmatch(UUID_FORM, value):
        return UUID(value)
    if not isinstance(value, UUID):
        raise InvalidTask("parent_id", "must be the UUID of a task", "type")
    return valid_id(value)


def valid_text(field: str, value: object, shortest: int, longest: int, forbidden: str) -> str:
    """Allow text of so many characters, none of them forbidden, or raise ``InvalidTask``."""
    if not isinstance(value, str):
        raise InvalidTask(field, "must be text", "type")
    if len(value) < shortest:
        raise InvalidTask(field, "must not be empty", "empty")
    if len(value) > longest:
        limit = f"must have at most {longest} characters, not {len(value)}"
        raise InvalidTask(field, limit, "too_long")
    if bad := re.search(forbidden, value):
        where = f"U+{ord(bad[0]):04X} at position {bad.start() + 1}"
        raise InvalidTask(field, f"must not contain the character {where}", "character")
    return plain(value)


def plain(text: str) -> str:
    """Return the text as a plain ``str``, whatever subclass of that (an enum's member) it is."""
    # Drivers and encoders write an enum's member in their own ways, and its str() is another.
    return str.__str__(text)
