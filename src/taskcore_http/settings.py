"""What the environment says of how to serve."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final

from attrs import field, fields, frozen

from taskcore_http.edge.rate_limit import Rate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s?#@,]+|null")
MOST_WORKERS: Final = 256
"""How many processes may serve; more would be a mistake in writing."""

_RATE: Final = re.compile(r"([1-9][0-9]{0,5})/([smh])")
_PERIODS: Final = {"s": 1, "m": 60, "h": 60 * 60}
_SWITCH: Final = {"on": True, "off": False}


def _text(text: str) -> str:
    return text


def _switch(text: str) -> bool:
    if text.lower() not in _SWITCH:
        raise ValueError(f"must be on or off, not {text!r}")
    return _SWITCH[text.lower()]


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 2**16:
        return int(text)
    raise ValueError(f"must be a number from 0 to 65535, not {text!r}")


def _count(text: str) -> int:
    if text.isascii() and text.isdigit() and 0 < int(text) <= MOST_WORKERS:
        return int(text)
    raise ValueError(f"must be a number from 1 to {MOST_WORKERS}, not {text!r}")


def _origins(text: str) -> tuple[str, ...]:
    return tuple(_origin(origin) for origin in text.replace(",", " ").split())


def _origin(text: str) -> str:
    origin = text.rstrip("/")
    if text == "*" or _ORIGIN.fullmatch(origin):
        return origin
    raise ValueError(f"must be *, or origins as in https://app.example:8443, not {text!r}")


def _rate(text: str) -> Rate:
    if parts := _RATE.fullmatch(text):
        return Rate(int(parts[1]), _PERIODS[parts[2]])
    raise ValueError(f"must be a number of requests a second, minute or hour: 10/s, not {text!r}")


def _setting(read: Callable[[str], Any], *variables: str, default: Any = None) -> Any:
    """Return a field that the first of the variables that is set says, by what ``read`` makes."""
    return field(default=default, metadata={"variables": variables, "read": read})


@frozen
class Settings:
    """How to serve: where the tasks are, where to listen, and who may call."""

    database_url: str | None = _setting(_text, "TASKCORE_DATABASE_URL", "DATABASE_URL")
    """Where the tasks are; if nothing says it, in the command line's SQLite file."""

    host: str = _setting(_text, "HOST", default="127.0.0.1")
    """The address to listen on."""

    port: int = _setting(_port, "PORT", default=8000)
    """The TCP port to listen on, 0 for any that is free."""

    workers: int = _setting(_count, "TASKCORE_WORKERS", "WEB_CONCURRENCY", default=1)
    """How many processes serve."""

    cors_origins: tuple[str, ...] = _setting(_origins, "TASKCORE_CORS_ORIGINS", default=())
    """Origins whose pages may call, separated by commas, or ``*``."""

    rate_limit: Rate | None = _setting(  # noqa: RUF009  # a field, as the others are
        _rate, "TASKCORE_RATE_LIMIT"
    )
    """How many requests a user may send, as ``10/s``, ``600/m`` or ``1000/h``; any number, without.

    Each process counts for itself.
    """

    upgrade: bool = _setting(_switch, "TASKCORE_AUTO_UPGRADE", default=True)
    """Whether to upgrade a Postgres schema at start (``on`` or ``off``)."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; an empty variable is as good as none.

        Raises ``ValueError`` that names the variable that cannot be.
        """
        said = {}
        for setting in fields(cls):
            variable = next(filter(environment.get, setting.metadata["variables"]), None)
            if variable:
                said[setting.name] = read_setting(setting.name, environment[variable], variable)
        return cls(**said)


def read_setting(name: str, text: str, said_as: str) -> Any:
    """Return the value of a setting, from its text.

    Raises ``ValueError`` for a text that cannot be, which names it as what it was ``said_as``.
    """
    try:
        return getattr(fields(Settings), name).metadata["read"](text)
    except ValueError as error:
        raise ValueError(f"{said_as} {error}") from None
