"""Tokens: which are good, and that each way to forge or to spoil one is refused."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.http.auth.issuing import (
    AUDIENCE,
    ISSUER,
    SECRET,
    bearer,
    by_hand,
    claims,
    private_key,
    public_pem,
    token,
)

from taskcore_http.auth.keys import Keyring
from taskcore_http.auth.tokens import LENGTH, REMEMBERED, InvalidToken, Verifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from litestar.testing import TestClient
    from litestar.types import ASGIApp
    from tests.http.auth.conftest import Serve

TASKS = "/api/alice/tasks"


def assert_refused(client: TestClient[ASGIApp], bad: str, why: str) -> None:
    """Assert that the token is refused for that, and that nothing of it is in the answer."""
    answer = client.get(TASKS, headers=bearer(bad))

    assert answer.status_code == 401, answer.text
    assert answer.headers["WWW-Authenticate"] == (
        f'Bearer realm="taskcore", error="invalid_token", error_description="{why}"'
    )
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Unauthorized",
        "status": 401,
        "detail": why,
        "code": "unauthenticated",
        "request_id": answer.headers["X-Request-ID"],
    }


def in_seconds(seconds: float) -> int:
    return int(time.time() + seconds)


def tampered(part: int, change: Callable[[str], str]) -> str:
    parts = token().split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


def of_bob(_: str) -> str:
    return token(sub="bob").split(".")[1]


def other_letter(part: str) -> str:
    # The first, since of the last some bits mean nothing.
    return ("A" if part[0] != "A" else "B") + part[1:]


INVALID = "the token is not valid"


@pytest.mark.parametrize(
    ("make", "why"),
    [
        pytest.param(make, why, id=name)
        for name, make, why in [
            ("expired", lambda: token(exp=in_seconds(-31)), "the token has expired"),
            ("not yet valid", lambda: token(nbf=in_seconds(40)), "the token is not valid yet"),
            ("of tomorrow", lambda: token(iat=in_seconds(40)), "the token is not valid yet"),
            (
                "wrong issuer",
                lambda: token(iss="https://evil.example"),
                "the token is from another issuer",
            ),
            ("no issuer", lambda: token(iss=...), "the token has no iss"),
            (
                "wrong audience",
                lambda: token(aud="https://other.example"),
                "the token is for another audience",
            ),
            (
                "other audiences",
                lambda: token(aud=["https://other.example"]),
                "the token is for another audience",
            ),
            ("no audience", lambda: token(aud=...), "the token has no aud"),
            ("no exp", lambda: token(exp=...), "the token has no exp"),
            ("exp null", lambda: token(exp=None), "the token has no exp"),
            ("exp text", lambda: token(exp=str(in_seconds(60))), "the token's exp is no time"),
            ("exp true", lambda: token(exp=True), "the token's exp is no time"),
            ("exp not a number", lambda: token(exp=float("nan")), "the token's exp is no time"),
            ("exp never", lambda: token(exp=float("inf")), "the token's exp is no time"),
            ("nbf null", lambda: token(nbf=None), "the token's nbf is no time"),
            ("iat an object", lambda: token(iat={}), "the token's iat is no time"),
            ("no sub", lambda: token(sub=...), "the token has no sub"),
            ("sub a number", lambda: token(sub=5), "the token's sub is no user id"),
            ("sub empty", lambda: token(sub=""), "the token's sub is no user id"),
            ("sub too long", lambda: token(sub="a" * 256), "the token's sub is no user id"),
            ("sub with a NUL", lambda: token(sub="al\0ice"), "the token's sub is no user id"),
            (
                "alg none",
                lambda: by_hand({"alg": "none"}, json.dumps(claims()).encode()),
                INVALID,
            ),
            (
                "alg None, signed",
                lambda: by_hand({"alg": "None"}, json.dumps(claims()).encode(), SECRET.encode()),
                INVALID,
            ),
            (
                "no alg",
                lambda: by_hand({}, json.dumps(claims()).encode(), SECRET.encode()),
                INVALID,
            ),
            (
                "unknown alg",
                lambda: by_hand({"alg": "HS257"}, json.dumps(claims()).encode(), SECRET.encode()),
                INVALID,
            ),
            (
                "alg a list",
                lambda: by_hand({"alg": ["HS256"]}, json.dumps(claims()).encode(), SECRET.encode()),
                INVALID,
            ),
            ("another alg of ours", lambda: token(private_key("RS256"), "RS256"), INVALID),
            ("HS512 by the same secret", lambda: token(SECRET * 2, "HS512"), INVALID),
            ("another secret", lambda: token("another-secret-that-is-long-enough"), INVALID),
            (
                "a critical header nobody knows",
                lambda: by_hand(
                    {"alg": "HS256", "crit": ["b64", "zip"], "zip": 1},
                    json.dumps(claims()).encode(),
                    SECRET.encode(),
                ),
                INVALID,
            ),
            (
                "kid a number",
                lambda: by_hand(
                    {"alg": "HS256", "kid": 5}, json.dumps(claims()).encode(), SECRET.encode()
                ),
                INVALID,
            ),
            (
                "claims that are a list",
                lambda: by_hand({"alg": "HS256"}, b"[]", SECRET.encode()),
                INVALID,
            ),
            (
                "claims that are no JSON",
                lambda: by_hand({"alg": "HS256"}, b"\xff{", SECRET.encode()),
                INVALID,
            ),
            (
                "claims nested too deeply",
                lambda: by_hand({"alg": "HS256"}, b"[" * 2900 + b"]" * 2900, SECRET.encode()),
                INVALID,
            ),
            ("tampered payload", lambda: tampered(1, of_bob), INVALID),
            ("tampered header", lambda: tampered(0, other_letter), INVALID),
            ("tampered signature", lambda: tampered(2, other_letter), INVALID),
            ("signature left out", lambda: tampered(2, lambda _: ""), INVALID),
            ("a part too many", lambda: f"{token()}.AAAA", INVALID),
            ("garbage", lambda: "garbage", INVALID),
            ("dots", lambda: "...", INVALID),
            ("two words", lambda: f"{token()} {token()}", INVALID),
            (
                "oversized",
                lambda: token(extra="x" * LENGTH),
                f"the token is longer than {LENGTH} bytes",
            ),
        ]
    ],
)
def test_a_token_that_is_not_good_is_refused(
    client: TestClient[ASGIApp], make: Callable[[], str], why: str
) -> None:
    assert_refused(client, make(), why)


@pytest.mark.parametrize("header", [b"Bearer \xff\xfe", b"Bearer \x00", b"bearer {}"])
def test_bytes_that_are_no_text_are_refused(client: TestClient[ASGIApp], header: bytes) -> None:
    answer = client.get(TASKS, headers={"Authorization": header})

    assert answer.status_code == 401


def test_a_token_signed_with_the_public_key_as_a_secret_is_refused(serve: Serve) -> None:
    pem = public_pem("RS256")
    client = serve(pem)

    for secret in (pem, pem.strip()):
        forged = by_hand({"alg": "HS256"}, json.dumps(claims()).encode(), secret.encode())
        assert_refused(client, forged, INVALID)
    assert client.get(TASKS, headers=bearer(token(private_key("RS256"), "RS256"))).is_success


GOOD: dict[str, Callable[[], dict[str, Any]]] = {
    "as it should be": dict,
    "just expired": lambda: {"exp": in_seconds(-20)},
    "good in a moment": lambda: {"nbf": in_seconds(20)},
    "without iat": lambda: {"iat": ...},
    "with parts of seconds": lambda: {"iat": time.time() - 0.5, "exp": time.time() + 60.5},
    "for longer than floats can say": lambda: {"exp": 10**400},
    "for several": lambda: {"aud": ["https://other.example", AUDIENCE]},
    "with claims of others": lambda: {"scope": "anything else", "jti": "1"},
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_token_opens_its_subjects_tasks(client: TestClient[ASGIApp], name: str) -> None:
    headers = bearer(token(**GOOD[name]()))

    for _ in range(2):
        assert client.get(TASKS, headers=headers).json() == []


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_token_signed_with_the_private_key_is_good_for_the_public_one(
    serve: Serve, algorithm: str
) -> None:
    client = serve(public_pem(algorithm))

    good = token(private_key(algorithm), algorithm)

    assert client.get(TASKS, headers=bearer(good)).json() == []
    assert_refused(client, token(private_key("another RS256"), "RS256"), INVALID)


def test_without_an_issuer_and_an_audience_in_the_settings_any_issuer_will_do(
    serve: Serve,
) -> None:
    client = serve(jwt_issuer=None, jwt_audience=None)

    assert client.get(TASKS, headers=bearer(token(aud=..., iss="anybody"))).is_success
    # RFC 7519: who is not the audience that a token names must not take it.
    assert_refused(client, token(), "the token is for another audience")


def test_the_leeway_can_be_none(serve: Serve) -> None:
    client = serve(jwt_leeway=0)

    assert_refused(client, token(exp=in_seconds(-1)), "the token has expired")


def test_a_user_id_of_any_characters_can_be_a_subject(client: TestClient[ASGIApp]) -> None:
    headers = bearer(token(sub="Zoë 日本"))

    assert client.get("/api/Zo%C3%AB%20%E6%97%A5%E6%9C%AC/tasks", headers=headers).is_success
    assert client.get("/api/Zoe/tasks", headers=headers).status_code == 403


def test_nothing_of_a_token_is_logged(
    client: TestClient[ASGIApp], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    for sent in (token(), token(exp=0), token(sub="bob"), token("x" * 32)):
        client.get(TASKS, headers=bearer(sent))
        for part in sent.split(".")[1:]:
            assert part not in caplog.text
    assert SECRET not in caplog.text
    assert ISSUER not in caplog.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(
    garbage=st.one_of(
        st.binary(max_size=60),
        st.tuples(st.binary(max_size=40), st.binary(max_size=40)).map(
            lambda parts: by_hand({"alg": "HS256", "kid": repr(parts[0])}, *parts).encode()
        ),
        st.text("ey.JhbGciOi-_=", max_size=60).map(str.encode),
    )
)
def test_no_garbage_is_anything_but_refused(garbage: bytes) -> None:
    with pytest.raises(InvalidToken):
        VERIFIER.subject_of(garbage)


VERIFIER = Verifier(Keyring(SECRET))


class Clock:
    """Says what time it is told."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def test_a_token_that_is_remembered_expires_as_any_other() -> None:
    clock = Clock()
    verifier = Verifier(Keyring(SECRET), leeway=5, clock=clock)
    good = token(aud=..., exp=int(clock.now) + 10).encode()
    assert verifier.subject_of(good) == verifier.subject_of(good) == "alice"

    clock.now += 14
    assert verifier.subject_of(good) == "alice"
    clock.now += 2
    for _ in range(2):
        with pytest.raises(InvalidToken, match="expired"):
            verifier.subject_of(good)
    assert verifier._remembered == {}


def test_a_token_is_checked_only_once_while_it_is_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verifier = Verifier(Keyring(SECRET))
    tokens = [token(aud=..., jti=str(number)).encode() for number in range(REMEMBERED + 1)]
    for one in tokens:
        verifier.subject_of(one)

    def refuse(*_: Any, **__: Any) -> None:
        raise jwt.InvalidTokenError

    monkeypatch.setattr("jwt.decode", refuse)
    assert verifier.subject_of(tokens[-1]) == verifier.subject_of(tokens[1]) == "alice"
    with pytest.raises(InvalidToken):
        verifier.subject_of(tokens[0])  # the first of them is forgotten


def test_a_token_that_was_refused_is_not_remembered() -> None:
    verifier = Verifier(Keyring(SECRET))

    for bad in (token(aud=..., exp=0), token(aud=..., sub=""), token("x" * 32, aud=...)):
        for _ in range(2):
            with pytest.raises(InvalidToken):
                verifier.subject_of(bad.encode())
    assert verifier._remembered == {}
