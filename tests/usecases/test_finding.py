"""Looking up: what the use cases ask for, and what they make of the answers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from taskcore import InvalidTask, RepositoryUnavailable, Task, TaskNotFound
from taskcore.entities import Page, TaskQuery
from taskcore.entities.filters import parse_filter, resolve
from taskcore.entities.ordering import NEWEST_FIRST, parse_order, position_of
from taskcore.ports import Count, Find, Get, Tally
from taskcore.usecases import count, explain, find, get, projects, tags

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    Begin = Callable[..., Any]
    MakeTask = Callable[..., Task]

NOW = datetime(2026, 1, 1, 3, tzinfo=UTC)
ZONE = ZoneInfo("America/New_York")  # where it is still the last day of 2025
WHEN: dict[str, Any] = {"now": NOW, "zone": ZONE}


def test_get_asks_for_the_users_task_and_returns_it(begin: Begin, make_task: MakeTask) -> None:
    task = make_task()
    conversation = begin(get("alice", task.id))
    assert conversation.asks == Get("alice", task.id)

    conversation.answer(task)

    assert conversation.result is task


def test_get_of_a_task_that_is_not_there_is_an_error_that_passes(
    begin: Begin, some_id: UUID
) -> None:
    conversation = begin(get("alice", some_id))

    with pytest.raises(TaskNotFound):
        conversation.answer(TaskNotFound(some_id))


def test_get_of_what_is_no_id_is_refused_before_anything_is_asked(
    begin: Begin, some_id: UUID
) -> None:
    with pytest.raises(InvalidTask, match=r"id must be a uuid\.UUID"):
        begin(get("alice", str(some_id)))  # type: ignore[arg-type]  # that is the mistake


def test_a_filter_that_was_parsed_is_as_good_as_its_text(begin: Begin, make_task: MakeTask) -> None:
    text = "tags:home AND due <= today"
    parsed = parse_filter(text)
    assert begin(count("alice", parsed, **WHEN)).asks == begin(count("alice", text, **WHEN)).asks
    assert explain(parsed, **WHEN) == explain(text, **WHEN)
    conversation = begin(find("alice", parsed, page_size=1, **WHEN))
    conversation.answer([make_task(), make_task()])
    token = conversation.result.next_page_token
    after = [
        begin(find("alice", one, page_size=1, page_token=token, **WHEN)).asks
        for one in (text, parsed)
    ]
    assert after[0] == after[1]


def test_find_asks_for_all_of_the_users_tasks_newest_first_and_returns_them(
    begin: Begin, make_task: MakeTask
) -> None:
    tasks = [make_task(), make_task()]
    conversation = begin(find("alice", **WHEN))
    assert conversation.asks == Find("alice")

    conversation.answer(tasks)

    assert conversation.result == tasks
    assert isinstance(conversation.result, Page)
    assert conversation.result.next_page_token is None


def test_find_asks_for_what_the_filter_means_now_in_the_users_zone_in_the_order_asked_for(
    begin: Begin,
) -> None:
    conversation = begin(find("alice", "due = today", order_by="due desc", **WHEN))

    predicate = resolve(parse_filter("due = 2025-12-31"), NOW, ZONE)
    assert conversation.asks == Find("alice", TaskQuery(predicate, parse_order("due desc")))


def test_a_page_asks_for_one_task_more_which_tells_whether_there_is_another_page(
    begin: Begin, make_task: MakeTask
) -> None:
    tasks = [make_task() for _ in range(3)]
    conversation = begin(find("alice", page_size=2, **WHEN))
    assert conversation.asks == Find("alice", TaskQuery(limit=3))

    conversation.answer(tasks)

    assert conversation.result == tasks[:2]
    assert conversation.result.next_page_token


@pytest.mark.parametrize("found", [0, 1, 2])
def test_a_page_that_is_not_exceeded_is_the_last(
    found: int, begin: Begin, make_task: MakeTask
) -> None:
    tasks = [make_task() for _ in range(found)]
    conversation = begin(find("alice", page_size=2, **WHEN))

    conversation.answer(tasks)

    assert (conversation.result, conversation.result.next_page_token) == (tasks, None)


@pytest.mark.parametrize(("page_size", "limit"), [(2, 3), (1000, 1001), (None, None)])
def test_a_token_asks_for_what_comes_after_the_last_task_of_its_page(
    page_size: int | None, limit: int | None, begin: Begin, make_task: MakeTask
) -> None:
    tasks = [make_task() for _ in range(3)]
    asked: dict[str, Any] = {"order_by": "due, title", **WHEN}
    first = begin(find("alice", "milk", page_size=2, **asked))
    predicate = first.asks.query.filter
    first.answer(tasks)

    token = first.result.next_page_token
    second = begin(find("alice", "milk", page_size=page_size, page_token=token, **asked))

    query = second.asks.query
    assert query.after == position_of(tasks[1], parse_order("due, title"))
    assert query.limit == limit
    assert query.filter == predicate


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"filter": "tgas:home"}, "filter"),
        ({"filter": "a" * 2001}, "filter"),
        ({"order_by": "duo"}, "order_by"),
        ({"order_by": None}, "order_by"),
        ({"page_size": 0}, "page_size"),
        ({"page_size": 1001}, "page_size"),
        ({"page_size": True}, "page_size"),
        ({"page_token": ""}, "page_token"),
        ({"page_token": "x"}, "page_token"),
        ({"page_token": 7}, "page_token"),
        ({"page_token": "x", "filter": object()}, "page_token"),
    ],
)
def test_what_cannot_be_understood_is_refused_before_anything_is_asked(
    asked: dict[str, Any], field: str, begin: Begin
) -> None:
    with pytest.raises(InvalidTask) as caught:
        begin(find("alice", **asked, **WHEN))

    assert caught.value.field == field


def test_a_time_without_a_zone_is_refused_where_a_filter_needs_it(begin: Begin) -> None:
    naive = NOW.replace(tzinfo=None)

    for usecase in (find, count):
        with pytest.raises(ValueError, match="zone"):
            begin(usecase("alice", "due = today", now=naive, zone=ZONE))
    with pytest.raises(ValueError, match="zone"):
        explain("due = today", now=naive, zone=ZONE)


def test_a_storage_that_cannot_serve_is_an_error_that_passes(begin: Begin) -> None:
    conversation = begin(find("alice", **WHEN))

    with pytest.raises(RepositoryUnavailable):
        conversation.answer(RepositoryUnavailable("the disk is full"))


def test_count_asks_how_many_the_filter_is_true_of_and_returns_that(begin: Begin) -> None:
    conversation = begin(count("alice", "due = today", **WHEN))
    assert conversation.asks == Count("alice", resolve(parse_filter("due = 2025-12-31"), NOW, ZONE))

    conversation.answer(7)

    assert conversation.result == 7


def test_count_without_a_filter_is_of_all(begin: Begin) -> None:
    assert (
        begin(count("alice", **WHEN)).asks
        == Count("alice")
        == Count("alice", Find("").query.filter)
    )


def test_explain_says_in_words_what_a_filter_means_now_in_the_users_zone() -> None:
    assert "2025-12-31" in explain("due = today", **WHEN)


def test_explain_of_a_mistake_tells_its_column() -> None:
    with pytest.raises(InvalidTask, match=r'^filter, column 14: .* "tags"\?$'):
        explain("milk AND NOT tgas:home", **WHEN)


@pytest.mark.parametrize(("usecase", "field"), [(projects, "project"), (tags, "tags")])
def test_projects_and_tags_ask_for_the_users_and_return_the_counts(
    usecase: Callable[[str], Any], field: Any, begin: Begin
) -> None:
    conversation = begin(usecase("alice"))
    assert conversation.asks == Tally("alice", field)

    conversation.answer({"home": 2})

    assert conversation.result == {"home": 2}


def test_newest_first_is_the_order_of_who_names_none(begin: Begin) -> None:
    assert begin(find("alice", order_by=" ", **WHEN)).asks.query.order == NEWEST_FIRST
