"""What a bad body gets: the problem document that names the place and the rule; nothing else."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Answer, Api

JSON = {"Content-Type": "application/json"}
LIMIT = 64 * 1024
BROKEN = [
    b"{",
    b"{]",
    b'{"title": "x"',
    b"1e999",
    b'{"title": 1e999}',
    b"{'title': 'x'}",
    b'{"title": "x"} {}',
    b'{"title": "x",}',
    b'{title: "x"}',
    b'{"title": x}',
    b'{"title": NaN}',
    b'{"title": 0123}',
    b'{"title": "a\x00b"}',
    b'{"title": "a\nb"}',
    b'\xef\xbb\xbf{"title": "x"}',
    b'{"title": "\xff"}',
    b'{"title": "\xc3"}',
    b'{"\xff": "x"}',
    b'{"title": "\xed\xa0\x80"}',
    b'{"title": "\\ud800"}',
    b'{"title": "\\udc00\\ud800"}',
    b'{"title": "\\x41"}',
    '{"title": "x"}'.encode("utf-16"),
    b"[" * 10_000,
]
# How deep a decoder goes differs; what it returns is then refused for what it is.
DEEP = [
    b"[" * 10_000 + b"]" * 10_000,
    b'{"title": ' * 5_000 + b"1" + b"}" * 5_000,
    b'{"title": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    b'{"completed": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
]
NOT_AN_OBJECT = [b'"title"', b"null", b"true", b"1", b"-0.5"]
TITLES: list[tuple[object, str]] = [
    ("", "empty"),
    (" \t\u00a0\u3000", "empty"),
    ("x" * 201, "too_long"),
    ("\N{PARTY POPPER}" * 201, "too_long"),
    ("a\0b", "character"),
    ("a\x1bb", "character"),
    ("a\x7fb", "character"),
    ("a\x85b", "character"),
    ("one\ntwo", "character"),
    ("one\ttwo", "character"),
    ("one\u2028two", "character"),
    ("lost \ufffd", "character"),
    (None, "type"),
    (1, "type"),
    (10**400, "type"),
    (1.5, "type"),
    (True, "type"),
    ([], "type"),
    (["x"], "type"),
    ({}, "type"),
]
DESCRIPTIONS: list[tuple[object, str]] = [
    ("x" * 1001, "too_long"),
    ("a\0b", "character"),
    ("a\x1bb", "character"),
    ("lost \ufffd", "character"),
    (1, "type"),
    (False, "type"),
    (["x"], "type"),
    ({"a": "b"}, "type"),
]
COMPLETED: list[object] = ["true", "false", "", 1, 0, 1.0, None, [], {}]


class Target:
    """A call that takes a body, of a user; sending bad ones must change nothing."""

    def __init__(self, api: Api, method: str, path: str) -> None:
        self.api = api
        self.method = method
        self.path = path

    def send(
        self, body: bytes | list[bytes] | None, headers: dict[str, str] | None = None
    ) -> Answer:
        before = self.api.tasks()
        answer = self.api.send(self.method, self.path, body, JSON if headers is None else headers)
        assert self.api.tasks() == before
        return answer

    def send_json(self, body: object) -> Answer:
        return self.send(json.dumps(body).encode())


@pytest.fixture(params=["POST", "PUT", "PATCH task", "PATCH"])
def target(request: pytest.FixtureRequest, api: Api) -> Target:
    method = request.param.removesuffix(" task")
    path = api.path
    if method != "POST":
        path += f"/{api.add('kept', description='kept')['id']}"
    return Target(api, method, path + "/complete" * (request.param == "PATCH"))


only = partial(pytest.mark.parametrize, "target", indirect=True)


@pytest.mark.parametrize("body", BROKEN, ids=lambda body: repr(body[:30]))
def test_what_is_not_json_in_utf_8_is_400(target: Target, body: bytes) -> None:
    target.send(body).assert_problem(400, "invalid", loc=["body"], rule="json")


@pytest.mark.parametrize("body", DEEP, ids=lambda body: repr(body[:30]))
def test_json_that_is_nested_deeply_is_400(target: Target, body: bytes) -> None:
    answer = target.send(body)

    assert (answer.status, answer.json["code"]) == (400, "invalid")
    assert answer.json["errors"][0]["loc"][0] == "body"


@pytest.mark.parametrize("body", NOT_AN_OBJECT, ids=repr)
def test_json_that_is_not_an_object_is_400(target: Target, body: bytes) -> None:
    target.send(body).assert_problem(400, "invalid", loc=["body"], rule="type")


@only(["PUT", "PATCH task", "PATCH"])
@pytest.mark.parametrize("body", [b"[]", b'[{"title": "x"}]'], ids=repr)
def test_an_array_is_400_where_no_tasks_are_added(target: Target, body: bytes) -> None:
    target.send(body).assert_problem(400, "invalid", loc=["body"], rule="type")


@only(["POST", "PUT", "PATCH task"])
@pytest.mark.parametrize("body", [None, b"", b" \n"], ids=repr)
def test_no_body_where_one_is_needed_is_400(target: Target, body: bytes | None) -> None:
    target.send(body).assert_problem(400, "invalid", loc=["body"], rule="json")


@only(["POST"])
@pytest.mark.parametrize("body", [{}, {"description": "x"}])
def test_a_missing_title_is_400(target: Target, body: dict[str, Any]) -> None:
    target.send_json(body).assert_problem(400, "invalid", loc=["body", "title"], rule="missing")


@only(["POST", "PUT", "PATCH task"])
@pytest.mark.parametrize(("title", "rule"), TITLES, ids=lambda value: repr(value)[:20])
def test_a_title_outside_the_rule_is_400(target: Target, title: object, rule: str) -> None:
    answer = target.send_json({"title": title})

    answer.assert_problem(400, "invalid", loc=["body", "title"], rule=rule)


@only(["POST", "PUT", "PATCH task"])
@pytest.mark.parametrize(("description", "rule"), DESCRIPTIONS, ids=lambda value: repr(value)[:20])
def test_a_description_outside_the_rule_is_400(
    target: Target, description: object, rule: str
) -> None:
    answer = target.send_json({"title": "x", "description": description})

    answer.assert_problem(400, "invalid", loc=["body", "description"], rule=rule)


@only(["PUT", "PATCH task", "PATCH"])
@pytest.mark.parametrize("completed", COMPLETED, ids=repr)
def test_completed_that_is_not_true_or_false_is_400(target: Target, completed: object) -> None:
    answer = target.send_json({"completed": completed})

    answer.assert_problem(400, "invalid", loc=["body", "completed"], rule="type")


@pytest.mark.parametrize(
    "key",
    ["key", "user_id", "version", "completed_at", "add_tags", "Title", "", "t\0", "body", "filter"],
)
def test_an_unknown_key_is_400_and_named(target: Target, key: str) -> None:
    known = {"completed": True} if target.path.endswith("/complete") else {"title": "x"}

    answer = target.send_json(known | {key: "x"})

    answer.assert_problem(400, "invalid", loc=["body", key], rule="unknown")


@only(["POST"])
def test_a_new_task_cannot_be_completed_at_once(target: Target) -> None:
    answer = target.send_json({"title": "x", "completed": True})

    answer.assert_problem(400, "invalid", loc=["body", "completed"], rule="unknown")


@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("PUT", "", b'{"title": "first", "title": "last"}'),
        ("POST", "", b'{"title": 1, "title": "last"}'),
    ],
)
def test_of_a_key_that_is_there_twice_the_last_one_counts(
    api: Api, method: str, suffix: str, body: bytes
) -> None:
    path = api.path + suffix + (f"/{api.add()['id']}" if method == "PUT" else "")

    answer = api.send(method, path, body, JSON)

    assert answer.json["title"] == "last"


def test_the_last_of_two_keys_is_judged(target: Target) -> None:
    toggles = target.path.endswith("/complete")
    key, good = ("completed", "true") if toggles else ("title", '"x"')

    answer = target.send(f'{{"{key}": {good}, "{key}": 7}}'.encode())

    answer.assert_problem(400, "invalid", loc=["body", key], rule="type")


def test_an_escaped_pair_of_surrogates_is_the_character_it_stands_for(api: Api) -> None:
    answer = api.send("POST", api.path, b'{"title": "\\ud83c\\udf89"}', JSON)

    assert (answer.status, answer.json["title"]) == (201, "\N{PARTY POPPER}")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
        "application/jsonp",
        "json",
        "",
        ";",
        "\x80\xff",
    ],
)
def test_a_body_that_is_not_sent_as_json_is_415(target: Target, content_type: str) -> None:
    answer = target.send(b'{"title": "x"}', {"Content-Type": content_type})

    answer.assert_problem(415, "unsupported_media_type")


def test_a_body_in_a_coding_is_415(target: Target) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}

    answer = target.send(b'{"title": "x"}', headers)

    answer.assert_problem(415, "unsupported_media_type")
    assert answer.headers["Accept-Encoding"] == "identity"


def test_a_body_without_a_content_type_is_415(target: Target) -> None:
    answer = target.send(b'{"title": "x"}', {})

    answer.assert_problem(415, "unsupported_media_type")
    assert "application/json" in answer.headers["Accept"]
    assert answer.headers["Accept-Encoding"] is None


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"],
)
def test_json_may_name_its_charset_and_be_written_in_any_case(api: Api, content_type: str) -> None:
    answer = api.send("POST", api.path, b'{"title": "x"}', {"Content-Type": content_type})

    assert answer.status == 201


def body_of(size: int) -> bytes:
    return b'{"title": "x"' + b" " * (size - 14) + b"}"


def test_a_body_of_64_kib_is_read(api: Api) -> None:
    assert api.send("POST", api.path, body_of(LIMIT), JSON).status == 201


@pytest.mark.parametrize("size", [LIMIT + 1, 4 * LIMIT])
def test_a_body_of_more_than_64_kib_is_413(target: Target, size: int) -> None:
    target.send(body_of(size)).assert_problem(413, "content_too_large")


def test_a_chunked_body_of_more_than_64_kib_is_413(target: Target) -> None:
    whole = body_of(LIMIT + 1)
    chunks = [whole[start : start + 1000] for start in range(0, len(whole), 1000)]

    answer = target.send(chunks, {**JSON, "Transfer-Encoding": "chunked"})

    answer.assert_problem(413, "content_too_large")


def test_a_chunked_body_is_read_like_any_other(api: Api) -> None:
    chunks = [b'{"ti', b'tle": ', b'"x"}']

    answer = api.send("POST", api.path, chunks, {**JSON, "Transfer-Encoding": "chunked"})

    assert (answer.status, answer.json["title"]) == (201, "x")
