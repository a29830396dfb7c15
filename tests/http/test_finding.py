"""Finding: filters, orders, pages and their links, counts, explanations, projects and tags."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Answer, Api


def titles(tasks: list[dict[str, Any]]) -> list[str]:
    return [task["title"] for task in tasks]


@pytest.fixture
def house(api: Api) -> Api:
    api.add("Buy milk", tags=["home"], priority="low", due="2020-01-02", project="home")
    api.add("Mow", tags=["Home", "garden"], priority="high", project="home.garden")
    api.add("Homework", description="milk & more", due="2020-01-01", project="homework")
    done = api.add("Call", tags=["work"])
    api.call("PATCH", f"/{done['id']}/complete")
    return api


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("", ["Call", "Homework", "Mow", "Buy milk"]),
        ("completed = false", ["Homework", "Mow", "Buy milk"]),
        ("tags:home", ["Mow", "Buy milk"]),
        ("NOT tags:home", ["Call", "Homework"]),
        ("project:home", ["Mow", "Buy milk"]),
        ('"milk"', ["Homework", "Buy milk"]),
        ('"milk & more"', ["Homework"]),
        ("due < today AND completed = false", ["Homework", "Buy milk"]),
        ("priority = high OR due:*", ["Homework", "Mow", "Buy milk"]),
        ("tags:nothing", []),
    ],
)
def test_a_filter_finds_and_counts_the_same_tasks(
    house: Api, filter: str, found: list[str]
) -> None:
    assert titles(house.tasks(filter=filter)) == found
    counted = house.ask("/tasks/count", filter=filter)
    assert (counted.status, counted.json) == (200, {"count": len(found)})


def test_without_a_filter_all_are_counted(house: Api) -> None:
    assert house.ask("/tasks/count").json == {"count": 4}


def test_a_filter_is_percent_encoded_utf_8_where_plus_is_a_space(api: Api) -> None:
    task = api.add("Gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n 50%")

    assert api.send("GET", f"{api.path}?filter=%22GR%C3%9CN+50%25%22").json == [task]


@pytest.mark.parametrize(
    ("order_by", "found"),
    [
        ("due", ["Homework", "Buy milk", "Mow", "Call"]),
        ("due desc, title", ["Buy milk", "Homework", "Call", "Mow"]),
        ("priority desc, title", ["Mow", "Buy milk", "Call", "Homework"]),
        ("created_at", ["Buy milk", "Mow", "Homework", "Call"]),
        ("", ["Call", "Homework", "Mow", "Buy milk"]),
    ],
)
def test_tasks_come_in_the_order_that_is_asked_for(
    house: Api, order_by: str, found: list[str]
) -> None:
    assert titles(house.tasks(order_by=order_by)) == found


def test_today_is_the_users_own(api: Api) -> None:
    # At every hour it is another day in one of these, which lie 26 hours apart.
    api.add(due="2020-01-01")
    ahead, behind = "Pacific/Kiritimati", "Etc/GMT+12"

    first, second = (
        api.ask(filter="due = today", zone=zone, explain="true").json["explanation"]
        for zone in (ahead, behind)
    )

    assert first > second
    utc = api.ask(filter="due = today", explain="true").json
    assert utc == api.ask(filter="due = today", explain="true", zone="UTC").json
    assert api.ask("/tasks/count", filter="due < today", zone=ahead).json == {"count": 1}


def test_explain_says_in_words_what_a_filter_means(api: Api) -> None:
    answer = api.ask(filter="completed = false AND tags:home", explain="true")

    assert answer.status == 200
    assert list(answer.json) == ["explanation"]
    assert "open" in answer.json["explanation"]
    assert "home" in answer.json["explanation"]


def test_not_to_explain_is_to_find(api: Api) -> None:
    task = api.add()

    assert api.tasks(explain="false") == [task]


def next_of(answer: Answer) -> str | None:
    if (link := answer.headers["Link"]) is None:
        return None
    found = re.fullmatch(r'<(/[!-;=?-~]*)>; rel="next"', link)
    assert found, link
    return found[1]


def pages(api: Api, **query: object) -> list[list[dict[str, Any]]]:
    answer = api.ask(**query)
    found = [answer.json]
    while address := next_of(answer):
        answer = api.send("GET", address)
        assert answer.status == 200
        found.append(answer.json)
    return found


@pytest.mark.parametrize(
    "order_by", ["", "due", "priority desc, title", "completed, created_at desc", "project"]
)
@pytest.mark.parametrize("page_size", [1, 2, 3, 4, 1000])
def test_pages_have_all_tasks_in_order(house: Api, order_by: str, page_size: int) -> None:
    found = pages(house, order_by=order_by, page_size=page_size)

    assert [len(page) for page in found[:-1]] == [page_size] * (len(found) - 1)
    assert len(found) == -(-4 // page_size)
    assert [task for page in found for task in page] == house.tasks(order_by=order_by)


def test_a_page_of_everything_and_a_list_without_a_size_have_no_link(house: Api) -> None:
    assert "Link" not in house.ask(page_size=4).headers
    assert "Link" not in house.ask().headers


def test_the_link_asks_the_same_with_another_token(api: Api) -> None:
    user = api.as_user(f"{api.user_id}/a?b#c%41 <>\N{PARTY POPPER}")
    user = user.as_user(user.user_id.replace("/", "|"))
    for number in range(3):
        user.add(f"50% & \N{SNOWMAN} {number}")
    query = {
        "filter": '"50% &" AND \N{SNOWMAN}',
        "order_by": "created_at desc, title",
        "page_size": "1",
        "zone": "Europe/Paris",
        "explain": "false",
    }

    first = next_of(user.ask(**query))

    assert first
    location = urlsplit(first)
    assert location.path == f"/api/{quote(user.user_id, safe='')}/tasks"
    asked = {name: value for name, [value] in parse_qs(location.query).items()}
    assert asked.pop("page_token")
    assert asked == query
    second = next_of(user.send("GET", first))
    assert second
    assert second != first
    assert len(pages(user, **query)) == 3


def test_tasks_that_come_and_go_between_pages_shift_nothing(api: Api) -> None:
    tasks = [api.add(str(number)) for number in range(6)]
    answer = api.ask(page_size=2)
    api.add("new")
    api.call("DELETE", f"/{tasks[4]['id']}")
    api.call("DELETE", f"/{tasks[2]['id']}")

    address = next_of(answer)

    assert address
    assert titles(answer.json) == ["5", "4"]
    assert titles(api.send("GET", address).json) == ["3", "1"]


def test_a_token_is_good_for_all_the_rest_too(house: Api) -> None:
    address = next_of(house.ask(page_size=1))
    assert address
    token = parse_qs(urlsplit(address).query)["page_token"][0]

    assert house.tasks(page_token=token) == house.tasks()[1:]


def test_projects_and_tags_are_listed_with_their_open_tasks(house: Api) -> None:
    assert house.ask("/projects").json == [
        {"name": "home", "open": 1},
        {"name": "home.garden", "open": 1},
        {"name": "homework", "open": 1},
    ]
    assert house.ask("/tags").json == [
        {"name": "garden", "open": 1},
        {"name": "Home", "open": 2},
        {"name": "work", "open": 0},
    ]


def test_nobody_has_no_projects_no_tags_and_no_tasks(api: Api) -> None:
    assert api.ask("/projects").body == api.ask("/tags").body == b"[]"
    assert api.ask("/tasks/count").json == {"count": 0}


def test_nothing_of_another_user_is_found_counted_or_listed(house: Api) -> None:
    stranger = house.as_user(f"{house.user_id}-2")
    mine = stranger.add("milk", tags=["home"])

    assert stranger.tasks(filter="tags:home OR NOT tags:home") == [mine]
    assert stranger.ask("/tasks/count", filter='"milk" OR tags:work').json == {"count": 1}
    assert stranger.ask("/tags").json == [{"name": "home", "open": 1}]
    assert stranger.ask("/projects").json == []
