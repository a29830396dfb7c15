"""JSON Merge Patch (RFC 7396) of a task: both media types, and what a null does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Answer, Api

MERGE_PATCH = "application/merge-patch+json"


def patched(api: Api, id: str, patch: object, kind: str = MERGE_PATCH) -> Answer:
    body = json.dumps(patch).encode()
    return api.send("PATCH", f"{api.path}/{id}", body, {"Content-Type": kind})


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        MERGE_PATCH,
        f"{MERGE_PATCH}; charset=utf-8",
        "Application/Merge-Patch+JSON",
    ],
)
def test_a_patch_may_be_sent_as_either_media_type(api: Api, kind: str) -> None:
    task = api.add(due="2026-11-30", tags=["home"])

    answer = patched(api, task["id"], {"title": "Buy bread", "due": None}, kind)

    assert answer.status == 200
    changed = {"title": "Buy bread", "due": None, "version": 2}
    assert answer.json == task | changed | {"updated_at": answer.json["updated_at"]}
    assert api.tasks() == [answer.json]


def test_a_patch_of_another_media_type_is_415_and_says_which_there_are(api: Api) -> None:
    answer = patched(api, api.add()["id"], {}, "application/json-patch+json")

    answer.assert_problem(415, "unsupported_media_type")
    assert answer.headers["Accept-Patch"] == f"{MERGE_PATCH}, application/json"
    assert answer.headers["Accept"] == answer.headers["Accept-Patch"]


def test_a_completion_of_another_media_type_is_415_and_says_which_there_is(api: Api) -> None:
    path = f"{api.path}/{api.add()['id']}/complete"

    answer = api.send("PATCH", path, b"{}", {"Content-Type": MERGE_PATCH})

    answer.assert_problem(415, "unsupported_media_type")
    assert answer.headers["Accept-Patch"] == answer.headers["Accept"] == "application/json"


@pytest.mark.parametrize(("method", "suffix"), [("POST", ""), ("PUT", "/{id}")])
def test_only_a_patch_may_be_sent_as_one(api: Api, method: str, suffix: str) -> None:
    path = api.path + suffix.format(id=api.add()["id"])

    answer = api.send(method, path, b'{"title": "x"}', {"Content-Type": MERGE_PATCH})

    answer.assert_problem(415, "unsupported_media_type")


def test_a_null_where_there_must_be_something_is_400(api: Api) -> None:
    task = api.add()

    for field in ("title", "completed"):
        answer = patched(api, task["id"], {field: None})
        answer.assert_problem(400, "invalid", loc=["body", field], rule="type")
    assert api.tasks() == [task]


def test_an_array_takes_the_place_of_the_one_before(api: Api) -> None:
    task = api.add(tags=["home", "urgent"])

    assert patched(api, task["id"], {"tags": ["work"]}).json["tags"] == ["work"]


def test_objects_in_extra_are_merged_and_nulls_remove_their_keys(api: Api) -> None:
    task = api.add(extra={"a": {"b": 1, "c": 2}, "d": [1, 2], "e": "x"})

    patch = {"extra": {"a": {"b": None, "f": 3}, "d": [3], "e": None, "g": {"h": None}}}
    answer = patched(api, task["id"], patch)

    assert answer.json["extra"] == {"a": {"c": 2, "f": 3}, "d": [3], "g": {}}


def test_a_patch_that_changes_nothing_writes_nothing(api: Api) -> None:
    task = api.add(extra={"a": 1}, tags=["home"])

    patches: list[object] = [
        {},
        {"extra": {}},
        {"extra": {"a": 1, "b": None}},
        {"tags": ["home"]},
    ]
    for patch in patches:
        answer = patched(api, task["id"], patch)
        assert (answer.status, answer.json) == (200, task)


def test_a_patch_of_a_task_that_is_not_there_is_404(api: Api) -> None:
    absent = "01890a5d-ac96-774b-bcce-b302099a8057"

    patched(api, absent, {"title": "x"}).assert_problem(404, "not_found")
