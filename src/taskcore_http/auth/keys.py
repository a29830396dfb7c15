"""The keys that tokens are checked with. Each is good for one algorithm, whatever a token says.

No message here shows any of a key, or of what might be one.
"""

from __future__ import annotations

import json
import logging
import os
import re
from pathlib import Path
from time import monotonic
from typing import Any, Final

import jwt
from attrs import field, frozen
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from taskcore_http.settings import JWT_ALGORITHMS

LOOK_AGAIN: Final = 1.0
"""After how many seconds it is looked at again whether a file of keys has changed."""

# What is meant as a path, although there is no such file. Taken for a secret, it would be one that
# can be guessed.
_FILE: Final = re.compile(r".*\.(pem|json|jwks?|key|pub|crt|cer|der)", re.DOTALL)
_SHORTEST: Final = {"HS256": "32 bytes", "RS256": "2048 bits"}

_log = logging.getLogger("taskcore_http")


@frozen
class Key:
    """A key that a token may be signed with: its algorithm, and its ``kid`` if it has one."""

    algorithm: str
    material: Any = field(repr=False)
    id: str | None = None


class Keyring:
    """The keys of ``TASKCORE_JWT_KEY``, read again when the file that has them changes."""

    def __init__(self, said: str, algorithm: str | None = None) -> None:
        """Take a secret, a PEM public key, a JWKS, or the path of a file with one of the last two.

        With an ``algorithm`` only keys for that count. Raises ``ValueError`` where none is left.
        """
        self._algorithm = algorithm
        self._path = Path(said) if _names_file(said, algorithm) else None
        self._stamp = self._stamp_now()
        self._next_look = monotonic() + LOOK_AGAIN
        self.keys = self._read() if self._path else _usable(_keys(said), algorithm)

    def find(self, id: str | None, algorithm: str | None) -> tuple[Key, ...]:
        """Return the keys that a token with that ``alg``, and that ``kid`` or none, may be for.

        It is the one with the same name, or all that also have none; or the only one, unless both
        have names, and these differ. Of these, one for another algorithm is none.
        """
        found = [key for key in self.keys if key.id == id]
        if not found and len(self.keys) == 1 and None in {id, self.keys[0].id}:
            found = [*self.keys]
        return tuple(key for key in found if key.algorithm == algorithm)

    def refresh(self) -> bool:
        """Look whether the file has other keys by now, at most once a second; return that.

        While it cannot be read, or has none that can be used, the keys stay, and that is logged.
        """
        if self._path is None or monotonic() < self._next_look:
            return False
        self._next_look = monotonic() + LOOK_AGAIN
        stamp = self._stamp_now()
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            self.keys = self._read()
        except ValueError as error:
            _log.warning("the keys for tokens stay as they were: %s", error)
            return False
        _log.info("the keys for tokens were read again")
        return True

    def _stamp_now(self) -> tuple[int, ...]:
        try:
            status = self._path.stat() if self._path else None
        except OSError:
            return ()
        return (status.st_mtime_ns, status.st_size, status.st_ino) if status else ()

    def _read(self) -> tuple[Key, ...]:
        assert self._path  # noqa: S101  # for the type checker
        try:
            content = self._path.read_text()
        except (OSError, ValueError):
            hint = "" if self._algorithm else "; a secret needs TASKCORE_JWT_ALGORITHM=HS256 then"
            raise ValueError(
                "TASKCORE_JWT_KEY looks like a path, but there is no file of text that can be read"
                + hint
            ) from None
        if not _is_pem(content) and not _is_json(content):
            raise ValueError("TASKCORE_JWT_KEY names a file without a PEM public key or a JWKS")
        return _usable(_keys(content), self._algorithm)


def _names_file(said: str, algorithm: str | None) -> bool:
    # In base64 a secret may begin with a slash, but has no dot.
    if _FILE.fullmatch(said) or (algorithm != "HS256" and said.startswith(("/", "."))):
        return True
    # Those of pathlib raise if the text is too long for a path.
    if os.path.exists(said):  # noqa: PTH110
        return True
    directory = os.path.dirname(said)  # noqa: PTH120
    return directory != "/" and os.path.isdir(directory)  # noqa: PTH112


def _is_pem(text: str) -> bool:
    return "-----BEGIN " in text


def _is_json(text: str) -> bool:
    return text.lstrip().startswith("{")


def _keys(text: str) -> list[Key]:
    """Return the keys in the text: those of a JWKS, a PEM public key's, or the secret that it is.

    Raises ``ValueError`` for one that must not be used.
    """
    if _is_json(text):
        return _jwks(text)
    return [_checked(_pem(text) if _is_pem(text) else _secret(text))]


def _usable(keys: list[Key], algorithm: str | None) -> tuple[Key, ...]:
    chosen = tuple(key for key in keys if algorithm in {None, key.algorithm})
    if not chosen:
        found = ", ".join(sorted({key.algorithm for key in keys}))
        raise ValueError(
            f"TASKCORE_JWT_KEY is for {found}, and TASKCORE_JWT_ALGORITHM says {algorithm}"
        )
    return chosen


def _checked(key: Key) -> Key:
    """Return a key that is long enough, and raise ``ValueError`` for a shorter one."""
    if jwt.get_algorithm_by_name(key.algorithm).check_key_length(key.material):
        least = _SHORTEST[key.algorithm]
        raise ValueError(f"TASKCORE_JWT_KEY is too short: {key.algorithm} takes at least {least}")
    return key


def _secret(text: str) -> Key:
    try:
        # It refuses public keys of all kinds, which anybody may know.
        secret = jwt.get_algorithm_by_name("HS256").prepare_key(
            text.encode("utf-8", "surrogateescape")
        )
    except jwt.InvalidKeyError:
        raise ValueError(
            "TASKCORE_JWT_KEY is a key of a kind that is not taken; give a PEM public key"
        ) from None
    return Key("HS256", secret)


def _pem(text: str) -> Key:
    if "PRIVATE KEY-----" in text:
        raise ValueError(
            "TASKCORE_JWT_KEY is a private key; a server that checks tokens takes the public one"
        )
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("TASKCORE_JWT_KEY is PEM, but no public key that can be read") from None
    match key:
        case RSAPublicKey():
            return Key("RS256", key)
        case EllipticCurvePublicKey(curve=SECP256R1()):
            return Key("ES256", key)
        case Ed25519PublicKey():
            return Key("EdDSA", key)
    raise ValueError(
        "TASKCORE_JWT_KEY is a public key of a kind that is not taken: give RSA, P-256 or Ed25519"
    )


def _jwks(text: str) -> list[Key]:
    try:
        entries = json.loads(text)["keys"]
    except (ValueError, KeyError, RecursionError):
        entries = None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("TASKCORE_JWT_KEY is JSON, but no JWKS (RFC 7517)")
    if any("d" in entry for entry in entries):
        raise ValueError("TASKCORE_JWT_KEY has a private key; give a JWKS of public ones")
    keys = [_checked(key) for entry in entries if (key := _jwk(entry))]
    if not keys:
        raise ValueError(
            "TASKCORE_JWT_KEY is a JWKS without a key that can be used: "
            f"one for {', '.join(JWT_ALGORITHMS)}"
        )
    names = [key.id for key in keys if key.id is not None]
    if len(set(names)) < len(names):
        raise ValueError("TASKCORE_JWT_KEY is a JWKS in which several keys have the same kid")
    return keys


def _jwk(entry: dict[str, Any]) -> Key | None:
    """Return the key, or None for one of a kind, or for a use, that is none of ours.

    RFC 7517 wants those to be ignored, so that a set can have keys for others too.
    """
    id = entry.get("kid")
    if entry.get("use", "sig") != "sig" or not isinstance(id, str | None):
        return None
    try:
        key = jwt.PyJWK(entry)
    except (jwt.PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    return Key(key.algorithm_name, key.key, id) if key.algorithm_name in JWT_ALGORITHMS else None
