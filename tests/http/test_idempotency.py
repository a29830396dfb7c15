"""Sending again safely: what is added under a key, or an id of the client's, is added once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.http.conftest import assert_problem

if TYPE_CHECKING:
    from tests.http.conftest import Answer, Api, Server

KEY = '"8e03978e-40d5-43e8-bc93-6894a57f9324"'
SOME = "01890a5d-ac96-774b-bcce-b302099a8057"
WHOLE = {
    "title": "Call the bank",
    "description": "two\nlines",
    "due": "2026-11-30T09:00:00+01:00[Europe/Paris]",
    "start": "2026-11-28",
    "priority": "high",
    "tags": ["money", "Home"],
    "project": "home.calls",
    "extra": {"a": {"b": 1.0, "c": [True, None]}},
}


def post(api: Api, body: object, key: str | None = KEY) -> Answer:
    return api.call("POST", "", body, {"Idempotency-Key": key} if key is not None else None)


def assert_replayed(answer: Answer, first: Answer) -> None:
    assert answer.headers["Idempotency-Replayed"] == "true"
    assert (answer.status, answer.body) == (first.status, first.body)
    for name in ("Location", "ETag", "Content-Type"):
        assert answer.headers[name] == first.headers[name]


@pytest.mark.parametrize("body", [{"title": " x "}, WHOLE, [WHOLE, {"title": "x"}]], ids=type)
def test_the_same_under_the_same_key_is_added_once_and_answered_alike(
    api: Api, body: object
) -> None:
    first = post(api, body)

    again = [post(api, body) for _ in range(2)]

    assert first.status == (207 if isinstance(body, list) else 201)
    assert first.headers["Idempotency-Replayed"] is None
    for answer in again:
        assert_replayed(answer, first)
    assert len(api.tasks()) == (len(body) if isinstance(body, list) else 1)


def test_the_id_that_a_key_decides_is_a_uuid_of_version_8(api: Api) -> None:
    id = UUID(post(api, {"title": "x"}).json["id"])

    assert id.version == 8


@pytest.mark.parametrize(
    "other", [{"title": "Buy bread"}, {"title": "x", "due": "2026-11-30"}, {"title": "X"}]
)
def test_other_content_under_a_key_is_422_and_changes_nothing(
    api: Api, other: dict[str, object]
) -> None:
    task = post(api, {"title": "x"}).json

    answer = post(api, other)

    problem = answer.assert_problem(422, "idempotency_key_reused")
    assert task["id"] in problem["detail"]
    assert answer.headers["Idempotency-Replayed"] is None
    assert api.tasks() == [task]


def test_without_a_key_each_is_another_task(api: Api) -> None:
    for _ in range(2):
        assert post(api, {"title": "x"}, None).headers["Idempotency-Replayed"] is None

    assert len(api.tasks()) == 2


def test_another_user_or_another_key_is_another_task(api: Api) -> None:
    answers = [
        post(api, {"title": "x"}),
        post(api.as_user(f"{api.user_id} 2"), {"title": "x"}),
        post(api, {"title": "x"}, '"another"'),
        post(api, [{"title": "x"}]),
    ]

    assert [answer.headers["Idempotency-Replayed"] for answer in answers] == [None] * 4
    assert len(api.tasks()) == 3


def test_a_task_that_was_changed_since_is_answered_as_it_is(api: Api) -> None:
    task = post(api, {"title": "x"}).json
    changed = api.call("PATCH", f"/{task['id']}", {"title": "y", "completed": True}).json

    answer = post(api, {"title": "x"})

    assert (answer.status, answer.json) == (201, changed)
    assert answer.headers["Idempotency-Replayed"] == "true"
    assert answer.headers["ETag"] == '"2"'


def test_a_task_that_was_removed_is_added_again(api: Api) -> None:
    task = post(api, {"title": "x"}).json
    api.call("DELETE", f"/{task['id']}")

    answer = post(api, {"title": "x"})

    assert (answer.status, answer.json["id"]) == (201, task["id"])
    assert answer.headers["Idempotency-Replayed"] is None


def test_a_request_that_was_refused_can_be_corrected_under_its_key(api: Api) -> None:
    post(api, {"title": ""}).assert_problem(400, "invalid", loc=["body", "title"], rule="empty")

    assert post(api, {"title": "x"}).status == 201


def test_a_subtask_is_found_again_after_its_parent_is_gone(api: Api) -> None:
    parent = api.add("parent")
    first = post(api, {"title": "child", "parent_id": parent["id"]})
    api.call("PATCH", f"/{first.json['id']}", {"parent_id": None})
    api.call("DELETE", f"/{parent['id']}")

    answer = post(api, {"title": "child", "parent_id": parent["id"]})

    assert (answer.status, answer.json["version"]) == (201, 2)


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ('"abc"', "abc"),
        ('"abc"', '  "abc"\t'),
        (r'"\"\\"', r'"\"\\"'),
        ('"x y"', '"x y"'),
        ('"' + "x" * 255 + '"', "x" * 255),
        ("A+b/c=", '"A+b/c="'),
        ("'single'", "\"'single'\""),
    ],
)
def test_a_key_may_stand_without_quotes_and_is_the_same(api: Api, one: str, same: str) -> None:
    first = post(api, {"title": "x"}, one)

    assert first.status == 201
    assert_replayed(post(api, {"title": "x"}, same), first)


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ("", "empty"),
        ('""', "empty"),
        ("x" * 256, "too_long"),
        ('"' + "x" * 256 + '"', "too_long"),
        ('"abc', "value"),
        ('abc"', "value"),
        ("a b", "value"),
        ("a,b", "value"),
        ('"a", "b"', "value"),
        ('"a";b=1', "value"),
        (r'"\a"', "value"),
        ("a\\b", "value"),
        ("\u00e9", "value"),
        ('"\u00e9"', "value"),
        ('"a\tb"', "value"),
    ],
)
@pytest.mark.parametrize("body", [{"title": "x"}, [{"title": "x"}]], ids=["one", "many"])
def test_a_malformed_key_is_400_and_named(api: Api, key: str, rule: str, body: object) -> None:
    answer = post(api, body, key)

    answer.assert_problem(400, "invalid", loc=["header", "Idempotency-Key"], rule=rule)
    assert api.tasks() == []


def test_two_keys_are_400(server: Server) -> None:
    for second in (b"a", b"b"):
        answer = server.exchange(
            b"POST /api/alice/tasks HTTP/1.1\r\nHost: 127.1\r\nConnection: close\r\n"
            b"Content-Type: application/json\r\nContent-Length: 13\r\nIdempotency-Key: a\r\n"
            b'Idempotency-Key: %s\r\n\r\n{"title":"x"}' % second
        )
        answer.assert_problem(400, "invalid", loc=["header", "Idempotency-Key"], rule="value")


def test_each_entry_of_an_array_is_added_once(api: Api) -> None:
    entries: list[Any] = [{"title": "one"}, {"title": ""}, {"title": "one"}]
    first = post(api, entries)

    again = post(api, entries)

    assert [entry["status"] for entry in again.json] == [201, 400, 201]
    assert again.json == first.json
    # Not all of it was done before: a mistake is none that was.
    assert again.headers["Idempotency-Replayed"] is None
    assert len(api.tasks()) == 2

    corrected = post(api, [{"title": "one"}, {"title": "two"}, {"title": "three"}])
    assert [entry["status"] for entry in corrected.json] == [201, 201, 422]
    assert_problem(corrected.json[2]["problem"], 422, "idempotency_key_reused")
    assert len(api.tasks()) == 3


def test_an_id_and_a_key_are_400(api: Api) -> None:
    entry = {"title": "x", "id": str(uuid4())}

    answer = post(api, entry)
    refused, added = post(api, [entry, {"title": "y", "id": None}]).json

    answer.assert_problem(400, "invalid", loc=["body", "id"], rule="value")
    assert_problem(refused["problem"], 400, "invalid", loc=["body", 0, "id"], rule="value")
    assert added["status"] == 201


def test_a_key_means_nothing_where_nothing_is_added(api: Api) -> None:
    path = f"/{api.add()['id']}"
    headers = {"Idempotency-Key": KEY}

    for version in (2, 3):
        answer = api.call("PATCH", f"{path}/complete", headers=headers)
        assert answer.json["version"] == version


printable = st.characters(min_codepoint=0x20, max_codepoint=0x7E)


# The server lives longer than an example, and each has a user of its own.
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.lists(st.text(printable, min_size=1, max_size=255), min_size=2, max_size=3))
def test_any_text_is_a_key_and_no_two_are_one(server: Server, keys: list[str]) -> None:
    api = server.api()
    bodies = {}
    for key in keys * 2:
        quoted = '"{}"'.format(key.replace("\\", r"\\").replace('"', r"\""))
        answer = post(api, {"title": "x"}, quoted)
        assert answer.status == 201
        assert answer.body == bodies.setdefault(key, answer.body)
    assert len(api.tasks()) == len(set(keys))


# Anything that can stand in a header is a key or a 400, and never anything else.
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.text(st.sampled_from('ab"\\ ,;=\t\xe9'), max_size=8))
def test_anything_is_a_key_or_400(server: Server, key: str) -> None:
    assert post(server.api(), {"title": "x"}, key).status in {201, 400}
