"""What a bad query string gets: the problem document that names the parameter and the rule."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Api

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("filter", "column"),
    [
        ("tgas:home", 1),
        ("completed = false AND tgas:home", 23),
        ("(", 2),
        ("a AND", 6),
        ("due = soon", 7),
        ("priority = urgent", 12),
        ('"milk', 1),
        ("tags:a )", 8),
        ("user_id = alice", 1),
        ("\N{PARTY POPPER} AND tgas:home", 7),
    ],
)
@pytest.mark.parametrize("path", ["/tasks", "/tasks/count"])
def test_a_mistake_in_a_filter_is_400_with_its_column(
    api: Api, path: str, filter: str, column: int
) -> None:
    answer = api.ask(path, filter=filter)

    rule = answer.json["errors"][0]["type"]
    problem = answer.assert_problem(
        400, "invalid", loc=["query", "filter"], rule=rule, column=column
    )
    assert problem["detail"].startswith(f"filter, column {column}: ")


def test_a_mistake_in_a_filter_to_explain_is_the_same(api: Api) -> None:
    explained = api.ask(filter="tgas:home", explain="true").json
    found = api.ask(filter="tgas:home").json

    assert explained == found | {"request_id": explained["request_id"]}
    assert 'did you mean "tags"?' in explained["detail"]


def test_a_filter_that_is_too_long_or_too_deep_is_400(api: Api) -> None:
    for filter in ("x" * 2001, "(" * 40 + "x" + ")" * 40, " ".join("x" * 101)):
        answer = api.ask(filter=filter)
        assert (answer.status, answer.json["code"]) == (400, "invalid")
        assert answer.json["errors"][0]["loc"] == ["query", "filter"]


@pytest.mark.parametrize(
    ("order_by", "column"),
    [("tgas", 1), ("due, tags", 6), ("due up", 1), ("due,", 5), ("due, due", 6), ("user_id", 1)],
)
def test_a_mistake_in_an_order_is_400_with_its_column(api: Api, order_by: str, column: int) -> None:
    answer = api.ask(order_by=order_by)

    answer.assert_problem(400, "invalid", loc=["query", "order_by"], rule="order", column=column)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("page_size", "0", "range"),
        ("page_size", "-1", "range"),
        ("page_size", "1001", "range"),
        ("page_size", "", "type"),
        ("page_size", "ten", "type"),
        ("page_size", "1.0", "type"),
        ("page_size", "1e1", "type"),
        ("page_size", "+1", "type"),
        ("page_size", " 1", "type"),
        ("page_size", "1_0", "type"),
        ("page_size", "\N{ARABIC-INDIC DIGIT ONE}", "type"),
        ("page_size", "9" * 5000, "type"),
        ("page_token", "", "value"),
        ("page_token", "x", "value"),
        ("page_token", "W10", "value"),
        ("page_token", "\N{PARTY POPPER}", "value"),
        ("page_token", "\0", "value"),
        ("zone", "", "value"),
        ("zone", "Paris", "value"),
        ("zone", "europe/Paris", "value"),
        ("zone", "+01:00", "value"),
        ("zone", "localtime", "value"),
        ("zone", "../UTC", "value"),
        ("zone", "/etc/localtime", "value"),
        ("zone", "Europe", "value"),
        ("zone", "!UTC", "value"),
        ("zone", "UTC][x=y", "value"),
        ("zone", "u-ca=hebrew", "value"),
        ("zone", "a\0b", "value"),
        ("zone", "x" * 300, "value"),
        ("explain", "", "type"),
        ("explain", "True", "type"),
        ("explain", "1", "type"),
        ("explain", "yes", "type"),
    ],
)
def test_a_parameter_outside_its_rule_is_400(api: Api, name: str, value: str, rule: str) -> None:
    answer = api.ask(**{name: value})

    answer.assert_problem(400, "invalid", loc=["query", name], rule=rule)


@pytest.mark.parametrize("value", ["", "True", "1", "yes"])
def test_whether_a_subtree_goes_is_true_or_false_and_nothing_else(api: Api, value: str) -> None:
    task = api.add()

    answer = api.call("DELETE", f"/{task['id']}?subtree={value}")

    answer.assert_problem(400, "invalid", loc=["query", "subtree"], rule="type")
    assert api.tasks() == [task]


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "", "fliter"),
        ("GET", "", "Filter"),
        ("GET", "", "subtree"),
        ("GET", "", "user_id"),
        ("GET", "", "task"),
        ("GET", "/count", "order_by"),
        ("GET", "/count", "page_size"),
        ("GET", "/count", "explain"),
        ("GET", "/{id}", "filter"),
        ("POST", "", "zone"),
        ("PUT", "/{id}", "subtree"),
        ("PATCH", "/{id}", "subtree"),
        ("PATCH", "/{id}/complete", "completed"),
        ("DELETE", "/{id}", "subtre"),
        ("DELETE", "/{id}", "filter"),
    ],
)
def test_a_parameter_that_nobody_reads_is_400_and_named(
    api: Api, method: str, path: str, name: str
) -> None:
    task = api.add()
    address = f"{api.path}{path.format(id=task['id'])}?{name}=true"

    answer = api.send(method, address, b'{"title": "x"}', JSON)

    answer.assert_problem(400, "invalid", loc=["query", name], rule="unknown")
    assert api.tasks() == [task]


@pytest.mark.parametrize("path", ["/projects", "/tags"])
def test_projects_and_tags_take_no_parameters(api: Api, path: str) -> None:
    answer = api.ask(path, filter="x")

    answer.assert_problem(400, "invalid", loc=["query", "filter"], rule="unknown")


@pytest.mark.parametrize("query", ["filter=a&filter=b", "zone=UTC&filter=a&zone=UTC"])
def test_a_parameter_that_is_there_twice_is_400(api: Api, query: str) -> None:
    name = query.partition("=")[0]

    answer = api.send("GET", f"{api.path}?{query}")

    answer.assert_problem(400, "invalid", loc=["query", name], rule="value")


@pytest.mark.parametrize("text", ["%ff", "%c3", "%ed%a0%80", "a%ffb"])
def test_a_query_that_is_not_utf_8_is_400(api: Api, text: str) -> None:
    answer = api.send("GET", f"{api.path}?filter={text}")

    answer.assert_problem(400, "invalid", loc=["query"], rule="value")


def test_an_empty_query_is_none(api: Api) -> None:
    task = api.add()

    for query in ("?", "?&", "?&&"):
        assert api.send("GET", f"{api.path}{query}").json == [task]


def test_a_token_is_good_for_its_user_filter_and_order_only(api: Api) -> None:
    other = api.as_user(f"user-{uuid4()}")
    for user in (api, other):
        for _ in range(2):
            user.add()
    link = api.ask(page_size=1, order_by="title", filter='"milk"').headers["Link"]
    token = parse_qs(urlsplit(link[1 : link.index(">")]).query)["page_token"][0]
    question = {"page_token": token, "order_by": "title", "filter": '"milk"'}
    assert api.ask(**question).status == 200

    refused = [
        other.ask(**question),
        api.ask(**question | {"filter": "milk"}),
        api.ask(**question | {"order_by": "title desc"}),
        api.ask(page_token=token),
    ]

    for answer in refused:
        answer.assert_problem(400, "invalid", loc=["query", "page_token"], rule="value")
