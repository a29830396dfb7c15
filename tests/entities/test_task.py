"""The task: what it is made from, and what it turns into."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taskcore import InvalidTask, Task, TaskChanges, TaskDraft
from taskcore.entities import Priority, valid_changes

if TYPE_CHECKING:
    from collections.abc import Callable

MOMENT = datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
SECOND = timedelta(seconds=1)
DOOMSDAY = datetime.max.replace(tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")

moments = st.datetimes(timezones=st.just(UTC))
titles = st.sampled_from(["Buy milk", "Buy bread", "買い物"])
descriptions = st.none() | st.sampled_from(["", "two liters"])
whens = st.none() | st.sampled_from(
    [date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=PARIS)]
)
tags = st.sampled_from([(), ("bank",), ("bank", "Home"), ("Home",)])
extras = st.sampled_from([{}, {"a": 1}, {"a": {"b": True}}])
others: dict[str, st.SearchStrategy[Any]] = {
    "due": whens,
    "priority": st.none() | st.sampled_from(Priority),
    "tags": tags,
    "project": st.none() | st.sampled_from(["home", "home.garden"]),
    "parent_id": st.none() | st.sampled_from([UUID(int=1), UUID(int=2)]),
}
tasks = st.builds(
    Task,
    id=st.uuids(),
    user_id=st.sampled_from(["alice", "bob"]),
    title=titles,
    description=descriptions,
    completed_at=st.none() | moments,
    start=st.none(),
    extra=extras,
    created_at=moments,
    updated_at=moments,
    version=st.integers(1, 2**62),
    **others,
)
changes_of_a_task = st.fixed_dictionaries(
    {},
    optional={
        "title": titles,
        "description": descriptions,
        "completed": st.booleans(),
        "extra": st.none(),
        **others,
    },
)


def as_written(task: Task) -> dict[str, str]:
    """Return the fields as text, which tells a zone from another and true from 1."""
    return {name: repr(value) for name, value in attrs.asdict(task).items()}


def test_a_draft_is_made_valid_as_it_is_made() -> None:
    assert TaskDraft("  Buy milk\n", "two\nliters") == TaskDraft("Buy milk", "two\nliters")


@pytest.mark.parametrize(
    ("title", "description", "field", "kind"),
    [
        (" ", None, "title", "empty"),
        ("a" * 201, None, "title", "too_long"),
        ("a\nb", None, "title", "character"),
        (None, None, "title", "type"),
        ("a", "b" * 1001, "description", "too_long"),
        ("a", "\0", "description", "character"),
        ("a", 1, "description", "type"),
    ],
)
def test_a_draft_that_breaks_a_rule_cannot_be_made(
    title: Any, description: Any, field: str, kind: str
) -> None:
    with pytest.raises(InvalidTask) as caught:
        TaskDraft(title, description)

    assert (caught.value.field, caught.value.kind) == (field, kind)


def test_a_task_from_a_draft_is_open_and_at_version_1(some_id: UUID) -> None:
    draft = TaskDraft("Buy milk", "two liters")

    task = Task.from_draft(draft, id=some_id, user_id="alice", now=MOMENT)

    assert task == Task(
        id=some_id,
        user_id="alice",
        title="Buy milk",
        description="two liters",
        completed_at=None,
        due=None,
        start=None,
        priority=None,
        tags=(),
        project=None,
        parent_id=None,
        extra={},
        created_at=MOMENT,
        updated_at=MOMENT,
        version=1,
    )


@given(tasks, changes_of_a_task, moments)
def test_an_edit_changes_what_it_names_and_nothing_else(
    task: Task, changes: TaskChanges, now: datetime
) -> None:
    edited = task.edited(changes, now)

    # Of a clock that was set back, below.
    moved_on = edited.updated_at if now < task.updated_at else now
    expected = attrs.asdict(task)
    if edited is not task:
        expected |= {"version": task.version + 1, "updated_at": moved_on}
    expected |= changes
    if expected.pop("completed", task.completed) != task.completed:
        expected["completed_at"] = None if task.completed else moved_on
    if expected["extra"] is None:
        expected["extra"] = {}
    assert as_written(edited) == {name: repr(value) for name, value in expected.items()}


@given(tasks, changes_of_a_task, moments)
def test_an_edit_that_changes_nothing_returns_the_same_task(
    task: Task, changes: TaskChanges, now: datetime
) -> None:
    edited = task.edited(changes, now)

    changes_nothing = all(
        repr(getattr(task, name)) == repr({} if name == "extra" else value)
        for name, value in changes.items()
    )
    assert (edited is task) == changes_nothing
    assert edited.edited(changes, now) is edited


@given(tasks, moments)
def test_a_toggle_turns_the_task_round_and_is_one_change(task: Task, now: datetime) -> None:
    once = task.toggled(now)
    twice = once.toggled(now)

    assert [one.completed for one in (once, twice)] == [not task.completed, task.completed]
    assert [one.version for one in (once, twice)] == [task.version + 1, task.version + 2]


@given(tasks, st.lists(moments))
def test_a_task_never_looks_older_than_it_was_even_if_the_clock_is_set_back(
    task: Task, clock: list[datetime]
) -> None:
    seen = [task.updated_at]
    for now in clock:
        task = task.toggled(now)
        seen.append(task.updated_at)

    assert seen == sorted(seen)
    latest = max([seen[0], *clock])
    assert latest <= seen[-1]
    assert seen[-1] - latest <= len(clock) * SECOND / 1000


def test_two_changes_that_come_late_do_not_make_the_same_task(
    make_task: Callable[..., Task],
) -> None:
    # One could be taken for the other by who does not know whether it was stored.
    task = make_task(updated_at=MOMENT + SECOND)

    toggled = {task.toggled(MOMENT + number * SECOND / 1_000_000) for number in range(999)}

    assert len(toggled) == 999
    assert all(one.updated_at > task.updated_at for one in toggled)


def test_there_is_no_later_time_than_the_last(make_task: Callable[..., Task]) -> None:
    task = make_task(updated_at=DOOMSDAY)

    assert task.toggled(MOMENT).updated_at == DOOMSDAY


def test_a_change_leaves_the_task_that_it_was_made_from_alone(
    make_task: Callable[..., Task],
) -> None:
    task = make_task(title="Buy milk")
    before = attrs.asdict(task)

    task.edited({"title": "Buy bread", "description": "rye"}, MOMENT + SECOND)

    assert attrs.asdict(task) == before


@pytest.mark.parametrize("name", [field.name for field in attrs.fields(Task)])
def test_a_task_cannot_be_changed_in_place(name: str, make_task: Callable[..., Task]) -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        setattr(make_task(), name, None)


def test_a_task_takes_no_other_attributes(make_task: Callable[..., Task]) -> None:
    assert not hasattr(make_task(), "__dict__")


def test_equal_tasks_are_one_in_a_set(make_task: Callable[..., Task], some_id: UUID) -> None:
    assert (
        len({make_task(id=some_id), make_task(id=some_id), make_task(id=some_id, version=2)}) == 2
    )


def test_changes_are_made_valid_each_by_its_own_rule() -> None:
    changes = valid_changes({"title": "  Buy bread ", "description": None, "completed": True})

    assert changes == {"title": "Buy bread", "description": None, "completed": True}


def test_a_change_that_is_absent_stays_absent() -> None:
    assert valid_changes({"completed": False}) == {"completed": False}
    assert valid_changes({}) == {}


@pytest.mark.parametrize(
    ("changes", "field", "kind"),
    [
        ({"title": ""}, "title", "empty"),
        ({"title": None}, "title", "type"),
        ({"description": "a" * 1001}, "description", "too_long"),
        ({"completed": "true"}, "completed", "type"),
        ({"completed": None}, "completed", "type"),
        ({"titel": "Buy bread"}, "titel", "unknown"),
        ({"id": None}, "id", "unknown"),
        ({"user_id": "bob"}, "user_id", "unknown"),
        ({"version": 7}, "version", "unknown"),
        ({"created_at": MOMENT}, "created_at", "unknown"),
        ({"completed_at": MOMENT}, "completed_at", "unknown"),
        ({"due": "tomorrow"}, "due", "when"),
        ({"due": True}, "due", "type"),
        ({"start": MOMENT.replace(tzinfo=None)}, "start", "when"),
        ({"priority": 3}, "priority", "value"),
        ({"tags": "home"}, "tags", "type"),
        ({"add_tags": ["a b"]}, "tags", "character"),
        ({"remove_tags": [""]}, "tags", "empty"),
        ({"project": "home."}, "project", "value"),
        ({"parent_id": 7}, "parent_id", "type"),
        ({"extra": []}, "extra", "type"),
        ({"extra": {"a": float("nan")}}, "extra", "range"),
        ({"title": "Buy bread", "completed": 1}, "completed", "type"),
    ],
)
def test_a_change_that_breaks_a_rule_is_refused(
    changes: dict[str, object], field: str, kind: str
) -> None:
    with pytest.raises(InvalidTask) as caught:
        valid_changes(changes)

    assert (caught.value.field, caught.value.kind) == (field, kind)


def test_whoever_names_an_unknown_field_is_told_the_known_ones() -> None:
    with pytest.raises(
        InvalidTask,
        match=r"^id cannot be changed; title, description, completed, due, start, priority, tags, "
        r"add_tags, remove_tags, project, parent_id, extra can$",
    ):
        valid_changes({"id": None})
