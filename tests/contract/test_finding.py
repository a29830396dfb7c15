"""Finding: filters, orders and pages mean the same on every storage."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from contract.strategies import orders, predicates, queries, tasks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from taskcore import InvalidTask, Task, TaskRepository, Tasks
from taskcore.adapters.memory import MemoryRepository
from taskcore.entities import TaskQuery
from taskcore.entities.ordering import ORDER_FIELDS, Order, position_of
from taskcore.ports import Add, Count, Find, Remove

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskcore.entities.filters import Predicate

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
# Each example empties the storage first.
thorough = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
worlds = st.lists(tasks(), min_size=1, max_size=12).map(
    lambda found: [
        evolve(task, id=UUID(int=number * 2**100 + 7), user_id="alice", parent_id=None)
        for number, task in enumerate(found)
    ]
)


STORAGES = ["sqlite", "postgres", "postgres_in_a_transaction", "postgres_protected"]


@pytest.fixture(params=STORAGES)
def pair(request: pytest.FixtureRequest) -> tuple[MemoryRepository, TaskRepository]:
    """Return the model and a storage."""
    return MemoryRepository(), request.getfixturevalue(request.param)


def filled(
    pair: tuple[MemoryRepository, TaskRepository], world: list[Task]
) -> tuple[MemoryRepository, TaskRepository]:
    """Put the same tasks into both, and nothing else."""
    for repository in pair:
        [found] = repository.execute([Find("alice")])
        repository.execute([Remove("alice", task.id) for task in found])
        assert repository.execute([Add(task) for task in world]) == world
    return pair


@thorough
@given(world=worlds, query=queries())
def test_a_query_finds_and_counts_what_the_model_does(
    world: list[Task], query: TaskQuery, pair: tuple[MemoryRepository, TaskRepository]
) -> None:
    operations = [Find("alice", query), Count("alice", query.filter), Find("bob", query)]

    model, storage = (repository.execute(operations) for repository in filled(pair, world))

    assert repr(storage) == repr(model)


@pytest.mark.parametrize("pair", ["memory", *STORAGES], indirect=True)
@thorough
@given(world=worlds, filter=predicates, order=orders(), size=st.integers(1, 5))
def test_pages_put_together_are_the_whole(
    world: list[Task],
    filter: Predicate,
    order: Order,
    size: int,
    pair: tuple[MemoryRepository, TaskRepository],
) -> None:
    model, storage = filled(pair, world)
    [whole] = model.execute([Find("alice", TaskQuery(filter, order))])

    assert repr(list(pages(storage, filter, order, size))) == repr(whole)


def pages(repository: TaskRepository, filter: Predicate, order: Order, size: int) -> Iterator[Task]:
    after: tuple[Any, ...] | None = None
    while True:
        [page] = repository.execute([Find("alice", TaskQuery(filter, order, size, after))])
        yield from page
        if len(page) < size:
            return
        after = position_of(page[-1], order)


@pytest.mark.parametrize("field", ORDER_FIELDS)
@pytest.mark.parametrize("direction", ["", " desc"])
def test_who_comes_and_goes_between_pages_moves_nobody(
    field: str, direction: str, repository: TaskRepository
) -> None:
    order_by = f"{field}{direction}"
    tasks = Tasks(repository, "alice", clock=lambda: NOW)
    for number in range(30):
        task = tasks.add(
            f"task {number % 7}",
            None if number % 3 else f"{number % 5}",
            due=None if number % 4 == 1 else f"2026-11-{number % 9 + 1:02}",
            start=None if number % 4 else "2026-11-01T09:00:00+01:00[Europe/Paris]",
            priority=(None, "low", "high")[number % 3],
            project=None if number % 2 else f"p{number % 3}",
        )
        if number % 5 == 0:
            tasks.complete(task.id)
    before = tasks.find(order_by=order_by)
    seen: list[Task] = []
    token = None

    while True:
        page = tasks.find(order_by=order_by, page_size=4, page_token=token)
        seen += page
        token = page.next_page_token
        if token is None:
            break
        tasks.remove(page[-1].id)
        tasks.remove(page[0].id)

    assert [task.id for task in seen] == [task.id for task in before]


FOUND = {
    'title:"MILK"': ["Buy milk"],
    "milk": ["Buy milk"],
    '"blue lid"': ["Buy milk"],
    "tags:HOME": ["Buy milk"],
    "tags:home OR priority = high": ["Buy milk", "Call the bank"],
    "completed = true": ["Rest"],
    "completed = false AND due <= today+7d": ["Buy milk", "Call the bank"],
    "due = tomorrow": ["Buy milk"],
    "due < now": ["Call the bank"],
    "due:*": ["Buy milk", "Call the bank"],
    "-due:*": ["Rest", "Homework"],
    "NOT due:*": ["Rest", "Homework"],
    "priority != high": ["Buy milk", "Rest", "Homework"],
    "priority > low": ["Call the bank"],
    "project:home": ["Buy milk"],
    "project = homework": ["Homework"],
    "extra.store = cheap": ["Buy milk"],
    "extra.size > 1": ["Buy milk"],
    'title = "Buy*"': ["Buy milk"],
    "start:*": ["Homework"],
}


@pytest.mark.parametrize("filter", FOUND)
def test_a_filter_as_people_write_it(filter: str, repository: TaskRepository) -> None:
    tasks = Tasks(repository, "alice", zone=PARIS, clock=lambda: NOW)
    tasks.add(
        "Buy milk",
        "The one with the Blue Lid",
        due="2026-11-22",
        priority="low",
        tags=["Home"],
        project="home.groceries",
        extra={"store": "cheap", "size": 2},
    )
    tasks.add("Call the bank", due="2026-11-21T12:59:00+01:00[Europe/Paris]", priority="high")
    tasks.complete(tasks.add("Rest").id)
    tasks.add("Homework", project="homework", start="2026-11-21")
    Tasks(repository, "bob").add("Buy milk", tags=["home"], priority="high")

    found = tasks.find(filter, order_by="created_at, id")

    assert {task.title for task in found} == set(FOUND[filter])
    assert tasks.count(filter) == len(found)


def test_projects_and_tags_are_counted_by_their_open_tasks(repository: TaskRepository) -> None:
    tasks = Tasks(repository, "alice")
    tasks.add("one", tags=["home", "b"], project="home.garden")
    tasks.add("two", tags=["Home"], project="home")
    tasks.complete(tasks.add("three", tags=["done", "HOME"], project="past").id)
    Tasks(repository, "bob").add("four", tags=["bob"], project="bob")

    assert dict(tasks.tags()) == {"b": 1, "done": 0, "HOME": 2}
    assert list(tasks.tags()) == ["b", "done", "HOME"]
    assert dict(tasks.projects()) == {"home": 1, "home.garden": 1, "past": 0}
    assert list(tasks.projects()) == ["home", "home.garden", "past"]


@pytest.mark.parametrize("filter", ["tgas:x", "title =", "(", "due = someday", '"'])
def test_a_filter_that_cannot_be_understood_is_refused(
    filter: str, repository: TaskRepository
) -> None:
    tasks = Tasks(repository, "alice")

    for ask in (tasks.find, tasks.count, tasks.explain):
        with pytest.raises(InvalidTask, match=r"^filter, column \d+: ") as caught:
            ask(filter)  # type: ignore[operator]  # each takes a filter
        assert caught.value.field == "filter"


@pytest.mark.parametrize("filter", [None, 7, ["completed = false"], {}, b"milk"])
def test_what_is_no_text_is_refused_as_a_filter(filter: Any, repository: TaskRepository) -> None:
    with pytest.raises(InvalidTask, match="filter must be text"):
        Tasks(repository, "alice").find(filter)


def test_a_token_is_not_good_in_another_zone(repository: TaskRepository) -> None:
    here, there = (Tasks(repository, "alice", zone=zone) for zone in ("Europe/Paris", "Asia/Tokyo"))
    here.add_all(["one", "two"])
    token = here.find(page_size=1).next_page_token

    assert len(here.find(page_size=1, page_token=token)) == 1
    with pytest.raises(InvalidTask, match="page_token"):
        there.find(page_size=1, page_token=token)


def test_a_clock_may_answer_a_kind_of_datetime_of_its_own(repository: TaskRepository) -> None:
    class Frozen(datetime):
        """As clocks for tests make them."""

    tasks = Tasks(repository, "alice", clock=lambda: Frozen(2026, 11, 21, tzinfo=UTC))
    task = tasks.add("Buy milk")

    assert tasks.get(task.id) == task
    assert type(tasks.complete(task.id).completed_at) is datetime
