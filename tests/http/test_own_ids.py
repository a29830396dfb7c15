"""Ids that clients choose for new tasks: kept, safe to send again, and never another's."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from tests.http.conftest import assert_problem
from tests.http.test_idempotency import SOME, WHOLE, assert_replayed, post

if TYPE_CHECKING:
    from tests.http.conftest import Api


def test_an_id_of_the_clients_own_is_the_tasks(api: Api) -> None:
    id = str(uuid4())

    first = post(api, {"id": id.upper(), **WHOLE}, None)

    assert (first.status, first.json["id"]) == (201, id)
    assert first.headers["Location"].endswith(f"/{id}")
    assert first.headers["Idempotency-Replayed"] is None
    assert_replayed(post(api, {**WHOLE, "id": id}, None), first)
    post(api, {"id": id, "title": "x"}, None).assert_problem(409, "duplicate")
    assert api.tasks() == [first.json]


def test_an_id_of_a_task_that_was_changed_is_taken(api: Api) -> None:
    id = str(uuid4())
    post(api, {"id": id, "title": "x"}, None)
    changed = api.call("PATCH", f"/{id}/complete").json

    post(api, {"id": id, "title": "x"}, None).assert_problem(409, "duplicate")
    assert api.tasks() == [changed]


def test_users_do_not_share_ids(api: Api) -> None:
    id = str(uuid4())

    for user in (api, api.as_user(f"{api.user_id} 2")):
        answer = post(user, {"id": id, "title": user.user_id}, None)
        assert (answer.status, answer.json["title"]) == (201, user.user_id)


def test_ids_in_an_array_are_the_tasks(api: Api) -> None:
    ids = [str(uuid4()) for _ in range(2)]
    entries = [{"id": id, "title": "x"} for id in ids]
    first = post(api, entries, None)

    assert [entry["task"]["id"] for entry in first.json] == ids
    assert_replayed(post(api, entries, None), first)
    mixed = post(api, [entries[0], {"id": ids[1], "title": "y"}, {"title": "z", "id": None}], None)
    assert [entry["status"] for entry in mixed.json] == [201, 409, 201]
    assert_problem(mixed.json[1]["problem"], 409, "duplicate")
    assert mixed.headers["Idempotency-Replayed"] is None
    assert len(api.tasks()) == 3


@pytest.mark.parametrize(
    "id",
    ["", "x", 7, True, [], {}, f"{{{SOME}}}", SOME.replace("-", ""), f"urn:uuid:{SOME}"],
    ids=repr,
)
def test_an_id_in_a_body_that_is_none_is_400(api: Api, id: object) -> None:
    answer = post(api, {"title": "x", "id": id}, None)
    [entry] = post(api, [{"title": "x", "id": id}], None).json

    answer.assert_problem(400, "invalid", loc=["body", "id"], rule="type")
    assert_problem(entry["problem"], 400, "invalid", loc=["body", 0, "id"], rule="type")
    assert api.tasks() == []
