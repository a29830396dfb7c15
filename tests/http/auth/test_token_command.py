"""``taskcore-http token``: a token that the server takes, or one line that says why not."""

from __future__ import annotations

import subprocess
import sys
import time

import jwt
import pytest
from tests.http.auth.issuing import SECRET, jwk_of_secret, jwks, public_pem

from taskcore_http.auth.keys import Keyring
from taskcore_http.auth.tokens import Verifier
from taskcore_http.settings import Settings


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-m", "taskcore_http", "token", *arguments],
        capture_output=True,
        check=False,
        env=environment,
        text=True,
        timeout=60,
    )


def test_the_token_is_one_that_a_server_with_these_settings_takes() -> None:
    environment = {
        "TASKCORE_JWT_KEY": SECRET,
        "TASKCORE_JWT_ISSUER": "me",
        "TASKCORE_JWT_AUDIENCE": "tasks",
    }

    done = run("alice", **environment)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    verifier = Verifier.of(Settings.from_environment(environment))
    assert verifier.subject_of(done.stdout.strip().encode()) == "alice"


@pytest.mark.parametrize(
    ("arguments", "seconds"),
    [
        ([], 3600),
        (["--expires", "90s"], 90),
        (["--expires=30m"], 1800),
        (["--expires", "7d"], 604_800),
    ],
)
def test_the_token_is_good_for_as_long_as_is_said(arguments: list[str], seconds: int) -> None:
    done = run("alice", *arguments, TASKCORE_JWT_KEY=SECRET)

    claims = jwt.decode(done.stdout.strip(), SECRET, ["HS256"])
    assert claims["exp"] - claims["iat"] == seconds
    assert abs(claims["iat"] - time.time()) < 60


def test_nothing_but_the_settings_of_tokens_matters() -> None:
    done = run(
        "alice",
        TASKCORE_JWT_KEY=SECRET,
        TASKCORE_AUTH="off",
        PORT="eighty",
        TASKCORE_DATABASE_URL="mysql://nowhere",
    )

    assert done.returncode == 0, done.stderr


def test_a_secret_among_several_keys_signs_under_its_name() -> None:
    keys = jwks(jwk_of_secret(SECRET, kid="mine"), jwk_of_secret("x" * 32, kid="other"))

    token = run("alice", TASKCORE_JWT_KEY=keys).stdout.strip()

    assert Verifier(Keyring(keys)).subject_of(token.encode()) == "alice"


@pytest.mark.parametrize(
    ("arguments", "environment", "clue"),
    [
        (["alice"], {}, "no TASKCORE_JWT_KEY"),
        (["alice"], {"TASKCORE_JWT_KEY": "s3cr3t"}, "32 bytes"),
        (["alice"], {"TASKCORE_JWT_KEY": public_pem("RS256")}, "cannot sign"),
        (["alice"], {"TASKCORE_JWT_KEY": SECRET, "TASKCORE_JWT_LEEWAY": "x"}, "LEEWAY"),
        ([""], {"TASKCORE_JWT_KEY": SECRET}, "user_id must not be empty"),
        (["alice", "--expires", "1"], {"TASKCORE_JWT_KEY": SECRET}, "--expires"),
        (["alice", "--expires", "-1h"], {"TASKCORE_JWT_KEY": SECRET}, "--expires"),
        (["alice", "--expires", "99999999d"], {"TASKCORE_JWT_KEY": SECRET}, "--expires"),
        ([], {"TASKCORE_JWT_KEY": SECRET}, "USER"),
    ],
)
def test_what_cannot_be_is_refused_with_exit_code_2(
    arguments: list[str], environment: dict[str, str], clue: str
) -> None:
    done = run(*arguments, **environment)

    assert done.returncode == 2
    assert done.stdout == ""
    last = done.stderr.splitlines()[-1]
    assert last.startswith("taskcore-http")
    assert clue in last
    assert SECRET not in done.stderr
    assert "s3cr3t" not in done.stderr


def test_the_command_explains_itself() -> None:
    done = run("--help")

    assert done.returncode == 0
    assert "TASKCORE_JWT_KEY" in done.stdout
    assert "--expires" in done.stdout
