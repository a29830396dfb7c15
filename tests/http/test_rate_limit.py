"""So many requests of a user, and no more: a bucket of tokens that fills as time goes by."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from attrs import define
from litestar.testing import TestClient

from taskcore.adapters.memory import MemoryRepository
from taskcore_http import create_app
from taskcore_http.edge.rate_limit import USERS, Rate, RateLimit
from taskcore_http.problems import Refusal
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from taskcore_http.edge import Exchange

MILLISECOND = 1_000_000


@define
class Clock:
    """Stands still until it is told to go."""

    now: int = 10**18

    def __call__(self) -> int:
        return self.now

    def forward(self, milliseconds: int) -> None:
        self.now += milliseconds * MILLISECOND


def take(limit: RateLimit, user_id: str = "alice") -> tuple[str, str | None]:
    """Return the ``RateLimit`` of a request, and ``Retry-After`` where it was refused."""
    exchange = cast("Exchange", SimpleNamespace(answer_headers=[]))
    retry_after = None
    try:
        limit(exchange, user_id)
    except Refusal as refusal:
        retry_after = dict(refusal.headers or {})["Retry-After"]
    headers = dict(exchange.answer_headers)
    assert set(headers) == {b"ratelimit-policy", b"ratelimit"}
    return headers[b"ratelimit"].decode(), retry_after


def test_a_full_bucket_may_be_emptied_at_once_and_then_no_more() -> None:
    limit = RateLimit(Rate(3, 60), Clock())

    assert [take(limit) for _ in range(5)] == [
        ('"user";r=2;t=20', None),
        ('"user";r=1;t=20', None),
        ('"user";r=0;t=20', None),
        ('"user";r=0;t=20', "20"),
        ('"user";r=0;t=20', "20"),
    ]


def test_tokens_come_back_one_by_one() -> None:
    clock = Clock()
    limit = RateLimit(Rate(3, 60), clock)
    for _ in range(3):
        take(limit)

    clock.forward(19_999)
    assert take(limit) == ('"user";r=0;t=1', "1")
    clock.forward(1)
    assert take(limit) == ('"user";r=0;t=20', None)
    clock.forward(40_000)
    assert take(limit) == ('"user";r=1;t=20', None)
    clock.forward(10**9)
    assert take(limit) == ('"user";r=2;t=20', None)


def test_who_waits_as_long_as_told_is_let_through() -> None:
    clock = Clock()
    limit = RateLimit(Rate(7, 1), clock)
    for _ in range(7):
        take(limit)

    for _ in range(20):
        _, retry_after = take(limit)
        if retry_after:
            clock.forward(int(retry_after) * 1000)
            assert take(limit)[1] is None


@pytest.mark.parametrize("rate", [Rate(1, 1), Rate(3, 1), Rate(7, 60), Rate(999_999, 3600)])
def test_no_more_than_the_rate_is_let_through_in_the_long_run(rate: Rate) -> None:
    clock = Clock()
    limit = RateLimit(rate, clock)
    seconds, let_through = 0.0, 0
    for _ in range(2000):
        let_through += take(limit)[1] is None
        clock.forward(7)
        seconds += 0.007

    most = rate.requests + seconds * rate.requests / rate.seconds
    assert min(2000, most) - 2 <= let_through <= most + 1


def test_users_have_a_bucket_each() -> None:
    limit = RateLimit(Rate(1, 60), Clock())

    assert take(limit, "alice") == take(limit, "bob") == ('"user";r=0;t=60', None)
    assert take(limit, "alice")[1] == take(limit, "bob")[1] == "60"


def test_users_are_forgotten_before_they_fill_the_memory_the_busiest_last() -> None:
    clock = Clock()
    limit = RateLimit(Rate(2, 3600), clock)
    for _ in range(2):
        take(limit, "busy")
    for number in range(3 * USERS):
        take(limit, f"user {number}")
        assert len(limit._full_at) <= USERS

    assert take(limit, "busy")[1] == "1800"


def test_users_whose_buckets_are_full_are_forgotten_first() -> None:
    clock = Clock()
    limit = RateLimit(Rate(1, 1), clock)
    for number in range(USERS):
        take(limit, f"user {number}")
    clock.forward(1000)

    take(limit, "last")

    assert len(limit._full_at) == 1


def test_the_api_answers_429_as_a_problem_and_says_the_limit_before() -> None:
    settings = Settings(rate_limit=Rate(2, 60), cors_origins=("https://app.example",))
    with TestClient(create_app(MemoryRepository(), settings)) as client:
        client.headers["Origin"] = "https://app.example"
        first = client.post("/api/alice/tasks", json={"title": "x"})
        second = client.get("/api/alice/tasks?filter=%28")
        third = client.get("/api/alice/tasks/count")
        other = client.get("/api/bob/tasks")
        docs = client.get("/openapi.json")

    assert (first.status_code, first.headers["RateLimit"]) == (201, '"user";r=1;t=30')
    assert first.headers["RateLimit-Policy"] == '"user";q=2;w=60'
    assert (second.status_code, second.headers["RateLimit"]) == (400, '"user";r=0;t=30')
    assert third.status_code == 429
    assert third.json()["code"] == "rate_limited"
    assert third.headers["Content-Type"] == "application/problem+json"
    assert third.headers["RateLimit"] == '"user";r=0;t=30'
    assert third.headers["Retry-After"] == "30"
    assert third.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert other.status_code == docs.status_code == 200
    assert "RateLimit" not in docs.headers


def test_without_the_setting_nothing_is_counted() -> None:
    with TestClient(create_app(MemoryRepository(), Settings())) as client:
        for _ in range(20):
            answer = client.get("/api/alice/tasks")

    assert answer.status_code == 200
    assert "RateLimit" not in answer.headers


@pytest.mark.parametrize(
    ("text", "rate"), [("10/s", Rate(10, 1)), ("600/m", Rate(600, 60)), ("1/h", Rate(1, 3600))]
)
def test_the_setting_is_a_number_and_a_period(text: str, rate: Rate) -> None:
    assert Settings.from_environment({"TASKCORE_RATE_LIMIT": text}).rate_limit == rate


@pytest.mark.parametrize(
    "text", ["10", "0/s", "-1/s", "1.5/s", "10/d", "10/S", "x/s", "10 /s", "/s"]
)
def test_any_other_setting_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"TASKCORE_RATE_LIMIT must be .* 10/s"):
        Settings.from_environment({"TASKCORE_RATE_LIMIT": text})
