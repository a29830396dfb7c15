"""What an issuer of tokens does, and what a forger would."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

SECRET = "only-for-these-tests-only-for-these-tests"  # noqa: S105  # it says so
ISSUER = "https://issuer.example"
AUDIENCE = "https://tasks.example"


@cache
def private_key(kind: str) -> Any:
    """Return a key of that kind, the same each time."""
    makers: dict[str, Any] = {
        "RS256": lambda: rsa.generate_private_key(65537, 2048),
        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "EdDSA": ed25519.Ed25519PrivateKey.generate,
        "another RS256": lambda: rsa.generate_private_key(65537, 2048),
        "RSA of 1024 bits": lambda: rsa.generate_private_key(65537, 1024),  # noqa: S505  # short
        "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "Ed448": ed448.Ed448PrivateKey.generate,
    }
    return makers[kind]()


def public_pem(kind: str) -> str:
    key = private_key(kind).public_key()
    pem: bytes = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem.decode()


def private_pem(kind: str) -> str:
    pem: bytes = private_key(kind).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


def jwk(kind: str, **members: Any) -> dict[str, Any]:
    algorithm = kind.removeprefix("another ")
    key = private_key(kind).public_key()
    return {**jwt.get_algorithm_by_name(algorithm).to_jwk(key, as_dict=True), **members}


def jwk_of_secret(secret: str, **members: Any) -> dict[str, Any]:
    return {"kty": "oct", "k": _base64(secret.encode()), **members}


def jwks(*keys: dict[str, Any]) -> str:
    return json.dumps({"keys": keys})


def claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a good token of alice's, with changes; what is ``...`` is left out."""
    now = int(time.time())
    all_ = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "alice",
        "iat": now,
        "exp": now + 60,
    } | changes
    return {name: value for name, value in all_.items() if value is not ...}


def token(
    key: Any = SECRET, algorithm: str = "HS256", kid: str | None = None, **changes: Any
) -> str:
    """Return a token with those claims, well signed."""
    return jwt.encode(claims(**changes), key, algorithm, {"kid": kid} if kid else None)


def by_hand(header: dict[str, Any], payload: bytes, secret: bytes | None = None) -> str:
    """Return a token as no library would sign it: with this secret, or not at all."""
    text = f"{_base64(json.dumps(header).encode())}.{_base64(payload)}"
    signature = hmac.digest(secret, text.encode(), "sha256") if secret else b""
    return f"{text}.{_base64(signature)}"


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
