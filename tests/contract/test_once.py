"""Adding once and changing what was seen, by both faces of the library, on every repository."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.strategies import EXTRAS, PROJECTS, TAGS, TITLES

from taskcore import DuplicateTask, InvalidTask, KeyReused, StaleTask, TaskDraft, Tasks
from taskcore.entities import Priority

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from taskcore import TaskRepository

moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # as the strategy takes them
whens = (
    st.none()
    | st.dates(date(2000, 1, 1), date(2100, 1, 1))
    | moments
    | moments.map(lambda moment: moment.astimezone(ZoneInfo("Europe/Paris")))
)
drafts = st.fixed_dictionaries(
    {
        "title": st.sampled_from(TITLES),
        "description": st.none() | st.text(st.characters(codec="ascii", categories=["L"])),
        "priority": st.none() | st.sampled_from(Priority),
        "tags": st.lists(st.sampled_from(TAGS)),
        "project": st.none() | st.sampled_from(PROJECTS),
        "extra": st.sampled_from(EXTRAS),
    }
).flatmap(
    lambda fields: (st.just({"due": None}) | whens.map(lambda due: {"due": due})).map(
        lambda due: TaskDraft(**fields, **due)
    )
)


@settings(
    max_examples=50,
    # Each example has a user of its own, so that nothing of one is left for the next.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(draft=drafts, other=drafts, key=st.uuids() | st.text("ab", min_size=1))
def test_a_draft_is_stored_once_by_its_key_and_no_other_is(
    draft: TaskDraft, other: TaskDraft, key: UUID | str, repository: TaskRepository
) -> None:
    tasks = Tasks(repository, f"user {uuid4()}")

    [added] = tasks.add_all_once([(draft, key)])
    [again] = tasks.add_all_once([(draft, key)])
    [another] = tasks.add_all_once([(other, key)])

    assert not isinstance(added, Exception)
    assert not added.replayed
    assert (again.task, again.replayed) == (added.task, True)  # type: ignore[union-attr]  # no error
    if repr(other) == repr(draft):
        assert another == again
    else:
        assert isinstance(another, KeyReused if isinstance(key, str) else DuplicateTask)
    assert tasks.find() == [added.task]


@pytest.mark.parametrize("key", ["order 17", uuid4()], ids=["text", "id"])
def test_a_task_is_added_once_by_its_key(key: UUID | str, tasks: Any) -> None:
    first = tasks.add_once("Buy milk", "two liters", tags=["shop"], key=key)
    again = tasks.add_once("Buy milk", "two liters", tags=["shop"], key=key)

    assert (first.replayed, again.replayed) == (False, True)
    assert first.task == again.task
    assert tasks.find() == [first.task]
    with pytest.raises(KeyReused if isinstance(key, str) else DuplicateTask):
        tasks.add_once("Buy milk", key=key)


@pytest.mark.parametrize("key", ["order 17", uuid4()], ids=["text", "id"])
def test_a_subtask_is_added_once_below_its_parent(key: UUID | str, tasks: Any) -> None:
    parent = tasks.add("parent")

    first, again, twice = (
        *(tasks.add_once("child", parent_id=parent.id, key=key) for _ in range(2)),
        tasks.add_all_once([(TaskDraft("child", parent_id=parent.id), key)])[0],
    )

    assert (first.replayed, again.replayed, twice.replayed) == (False, True, True)
    assert first.task == again.task == twice.task
    assert len(tasks.find()) == 2


def test_users_do_not_share_keys(tasks_of: Callable[[str], Any]) -> None:
    key = uuid4()
    for known_by in ("key", key):
        one, other = (tasks_of(name).add_once(name, key=known_by) for name in ("alice", "bob"))

        assert (one.replayed, other.replayed) == (False, False)
        assert (one.task.title, other.task.title) == ("alice", "bob")


def test_many_are_added_once_each_by_its_key(tasks: Any) -> None:
    id = uuid4()
    new = [("one", "a"), ("two", "b"), ("three", id), ("four", None), ("", "c"), ("five", "")]

    first = tasks.add_all_once(new)
    again = tasks.add_all_once(new)

    assert [getattr(one, "replayed", None) for one in first] == [False] * 4 + [None] * 2
    assert [getattr(one, "replayed", None) for one in again] == [True] * 3 + [False, None, None]
    assert [one.task for one in again[:3]] == [one.task for one in first[:3]]
    assert first[2].task.id == id
    assert all(isinstance(one, InvalidTask) for one in (*first[4:], *again[4:]))
    assert len(tasks.find()) == 5


def test_one_key_twice_among_many_is_one_task(tasks: Any) -> None:
    added = tasks.add_all_once([("one", "key"), ("one", "key"), ("two", "key")])

    assert sorted(getattr(one, "replayed", "refused") for one in added[:2]) == [False, True]
    assert added[0].task == added[1].task
    assert isinstance(added[2], KeyReused)
    assert tasks.find() == [added[0].task]


def test_a_task_may_be_added_under_an_id_that_was_chosen(tasks: Any) -> None:
    id = uuid4()

    task = tasks.add("Buy milk", id=id)

    assert task.id == id
    with pytest.raises(DuplicateTask):
        tasks.add("Buy milk", id=id)
    assert tasks.find() == [task]


def test_a_task_is_changed_and_removed_as_it_was_seen(tasks: Any) -> None:
    task = tasks.add("Buy milk")
    calls: list[tuple[str, dict[str, Any]]] = [
        ("edit", {"title": "Buy bread"}),
        ("toggle", {}),
        ("reopen", {}),
        ("complete", {}),
        ("remove", {}),
    ]
    for name, changes in calls:
        for expected in (task.version + 1, task.version - 1, ()):
            with pytest.raises(StaleTask):
                getattr(tasks, name)(task.id, expected=expected, **changes)
            assert tasks.get(task.id) == task
        task = getattr(tasks, name)(task.id, expected=task.version, **changes)

    assert tasks.find() == []


def test_a_subtree_is_removed_as_its_top_was_seen(tasks: Any) -> None:
    parent = tasks.add("parent")
    child = tasks.complete(tasks.add("child", parent_id=parent.id).id)

    with pytest.raises(StaleTask):
        tasks.remove(parent.id, subtree=True, expected=child.version)
    assert len(tasks.find()) == 2
    assert tasks.remove(parent.id, subtree=True, expected=parent.version) == parent
    assert tasks.find() == []
