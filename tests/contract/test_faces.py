"""The library as it is used, by its sync and its async face, on every repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import attrs
import pytest

from taskcore import InvalidTask, Task, TaskDraft, TaskNotFound

if TYPE_CHECKING:
    from collections.abc import Callable


def test_an_added_task_is_open_at_version_1_and_in_the_list(tasks: Any) -> None:
    task = tasks.add("  Buy milk ", "two\nliters")

    assert (task.user_id, task.title, task.description) == ("alice", "Buy milk", "two\nliters")
    assert (task.completed, task.version) == (False, 1)
    assert task.created_at == task.updated_at
    assert tasks.get(task.id) == task
    assert tasks.find() == [task]


def test_a_task_needs_no_description(tasks: Any) -> None:
    assert tasks.get(tasks.add("Buy milk").id).description is None


def test_the_list_has_the_newest_task_first(tasks: Any) -> None:
    first, second, third = (tasks.add(title) for title in ("first", "second", "third"))

    assert tasks.find() == [third, second, first]


def test_an_edit_changes_what_it_names(tasks: Any) -> None:
    task = tasks.add("Buy milk", "two liters")

    edited = tasks.edit(task.id, title=" Buy bread ", completed=True)

    assert edited == attrs.evolve(
        task,
        title="Buy bread",
        completed_at=edited.updated_at,
        updated_at=edited.updated_at,
        version=2,
    )
    assert edited.updated_at >= task.updated_at
    assert tasks.get(task.id) == edited


def test_an_edit_to_none_clears_the_description_and_absence_keeps_it(tasks: Any) -> None:
    task = tasks.add("Buy milk", "two liters")

    assert tasks.edit(task.id, title="Buy bread").description == "two liters"
    assert tasks.edit(task.id, description=None).description is None
    assert tasks.edit(task.id, description="").description == ""
    assert tasks.get(task.id).description == ""


def test_an_edit_that_changes_nothing_writes_nothing(tasks: Any) -> None:
    task = tasks.add("Buy milk", "two liters")

    assert tasks.edit(task.id) == task
    assert tasks.edit(task.id, title=" Buy milk ", description="two liters") == task
    assert tasks.edit(task.id, completed=False) == task
    assert tasks.get(task.id) == task


def test_a_toggle_completes_and_reopens(tasks: Any) -> None:
    task = tasks.add("Buy milk")

    seen = [tasks.toggle(task.id) for _ in range(3)]

    assert [(one.completed, one.version) for one in seen] == [(True, 2), (False, 3), (True, 4)]
    assert tasks.get(task.id) == seen[-1]


def test_completing_twice_is_completing_once(tasks: Any) -> None:
    task = tasks.add("Buy milk")

    completed = tasks.complete(task.id)

    assert (completed.completed, completed.version) == (True, 2)
    assert tasks.complete(task.id) == tasks.get(task.id) == completed


def test_reopening_twice_is_reopening_once(tasks: Any) -> None:
    task = tasks.add("Buy milk")
    tasks.complete(task.id)

    reopened = tasks.reopen(task.id)

    assert (reopened.completed, reopened.version) == (False, 3)
    assert tasks.reopen(task.id) == tasks.get(task.id) == reopened


def test_a_removed_task_is_returned_as_it_was_and_is_gone(tasks: Any) -> None:
    task, other = tasks.add("Buy milk"), tasks.add("Buy bread")
    completed = tasks.complete(task.id)

    assert tasks.remove(task.id) == completed
    assert tasks.find() == [other]
    with pytest.raises(TaskNotFound):
        tasks.remove(task.id)


@pytest.mark.parametrize("method", ["get", "edit", "toggle", "complete", "reopen", "remove"])
def test_a_task_that_is_not_there_or_is_anothers_is_not_found(
    method: str, tasks_of: Callable[[str], Any]
) -> None:
    of_bob = tasks_of("bob").add("Bob's")

    for id in (uuid4(), of_bob.id):
        with pytest.raises(TaskNotFound) as caught:
            getattr(tasks_of("alice"), method)(id)
        assert caught.value.id == id
    assert tasks_of("bob").find() == [of_bob]
    assert tasks_of("alice").find() == []


@pytest.mark.parametrize("method", ["complete_all", "reopen_all", "remove_all"])
def test_many_at_once_do_not_touch_anothers_task(
    method: str, tasks_of: Callable[[str], Any]
) -> None:
    of_bob = tasks_of("bob").complete(tasks_of("bob").add("Bob's").id)

    [answer] = getattr(tasks_of("alice"), method)([of_bob.id])

    assert repr(answer) == repr(TaskNotFound(of_bob.id))
    assert tasks_of("bob").find() == [of_bob]


def test_many_are_added_at_once_and_what_is_refused_is_answered_in_its_place(tasks: Any) -> None:
    milk, empty, bread, nothing = tasks.add_all(
        ["Buy milk", "  ", TaskDraft("Buy bread", "rye"), None]
    )

    assert (milk.title, bread.title, bread.description) == ("Buy milk", "Buy bread", "rye")
    assert repr(empty) == repr(InvalidTask("title", "must not be empty", "empty"))
    assert repr(nothing) == repr(InvalidTask("title", "must be text", "type"))
    assert set(tasks.find()) == {milk, bread}


def test_many_are_completed_and_reopened_at_once(tasks: Any, some_id: UUID) -> None:
    first, second, third = tasks.add_all(["first", "second", "third"])
    tasks.complete(second.id)

    completed = tasks.complete_all([first.id, second.id, some_id, third.id])

    assert [getattr(one, "version", None) for one in completed] == [2, 2, None, 2]
    assert repr(completed[2]) == repr(TaskNotFound(some_id))
    assert all(task.completed for task in tasks.find())

    reopened = tasks.reopen_all([third.id, first.id, some_id])

    assert [getattr(one, "version", None) for one in reopened] == [3, 3, None]
    assert {task.title for task in tasks.find() if task.completed} == {"second"}


def test_many_are_removed_at_once_and_returned_as_they_were(tasks: Any, some_id: UUID) -> None:
    first, second, third = tasks.add_all(["first", "second", "third"])

    removed = tasks.remove_all([third.id, some_id, first.id])

    assert repr(removed) == repr([third, TaskNotFound(some_id), first])
    assert tasks.find() == [second]


def test_the_same_task_twice_at_once_is_completed_once(tasks: Any) -> None:
    task = tasks.add("Buy milk")

    first, second = tasks.complete_all([task.id, task.id])

    assert first == second == tasks.get(task.id)
    assert first.version == 2


def test_the_same_task_twice_at_once_is_removed_once(tasks: Any) -> None:
    task = tasks.add("Buy milk")

    assert repr(tasks.remove_all([task.id, task.id])) == repr([task, TaskNotFound(task.id)])


def test_what_is_no_id_among_many_is_answered_in_its_place(tasks: Any) -> None:
    task = tasks.add("Buy milk")

    wrong, removed = tasks.remove_all([str(task.id), task.id])

    assert repr(wrong) == repr(InvalidTask("id", "must be a uuid.UUID", "type"))
    assert removed == task


@pytest.mark.parametrize("method", ["add_all", "complete_all", "reopen_all", "remove_all"])
def test_none_at_once_is_no_answer(method: str, tasks: Any) -> None:
    assert getattr(tasks, method)([]) == []


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda tasks, _: tasks.add(""), "title"),
        (lambda tasks, _: tasks.add("a\0b"), "title"),
        (lambda tasks, _: tasks.add(b"Buy milk"), "title"),
        (lambda tasks, _: tasks.add("Buy milk", "\ud800"), "description"),
        (lambda tasks, own: tasks.edit(own, title=" "), "title"),
        (
            lambda tasks, own: tasks.edit(own, title="Buy bread", completed="true"),
            "completed",
        ),
        (lambda tasks, own: tasks.edit(own, title="Buy bread", owner="bob"), "owner"),
        (lambda tasks, own: tasks.edit(own, title="Buy bread", due="soon"), "due"),
        (lambda tasks, own: tasks.edit(own, start="2026-02-01", due="2026-01-01"), "start"),
        (lambda tasks, own: tasks.edit(own, tags=["a b"]), "tags"),
        (lambda tasks, own: tasks.edit(own, parent_id=own), "parent_id"),
        (lambda tasks, _: tasks.add("Buy bread", extra={"a": float("nan")}), "extra"),
        (lambda tasks, _: tasks.add("Buy bread", project="home..x"), "project"),
        (lambda tasks, _: tasks.add("Buy bread", priority="urgent"), "priority"),
        (lambda tasks, _: tasks.add("Buy bread", parent_id=UUID(int=3)), "parent_id"),
        (lambda tasks, own: tasks.toggle(str(own)), "id"),
        (lambda tasks, own: tasks.remove(str(own)), "id"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(
    call: Callable[[Any, UUID], Task], field: str, tasks: Any
) -> None:
    task = tasks.add("Buy milk")

    with pytest.raises(InvalidTask) as caught:
        call(tasks, task.id)

    assert caught.value.field == field
    assert tasks.find() == [task]
