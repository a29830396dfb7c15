"""The sync face: whose tasks, by which clock, with which ids. The rest is in ``contract``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from time import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from taskcore import Batcher, DuplicateTask, InvalidTask, Tasks, open_repository
from taskcore.adapters.memory import MemoryRepository

if TYPE_CHECKING:
    from collections.abc import Callable

MOMENT = datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


class Connection:
    """What executes, and is no repository: one of SQLAlchemy's, say."""

    def execute(self) -> None: ...


@pytest.fixture
def repository() -> MemoryRepository:
    return MemoryRepository()


@pytest.mark.parametrize("user_id", ["", "a" * 256, "a\nb", "\ud800", None, 7])
def test_a_user_id_that_breaks_a_rule_is_refused_at_once(
    user_id: Any, repository: MemoryRepository
) -> None:
    with pytest.raises(InvalidTask, match="user_id"):
        Tasks(repository, user_id)


def test_the_clock_tells_when_a_task_was_made_and_changed(repository: MemoryRepository) -> None:
    moments = [MOMENT, MOMENT + timedelta(hours=1), MOMENT + timedelta(hours=2)]
    clock = iter(moments)
    tasks = Tasks(repository, "alice", clock=lambda: next(clock))

    task = tasks.add("Buy milk")
    edited = tasks.edit(task.id, title="Buy bread")
    toggled = tasks.toggle(task.id)

    assert {one.created_at for one in (task, edited, toggled)} == {MOMENT}
    assert [one.updated_at for one in (task, edited, toggled)] == moments


def test_a_clock_in_any_zone_gives_times_in_utc(repository: MemoryRepository) -> None:
    in_india = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))

    task = Tasks(repository, "alice", clock=lambda: in_india).add("Buy milk")

    assert repr(task.created_at) == repr(MOMENT)


@pytest.mark.parametrize(
    "call",
    [
        lambda tasks: tasks.add("Buy milk"),
        lambda tasks: tasks.add_all(["Buy milk"]),
        lambda tasks: tasks.toggle(UUID(int=1)),
    ],
)
def test_a_clock_without_a_zone_is_refused_and_nothing_is_written(
    call: Callable[[Tasks], object], repository: MemoryRepository
) -> None:
    tasks = Tasks(repository, "alice", clock=lambda: MOMENT.replace(tzinfo=None))

    with pytest.raises(ValueError, match="zone"):
        call(tasks)

    assert tasks.find() == []


def test_a_clock_that_is_set_back_does_not_make_a_task_look_older(
    repository: MemoryRepository,
) -> None:
    clock = iter([MOMENT, MOMENT - timedelta(days=1)])
    tasks = Tasks(repository, "alice", clock=lambda: next(clock))

    toggled = tasks.toggle(tasks.add("Buy milk").id)

    assert timedelta(0) < toggled.updated_at - MOMENT < timedelta(milliseconds=1)


def test_the_id_maker_names_the_tasks(repository: MemoryRepository) -> None:
    numbers = iter(range(3))
    tasks = Tasks(repository, "alice", new_id=lambda: UUID(int=next(numbers)))

    added = [tasks.add("first"), *tasks.add_all(["second", "third"])]

    assert [task.id for task in added] == [UUID(int=number) for number in range(3)]


def test_an_id_maker_that_repeats_itself_overwrites_nothing(repository: MemoryRepository) -> None:
    tasks = Tasks(repository, "alice", new_id=lambda: UUID(int=1))
    first = tasks.add("first")

    with pytest.raises(DuplicateTask):
        tasks.add("second")

    assert tasks.find() == [first]


def test_ids_are_uuids_of_version_7_that_sort_as_they_were_made(
    repository: MemoryRepository,
) -> None:
    ids = [task.id for task in Tasks(repository, "alice").add_all(["Buy milk"] * 1000)]

    assert {(type(id), id.version, id.variant) for id in ids} == {
        (UUID, 7, "specified in RFC 4122")
    }
    assert all(one < next_one for one, next_one in pairwise(ids))


def test_the_machines_time_is_aware_and_in_utc(repository: MemoryRepository) -> None:
    before = datetime.now(UTC)

    created_at = Tasks(repository, "alice").add("Buy milk").created_at

    assert before <= created_at <= datetime.now(UTC)
    assert created_at.tzinfo is UTC


def test_many_added_at_once_were_made_at_one_moment(repository: MemoryRepository) -> None:
    added = Tasks(repository, "alice").add_all(["first", "second", "third"])

    assert len({task.created_at for task in added}) == 1


def test_many_can_come_from_any_iterable(repository: MemoryRepository) -> None:
    tasks = Tasks(repository, "alice")
    added = tasks.add_all(title for title in ("first", "second"))

    assert tasks.complete_all(task.id for task in added) == tasks.complete_all(
        {task.id: None for task in added}
    )
    assert tasks.remove_all(iter([task.id for task in added])) != []
    assert tasks.find() == []


def test_whose_tasks_they_are_can_be_read_and_not_changed(repository: MemoryRepository) -> None:
    tasks: Any = Tasks(repository, "alice")

    assert tasks.user_id == "alice"
    with pytest.raises(AttributeError, match="user_id"):
        tasks.user_id = "bob"


@pytest.mark.parametrize("wrong", ["sqlite:///x", None, Batcher(MemoryRepository()), Connection()])
def test_what_is_no_repository_is_refused_at_once(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"TaskRepository is needed.* not {type(wrong).__name__}$"):
        Tasks(wrong, "alice")


@pytest.mark.parametrize("id", ["01890a5d-ac96-774b-bcce-b302099a8057", 7, None])
def test_an_id_maker_that_makes_no_uuids_is_refused_and_nothing_is_written(
    id: Any, repository: MemoryRepository
) -> None:
    tasks = Tasks(repository, "alice", new_id=lambda: id)

    with pytest.raises(InvalidTask, match=r"id must be a uuid\.UUID"):
        tasks.add("Buy milk")
    assert repr(tasks.add_all(["Buy milk"])) == repr(
        [InvalidTask("id", "must be a uuid.UUID", "type")]
    )

    assert tasks.find() == []


def test_a_clock_that_tells_no_datetime_is_refused_and_nothing_is_written(
    repository: MemoryRepository,
) -> None:
    clock: Any = time
    tasks = Tasks(repository, "alice", clock=clock)

    with pytest.raises(TypeError, match="must be a datetime, not float"):
        tasks.add("Buy milk")

    assert tasks.find() == []


class DriversUUID(UUID):
    """Of a driver's own, with a text of its own."""

    def __str__(self) -> str:
        return "x" * 36


def test_an_id_of_a_subclass_serves_as_a_plain_one() -> None:
    id = DriversUUID(int=7)
    with open_repository("sqlite:///:memory:") as repository:
        tasks = Tasks(repository, "alice", new_id=lambda: id)

        added = tasks.add("Buy milk")

        assert type(added.id) is UUID
        assert tasks.find() == [tasks.get(id)] == [tasks.get(UUID(int=7))] == [added]
        assert tasks.toggle(id).completed
        assert tasks.remove(id).completed
