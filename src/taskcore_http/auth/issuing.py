"""``taskcore-http token``: a token for trying the API out."""

from __future__ import annotations

import re
from time import time
from typing import TYPE_CHECKING, Final

from taskcore.entities.rules import valid_user_id
from taskcore_http.settings import Settings
from taskcore_http.telling import Parser, exit_with

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION: Final = re.compile(r"([0-9]{1,6})([smhd])")


def print_token(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Print a token for a user, by the environment's ``TASKCORE_JWT_...`` and nothing else of it.

    Exits with 2, and one line on stderr, where there can be none.
    """
    given = _arguments(arguments)
    try:
        settings = Settings.from_environment(
            {name: value for name, value in environment.items() if name.startswith("TASKCORE_JWT_")}
        )
        print(token_for(given.user, _seconds(given.expires), settings))
    except ValueError as error:
        exit_with(2, error)


def token_for(user_id: str, seconds: int, settings: Settings) -> str:
    """Return a token for the user that is good for so many seconds from now.

    Raises ``ValueError`` for a user id that cannot be, and a key that cannot sign: one for HS256
    is needed.
    """
    import jwt

    from taskcore_http.auth.keys import Keyring

    if settings.jwt_key is None:
        raise ValueError("there is no TASKCORE_JWT_KEY to sign with")
    keys = Keyring(settings.jwt_key, settings.jwt_algorithm).keys
    key = next((key for key in keys if key.algorithm == "HS256"), None)
    if key is None:
        raise ValueError(
            "TASKCORE_JWT_KEY is a public key, which cannot sign; only a secret (HS256) can"
        )
    now = int(time())
    claims = {
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
        "sub": valid_user_id(user_id),
        "iat": now,
        "exp": now + seconds,
    }
    said = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(said, key.material, key.algorithm, {"kid": key.id} if key.id else None)


def _arguments(arguments: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="taskcore-http token",
        description="Print a token for trying the API out, signed with the secret in "
        "TASKCORE_JWT_KEY, for TASKCORE_JWT_ISSUER and TASKCORE_JWT_AUDIENCE if these are set.",
    )
    parser.add_argument("user", metavar="USER", help="whose tasks the token opens")
    parser.add_argument(
        "--expires",
        metavar="TIME",
        default="1h",
        help="for how long, as in 90s, 30m, 12h or 7d (1h)",
    )
    return parser.parse_args(arguments)


def _seconds(duration: str) -> int:
    if found := _DURATION.fullmatch(duration):
        return int(found[1]) * _SECONDS[found[2]]
    raise ValueError(f"--expires must be a time as in 90s, 30m, 12h or 7d, not {duration!r}")
