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

_HOUR: Final = 3600

METRICS_DIRECTORY: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names where prometheus-client lets processes count together."""

JWT_ALGORITHMS: Final = ("HS256", "RS256", "ES256", "EdDSA")
"""How tokens may be signed."""


def _text(text: str) -> str:
    return text


def _switch(text: str) -> bool:
    if text.lower() not in _SWITCH:
        raise ValueError(f"must be on or off, not {text!r}")
    return _SWITCH[text.lower()]


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text in choices:
            return text
        raise ValueError(f"must be one of {', '.join(choices)}, not {text!r}")

    return read


def _seconds(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= _HOUR:
        return int(text)
    raise ValueError(f"must be a whole number of seconds up to {_HOUR}, not {text!r}")


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


def _setting(
    read: Callable[[str], Any], *variables: str, default: Any = None, secret: bool = False
) -> Any:
    """Return a field that the first of the variables that is set says, by what ``read`` makes."""
    metadata = {"variables": variables, "read": read}
    return field(default=default, metadata=metadata, repr=not secret)


@frozen
class Settings:
    """How to serve: where the tasks are, where to listen, and who may call."""

    database_url: str | None = _setting(_text, "TASKCORE_DATABASE_URL", "DATABASE_URL", secret=True)
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

    log_requests: bool = _setting(_switch, "TASKCORE_LOG_REQUESTS", default=True)
    """Whether each request is a line in the log (``on`` or ``off``)."""

    metrics: bool = _setting(_switch, "TASKCORE_METRICS", default=False)
    """Whether ``/metrics`` is there (``on`` or ``off``)."""

    debug: bool = _setting(_switch, "TASKCORE_DEBUG", default=False)
    """Whether answers say in ``Server-Timing`` what took how long (``on`` or ``off``)."""

    auth: str = _setting(_one_of("off", "jwt"), "TASKCORE_AUTH", default="off")
    """Whether callers need a bearer token that says who they are (``jwt``), or none (``off``)."""

    jwt_key: str | None = _setting(_text, "TASKCORE_JWT_KEY", secret=True)
    """What tokens are checked with: a secret, a PEM public key, or the path of one or of a JWKS."""

    jwt_algorithm: str | None = _setting(_one_of(*JWT_ALGORITHMS), "TASKCORE_JWT_ALGORITHM")
    """How tokens are signed; if nothing says it, as the key is for."""

    jwt_issuer: str | None = _setting(_text, "TASKCORE_JWT_ISSUER")
    """Whose tokens are taken (``iss``); if nothing says it, anybody's whom the key is of."""

    jwt_audience: str | None = _setting(_text, "TASKCORE_JWT_AUDIENCE")
    """Whom tokens must be for (``aud``); if nothing says it, for nobody in particular."""

    jwt_leeway: int = _setting(_seconds, "TASKCORE_JWT_LEEWAY", default=30)
    """By how many seconds the clocks of issuer and server may differ."""

    insecure_no_auth: bool = _setting(_switch, "TASKCORE_INSECURE_NO_AUTH", default=False)
    """Whether to listen to other machines although nobody has to say who they are."""

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
