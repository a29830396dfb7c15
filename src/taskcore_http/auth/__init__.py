"""Who calls, and for whom: bearer tokens (RFC 6750) that are JSON Web Tokens (RFC 7519).

The guard finds out whose token a request has; ``authorization`` says whose tasks that opens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskcore_http.auth.authorizing import Authorize, authorization

if TYPE_CHECKING:
    from taskcore_http.edge import Guard
    from taskcore_http.settings import Settings

__all__ = ["Authorize", "authentication", "authorization"]


def authentication(settings: Settings) -> tuple[Guard, ...]:
    """Return the guards that find out who calls: none with authentication off.

    Raises ``ValueError``, which shows no key, for settings that no token can be checked by.
    """
    if settings.auth == "off":
        return ()
    # With the packages for cryptography it takes long to import.
    from taskcore_http.auth.guard import bearer_guard
    from taskcore_http.auth.tokens import Verifier

    return (bearer_guard(Verifier.of(settings).subject_of),)
