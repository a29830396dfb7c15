"""Keys: what ``TASKCORE_JWT_KEY`` may be, what is refused, and files that change."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from tests.http.auth.issuing import (
    SECRET,
    bearer,
    jwk,
    jwk_of_secret,
    jwks,
    private_key,
    private_pem,
    public_pem,
    token,
)

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.auth import authentication
from taskcore_http.auth.keys import Keyring
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from litestar.testing import TestClient
    from litestar.types import ASGIApp
    from tests.http.auth.conftest import Serve

TASKS = "/api/alice/tasks"


def status(client: TestClient[ASGIApp], sent: str) -> int:
    return client.get(TASKS, headers=bearer(sent)).status_code


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_a_public_key_may_be_in_a_file(serve: Serve, tmp_path: Path, algorithm: str) -> None:
    path = tmp_path / "key"
    path.write_text(f"A comment, as openssl leaves one\n{public_pem(algorithm)}\n")

    assert status(serve(str(path)), token(private_key(algorithm), algorithm)) == 200


def test_of_several_keys_the_one_that_a_token_names_counts(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text(
        jwks(
            jwk("RS256", kid="one", use="sig", alg="RS256"),
            jwk("another RS256", kid="two"),
            jwk("ES256", kid="three"),
            jwk("EdDSA", kid="four"),
            jwk_of_secret(SECRET, kid="five"),
        )
    )
    client = serve(str(path))

    good = [
        token(private_key("RS256"), "RS256", "one"),
        token(private_key("another RS256"), "RS256", "two"),
        token(private_key("ES256"), "ES256", "three"),
        token(private_key("EdDSA"), "EdDSA", "four"),
        token(SECRET, "HS256", "five"),
    ]
    assert [status(client, one) for one in good] == [200] * 5
    wrong_kid = [
        token(private_key("RS256"), "RS256", "two"),
        token(private_key("RS256"), "RS256", "three"),
        token(private_key("RS256"), "RS256", "six"),
        token(private_key("RS256"), "RS256"),
        token(SECRET, "HS256", "one"),
        token(private_key("ES256"), "ES256", "five"),
    ]
    assert [status(client, one) for one in wrong_kid] == [401] * 6


@pytest.mark.parametrize(
    ("kid", "sent", "expected"),
    [
        ("one", "one", 200),
        ("one", None, 200),
        ("one", "two", 401),
        (None, None, 200),
        (None, "two", 200),
    ],
)
def test_the_only_key_needs_no_name_but_is_not_taken_for_another(
    serve: Serve, kid: str | None, sent: str | None, expected: int
) -> None:
    client = serve(jwks(jwk("RS256", **({"kid": kid} if kid else {}))))

    assert status(client, token(private_key("RS256"), "RS256", sent)) == expected


def test_a_token_without_a_name_is_checked_with_the_key_without_one(serve: Serve) -> None:
    client = serve(jwks(jwk("RS256", kid="one"), jwk("another RS256")))

    assert status(client, token(private_key("another RS256"), "RS256")) == 200
    assert status(client, token(private_key("RS256"), "RS256")) == 401
    assert status(client, token(private_key("another RS256"), "RS256", "two")) == 401


def test_among_several_keys_without_a_name_any_that_a_token_is_signed_for_counts(
    serve: Serve,
) -> None:
    client = serve(jwks(jwk("RS256"), jwk("another RS256"), jwk("ES256"), jwk("EdDSA", kid="d")))

    for kind in ("RS256", "another RS256", "ES256"):
        algorithm = kind.removeprefix("another ")
        assert status(client, token(private_key(kind), algorithm)) == 200
        assert status(client, token(private_key(kind), algorithm, "x")) == 401
    assert status(client, token(private_key("EdDSA"), "EdDSA")) == 401
    assert status(client, token(SECRET, "HS256")) == 401
    forged = token(private_key("RS256"), "RS256").rpartition(".")[0] + f".{'A' * 342}"
    assert status(client, forged) == 401


def test_keys_of_other_kinds_and_for_other_uses_are_left_alone(serve: Serve) -> None:
    client = serve(
        jwks(
            {"kty": "post-quantum", "kid": "a"},
            {"kid": "b"},
            {"kty": "RSA", "kid": "c"},
            {"kty": "EC", "crv": "P-256", "x": 5, "y": [], "kid": "d"},
            {"kty": "OKP", "crv": "X25519", "x": "AAAA", "kid": "e"},
            jwk("another RS256", kid="f", use="enc"),
            jwk("RS256", kid="g", alg="RS512"),
            jwk("RS256", kid=5),
            jwk("RS256", kid="h"),
        )
    )

    assert status(client, token(private_key("RS256"), "RS256", "h")) == 200
    assert status(client, token(private_key("another RS256"), "RS256", "f")) == 401
    assert status(client, token(private_key("RS256"), "RS512", "g")) == 401


def test_an_algorithm_in_the_settings_chooses_among_the_keys(serve: Serve) -> None:
    client = serve(jwks(jwk("RS256", kid="r"), jwk("ES256", kid="e")), jwt_algorithm="ES256")

    assert status(client, token(private_key("ES256"), "ES256", "e")) == 200
    assert status(client, token(private_key("RS256"), "RS256", "r")) == 401


MARK = "s3cr3t"


@pytest.mark.parametrize(
    ("key", "clue"),
    [
        pytest.param(f"{MARK}-{'x' * 24}", "32 bytes", id="a secret of 31 bytes"),
        pytest.param(f"/{MARK}/no/such/file.pem", "no file", id="a path to nothing"),
        pytest.param(f"keys/{MARK}.json", "no file", id="a relative path to nothing"),
        pytest.param(f"/{MARK}" + "x" * 5000, "no file", id="what begins as a path and is long"),
        pytest.param("/", "no file", id="a directory"),
        pytest.param(f"ssh-ed25519 {MARK}AAAAC3NzaC1lZDI1NTE5", "not taken", id="an SSH key"),
        pytest.param(
            f"-----BEGIN PUBLIC KEY-----\n{MARK}\n-----END PUBLIC KEY-----", "PEM", id="bad PEM"
        ),
        pytest.param(
            f"-----BEGIN CERTIFICATE-----\n{MARK}\n-----END CERTIFICATE-----",
            "PEM",
            id="a certificate",
        ),
        pytest.param(f'{{"{MARK}": []}}', "JWKS", id="JSON without keys"),
        pytest.param(f'{{"keys": "{MARK}"}}', "JWKS", id="keys that are no list"),
        pytest.param(f'{{"keys": ["{MARK}"]}}', "JWKS", id="keys that are text"),
        pytest.param(f'{{"{MARK}', "JWKS", id="half of some JSON"),
        pytest.param('{"keys":' + "[" * 5000, "JWKS", id="JSON nested too deeply"),
        pytest.param('{"keys": []}', "without a key", id="an empty JWKS"),
        pytest.param(jwks({"kty": MARK, "kid": "x"}), "without a key", id="an unknown kty"),
        pytest.param(jwks({"kty": "oct", "k": MARK}), "32 bytes", id="a JWK of a short secret"),
    ],
)
def test_a_key_that_cannot_be_is_refused_and_not_shown(key: str, clue: str) -> None:
    with pytest.raises(ValueError, match=clue) as caught:
        authentication(Settings(auth="jwt", jwt_key=key))

    message = str(caught.value)
    assert message.startswith("TASKCORE_JWT_KEY ")
    assert "\n" not in message
    assert MARK not in message
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("make", "clue"),
    [
        (lambda: private_pem("RS256"), "private key"),
        (lambda: private_pem("EdDSA"), "private key"),
        (lambda: public_pem("RSA of 1024 bits"), "2048 bits"),
        (lambda: public_pem("P-384"), "not taken"),
        (lambda: public_pem("Ed448"), "not taken"),
        (lambda: jwks(jwk("RS256", kid="a"), jwk("RS256", d="AQAB")), "private key"),
        (lambda: jwks(jwk("RS256", kid="a"), jwk("ES256", kid="a")), "same kid"),
    ],
)
def test_a_key_that_must_not_be_used_is_refused(make: Any, clue: str) -> None:
    with pytest.raises(ValueError, match=clue):
        authentication(Settings(auth="jwt", jwt_key=make()))


@pytest.mark.parametrize(
    ("algorithm", "make"),
    [
        ("RS256", lambda: SECRET),
        ("HS256", lambda: public_pem("RS256")),
        ("ES256", lambda: public_pem("RS256")),
        ("EdDSA", lambda: jwks(jwk("RS256", kid="a"), jwk("ES256", kid="b"))),
    ],
)
def test_an_algorithm_that_is_not_the_keys_is_refused(algorithm: str, make: Any) -> None:
    with pytest.raises(ValueError, match=f"TASKCORE_JWT_ALGORITHM says {algorithm}"):
        authentication(Settings(auth="jwt", jwt_key=make(), jwt_algorithm=algorithm))


def test_a_file_with_neither_pem_nor_a_jwks_is_no_secret(tmp_path: Path) -> None:
    text, binary = tmp_path / "text", tmp_path / "binary"
    text.write_text(SECRET)
    binary.write_bytes(b"\x30\x82\xff" * 100)

    for path in (text, binary):
        with pytest.raises(ValueError, match="TASKCORE_JWT_KEY") as caught:
            authentication(Settings(auth="jwt", jwt_key=str(path)))
        assert SECRET not in str(caught.value)


def test_a_file_that_is_not_there_is_no_secret_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "production-keys").mkdir()

    with pytest.raises(ValueError, match="looks like a path"):
        authentication(Settings(auth="jwt", jwt_key="production-keys/the-public-key-of-tokens"))
    authentication(Settings(auth="jwt", jwt_key="cHJvZHVj/a2V5cy90aGUtcHVibGljLWtleS1v"))


SLASHED = "/9j+only/for+these/tests+only/for+these0="


def test_a_secret_that_begins_as_a_path_does_is_one_where_the_algorithm_says_so(
    serve: Serve,
) -> None:
    client = serve(SLASHED, jwt_algorithm="HS256")

    assert status(client, token(SLASHED)) == 200
    with pytest.raises(ValueError, match="TASKCORE_JWT_ALGORITHM=HS256"):
        authentication(Settings(auth="jwt", jwt_key=SLASHED))


@pytest.mark.parametrize(
    ("name", "clue"),
    [
        ("/short/secret", "32 bytes"),
        ("/no/such/directory/of-keys/for-tokens.json", "looks like a path"),
        ("{directory}/a-file-that-is-not-there-at-all", "looks like a path"),
        ("{directory}", "looks like a path"),
        (__file__, "PEM"),
    ],
)
def test_what_can_be_no_secret_but_a_path_stays_one_also_then(
    tmp_path: Path, name: str, clue: str
) -> None:
    said = name.format(directory=tmp_path)

    with pytest.raises(ValueError, match=clue):
        authentication(Settings(auth="jwt", jwt_key=said, jwt_algorithm="HS256"))


def test_without_a_key_there_is_no_authentication_to_be_had() -> None:
    with pytest.raises(ValueError, match="needs a TASKCORE_JWT_KEY"):
        create_app(MemoryRepository(), Settings(auth="jwt"))


def test_with_authentication_off_nothing_for_tokens_is_imported() -> None:
    program = """
import sys
from taskcore_http import create_app
from taskcore_http.settings import Settings
create_app(settings=Settings(jwt_key="x"))
print({"jwt", "cryptography"} & sys.modules.keys())
"""
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program], capture_output=True, check=True, text=True, timeout=60
    )

    assert done.stdout == "set()\n"


def test_the_key_is_not_shown_with_the_settings_or_the_keys() -> None:
    assert SECRET not in repr(Settings(jwt_key=SECRET))
    assert SECRET not in repr(Keyring(SECRET).keys)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "keys.json"
    path.write_text(jwks(jwk("RS256", kid="old")))
    return path


@pytest.fixture
def looking_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taskcore_http.auth.keys.LOOK_AGAIN", 0)


def old_and_new() -> tuple[str, str]:
    return (
        token(private_key("RS256"), "RS256", "old"),
        token(private_key("another RS256"), "RS256", "new"),
    )


@pytest.mark.usefixtures("looking_always")
def test_keys_that_change_in_the_file_count_at_once_also_for_tokens_that_are_remembered(
    serve: Serve, keys: Path
) -> None:
    client = serve(str(keys))
    old, new = old_and_new()
    assert (status(client, old), status(client, new)) == (200, 401)

    keys.write_text(jwks(jwk("RS256", kid="old"), jwk("another RS256", kid="new")))
    assert (status(client, old), status(client, new)) == (200, 200)

    other = keys.with_name("other")
    other.write_text(jwks(jwk("another RS256", kid="new")))
    os.replace(other, keys)  # noqa: PTH105  # as those do who change files under programs
    assert (status(client, old), status(client, new)) == (401, 200)


@pytest.mark.usefixtures("looking_always")
@pytest.mark.parametrize("content", ["", "{", '{"keys": []}', SECRET, None])
def test_while_the_file_cannot_be_used_the_keys_stay_and_that_is_logged_once(
    serve: Serve, keys: Path, caplog: pytest.LogCaptureFixture, content: str | None
) -> None:
    client = serve(str(keys))
    old, new = old_and_new()

    if content is None:
        keys.unlink()
    else:
        keys.write_text(content)
    for _ in range(3):
        assert (status(client, old), status(client, new)) == (200, 401)

    [warning] = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert "TASKCORE_JWT_KEY" in warning.getMessage()
    assert SECRET not in caplog.text
    keys.write_text(jwks(jwk("another RS256", kid="new")))
    assert (status(client, old), status(client, new)) == (401, 200)


def test_the_file_is_looked_at_once_a_second_at_most(
    keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.monotonic()
    monkeypatch.setattr("taskcore_http.auth.keys.monotonic", lambda: now)
    keyring = Keyring(str(keys))
    keys.write_text(jwks(jwk("another RS256", kid="of another length")))

    assert not keyring.refresh()
    now += 1
    assert keyring.refresh()
    assert not keyring.refresh()
