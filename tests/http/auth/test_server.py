"""A real server that wants tokens, and one that must not be open to other machines without."""

from __future__ import annotations

import json
import socket
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest
from tests.http.auth.issuing import (
    SECRET,
    by_hand,
    claims,
    jwk,
    jwks,
    private_key,
    private_pem,
    public_pem,
    token,
)

from taskcore_http.auth.exposure import require_safe
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.http.conftest import Answer, Server, Start

WITH_TOKENS = {
    "TASKCORE_DATABASE_URL": "memory:",
    "TASKCORE_AUTH": "jwt",
    "TASKCORE_JWT_KEY": SECRET,
}


@pytest.fixture(scope="session")
def guarded(start_all: Start) -> Server:
    return start_all(**WITH_TOKENS)


def ask(server: Server, *lines: str, request: str = "GET /api/alice/tasks") -> Answer:
    head = [f"{request} HTTP/1.1", "Host: localhost", *lines, "", ""]
    return server.exchange("\r\n".join(head).encode())


def good(**changes: object) -> str:
    return f"Authorization: Bearer {token(aud=..., **changes)}"


def test_a_token_opens_its_subjects_tasks_and_no_others(guarded: Server) -> None:
    assert ask(guarded, good()).json == []
    assert ask(guarded, good(), request="HEAD /api/alice/tasks").status == 200
    assert ask(guarded, good(sub="bob")).assert_problem(403, "forbidden")


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /api/alice/tasks",
        "HEAD /api/alice/tasks",
        "DELETE /api/alice/tasks",
        "GET /nowhere",
        "HEAD /nowhere",
        "GET //api//alice/tasks",
    ],
)
def test_without_a_token_nothing_is_answered(guarded: Server, request_line: str) -> None:
    answer = ask(guarded, request=request_line)

    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="taskcore"'
    if not request_line.startswith("HEAD"):
        answer.assert_problem(401, "unauthenticated")


@pytest.mark.parametrize(
    "other", ["Authorization: Basic YWxpY2U6eA==", "authorization: Bearer x", "AUTHORIZATION:"]
)
def test_two_authorization_headers_are_a_bad_request(guarded: Server, other: str) -> None:
    for lines in ((good(), other), (other, good()), (good(), good())):
        answer = ask(guarded, *lines)

        answer.assert_problem(400, "invalid")
        assert answer.headers["WWW-Authenticate"].startswith(
            'Bearer realm="taskcore", error="invalid_request", error_description="'
        )


def test_a_token_of_a_size_that_nobody_sends_is_refused(guarded: Server) -> None:
    answer = ask(guarded, good(extra="x" * 10_000))

    answer.assert_problem(401, "unauthenticated")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert ask(guarded, good()).status == 200


def test_forged_tokens_open_nothing_of_a_server_with_a_public_key(start: Start) -> None:
    pem = public_pem("RS256")
    server = start(**WITH_TOKENS | {"TASKCORE_JWT_KEY": pem})
    said = json.dumps(claims(aud=...)).encode()
    genuine = token(private_key("RS256"), "RS256", aud=...)
    header, _, signature = genuine.split(".")
    other = by_hand({}, json.dumps(claims(aud=..., exp=2**40)).encode())
    forged = [
        by_hand({"alg": "none"}, said),
        by_hand({"alg": "HS256"}, said, pem.encode()),
        token(private_key("another RS256"), "RS256", aud=...),
        token(private_key("RS256"), "RS256", aud=..., exp=1),
        f"{header}.{other.split('.')[1]}.{signature}",
    ]

    for one in forged:
        ask(server, f"Authorization: Bearer {one}").assert_problem(401, "unauthenticated")
    assert ask(server, f"Authorization: Bearer {genuine}").json == []


def test_the_server_says_nothing_of_tokens_and_keys(start: Start) -> None:
    server = start(**WITH_TOKENS)
    sent = [good(), good(exp=1), good(sub="bob"), "Authorization: Bearer a.b.c"]
    answers = [ask(server, line) for line in sent]
    assert [answer.status for answer in answers] == [200, 401, 403, 401]
    assert server.stop() == 0

    for line in sent:
        assert line.rpartition(" ")[2] not in server.errors
    for told in (SECRET, str(claims()["iss"])):
        assert told not in server.errors
        assert all(told.encode() not in answer.body for answer in answers)


def test_a_key_that_is_changed_under_a_server_counts_without_a_restart(
    start: Start, tmp_path: Path
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(jwks(jwk("RS256", kid="old")))
    server = start(**WITH_TOKENS | {"TASKCORE_JWT_KEY": str(path)})
    new = token(private_key("another RS256"), "RS256", "new", aud=...)
    line = f"Authorization: Bearer {new}"
    assert ask(server, line).status == 401

    path.write_text(jwks(jwk("RS256", kid="old"), jwk("another RS256", kid="new")))

    deadline = monotonic() + 10
    while ask(server, line).status != 200:
        assert monotonic() < deadline
        sleep(0.1)


def assert_refuses(server: Server, *clues: str) -> None:
    """Assert that it ended with 2 and one line that has the clues, and not what is secret."""
    assert server.process.wait(30) == 2, server.errors
    [line] = server.errors.splitlines()
    assert line.startswith("taskcore-http: ")
    for clue in clues:
        assert clue in line
    assert "s3cr3t" not in line


@pytest.mark.parametrize(
    ("settings", "clue"),
    [
        ({}, "needs a TASKCORE_JWT_KEY"),
        ({"TASKCORE_JWT_KEY": "s3cr3t"}, "32 bytes"),
        ({"TASKCORE_JWT_KEY": "/s3cr3t/key.pem"}, "TASKCORE_JWT_KEY"),
        ({"TASKCORE_JWT_KEY": private_pem("ES256")}, "private key"),
        ({"TASKCORE_JWT_KEY": '{"keys": []}'}, "JWKS"),
        (
            {"TASKCORE_JWT_KEY": public_pem("ES256"), "TASKCORE_JWT_ALGORITHM": "HS256"},
            "TASKCORE_JWT_ALGORITHM",
        ),
        ({"TASKCORE_JWT_KEY": SECRET, "TASKCORE_JWT_ALGORITHM": "none"}, "TASKCORE_JWT_ALGORITHM"),
        ({"TASKCORE_JWT_KEY": SECRET, "TASKCORE_JWT_LEEWAY": "-1"}, "TASKCORE_JWT_LEEWAY"),
        ({"TASKCORE_JWT_KEY": SECRET, "TASKCORE_AUTH": "JWT "}, "TASKCORE_AUTH"),
    ],
)
def test_settings_that_cannot_be_are_refused_with_exit_code_2(
    start: Start, settings: dict[str, str], clue: str
) -> None:
    server = start(
        wait=False, **{"TASKCORE_DATABASE_URL": "memory:", "TASKCORE_AUTH": "jwt"} | settings
    )

    assert_refuses(server, clue)


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104  # it is refused
def test_without_authentication_other_machines_are_not_let_in(start: Start, host: str) -> None:
    said = start("--host", host, "--port", "0", wait=False, TASKCORE_DATABASE_URL="memory:")
    in_environment = start("--port", "0", wait=False, TASKCORE_DATABASE_URL="memory:", HOST=host)

    for server in (said, in_environment):
        assert_refuses(server, host, "TASKCORE_AUTH=jwt", "--insecure-no-auth")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2"])
def test_without_authentication_the_machine_itself_is_let_in(start: Start, host: str) -> None:
    server = start("--host", host, "--port", "0", TASKCORE_DATABASE_URL="memory:")

    assert ask(server).status == 200


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        (["--insecure-no-auth"], {}),
        ([], {"TASKCORE_INSECURE_NO_AUTH": "on"}),
        ([], {"TASKCORE_AUTH": "jwt", "TASKCORE_JWT_KEY": SECRET}),
    ],
)
def test_other_machines_are_let_in_if_they_say_who_they_are_or_if_it_is_asked_for(
    start: Start, arguments: list[str], settings: dict[str, str]
) -> None:
    every_address = "0.0.0.0"  # noqa: S104  # that is the question

    server = start(
        *("--host", every_address, "--port", "0", *arguments),
        **{"TASKCORE_DATABASE_URL": "memory:"} | settings,
    )

    assert ask(server, good()).status == 200


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:192.0.2.7", False),
        ("192.0.2.7", False),
        ("10.0.0.1", False),
        ("fe80::1%eth0", False),
    ],
)
def test_what_a_host_stands_for_is_what_counts(address: str, *, safe: bool) -> None:
    settings = Settings(host="some-name")

    if safe:
        require_safe(settings, address)
    else:
        with pytest.raises(ValueError, match="some-name"):
            require_safe(settings, address)


def test_a_host_that_is_no_name_is_refused(start: Start) -> None:
    server = start("--host", "no-such-host.invalid", "--port", "0", wait=False)

    assert server.process.wait(60) == 1
    assert "no-such-host.invalid" in server.errors


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_ipv6_loopback_is_the_machine_itself(start: Start) -> None:
    server = start("--host", "::1", "--port", "0", TASKCORE_DATABASE_URL="memory:")

    assert ask(server).status == 200
