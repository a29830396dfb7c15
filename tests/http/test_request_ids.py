"""X-Request-ID: one that was sent is kept, any other is made; answer, log and problem have it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Api, Server

MADE: Final = re.compile("[0-9a-f]{16}-[0-9a-f]+")


@pytest.mark.parametrize(
    "sent", ["x", "01890a5d-ac96-774b-bcce-b302099a8057", 'a"b\\c{}%s', "~" * 128]
)
def test_an_id_that_was_sent_is_in_the_answer_the_log_and_the_problem(
    server: Server, sent: str
) -> None:
    api = server.api()

    good = api.call("GET", headers={"X-Request-ID": sent})
    bad = api.call("GET", "?page_size=no", headers={"X-Request-ID": sent})

    assert good.headers["X-Request-ID"] == bad.headers["X-Request-ID"] == sent
    assert bad.json["request_id"] == sent
    codes = [line.get("code") for line in server.lines(2, event="request", request_id=sent)]
    assert codes[-2:] == [None, "invalid"]


@pytest.mark.parametrize("sent", [None, "", "a b", "a\tb", "\u00e9", "x" * 129])
def test_without_one_that_can_be_an_id_is_made(api: Api, sent: str | None) -> None:
    headers = {} if sent is None else {"X-Request-ID": sent}

    made = [api.call("GET", headers=headers).headers["X-Request-ID"] for _ in range(2)]

    assert all(MADE.fullmatch(id) for id in made)
    assert made[0] != made[1]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/docs", 200),
        ("GET", "/nowhere", 404),
        ("POST", "/docs", 405),
        ("HEAD", "/docs", 200),
    ],
)
def test_answers_that_no_call_makes_have_one_too(
    api: Api, method: str, path: str, status: int
) -> None:
    answer = api.send(method, path, headers={"X-Request-ID": "mine"})

    assert answer.status == status
    assert answer.headers.get_all("X-Request-ID") == ["mine"]
