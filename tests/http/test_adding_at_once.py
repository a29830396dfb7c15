"""One key in many requests at once, to several processes, and through crashes: one task."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.http.test_idempotency import WHOLE, post

if TYPE_CHECKING:
    from tests.http.conftest import Server, Start


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def servers(request: pytest.FixtureRequest, start_all: Start) -> list[Server]:
    """Start three processes on one storage."""
    url = "sqlite:///shared.db"
    if request.param == "postgres":
        url = request.getfixturevalue("shared_postgres_url")
    return [start_all(TASKCORE_DATABASE_URL=url) for _ in range(3)]


@pytest.mark.parametrize("body", [{"title": "x"}, [{"title": "x"}, WHOLE]], ids=["one", "many"])
def test_of_many_at_once_in_several_processes_exactly_one_adds(
    servers: list[Server], body: object
) -> None:
    for _ in range(10):
        user_id = f"user-{uuid4()}"
        apis = [server.api(user_id) for server in servers * 5]
        with ThreadPoolExecutor(len(apis)) as pool:
            answers = list(pool.map(lambda api: post(api, body), apis))

        assert len({(answer.status, answer.body) for answer in answers}) == 1
        assert answers[0].status in {HTTPStatus.CREATED, HTTPStatus.MULTI_STATUS}
        replayed = [answer.headers["Idempotency-Replayed"] for answer in answers]
        if isinstance(body, list):
            # Two may have added one entry each.
            assert replayed.count(None) >= 1
        else:
            assert replayed.count(None) == 1
        assert len(apis[0].tasks()) == (len(body) if isinstance(body, list) else 1)


def test_of_many_contents_at_once_under_one_key_exactly_one_is_added(
    servers: list[Server],
) -> None:
    for _ in range(10):
        user_id = f"user-{uuid4()}"
        apis = [server.api(user_id) for server in servers * 4]
        with ThreadPoolExecutor(len(apis)) as pool:
            answers = list(
                pool.map(lambda pair: post(pair[1], {"title": str(pair[0])}), enumerate(apis))
            )

        assert sorted(answer.status for answer in answers) == [201] + [422] * (len(apis) - 1)
        assert len(apis[0].tasks()) == 1


def test_a_key_holds_through_a_crash_of_the_server(start: Start, tmp_path: Any) -> None:
    url = f"sqlite:///{tmp_path}/crashing.db"
    entries = [{"title": f"Task {number}"} for number in range(300)]
    randomly = random.Random(7)  # noqa: S311  # no secret, and the same each time
    for round_ in range(2):
        server = start(TASKCORE_DATABASE_URL=url)
        api = server.api(f"alice {round_}")
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(post, api, entries)
            time.sleep(randomly.uniform(0.005, 0.03))
            server.process.kill()
            sending.exception()  # or an answer, if it was faster
        server.process.wait()

        again = post(start(TASKCORE_DATABASE_URL=url).api(api.user_id), entries)

        assert {entry["status"] for entry in again.json} == {201}
        ids = [entry["task"]["id"] for entry in again.json]
        assert len(set(ids)) == len(entries)
