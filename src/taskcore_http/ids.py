"""The id of a task as text: in an address, or in a body."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

from taskcore.entities.rules import UUID_FORM

if TYPE_CHECKING:
    from taskcore.errors import InvalidTask


def id_from_text(value: object, refusal: type[InvalidTask]) -> UUID:
    """Return the id that a text is, or raise such a refusal.

    There is one canonical form, so that a task has one address.
    """
    if not isinstance(value, str) or not re.fullmatch(UUID_FORM, value):
        reason = "must be a UUID, as in 01890a5d-ac96-774b-bcce-b302099a8057"
        raise refusal("id", reason, "type")
    return UUID(value)
