"""User ids as they travel in the path: what is allowed arrives unchanged, all else is 400."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urljoin
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Api

ODD = [
    "two words",
    "100%",
    "%41",
    "%2541",
    "\N{PARTY POPPER}",
    "e\N{COMBINING ACUTE ACCENT}",
    "'\"`",
    "a+b",
    "..",
    ".",
    "a;b?c#d&e=f",
    "back\\slash",
    "{user_id}",
    "user@example.com",
    "<script>",
    " ",
    "x" * 255,
    "\N{PARTY POPPER}" * 255,
]


@pytest.mark.parametrize("odd", ODD)
def test_an_odd_user_id_has_tasks_like_any_other(api: Api, odd: str) -> None:
    # Made unique, so that nothing is left over from another run; but the long ones are full.
    user_id = odd if len(odd) == 255 else f"{odd}{uuid4()}{odd}"
    user = api.as_user(user_id)
    before = user.tasks()

    answer = user.call("POST", "", {"title": "Buy milk"})

    assert answer.status == 201
    task = answer.json
    assert task["user_id"] == user_id
    assert answer.headers["Location"] == f"{user.path}/{task['id']}"
    assert user.tasks() == [task, *before]
    assert user.call("GET", f"/{task['id']}").json == task
    assert user.call("PUT", f"/{task['id']}", {"title": "x"}).json["title"] == "x"
    assert user.call("PATCH", f"/{task['id']}/complete").json["completed"] is True
    assert user.call("DELETE", f"/{task['id']}").status == 200
    assert user.tasks() == before


@pytest.mark.parametrize("user_id", ["..", ".", " ", "+", "%"])
def test_a_user_id_is_never_taken_for_a_path_or_normalized(api: Api, user_id: str) -> None:
    user = api.as_user(user_id)

    task = user.add()

    assert task["user_id"] == user_id
    assert task in user.tasks()
    assert user.call("DELETE", f"/{task['id']}").status == 200


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("%00", "character"),
        ("a%00b", "character"),
        ("%0A", "character"),
        ("%09", "character"),
        ("%7f", "character"),
        ("%C2%85", "character"),
        ("%ff", "character"),
        ("%ed%a0%80", "character"),
        ("%ef%bf%bd", "character"),
        ("x" * 256, "too_long"),
        ("%f0%9f%8e%89" * 256, "too_long"),
    ],
)
@pytest.mark.parametrize(
    ("method", "suffix"),
    [
        ("GET", ""),
        ("POST", ""),
        ("GET", "/{id}"),
        ("PUT", "/{id}"),
        ("PATCH", "/{id}"),
        ("DELETE", "/{id}"),
        ("GET", "/count"),
        ("PATCH", "/{id}/complete"),
    ],
)
def test_a_user_id_outside_the_rule_is_400_on_every_call(
    api: Api, raw: str, rule: str, method: str, suffix: str
) -> None:
    path = f"/api/{raw}/tasks{suffix.format(id=uuid4())}"

    answer = api.send(method, path, b'{"title": "x"}', {"Content-Type": "application/json"})

    answer.assert_problem(400, "invalid", loc=["path", "user_id"], rule=rule)


@pytest.mark.parametrize("user_id", ["..", "."])
def test_addresses_in_answers_survive_being_resolved(api: Api, user_id: str) -> None:
    path = f"/api/{user_id.replace('.', '%2E')}/tasks"
    added = [
        api.send("POST", path, b'{"title": "x"}', {"Content-Type": "application/json"})
        for _ in range(2)
    ]
    page = api.send("GET", f"{path}?page_size=1")
    link = page.headers["Link"].partition(">")[0].removeprefix("<")

    for address in (added[0].headers["Location"], link):
        resolved = urljoin("http://localhost/api/", address).removeprefix("http://localhost")
        answer = api.send("GET", resolved)
        assert answer.status == 200
        assert f'"user_id":"{user_id}"' in answer.content.decode()
    for answer in added:
        assert api.send("DELETE", f"{path}/{answer.json['id']}").status == 200
