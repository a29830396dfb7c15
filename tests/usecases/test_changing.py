"""Changing: read, decide, replace what was read, and decide again where somebody was faster."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest

from taskcore import InvalidTask, RepositoryUnavailable, StaleTask, Task, TaskNotFound
from taskcore.ports import Get, Replace
from taskcore.usecases import complete, edit, reopen, toggle

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

NOW = datetime(2026, 1, 2, tzinfo=UTC)
CHANGES = {
    "edit": lambda task_id: edit("alice", task_id, {"title": "Buy bread"}, now=NOW),
    "toggle": lambda task_id: toggle("alice", task_id, now=NOW),
    "complete": lambda task_id: complete("alice", task_id, now=NOW),
    "reopen": lambda task_id: reopen("alice", task_id, now=NOW),
}
each_change = pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)


@pytest.mark.parametrize(
    ("change", "completed", "title"),
    [
        ("edit", False, "Buy bread"),
        ("toggle", True, "Buy milk"),
        ("complete", True, "Buy milk"),
    ],
)
def test_a_change_asks_to_replace_what_was_read_by_its_next_version(
    change: str,
    completed: bool,  # noqa: FBT001  # the value itself
    title: str,
    begin: Callable[..., Any],
    make_task: Callable[..., Task],
) -> None:
    task = make_task(title="Buy milk", version=6)
    conversation = begin(CHANGES[change](task.id))
    assert conversation.asks == Get("alice", task.id)

    conversation.answer(task)

    completed_at = NOW if completed else None
    changed = make_task(
        id=task.id, title=title, completed_at=completed_at, updated_at=NOW, version=7
    )
    assert conversation.asks == Replace(changed, expected=6)


def test_reopening_a_completed_task_asks_to_replace_it_by_an_open_one(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(completed=True, version=2)
    conversation = begin(reopen("alice", task.id, now=NOW))

    conversation.answer(task)

    open_again = make_task(id=task.id, completed=False, updated_at=NOW, version=3)
    assert conversation.asks == Replace(open_again, expected=2)


def test_the_result_of_a_change_is_what_the_storage_answers(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task, stored = make_task(), make_task()
    conversation = begin(toggle("alice", task.id, now=NOW))
    conversation.answer(task)

    conversation.answer(stored)

    assert conversation.result is stored


def test_a_toggle_that_came_too_late_decides_again_on_the_newer_task(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(completed=False, version=1)
    newer = make_task(id=task.id, completed=True, title="Buy bread", version=4)
    conversation = begin(toggle("alice", task.id, now=NOW))
    conversation.answer(task)

    conversation.answer(StaleTask(task.id, 1))
    assert conversation.asks == Get("alice", task.id)
    conversation.answer(newer)

    toggled = make_task(id=task.id, completed=False, title="Buy bread", updated_at=NOW, version=5)
    assert conversation.asks == Replace(toggled, expected=4)


def test_a_change_goes_on_until_it_was_the_fastest(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task()
    conversation = begin(toggle("alice", task.id, now=NOW))
    for version in range(1, 100):
        conversation.answer(make_task(id=task.id, version=version))
        conversation.answer(StaleTask(task.id, version))
    conversation.answer(make_task(id=task.id, version=100))

    conversation.answer(conversation.asks.task)

    assert conversation.result.version == 101


def test_a_change_that_somebody_else_made_meanwhile_is_not_made_twice(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(completed=False)
    done = make_task(id=task.id, completed=True, version=2)
    conversation = begin(complete("alice", task.id, now=NOW))
    conversation.answer(task)
    conversation.answer(StaleTask(task.id, 1))

    conversation.answer(done)

    assert conversation.asks is None
    assert conversation.result is done


def test_a_task_that_went_meanwhile_is_not_found(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task()
    conversation = begin(toggle("alice", task.id, now=NOW))
    conversation.answer(task)
    conversation.answer(StaleTask(task.id, 1))

    with pytest.raises(TaskNotFound):
        conversation.answer(TaskNotFound(task.id))


@pytest.mark.parametrize(
    "change",
    [
        lambda task_id: edit("alice", task_id, {}, now=NOW),
        lambda task_id: edit("alice", task_id, {"title": " Buy milk "}, now=NOW),
        lambda task_id: edit("alice", task_id, {"title": "Buy milk", "description": None}, now=NOW),
        lambda task_id: complete("alice", task_id, now=NOW),
    ],
    ids=["no fields", "the same title", "the same fields", "completed already"],
)
def test_what_changes_nothing_asks_for_no_write_and_returns_the_task_that_is(
    change: Callable[[UUID], Any], begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(title="Buy milk", description=None, completed=True)
    conversation = begin(change(task.id))

    conversation.answer(task)

    assert conversation.asks is None
    assert conversation.result is task


def test_reopening_an_open_task_asks_for_no_write(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task(completed=False)
    conversation = begin(reopen("alice", task.id, now=NOW))

    conversation.answer(task)

    assert conversation.asks is None
    assert conversation.result is task


@pytest.mark.parametrize(
    ("fields", "changes", "refused"),
    [
        ({"due": date(2026, 1, 1)}, {"start": "2026-01-02"}, "start"),
        ({"extra": {"a": "x" * 4000}}, {"extra": {"b": "x" * 100}}, "extra"),
        ({"tags": tuple(f"tag{n:02}" for n in range(50))}, {"add_tags": ["one"]}, "tags"),
    ],
)
def test_a_change_that_does_not_go_with_what_is_there_is_refused_and_not_written(
    fields: dict[str, Any],
    changes: Any,
    refused: str,
    begin: Callable[..., Any],
    make_task: Callable[..., Task],
) -> None:
    task = make_task(**fields)
    conversation = begin(edit("alice", task.id, changes, now=NOW))

    with pytest.raises(InvalidTask) as caught:
        conversation.answer(task)

    assert caught.value.field == refused


def test_a_merge_that_came_too_late_is_merged_into_the_newer_task(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    task = make_task()
    newer = make_task(id=task.id, extra={"b": 2}, tags=("home",), version=2)
    conversation = begin(edit("alice", task.id, {"extra": {"a": 1}, "add_tags": ["x"]}, now=NOW))
    conversation.answer(task)
    conversation.answer(StaleTask(task.id, 1))

    conversation.answer(newer)

    merged = conversation.asks.task
    assert (merged.extra, merged.tags) == ({"b": 2, "a": 1}, ("home", "x"))


@each_change
def test_changing_a_task_that_is_not_there_is_an_error_that_passes(
    change: Callable[[UUID], Any], begin: Callable[..., Any], some_id: UUID
) -> None:
    conversation = begin(change(some_id))

    with pytest.raises(TaskNotFound):
        conversation.answer(TaskNotFound(some_id))


def test_a_storage_that_fails_in_a_write_is_an_error_that_passes(
    begin: Callable[..., Any], make_task: Callable[..., Task]
) -> None:
    conversation = begin(toggle("alice", make_task().id, now=NOW))
    conversation.answer(make_task())

    with pytest.raises(RepositoryUnavailable):
        conversation.answer(RepositoryUnavailable("the disk is full"))


@each_change
def test_what_is_no_id_is_refused_before_anything_is_asked(
    change: Callable[[Any], Any], begin: Callable[..., Any]
) -> None:
    with pytest.raises(InvalidTask, match=r"id must be a uuid\.UUID"):
        begin(change("7"))


@pytest.mark.parametrize(
    "changes",
    [
        {"title": ""},
        {"completed": 1},
        {"description": "\0"},
        {"completed_at": None},
        {"due": "soon"},
        {"tags": "home"},
        {"parent_id": "7"},
        {"extra": []},
    ],
)
def test_changes_that_break_a_rule_are_refused_before_anything_is_asked(
    changes: Any, begin: Callable[..., Any], some_id: UUID
) -> None:
    with pytest.raises(InvalidTask):
        begin(edit("alice", some_id, changes, now=NOW))
