"""Conditional requests: tags of what is there, If-None-Match, If-Match, and which comes first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Answer, Api, Server

MATCH, NONE_MATCH = "If-Match", "If-None-Match"
CHANGES: dict[str, tuple[str, str, object]] = {
    "put": ("PUT", "", {"title": "Buy bread"}),
    "patch": ("PATCH", "", {"title": "Buy bread"}),
    "toggle": ("PATCH", "/complete", ...),
    "complete": ("PATCH", "/complete", {"completed": True}),
    "patch of nothing": ("PATCH", "", {}),
    "delete": ("DELETE", "", ...),
    "delete a subtree": ("DELETE", "?subtree=true", ...),
}
each_change = pytest.mark.parametrize(
    ("method", "suffix", "body"), CHANGES.values(), ids=list(CHANGES)
)
READABLE = ["/tasks", "/tasks?page_size=1", "/tasks?explain=true", "/tasks/count"]
READABLE += ["/projects", "/tags"]


def assert_unmodified(answer: Answer, tag: str) -> None:
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["ETag"] == tag
    assert "Content-Type" not in answer.headers
    assert "Content-Length" not in answer.headers
    assert "Transfer-Encoding" not in answer.headers
    assert answer.headers["X-Request-ID"]


def test_every_answer_that_is_one_task_has_its_version_as_its_tag(api: Api) -> None:
    added = api.call("POST", "", {"title": "Buy milk"})
    path = f"/{added.json['id']}"
    answers = [
        added,
        api.call("GET", path),
        api.call("PUT", path, {"title": "Buy bread"}),
        api.call("PATCH", path, {"title": "Buy beer"}),
        api.call("PATCH", f"{path}/complete"),
        api.call("PATCH", f"{path}/complete", {"completed": True}),
        api.call("GET", path),
        api.call("HEAD", path),
    ]

    assert [answer.headers["ETag"] for answer in answers] == [
        *('"1"', '"1"', '"2"', '"3"', '"4"', '"4"', '"4"', '"4"')
    ]


def test_what_is_no_task_has_no_such_tag(api: Api) -> None:
    path = f"/{api.add()['id']}"
    answers = [
        api.call("GET", f"/{uuid4()}"),
        api.call("PUT", path, {"title": ""}),
        api.call("POST", "", [{"title": "x"}]),
        api.call("GET", path, headers={MATCH: '"2"'}),
        api.call("DELETE", path),
    ]

    assert [answer.headers["ETag"] for answer in answers] == [None] * len(answers)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ('"2"', 304),
        ('W/"2"', 304),
        ("*", 304),
        ('"1", "2"', 304),
        (' "1",,W/"x y"[-1],\t"2" ,', 400),
        ('"1",, W/"x,y" ,\t"2" ,', 304),
        ('"1"', 200),
        ('"02"', 200),
        ('"2 "', 400),
        ("", 200),
    ],
)
def test_a_task_that_the_client_has_is_304(api: Api, method: str, tags: str, status: int) -> None:
    path = f"/{api.add()['id']}"
    api.call("PATCH", f"{path}/complete")

    answer = api.call(method, path, headers={NONE_MATCH: tags})

    assert answer.status == status
    if status == 304:
        assert_unmodified(answer, '"2"')


def test_a_task_that_changed_is_sent_again(api: Api) -> None:
    path = f"/{api.add()['id']}"
    tag = api.call("GET", path).headers["ETag"]
    assert_unmodified(api.call("GET", path, headers={NONE_MATCH: tag}), tag)
    api.call("PATCH", path, {"title": "Buy bread"})

    answer = api.call("GET", path, headers={NONE_MATCH: tag})

    assert (answer.status, answer.headers["ETag"]) == (200, '"2"')
    assert answer.json["title"] == "Buy bread"


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({MATCH: '"1"'}, 200),
        ({MATCH: "*"}, 200),
        ({MATCH: '"2"'}, 412),
        ({MATCH: 'W/"1"'}, 412),
        ({MATCH: ""}, 412),
        # If-Match decides first.
        ({MATCH: '"2"', NONE_MATCH: '"1"'}, 412),
        ({MATCH: '"1"', NONE_MATCH: '"1"'}, 304),
        ({MATCH: '"1"', NONE_MATCH: '"2"'}, 200),
    ],
)
def test_reading_with_if_match_is_412_if_the_task_is_another(
    api: Api, condition: dict[str, str], status: int
) -> None:
    answer = api.call("GET", f"/{api.add()['id']}", headers=condition)

    assert answer.status == status
    if status == 412:
        answer.assert_problem(412, "stale")


@pytest.mark.parametrize(
    "condition",
    [
        {MATCH: '"2"'},
        {MATCH: "*"},
        {MATCH: '"7", "2"'},
        {NONE_MATCH: '"1"'},
        {NONE_MATCH: ""},
        {MATCH: '"2"', NONE_MATCH: 'W/"1"'},
        {"If-Unmodified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"},
        {"If-Modified-Since": "Mon, 01 Jan 2091 00:00:00 GMT"},
        {"If-Range": '"1"', "Range": "bytes=0-1"},
    ],
    ids=str,
)
@each_change
def test_a_change_goes_through_if_its_condition_holds(
    api: Api, condition: dict[str, str], method: str, suffix: str, body: object
) -> None:
    path = f"/{api.add()['id']}"
    api.call("PATCH", path, {"description": "two liters"})

    assert api.call(method, path + suffix, body, condition).status == 200


@pytest.mark.parametrize(
    "condition",
    [
        {MATCH: '"1"'},
        {MATCH: '"3", "1", "22"'},
        {MATCH: 'W/"2"'},
        {MATCH: ""},
        {NONE_MATCH: "*"},
        {NONE_MATCH: '"2"'},
        {NONE_MATCH: '"1", W/"2"'},
        {MATCH: '"2"', NONE_MATCH: '"2"'},
        {MATCH: '"1"', NONE_MATCH: '"1"'},
    ],
    ids=str,
)
@each_change
def test_a_change_is_412_and_not_made_if_its_condition_does_not_hold(
    api: Api, condition: dict[str, str], method: str, suffix: str, body: object
) -> None:
    path = f"/{api.add()['id']}"
    task = api.call("PATCH", path, {"description": "two liters"}).json

    answer = api.call(method, path + suffix, body, condition)

    answer.assert_problem(412, "stale")
    assert api.call("GET", path).json == task


@pytest.mark.parametrize("condition", [{MATCH: "*"}, {MATCH: '"1"'}, {NONE_MATCH: "*"}], ids=str)
@each_change
def test_a_task_that_is_not_there_is_404_whatever_the_condition(
    api: Api, condition: dict[str, str], method: str, suffix: str, body: object
) -> None:
    others = api.as_user("somebody else").add()["id"]

    for id in (uuid4(), others):
        answer = api.call(method, f"/{id}{suffix}", body, condition)
        answer.assert_problem(404, "not_found")
        api.call("GET", f"/{id}", headers=condition).assert_problem(404, "not_found")


MALFORMED = [
    *("1", "W/1", '"1', '1"', "'1'", '"1" "2"', '"1"x', 'w/"1"', 'W/ "1"', '"a"b"', '*, "1"'),
    *('"1", *', "* *", '"a b"', '"1";q=1', "W/", ", x"),
]


@pytest.mark.parametrize("value", MALFORMED)
@pytest.mark.parametrize("name", [MATCH, NONE_MATCH])
def test_a_malformed_condition_is_400_and_named(api: Api, name: str, value: str) -> None:
    path = f"/{api.add()['id']}"

    for method, suffix, body in (("GET", "", ...), *CHANGES.values()):
        answer = api.call(method, path + suffix, body, {name: value})
        answer.assert_problem(400, "invalid", loc=["header", name], rule="value")
    for readable in READABLE:
        user = api.path.removesuffix("/tasks")
        answer = api.send("GET", user + readable, headers={name: value})
        answer.assert_problem(400, "invalid", loc=["header", name], rule="value")
    assert api.call("GET", path).json["version"] == 1


def test_several_lines_of_one_header_are_one_list(server: Server) -> None:
    api = server.api("alice")
    path = f"{api.path}/{api.add()['id']}"

    def exchange(*lines: str) -> Answer:
        head = "\r\n".join((f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *lines))
        return server.exchange(f"{head}\r\n\r\n".encode())

    assert exchange('If-None-Match: "1"', 'If-None-Match: "2"').status == 304
    assert exchange('if-none-match: "2"', 'IF-NONE-MATCH: W/"1", "3"').status == 304
    assert exchange('If-None-Match: "2"', 'If-None-Match: "3"').status == 200
    assert exchange('If-Match: "1"', 'If-Match: "2"').status == 200
    assert exchange("If-Match: *", 'If-Match: "1"').status == 400
    assert exchange("If-Match: *", "If-Match: *").status == 400


@pytest.mark.parametrize("readable", READABLE)
def test_what_is_no_single_task_has_a_weak_tag_and_304(api: Api, readable: str) -> None:
    path = api.path.removesuffix("/tasks") + readable
    api.add(project="home", tags=["shop"])
    first = api.send("GET", path)
    tag = first.headers["ETag"]

    assert tag.startswith('W/"')
    for known in (tag, tag.removeprefix("W/"), f'"x", {tag}', "*"):
        for method in ("GET", "HEAD"):
            assert_unmodified(api.send(method, path, headers={NONE_MATCH: known}), tag)
    assert api.send("GET", path, headers={NONE_MATCH: '"1"'}).body == first.body
    assert api.send("GET", path, headers={MATCH: "*"}).status == 200
    # A weak tag is not good for If-Match.
    api.send("GET", path, headers={MATCH: tag}).assert_problem(412, "stale")


def test_the_tag_of_a_list_changes_with_it_and_with_nothing_else(api: Api) -> None:
    paths = ["/tasks", "/tasks?page_size=1", "/tasks/count", "/projects", "/tags"]
    user = api.path.removesuffix("/tasks")

    def tags() -> list[str]:
        return [api.send("GET", user + path).headers["ETag"] for path in paths]

    nothing = tags()
    assert tags() == nothing
    first = api.add(project="home", tags=["shop"])["id"]
    one = tags()
    assert all(new != old for new, old in zip(one, nothing, strict=True))
    api.as_user("somebody else").add()
    assert tags() == one

    api.call("PATCH", f"/{first}/complete")
    changed = tags()
    assert [new != old for new, old in zip(changed, one, strict=True)] == [True] * 2 + [
        *(False, True, True)
    ]


def test_a_page_that_is_the_same_but_has_a_next_one_now_has_another_tag(api: Api) -> None:
    old, new = api.add("old"), api.add("new")
    page = api.ask(page_size=1)
    api.call("DELETE", f"/{old['id']}")

    last = api.ask(page_size=1)

    assert last.json == page.json == [new]
    assert last.headers["Link"] is None
    assert last.headers["ETag"] != page.headers["ETag"]


def test_a_long_list_has_a_tag_too(api: Api) -> None:
    api.call("POST", "", [{"title": f"Task {number}"} for number in range(1000)])
    tag = api.call("GET").headers["ETag"]

    assert_unmodified(api.call("GET", headers={NONE_MATCH: tag}), tag)


@pytest.mark.parametrize("name", [MATCH, NONE_MATCH])
@pytest.mark.parametrize("body", [{"title": "x"}, [{"title": "x"}]], ids=["one", "many"])
def test_adding_takes_no_condition(api: Api, name: str, body: object) -> None:
    answer = api.call("POST", "", body, {name: "*"})

    answer.assert_problem(400, "invalid", loc=["header", name], rule="value")
    assert api.tasks() == []


def test_of_writers_that_race_with_one_tag_exactly_one_wins(server: Server) -> None:
    api = server.api()
    path = f"/{api.add()['id']}"

    def write(round_: int, writer: int) -> int:
        change = {"description": f"{round_}.{writer}"}
        return api.call("PATCH", path, change, {MATCH: f'"{round_ + 1}"'}).status

    with ThreadPoolExecutor(4) as pool:
        for round_ in range(40):
            statuses = sorted(pool.map(lambda writer: write(round_, writer), range(4)))  # noqa: B023  # all of them end in this turn
            assert statuses == [200, 412, 412, 412]
    assert api.call("GET", path).json["version"] == 41


def test_of_a_change_and_a_removal_that_race_with_one_tag_exactly_one_wins(server: Server) -> None:
    api = server.api()
    with ThreadPoolExecutor(2) as pool:
        for _ in range(40):
            path = f"/{api.add()['id']}"
            changed = pool.submit(api.call, "PATCH", f"{path}/complete", ..., {MATCH: '"1"'})
            removed = pool.submit(api.call, "DELETE", path, ..., {MATCH: '"1"'})

            statuses = (changed.result().status, removed.result().status)

            assert statuses in {(200, 412), (404, 200)}


def test_a_header_as_long_as_the_server_takes_is_read_at_once(server: Server) -> None:
    api = server.api()
    path = urlsplit(f"{api.path}/{api.add()['id']}").path
    for filling in (b'"x",' * 12_000, b"," * 50_000, b" \t" * 25_000, b'"' + b"x" * 50_000 + b'"'):
        for end in (b', "1"', b", x", b'"'):
            answer = server.exchange(
                b"GET %s HTTP/1.1\r\nHost: 127.1\r\nConnection: close\r\n"
                b"If-None-Match: %s%s\r\n\r\n" % (path.encode(), filling, end)
            )
            assert answer.status in {200, 304, 400, 431}
