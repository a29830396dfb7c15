"""The fields that a task can do without: in drafts and in edits, alone and beside each other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import product
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from taskcore import InvalidTask, Task, TaskDraft
from taskcore.entities import Priority, valid_changes

if TYPE_CHECKING:
    from collections.abc import Callable

    MakeTask = Callable[..., Task]

MOMENT = datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
LATER = MOMENT + timedelta(hours=1)
PARIS = ZoneInfo("Europe/Paris")
ID = UUID(int=7)


def edited(task: Task, **changes: object) -> Task:
    return task.edited(valid_changes(changes), LATER)


def refusal_of(make: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(InvalidTask) as caught:
        make()
    return caught.value.field, caught.value.kind


def test_a_draft_understands_text_and_a_task_has_its_values() -> None:
    draft = TaskDraft(
        "Call the bank",
        due="2026-11-30T09:00:00+01:00[Europe/Paris]",
        start="2026-11-29",
        priority="high",
        tags=["phone", "Bank", "BANK"],
        project="home.calls",
        parent_id=str(ID),
        extra={"a": 1, "b": None},
    )

    task = Task.from_draft(draft, id=ID, user_id="alice", now=MOMENT)

    assert repr(task.due) == repr(datetime(2026, 11, 30, 9, tzinfo=PARIS))
    assert repr(task.start) == repr(date(2026, 11, 29))
    assert task.priority is Priority.HIGH
    assert task.tags == ("Bank", "phone")
    assert (task.project, task.parent_id, task.extra) == ("home.calls", ID, {"a": 1})
    assert (task.completed, task.completed_at, task.version) == (False, None, 1)


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"due": "30.11.2026"}, ("due", "when")),
        ({"due": 7}, ("due", "type")),
        ({"start": ""}, ("start", "when")),
        ({"priority": "urgent"}, ("priority", "value")),
        ({"tags": "home"}, ("tags", "type")),
        ({"tags": ["a" * 51]}, ("tags", "too_long")),
        ({"project": "a" * 101}, ("project", "too_long")),
        ({"project": "home..garden"}, ("project", "value")),
        ({"parent_id": "7"}, ("parent_id", "type")),
        ({"extra": "{}"}, ("extra", "type")),
        ({"extra": {"a": "x" * 4096}}, ("extra", "too_long")),
        ({"start": "2026-12-01", "due": "2026-11-30"}, ("start", "value")),
    ],
)
def test_a_draft_that_breaks_a_rule_cannot_be_made(
    fields: dict[str, Any], refusal: tuple[str, str]
) -> None:
    assert refusal_of(lambda: TaskDraft("Buy milk", **fields)) == refusal


def test_a_draft_has_no_fields_but_those_a_person_says() -> None:
    fields: dict[str, Any]
    for fields in ({"completed": True}, {"id": ID}, {"version": 7}):
        with pytest.raises(TypeError, match="unexpected keyword"):
            TaskDraft("Buy milk", **fields)


def test_drafts_and_tasks_can_be_in_a_set_whatever_extra_they_have(make_task: MakeTask) -> None:
    drafts = {TaskDraft("a", extra={"a": [1]}), TaskDraft("a", extra={"a": [1]}), TaskDraft("a")}
    task = make_task(extra={"a": {}})

    assert len(drafts) == 2
    assert len({task, edited(task, title="b")}) == 2


def test_what_the_caller_does_to_its_objects_later_does_not_reach_the_task() -> None:
    tags, extra = ["home"], {"a": {"b": [1]}}
    draft = TaskDraft("Buy milk", tags=tags, extra=extra)

    tags.append("bank")
    extra["a"]["b"].append(2)

    assert (draft.tags, draft.extra) == (("home",), {"a": {"b": [1]}})


def test_it_is_completed_exactly_while_it_has_a_time_of_completion(make_task: MakeTask) -> None:
    task = make_task()
    done = edited(task, completed=True)
    again = done.edited({"completed": True, "title": "Buy bread"}, LATER + timedelta(hours=1))
    reopened = again.toggled(LATER)

    assert [one.completed_at for one in (task, done, again, reopened)] == [None, LATER, LATER, None]
    assert [one.completed for one in (task, done, again, reopened)] == [False, True, True, False]


def test_a_clock_that_was_set_back_completes_nothing_before_it_was_changed(
    make_task: MakeTask,
) -> None:
    done = make_task(updated_at=LATER).edited({"completed": True}, MOMENT)

    assert done.completed_at == done.updated_at
    assert LATER < done.updated_at <= LATER + timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("description", "two liters"),
        ("due", date(2026, 11, 30)),
        ("start", MOMENT),
        ("priority", Priority.LOW),
        ("project", "home"),
        ("parent_id", ID),
        ("tags", ("home",)),
        ("extra", {"a": 1}),
    ],
)
def test_none_clears_a_field_that_can_be_none(
    name: str, value: object, make_task: MakeTask
) -> None:
    nothing: dict[str, Any] = {"tags": (), "extra": {}}
    task = make_task(**{name: value})

    cleared = edited(task, **{name: None})

    assert getattr(cleared, name) == nothing.get(name)
    assert cleared.version == 2
    assert edited(cleared, **{name: None}) is cleared


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        ({"due": date(2026, 11, 30)}, {"due": "2026-11-30"}),
        (
            {"due": datetime(2026, 11, 30, 9, tzinfo=PARIS)},
            {"due": "2026-11-30T08:00:00Z[Europe/Paris]"},
        ),
        ({"priority": Priority.HIGH}, {"priority": "high"}),
        ({"tags": ("bank", "Home")}, {"tags": ["Home", "bank", "home"]}),
        ({"tags": ("bank", "Home")}, {"add_tags": ["HOME"]}),
        ({"tags": ("bank", "Home")}, {"remove_tags": ["garden"]}),
        ({"tags": ("bank", "Home")}, {"add_tags": [], "remove_tags": None}),
        ({"parent_id": ID}, {"parent_id": str(ID).upper()}),
        ({"extra": {"a": {"b": 1}}}, {"extra": {}}),
        ({"extra": {"a": {"b": 1}}}, {"extra": {"a": {"b": 1, "c": None}, "d": None}}),
    ],
)
def test_the_same_in_other_words_changes_nothing(
    fields: dict[str, Any], changes: dict[str, Any], make_task: MakeTask
) -> None:
    task = make_task(**fields)

    assert edited(task, **changes) is task


@pytest.mark.parametrize(
    ("fields", "changes"),
    [
        ({"due": date(2026, 11, 30)}, {"due": datetime(2026, 11, 30, 23, tzinfo=UTC)}),
        (
            {"due": datetime(2026, 11, 30, 9, tzinfo=PARIS)},
            {"due": datetime(2026, 11, 30, 8, tzinfo=UTC)},
        ),
        (
            {"due": datetime(2026, 11, 30, 9, tzinfo=PARIS)},
            {"due": datetime(2026, 11, 30, 9, tzinfo=timezone(timedelta(hours=1)))},
        ),
        (
            {"start": datetime(2026, 10, 25, 2, 30, tzinfo=PARIS)},
            {"start": datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=1)},
        ),
        ({"tags": ("Home",)}, {"tags": ["home"]}),
        ({"project": "home"}, {"project": "Home"}),
        ({"extra": {"a": 1}}, {"extra": {"a": True}}),
        ({"extra": {"a": 0}}, {"extra": {"a": False}}),
        ({"extra": {"a": 1}}, {"extra": {"a": 1.0}}),
    ],
)
def test_what_python_holds_for_equal_and_people_do_not_is_a_change(
    fields: dict[str, Any], changes: dict[str, Any], make_task: MakeTask
) -> None:
    [(name, _)] = changes.items()

    task = edited(make_task(**fields), **changes)

    assert task.version == 2
    assert repr(getattr(task, name)) == repr(valid_changes(changes)[name])  # type: ignore[literal-required]  # any


@pytest.mark.parametrize(
    ("changes", "tags"),
    [
        ({"tags": ["new"]}, ("new",)),
        ({"tags": []}, ()),
        ({"add_tags": ["new", "HOME"]}, ("bank", "Home", "new")),
        ({"remove_tags": ["HOME", "none"]}, ("bank",)),
        ({"add_tags": ["a"], "remove_tags": ["bank"]}, ("a", "Home")),
        ({"add_tags": ["home"], "remove_tags": ["HOME"]}, ("bank", "home")),
        ({"tags": ["x", "y"], "remove_tags": ["x"], "add_tags": ["z"]}, ("y", "z")),
        ({"tags": None, "add_tags": ["z"]}, ("z",)),
    ],
)
def test_tags_are_replaced_then_taken_away_then_added(
    changes: dict[str, Any], tags: tuple[str, ...], make_task: MakeTask
) -> None:
    assert edited(make_task(tags=("bank", "Home")), **changes).tags == tags


def test_a_task_with_50_tags_takes_another_only_in_place_of_one(make_task: MakeTask) -> None:
    task = make_task(tags=tuple(f"tag{number:02}" for number in range(50)))

    assert refusal_of(lambda: edited(task, add_tags=["one"])) == ("tags", "too_long")
    assert len(edited(task, add_tags=["one"], remove_tags=["TAG07"]).tags) == 50


def test_extra_is_merged_inside_as_well_and_may_not_grow_too_large(make_task: MakeTask) -> None:
    task = make_task(extra={"a": {"b": 1, "c": 2}, "d": "x" * 4000})

    assert edited(task, extra={"a": {"b": None}, "d": None}).extra == {"a": {"c": 2}}
    assert refusal_of(lambda: edited(task, extra={"e": "x" * 100})) == ("extra", "too_long")
    assert task.extra["a"] == {"b": 1, "c": 2}


# In the order of their time; those on a line are level with each other.
IN_TIME: list[list[date]] = [
    [date(2026, 11, 29), datetime(2026, 11, 29, 12, tzinfo=UTC)],
    [date(2026, 11, 30), datetime(2026, 11, 30, 12, tzinfo=UTC)],
    [date(2026, 12, 1), datetime(2026, 12, 1, 12, tzinfo=PARIS)],
]
ORDERED = [
    (start, due, place <= other)
    for (place, starts), (other, dues) in product(enumerate(IN_TIME), repeat=2)
    for start, due in product(starts, dues)
]


@pytest.mark.parametrize(("start", "due", "allowed"), ORDERED)
def test_a_start_is_not_after_the_due_whichever_is_a_day_and_whichever_is_set_last(
    start: date,
    due: date,
    allowed: bool,  # noqa: FBT001  # the value itself
    make_task: MakeTask,
) -> None:
    ways: list[Callable[[], Any]] = [
        lambda: TaskDraft("Buy milk", start=start, due=due),
        lambda: edited(make_task(due=due), start=start),
        lambda: edited(make_task(start=start), due=due),
        lambda: edited(make_task(), start=start, due=due),
        lambda: edited(
            make_task(start=date(2020, 1, 1), due=date(2020, 1, 1)), start=start, due=due
        ),
    ]

    for way in ways:
        if allowed:
            assert (way().start, way().due) == (start, due)
        else:
            assert refusal_of(way) == ("start", "value")


def test_both_move_past_each_other_in_one_edit_and_one_goes_when_the_other_is_none(
    make_task: MakeTask,
) -> None:
    task = make_task(start=date(2026, 1, 1), due=date(2026, 1, 2))

    assert edited(task, start="2027-01-01", due="2027-01-02").start == date(2027, 1, 1)
    assert edited(task, start="2027-01-01", due=None).due is None
    assert edited(task, due="2025-01-01", start=None).start is None


def test_an_edit_of_another_field_does_not_ask_again_whether_start_and_due_agree(
    make_task: MakeTask,
) -> None:
    task = make_task(start=date(2026, 1, 2), due=date(2026, 1, 1))  # as only an older rule let in

    assert edited(task, title="Buy bread").title == "Buy bread"
