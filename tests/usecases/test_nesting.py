"""Parents: whom a task may stand below, and what must stay as it is meanwhile."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from taskcore import InvalidTask, StaleTask, Task, TaskDraft, TaskNotFound
from taskcore.ports import Add, Expect, Get, Replace, Subtree, Together
from taskcore.usecases import add, edit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Begin = Callable[..., Any]
    MakeTask = Callable[..., Task]

NOW = datetime(2026, 1, 2, tzinfo=UTC)
NEW = UUID(int=2**127)


def chain(make_task: MakeTask, length: int) -> list[Task]:
    """Return so many tasks, each below the one before it."""
    tasks: list[Task] = []
    for number in range(1, length + 1):
        parent_id = tasks[-1].id if tasks else None
        tasks.append(make_task(id=UUID(int=number), parent_id=parent_id, version=number))
    return tasks


def subtask_of(parent: Task) -> Any:
    return add("alice", TaskDraft("Buy milk", parent_id=parent.id), id=NEW, now=NOW)


def move(task: Task, parent_id: UUID | None) -> Any:
    return edit("alice", task.id, {"parent_id": parent_id}, now=NOW)


def climb(conversation: Any, tasks: Sequence[Task]) -> None:
    """Answer the use case that asks for these tasks, from the last up to the first."""
    for task in reversed(tasks):
        assert conversation.asks == Get("alice", task.id)
        conversation.answer(task)


def expectations(tasks: Sequence[Task]) -> tuple[Expect, ...]:
    return tuple(
        Expect("alice", task.id, task.version, created_at=task.created_at)
        for task in reversed(tasks)
    )


@pytest.mark.parametrize("levels", range(1, 8))
def test_a_subtask_is_added_if_all_above_it_stay_as_they_are(
    levels: int, begin: Begin, make_task: MakeTask
) -> None:
    above = chain(make_task, levels)
    conversation = begin(subtask_of(above[-1]))

    climb(conversation, above)
    draft = TaskDraft("Buy milk", parent_id=above[-1].id)
    task = Task.from_draft(draft, id=NEW, user_id="alice", now=NOW)
    assert conversation.asks == Together((*expectations(above), Add(task)))
    conversation.answer((*[None] * levels, task))

    assert conversation.result is task


def test_a_task_without_a_parent_is_added_at_once(begin: Begin) -> None:
    conversation = begin(add("alice", TaskDraft("Buy milk", parent_id=None), id=NEW, now=NOW))

    assert type(conversation.asks) is Add


def test_there_is_no_ninth_level(begin: Begin, make_task: MakeTask) -> None:
    above = chain(make_task, 8)
    conversation = begin(subtask_of(above[-1]))
    climb(conversation, above)

    assert conversation.asks == Together(expectations(above))
    with pytest.raises(
        InvalidTask, match="would put a task on level 9; 8 is the deepest"
    ) as caught:
        conversation.answer((None,) * 8)

    assert (caught.value.field, caught.value.kind) == ("parent_id", "parent")


def test_it_does_not_climb_on_where_tasks_are_too_deep_already(
    begin: Begin, make_task: MakeTask
) -> None:
    ring = [make_task(id=UUID(int=number), parent_id=UUID(int=3 - number)) for number in (1, 2)]
    conversation = begin(subtask_of(ring[1]))

    climb(conversation, [ring[1], *ring * 4])

    with pytest.raises(InvalidTask, match="deepest"):
        conversation.answer((None,) * 9)


def test_a_parent_that_the_user_does_not_have_is_refused(begin: Begin, make_task: MakeTask) -> None:
    parent = make_task()
    conversation = begin(subtask_of(parent))
    assert conversation.asks == Get("alice", parent.id)

    with pytest.raises(InvalidTask, match="must be the id of a task of this user") as caught:
        conversation.answer(TaskNotFound(parent.id))

    assert (caught.value.field, caught.value.kind) == ("parent_id", "parent")


@pytest.mark.parametrize("found", [1, 3])
def test_a_parent_is_missing_only_if_what_led_to_it_is_still_as_it_was(
    found: int, begin: Begin, make_task: MakeTask
) -> None:
    above = chain(make_task, 4)
    seen, missing = above[4 - found :], TaskNotFound(above[3 - found].id)
    conversation = begin(subtask_of(above[-1]))
    for answer in (StaleTask(above[-1].id, 4), (*[None] * found, above[3 - found])):
        climb(conversation, seen)
        conversation.answer(missing)
        confirmed = (*expectations(seen)[::-1], Get("alice", missing.id))
        assert set(conversation.asks.operations) == set(confirmed)
        conversation.answer(answer)
        # Somebody removed what was read, or the parent came: it is read again.
        assert conversation.asks == Get("alice", above[-1].id)

    climb(conversation, seen)
    conversation.answer(missing)
    with pytest.raises(InvalidTask, match="must be the id of a task of this user"):
        conversation.answer(missing)


def test_a_task_that_goes_with_its_new_parent_is_not_found(
    begin: Begin, make_task: MakeTask
) -> None:
    task, parent = make_task(), make_task()
    conversation = begin(move(task, parent.id))
    conversation.answer(task)
    conversation.answer(TaskNotFound(parent.id))

    assert conversation.asks == Together((*expectations([task]), Get("alice", parent.id)))
    conversation.answer(StaleTask(task.id, 1))
    assert conversation.asks == Get("alice", task.id)
    with pytest.raises(TaskNotFound):
        conversation.answer(TaskNotFound(task.id))


def test_an_addition_decides_again_when_something_above_changed(
    begin: Begin, make_task: MakeTask
) -> None:
    parent, other = make_task(), make_task()
    moved = make_task(id=parent.id, parent_id=other.id, version=2)
    conversation = begin(subtask_of(parent))
    climb(conversation, [parent])

    conversation.answer(StaleTask(parent.id, 1))
    climb(conversation, [other, moved])

    assert conversation.asks.operations[:-1] == expectations([other, moved])
    conversation.answer(StaleTask(other.id, 1))
    assert conversation.asks == Get("alice", parent.id)
    with pytest.raises(InvalidTask, match="parent_id"):
        conversation.answer(TaskNotFound(parent.id))


def test_a_move_asks_how_deep_the_task_is_and_replaces_it_if_all_above_stay_as_they_are(
    begin: Begin, make_task: MakeTask
) -> None:
    above, task = chain(make_task, 3), make_task(version=6)
    conversation = begin(move(task, above[-1].id))
    conversation.answer(task)

    climb(conversation, above)
    assert conversation.asks == Subtree("alice", task.id)
    conversation.answer([task, make_task(parent_id=task.id)])
    moved = make_task(id=task.id, parent_id=above[-1].id, updated_at=NOW, version=7)
    # Nobody may have made it deeper meanwhile, which changes no version.
    still = Expect("alice", task.id, 7, levels=2, created_at=task.created_at)
    assert conversation.asks == Together((*expectations(above), Replace(moved, expected=6), still))
    conversation.answer((None, None, None, moved, None))

    assert conversation.result is moved


@pytest.mark.parametrize("parent_id", [None, UUID(int=1)])
def test_a_task_that_stays_where_it_is_or_goes_to_the_top_needs_nothing_above(
    parent_id: UUID | None, begin: Begin, make_task: MakeTask
) -> None:
    task = make_task(parent_id=UUID(int=1))
    changes = {"parent_id": parent_id, "title": "Buy bread"}
    conversation = begin(edit("alice", task.id, changes, now=NOW))  # type: ignore[arg-type]  # is one

    conversation.answer(task)

    assert type(conversation.asks) is Replace
    assert conversation.asks.task.parent_id == parent_id


@pytest.mark.parametrize("length", [1, 2, 8])
def test_a_task_is_not_moved_below_itself(length: int, begin: Begin, make_task: MakeTask) -> None:
    tasks = chain(make_task, length)
    conversation = begin(move(tasks[0], tasks[-1].id))
    for _ in range(2):
        conversation.answer(tasks[0])
        climb(conversation, tasks)
        assert conversation.asks == Together(expectations([*tasks, tasks[0]]))
        conversation.answer(StaleTask(tasks[0].id, 1))
    conversation.answer(tasks[0])
    climb(conversation, tasks)

    with pytest.raises(InvalidTask, match="must not be the task itself or one below") as caught:
        conversation.answer((None,) * (length + 1))

    assert (caught.value.field, caught.value.kind) == ("parent_id", "parent")


@pytest.mark.parametrize(
    ("above", "levels", "allowed"),
    [(7, 1, True), (8, 1, False), (1, 7, True), (1, 8, False), (4, 4, True), (4, 5, False)],
)
def test_a_move_takes_all_below_with_it_and_none_of_them_deeper_than_level_8(
    above: int,
    levels: int,
    allowed: bool,  # noqa: FBT001  # the value itself
    begin: Begin,
    make_task: MakeTask,
) -> None:
    parents = chain(make_task, above)
    below = [make_task()]
    for _ in range(levels - 1):
        below += [make_task(parent_id=below[-1].id), make_task(parent_id=below[0].id)]
        below[-1], below[-2] = below[-2], below[-1]  # the deepest last, for the next one
    conversation = begin(move(below[0], parents[-1].id))
    conversation.answer(below[0])
    climb(conversation, parents)

    conversation.answer(below)
    assert type(conversation.asks) is Together
    if allowed:
        assert type(conversation.asks.operations[-1]) is Expect
    else:
        seen = expectations([*parents, below[0]])
        assert conversation.asks == Together((*seen, Subtree("alice", below[0].id)))
        with pytest.raises(InvalidTask, match="would put a task on level 9"):
            conversation.answer((*[None] * len(seen), below))


def test_a_move_is_not_too_deep_for_what_is_gone_meanwhile(
    begin: Begin, make_task: MakeTask
) -> None:
    parents, task = chain(make_task, 7), make_task()
    conversation = begin(move(task, parents[-1].id))
    conversation.answer(task)
    climb(conversation, parents)
    conversation.answer([task, make_task(parent_id=task.id)])

    conversation.answer((*[None] * 8, [task]))

    assert conversation.asks.operations[-1].levels == 1


def test_a_move_decides_again_when_something_above_changed(
    begin: Begin, make_task: MakeTask
) -> None:
    task, parent = make_task(), make_task()
    conversation = begin(move(task, parent.id))
    conversation.answer(task)
    climb(conversation, [parent])
    conversation.answer([task])

    conversation.answer(StaleTask(parent.id, 1))
    assert conversation.asks == Get("alice", task.id)
    conversation.answer(task)

    # Somebody put the parent below the task meanwhile.
    conversation.answer(make_task(id=parent.id, parent_id=task.id, version=2))
    conversation.answer(task)
    with pytest.raises(InvalidTask, match="one below it"):
        conversation.answer((None,) * 3)


def test_a_task_that_went_while_it_was_moved_is_not_found(
    begin: Begin, make_task: MakeTask
) -> None:
    task, parent = make_task(), make_task()
    conversation = begin(move(task, parent.id))
    conversation.answer(task)
    climb(conversation, [parent])
    assert conversation.asks == Subtree("alice", task.id)

    with pytest.raises(TaskNotFound):
        conversation.answer(TaskNotFound(task.id))


def test_a_move_that_somebody_else_made_meanwhile_is_not_made_twice(
    begin: Begin, make_task: MakeTask
) -> None:
    task, parent = make_task(), make_task()
    moved = make_task(id=task.id, parent_id=parent.id, version=2)
    conversation = begin(move(task, parent.id))
    conversation.answer(task)
    climb(conversation, [parent])
    conversation.answer([task])
    conversation.answer(StaleTask(task.id, 1))

    conversation.answer(moved)

    assert conversation.asks is None
    assert conversation.result is moved
