"""Many clients at once: no change is lost, and nobody gets another's answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.http.conftest import Api

CLIENTS = 16
EACH = 10


def test_concurrent_toggles_of_one_task_all_count(api: Api) -> None:
    path = f"/{api.add()['id']}"

    def toggle(_: int) -> list[int]:
        return [api.call("PATCH", f"{path}/complete").json["version"] for _ in range(EACH)]

    with ThreadPoolExecutor(CLIENTS) as pool:
        versions = [version for seen in pool.map(toggle, range(CLIENTS)) for version in seen]

    assert sorted(versions) == list(range(2, CLIENTS * EACH + 2))
    task = api.call("GET", path).json
    assert (task["version"], task["completed"]) == (CLIENTS * EACH + 1, False)


def test_concurrent_edits_of_different_fields_all_stay(api: Api) -> None:
    tasks = [api.add() for _ in range(4)]
    changes: list[dict[str, object]] = [
        {"title": "changed"},
        {"description": "changed"},
        {"completed": True},
    ]

    with ThreadPoolExecutor(CLIENTS) as pool:
        waiting = [
            pool.submit(api.call, "PUT", f"/{task['id']}", change)
            for task in tasks
            for change in changes
        ]
        assert {answer.result().status for answer in waiting} == {200}

    for task in api.tasks():
        assert (task["title"], task["description"]) == ("changed", "changed")
        assert (task["completed"], task["version"]) == (True, 4)


def test_concurrent_adds_all_arrive_and_each_client_gets_its_own(api: Api) -> None:
    def add(client: int) -> list[str]:
        user = api.as_user(f"{api.user_id}-{client}")
        added = [user.add(f"{client}.{number}") for number in range(EACH)]
        assert [task["title"] for task in added] == [f"{client}.{n}" for n in range(EACH)]
        assert {task["user_id"] for task in added} == {user.user_id}
        assert user.tasks() == added[::-1]
        return [task["id"] for task in added]

    with ThreadPoolExecutor(CLIENTS) as pool:
        ids = [id for added in pool.map(add, range(CLIENTS)) for id in added]

    assert len(set(ids)) == CLIENTS * EACH


def test_of_many_who_delete_one_task_exactly_one_succeeds(api: Api) -> None:
    path = f"/{api.add()['id']}"

    with ThreadPoolExecutor(CLIENTS) as pool:
        waiting = [pool.submit(api.call, "DELETE", path) for _ in range(CLIENTS)]
        statuses = sorted(answer.result().status for answer in waiting)

    assert statuses == [200] + [404] * (CLIENTS - 1)
    assert api.tasks() == []
