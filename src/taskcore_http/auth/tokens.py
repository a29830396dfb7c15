"""Tokens: whose one is, once its signature, its claims and the time have been checked."""

from __future__ import annotations

from contextlib import suppress
from math import inf, isfinite
from time import time
from typing import TYPE_CHECKING, Any, Final, Self

import jwt
from attrs import frozen

from taskcore.entities.rules import valid_user_id
from taskcore.errors import InvalidTask
from taskcore_http.auth.keys import Keyring

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskcore_http.settings import Settings

LENGTH: Final = 8192
"""How many bytes a token may have."""

REMEMBERED: Final = 4096
"""How many tokens are remembered. To check a signature costs as much as a call."""

# Times are checked here, as they are again when the rest is remembered; and whose it is.
_OPTIONS: Final[jwt.types.Options] = {
    "require": ["exp", "sub"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_sub": False,
}


class InvalidToken(Exception):
    """A token that opens nothing. The message says why, and none of what is in it."""


@frozen
class _Grant:
    """What a token whose signature is good says: whose it is, and from when until when."""

    subject: str
    start: float
    end: float


class Verifier:
    """Knows whose a token is, by the keys, and the issuer and audience where these are given."""

    def __init__(
        self,
        keyring: Keyring,
        *,
        issuer: str | None = None,
        audience: str | None = None,
        leeway: float = 0,
        clock: Callable[[], float] = time,
    ) -> None:
        self._keyring = keyring
        self._issuer = issuer
        self._audience = audience
        self._leeway = leeway
        self._clock = clock
        self._remembered: dict[bytes, _Grant] = {}

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return the verifier for the settings; raise ``ValueError`` if there can be none."""
        if settings.jwt_key is None:
            raise ValueError("TASKCORE_AUTH is jwt, which needs a TASKCORE_JWT_KEY")
        return cls(
            Keyring(settings.jwt_key, settings.jwt_algorithm),
            issuer=settings.jwt_issuer,
            audience=settings.jwt_audience,
            leeway=settings.jwt_leeway,
        )

    def subject_of(self, token: bytes) -> str:
        """Return whose token this is; raise ``InvalidToken`` if it is not good, or not now."""
        if self._keyring.refresh():
            self._remembered.clear()
        known = self._remembered.get(token)
        grant = known or self._verified(token)
        now = self._clock()
        if now - self._leeway >= grant.end:
            self._remembered.pop(token, None)
            raise InvalidToken("the token has expired")
        if now + self._leeway < grant.start:
            raise InvalidToken("the token is not valid yet")
        if known is None:
            self._remember(token, grant)
        return grant.subject

    def _remember(self, token: bytes, grant: _Grant) -> None:
        if len(self._remembered) >= REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[token] = grant

    def _verified(self, token: bytes) -> _Grant:
        if len(token) > LENGTH:
            raise InvalidToken(f"the token is longer than {LENGTH} bytes")
        try:
            claims = self._claims(token)
        except jwt.InvalidAudienceError:
            raise InvalidToken("the token is for another audience") from None
        except jwt.InvalidIssuerError:
            raise InvalidToken("the token is from another issuer") from None
        except jwt.MissingRequiredClaimError as error:
            raise InvalidToken(f"the token has no {error.claim}") from None
        except jwt.PyJWTError:
            raise InvalidToken("the token is not valid") from None
        return _grant(claims)

    def _claims(self, token: bytes) -> dict[str, Any]:
        """Return what the token says; raise one of PyJWT's errors for what it must not."""
        header = jwt.get_unverified_header(token)
        for key in self._keyring.find(header.get("kid"), header.get("alg")):
            with suppress(jwt.InvalidSignatureError):
                return jwt.decode(
                    token,
                    key.material,
                    [key.algorithm],
                    _OPTIONS,
                    audience=self._audience,
                    issuer=self._issuer,
                )
        raise jwt.InvalidSignatureError


def _grant(claims: dict[str, Any]) -> _Grant:
    try:
        subject = valid_user_id(claims["sub"])
    except InvalidTask:
        raise InvalidToken("the token's sub is no user id") from None
    start = max(_moment(claims, name) for name in ("nbf", "iat"))
    return _Grant(subject, start, _moment(claims, "exp"))


def _moment(claims: dict[str, Any], name: str) -> float:
    """Return a NumericDate (RFC 7519); one that is not there is the beginning of time."""
    if name not in claims:
        return -inf
    moment = claims[name]
    # Python's true is a number, its JSON has NaN, and int() would take text.
    if type(moment) is int or (type(moment) is float and isfinite(moment)):
        return moment
    raise InvalidToken(f"the token's {name} is no time")
