"""What the environment says of how to serve."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s?#@,]+|null")
_SWITCH: Final = {"on": True, "off": False}


@frozen
class Settings:
    """How to serve: where the tasks are, where to listen, and who may call from a browser."""

    database_url: str | None = None
    """``TASKCORE_DATABASE_URL``, else ``DATABASE_URL``, else the command line's SQLite file."""

    host: str = "127.0.0.1"
    """``HOST``: the address to listen on."""

    port: int = 8000
    """``PORT``: the TCP port to listen on, 0 for any that is free."""

    cors_origins: tuple[str, ...] = ()
    """``TASKCORE_CORS_ORIGINS``: origins whose pages may call, separated by commas, or ``*``."""

    upgrade: bool = True
    """``TASKCORE_AUTO_UPGRADE``: whether to upgrade a Postgres schema at start (``on``/``off``)."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; an empty variable is as good as none.

        Raises ``ValueError`` that names the variable that cannot be.
        """
        get = environment.get
        switch = (get("TASKCORE_AUTO_UPGRADE") or "on").lower()
        if switch not in _SWITCH:
            raise ValueError(f"TASKCORE_AUTO_UPGRADE must be on or off, not {switch!r}")
        origins = (get("TASKCORE_CORS_ORIGINS") or "").replace(",", " ").split()
        return cls(
            get("TASKCORE_DATABASE_URL") or get("DATABASE_URL") or None,
            get("HOST") or "127.0.0.1",
            valid_port(get("PORT") or "8000"),
            tuple(_valid_origin(origin) for origin in origins),
            _SWITCH[switch],
        )


def _valid_origin(text: str) -> str:
    origin = text.rstrip("/")
    if text == "*" or _ORIGIN.fullmatch(origin):
        return origin
    raise ValueError(
        f"TASKCORE_CORS_ORIGINS must be *, or origins as in https://app.example:8443, not {text!r}"
    )


def valid_port(text: str) -> int:
    """Return the TCP port that the text names. Raises ``ValueError``."""
    if text.isascii() and text.isdigit() and int(text) < 2**16:
        return int(text)
    raise ValueError(f"a port must be a number from 0 to 65535, not {text!r}")
