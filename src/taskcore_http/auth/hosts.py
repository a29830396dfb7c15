"""Without authentication, the names of other machines are not this one's.

A page whose name is made to resolve to this machine would be of the same origin as the API, and
could read and change everything (DNS rebinding). So who listens for its own machine only, answers
to that machine's names only.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from taskcore_http.problems import Refusal

if TYPE_CHECKING:
    from taskcore_http.edge import Exchange, Guard
    from taskcore_http.settings import Settings

# An IP address names no other machine by way of a name server; and every browser sends a name.
_OWN: Final = re.compile(
    rb"((localhost|[^:\[\]]+\.localhost|[0-9.]+|\[[0-9a-f:.]+\])(:[0-9]*)?)?", re.IGNORECASE
)


def host_guards(settings: Settings) -> tuple[Guard, ...]:
    """Return the guard that refuses other machines' names, where the settings need it."""
    if settings.auth != "off" or settings.insecure_no_auth:
        return ()
    host = settings.host.lower().encode()

    def refuse_other_hosts(exchange: Exchange) -> None:
        """Raise ``Refusal`` with 421 for a ``Host`` that is no name of this machine."""
        named = exchange.headers.get(b"host", b"")
        if not _OWN.fullmatch(named) and named.lower().partition(b":")[0] != host:
            why = "with authentication off, this server answers to localhost only"
            raise Refusal(HTTPStatus.MISDIRECTED_REQUEST, why)

    return (refuse_other_hosts,)
