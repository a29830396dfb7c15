"""Where the user lives, which says what today is: what was said, else the machine's own zone."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING

from taskcore.entities.when import zone_named
from taskcore_cli.failures import UnusableOption

if TYPE_CHECKING:
    from datetime import tzinfo
    from zoneinfo import ZoneInfo


def named_zone(given: str | None) -> ZoneInfo | None:
    """Return the zone of ``--zone``, else of ``TASKCORE_ZONE``; None if neither names one.

    Raises ``UnusableOption`` for a name that no task could have as its zone.
    """
    name = os.environ.get("TASKCORE_ZONE") or None if given is None else given
    if name is None:
        return None
    try:
        return zone_named(name)
    except ValueError:
        reason = f"zone {name!r} is unknown; give one such as Europe/Paris"
        raise UnusableOption(reason) from None


def machine_zone() -> tzinfo:
    """Return the machine's zone; if it has no name, the offset that the clock shows now."""
    import tzlocal  # as slow as a fifth of a list, which seldom needs it

    try:
        name = tzlocal.get_localzone_name()
        zone = named_zone(name) if name else None
    except (LookupError, ValueError, UnusableOption):  # what TZ or the system's files say is wrong
        zone = None
    return zone or datetime.now().astimezone().tzinfo  # type: ignore[return-value]  # it is aware
