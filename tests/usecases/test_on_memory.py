"""The use cases that need many tasks, by each face of the library, on the model of a storage."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from taskcore import AsyncTasks, Batcher, InvalidTask, Task, TaskDraft, TaskNotFound, Tasks
from taskcore.adapters.memory import MemoryRepository
from taskcore.entities import Page, Priority
from taskcore.entities.ordering import ORDER_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeTasks = Callable[..., Any]

NEW_YORK = ZoneInfo("America/New_York")  # where it is still the last day of 2025


def titles(found: list[Task]) -> list[str]:
    return [task.title for task in found]


def test_what_is_added_has_every_field_and_is_found_with_it(tasks: Any) -> None:
    parent = tasks.add("Errands")
    added = tasks.add(
        "Call the bank",
        "about the card",
        due="2026-11-30T09:00:00+01:00[Europe/Paris]",
        start=date(2026, 11, 29),
        priority="high",
        tags=["Phone", "bank"],
        project="home.calls",
        parent_id=parent.id,
        extra={"a": {"b": 1}},
    )

    assert tasks.get(added.id) == added
    assert (added.priority, added.tags) == (Priority.HIGH, ("bank", "Phone"))
    for filter in ("tags:PHONE", "project:home", "extra.a.b = 1", "due:*", 'CARD "call the"'):
        assert tasks.find(filter) == [added]
    assert tasks.find("NOT priority = high") == [parent]
    assert (tasks.count("bank"), tasks.count()) == (1, 2)


def test_what_is_today_is_for_the_zone_to_say(tasks_of: MakeTasks) -> None:
    there, here = tasks_of("alice", zone=NEW_YORK), tasks_of("alice")
    there.add_all([TaskDraft("old", due="2025-12-31"), TaskDraft("new", due="2026-01-01")])

    assert titles(there.find("due = today")) == ["old"]
    assert titles(here.find("due = today")) == ["new"]
    assert (there.count("due < now"), here.count("due < now")) == (0, 1)
    assert "2025-12-31" in there.explain("due = today")
    assert "2026-01-01" in here.explain("due = today")


def test_a_zone_may_be_given_by_its_name() -> None:
    by_name = Tasks(MemoryRepository(), "alice", zone="Asia/Tokyo")
    by_zone = Tasks(MemoryRepository(), "alice", zone=ZoneInfo("Asia/Tokyo"))

    assert by_name.explain("due = today") == by_zone.explain("due = today")
    with pytest.raises(ValueError, match="unknown time zone"):
        Tasks(MemoryRepository(), "alice", zone="Europe/Atlantis")


@pytest.mark.parametrize("zone", [None, 1, timedelta(hours=1)])
def test_what_is_no_zone_is_refused_at_once(zone: Any) -> None:
    with pytest.raises(TypeError, match=r"zone must be a zoneinfo\.ZoneInfo"):
        Tasks(MemoryRepository(), "alice", zone=zone)
    with pytest.raises(TypeError, match=r"zone must be a zoneinfo\.ZoneInfo"):
        AsyncTasks(Batcher(MemoryRepository()), "alice", zone=zone)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda tasks: tasks.find("tgas:home"), "filter"),
        (lambda tasks: tasks.count("tgas:home"), "filter"),
        (lambda tasks: tasks.explain("tgas:home"), "filter"),
        (lambda tasks: tasks.find(order_by="duo"), "order_by"),
        (lambda tasks: tasks.find(page_size=0), "page_size"),
        (lambda tasks: tasks.find(page_token=""), "page_token"),
    ],
)
def test_what_cannot_be_understood_is_refused(
    call: Callable[[Any], object], field: str, tasks: Any
) -> None:
    with pytest.raises(InvalidTask) as caught:
        call(tasks)

    assert caught.value.field == field


def test_tasks_come_in_the_order_asked_for(tasks: Any) -> None:
    tasks.add_all(
        [
            TaskDraft("b", priority="high"),
            TaskDraft("a", due="2026-01-02"),
            TaskDraft("c", due="2026-01-02", priority="low"),
        ]
    )

    assert titles(tasks.find()) == ["c", "a", "b"]
    assert titles(tasks.find(order_by="title")) == ["a", "b", "c"]
    assert titles(tasks.find(order_by="due, priority desc")) == ["c", "a", "b"]
    assert titles(tasks.find(order_by="priority desc")) == ["b", "c", "a"]


def pages(tasks: Any, **asked: Any) -> list[Page]:
    found = [tasks.find(**asked)]
    while token := found[-1].next_page_token:
        found.append(tasks.find(page_token=token, **asked))
    return found


@pytest.mark.parametrize("order_by", ["", *ORDER_FIELDS, *(f"{one} desc" for one in ORDER_FIELDS)])
@pytest.mark.parametrize("size", [1, 3, 10])
def test_pages_put_together_are_the_whole(size: int, order_by: str, tasks: Any) -> None:
    parent = tasks.add("parent")
    tasks.add_all(
        TaskDraft(
            title=f"{number % 4}",
            description=[None, "", "x"][number % 3],
            due=[None, "2026-01-02", "2026-01-02T23:59:59.999999Z"][number % 3],
            priority=[None, "low", "high"][number % 3],
            project=[None, "home", "home.garden"][number % 3],
            parent_id=[None, parent.id][number % 2],
        )
        for number in range(9)
    )
    tasks.complete_all(task.id for task in tasks.find("title = 1"))

    found = pages(tasks, order_by=order_by, page_size=size)

    assert [task for page in found for task in page] == tasks.find(order_by=order_by)
    assert [len(page) for page in found[:-1]] == [size] * (len(found) - 1)
    assert 1 <= len(found[-1]) <= size


def test_a_page_goes_on_where_the_last_one_ended_whatever_came_and_went(tasks: Any) -> None:
    added = tasks.add_all(f"{number}" for number in range(6))
    first = tasks.find(order_by="title", page_size=3)

    tasks.remove_all([added[2].id, added[4].id])
    tasks.add_all(["00", "25", "9"])
    second = tasks.find(order_by="title", page_size=3, page_token=first.next_page_token)

    assert [titles(first), titles(second)] == [["0", "1", "2"], ["25", "3", "5"]]


def test_a_token_is_good_for_its_user_filter_and_order_only(tasks_of: MakeTasks) -> None:
    alice, bob = tasks_of("alice"), tasks_of("bob")
    for tasks in (alice, bob):
        tasks.add_all(["milk 1", "milk 2"])
    token = alice.find("milk", page_size=1).next_page_token

    assert len(alice.find("milk", page_token=token)) == 1
    for call in (
        partial(bob.find, "milk"),
        partial(alice.find, "bread"),
        alice.find,
        partial(alice.find, "milk", order_by="title"),
    ):
        with pytest.raises(InvalidTask, match="page_token is none that this user was given"):
            call(page_token=token)


def test_projects_and_tags_are_counted_by_their_open_tasks(tasks_of: MakeTasks) -> None:
    tasks = tasks_of("alice")
    added = tasks.add_all(
        [
            TaskDraft("1", project="home", tags=["Phone", "bank"]),
            TaskDraft("2", project="home.garden", tags=["phone"]),
            TaskDraft("3", project="Work", tags=["old"]),
            TaskDraft("4"),
        ]
    )
    tasks.complete_all([added[0].id, added[2].id])

    assert list(tasks.projects().items()) == [("Work", 0), ("home", 0), ("home.garden", 1)]
    assert list(tasks.tags().items()) == [("bank", 0), ("old", 0), ("Phone", 1)]
    assert tasks_of("bob").projects() == tasks_of("bob").tags() == {}


def test_many_are_edited_alike_and_each_tells_what_became_of_it(tasks: Any) -> None:
    first, second, third = tasks.add_all(["1", TaskDraft("2", tags=["x"]), "3"])
    missing = uuid4()

    edited = tasks.edit_all(
        [first.id, missing, second.id, third.id], add_tags=["x"], parent_id=third.id
    )

    assert [one.tags for one in edited[:3:2]] == [("x",), ("x",)]
    assert [one.parent_id for one in edited[:3:2]] == [third.id] * 2
    assert repr(edited[1]) == repr(TaskNotFound(missing))
    assert isinstance(edited[3], InvalidTask)
    assert tasks.get(third.id) == third


def test_a_mistake_in_a_change_of_many_is_each_ones_and_nothing_changes(tasks: Any) -> None:
    added = tasks.add_all(["1", "2"])

    refused = tasks.edit_all((task.id for task in added), due="soon")

    assert [(error.field, error.kind) for error in refused] == [("due", "when")] * 2
    assert tasks.find(order_by="title") == added
