"""Without authentication, a server for its own machine answers to that machine's names only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Api, Start

KEY = "a secret that is only for these tests"


def ask(api: Api, host: str) -> int:
    return api.send("GET", "/api/alice/tasks", headers={"Host": host}).status


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8000", "[::1]", "[::1]:1", "a.localhost"],
)
def test_its_own_names_are_answered(sqlite_server_api: Api, host: str) -> None:
    assert ask(sqlite_server_api, host) == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "localhost.evil.example", "localhost@evil", "1.evil"],
)
def test_the_name_of_another_machine_is_421(sqlite_server_api: Api, host: str) -> None:
    answer = sqlite_server_api.send("GET", "/nowhere", headers={"Host": host})

    answer.assert_problem(421, "misdirected")


@pytest.mark.parametrize(
    "settings",
    [{"TASKCORE_INSECURE_NO_AUTH": "on"}, {"TASKCORE_AUTH": "jwt", "TASKCORE_JWT_KEY": KEY}],
)
def test_where_others_may_call_any_name_is_answered(start: Start, settings: dict[str, str]) -> None:
    api = start(TASKCORE_DATABASE_URL="memory:", **settings).api()

    assert api.send("GET", "/health/live", headers={"Host": "tasks.example"}).status == 200


@pytest.fixture
def sqlite_server_api(request: pytest.FixtureRequest) -> Api:
    api: Api = request.getfixturevalue("sqlite_server").api()
    return api
