"""The async face: what it adds to the sync one. What they share is in ``contract``."""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from datetime import UTC, datetime
from itertools import chain
from threading import Event
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from taskcore import (
    AsyncTasks,
    Batcher,
    InvalidTask,
    RepositoryUnavailable,
    Task,
    TaskDraft,
    TaskNotFound,
    Tasks,
    open_repository,
)
from taskcore.adapters.memory import MemoryRepository
from taskcore.ports import Find, Get, Operation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MOMENT = datetime(2025, 1, 2, tzinfo=UTC)


class WatchedRepository(MemoryRepository):
    """Records the kinds in each batch; waits at the gate if it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[list[str]] = []
        self.gate = Event()
        self.gate.set()

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        assert self.gate.wait(10)
        self.batches.append([type(operation).__name__ for operation in operations])
        return super().execute(operations)


def public_methods(face: type) -> dict[str, inspect.Signature]:
    return {
        name: inspect.signature(member)
        for name, member in vars(face).items()
        if inspect.isfunction(member) and not name.startswith("_")
    }


def test_both_faces_have_the_same_methods_with_the_same_signatures() -> None:
    assert public_methods(AsyncTasks) == public_methods(Tasks)
    assert all(inspect.iscoroutinefunction(vars(AsyncTasks)[one]) for one in public_methods(Tasks))


def test_both_faces_say_the_same_of_each_method() -> None:
    for name in public_methods(Tasks):
        sync, aio = (" ".join((vars(face)[name].__doc__).split()) for face in (Tasks, AsyncTasks))
        assert aio == sync


@pytest.mark.parametrize("user_id", ["", "a\0", None])
def test_a_user_id_that_breaks_a_rule_is_refused_at_once(user_id: Any) -> None:
    with pytest.raises(InvalidTask, match="user_id"):
        AsyncTasks(Batcher(MemoryRepository()), user_id)


def test_whose_tasks_they_are_can_be_read_and_not_changed() -> None:
    tasks: Any = AsyncTasks(Batcher(MemoryRepository()), "alice")

    assert tasks.user_id == "alice"
    with pytest.raises(AttributeError, match="user_id"):
        tasks.user_id = "bob"


@pytest.mark.parametrize("wrong", [MemoryRepository(), "memory:", None])
def test_what_is_no_batcher_is_refused_at_once(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"AsyncTasks needs a Batcher, not {type(wrong).__name__}$"):
        AsyncTasks(wrong, "alice")


def test_a_batcher_that_was_left_cannot_serve() -> None:
    async def main() -> None:
        async with Batcher(MemoryRepository()) as batcher:
            tasks = AsyncTasks(batcher, "alice")
        with pytest.raises(RepositoryUnavailable, match="not open anymore"):
            await tasks.find()

    asyncio.run(main())


def test_the_clock_and_the_id_maker_are_the_callers() -> None:
    async def main() -> None:
        async with Batcher(MemoryRepository()) as batcher:
            tasks = AsyncTasks(batcher, "alice", clock=lambda: MOMENT, new_id=lambda: UUID(int=7))
            task = await tasks.add("Buy milk")
            assert (task.id, task.created_at) == (UUID(int=7), MOMENT)

    asyncio.run(main())


def test_a_clock_without_a_zone_is_refused() -> None:
    async def main() -> None:
        async with Batcher(MemoryRepository()) as batcher:
            tasks = AsyncTasks(batcher, "alice", clock=lambda: MOMENT.replace(tzinfo=None))
            with pytest.raises(ValueError, match="zone"):
                await tasks.add("Buy milk")
            assert await tasks.find() == []

    asyncio.run(main())


def test_concurrent_calls_of_many_users_share_batches() -> None:
    repository = WatchedRepository()

    async def main() -> None:
        async with Batcher(repository) as batcher:
            users = [AsyncTasks(batcher, f"user {number}") for number in range(50)]
            added = await asyncio.gather(*(user.add("Buy milk") for user in users))
            await asyncio.gather(
                *(user.get(task.id) for user, task in zip(users, added, strict=True))
            )

    asyncio.run(main())
    assert list(chain(*repository.batches)).count("Get") == 50
    assert len(repository.batches) < 10  # two, unless a thread takes while others still ask


def test_many_at_once_ask_together_for_what_they_need_in_each_step() -> None:
    repository = WatchedRepository()

    async def main() -> None:
        async with Batcher(repository) as batcher:
            tasks = AsyncTasks(batcher, "alice")
            added = await tasks.add_all(f"{number}" for number in range(100))
            await tasks.complete_all(task.id for task in added)

    asyncio.run(main())
    asked = list(chain(*repository.batches))
    assert [asked.count(kind) for kind in ("Add", "Get", "Replace")] == [100, 100, 100]
    assert len(repository.batches) < 15  # three, unless a thread takes while others still ask


def test_3000_titles_at_once_are_3000_tasks_in_their_order() -> None:
    repository = WatchedRepository()
    titles = [f"{number}" for number in range(3000)]

    async def main() -> None:
        async with Batcher(repository, queue=1000) as batcher:  # they never fill a queue
            tasks = AsyncTasks(batcher, "alice")
            added = await tasks.add_all(titles)
            assert [task.title for task in added] == titles
            assert len(await tasks.find()) == 3000
            removed = await tasks.remove_all(task.id for task in added)
            assert removed == added
            assert await tasks.find() == []

    asyncio.run(main())
    assert max(map(len, repository.batches)) == 128


@pytest.mark.parametrize("url", ["memory:", "sqlite:///{directory}/tasks.db", "postgres"])
def test_of_hundreds_of_concurrent_toggles_none_is_lost(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if url == "postgres":
        url = request.getfixturevalue("postgres_url")

    async def main() -> None:
        async with Batcher(repository) as batcher:
            tasks = AsyncTasks(batcher, "alice")
            added = await tasks.add_all(f"{number}" for number in range(10))
            toggled = await asyncio.gather(*(tasks.toggle(task.id) for task in added * 31))
            versions = Counter((one.id, one.version) for one in toggled)
            assert versions == Counter(
                (task.id, version) for task in added for version in range(2, 33)
            )
            assert all(task.completed and task.version == 32 for task in await tasks.find())

    with open_repository(url.format(directory=tmp_path)) as repository:
        asyncio.run(main())


def test_of_tasks_that_go_below_each_other_at_once_none_are_in_a_ring() -> None:
    async def main() -> None:
        async with Batcher(MemoryRepository(), threads=4) as batcher:
            tasks = AsyncTasks(batcher, "alice")
            ids = [task.id for task in await tasks.add_all(["x"] * 8) if isinstance(task, Task)]
            moves = [(id, parent_id) for id in ids for parent_id in ids if id != parent_id]
            results = await asyncio.gather(
                *(tasks.edit(id, parent_id=parent_id) for id, parent_id in moves),
                return_exceptions=True,
            )
            assert {type(result) for result in results} == {Task, InvalidTask}
            parents = {task.id: task.parent_id for task in await tasks.find()}
            for id in ids:
                above: list[UUID | None] = [id]
                while above[-1] is not None:
                    above.append(parents[above[-1]])
                    assert len(above) <= 9

    asyncio.run(main())


def test_of_subtasks_that_are_added_while_their_subtree_goes_none_is_left_alone() -> None:
    async def main() -> None:
        async with Batcher(MemoryRepository(), threads=4) as batcher:
            tasks = AsyncTasks(batcher, "alice")
            top = await tasks.add("top")
            added, removed = await asyncio.gather(
                tasks.add_all(TaskDraft("below", parent_id=top.id) for _ in range(50)),
                tasks.remove(top.id, subtree=True),
            )
            assert removed == top
            assert {type(one) for one in added} <= {Task, InvalidTask}
            assert await tasks.find() == []

    asyncio.run(main())


def test_a_cancelled_call_leaves_the_batcher_serving_the_others() -> None:
    repository = WatchedRepository()
    repository.gate.clear()

    async def main() -> None:
        async with Batcher(repository) as batcher:
            tasks = AsyncTasks(batcher, "alice")
            cancelled = asyncio.ensure_future(tasks.find())
            other = asyncio.ensure_future(tasks.get(uuid4()))
            await asyncio.sleep(0)
            cancelled.cancel()
            repository.gate.set()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
            with pytest.raises(TaskNotFound):
                await other
            assert await tasks.find() == []

    asyncio.run(main())


def test_a_bug_in_the_storage_is_raised_where_it_was_asked_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository = MemoryRepository()
    sound = repository.execute

    def unsound(operations: Sequence[Operation[Any]]) -> list[Any]:
        if any(isinstance(one, Get) for one in operations):
            raise ZeroDivisionError("a bug")
        return sound(operations)

    monkeypatch.setattr(repository, "execute", unsound)

    async def main() -> None:
        async with Batcher(repository) as batcher:
            tasks = AsyncTasks(batcher, "alice")
            got, added = await asyncio.gather(
                tasks.get(uuid4()), tasks.add("Buy milk"), return_exceptions=True
            )
            assert isinstance(got, ZeroDivisionError)
            assert sound([Find("alice")]) == [[added]]

    asyncio.run(main())


@pytest.mark.parametrize("answers", [[], [None] * 7, None])
def test_a_repository_that_does_not_answer_each_operation_is_a_clear_error(
    answers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = MemoryRepository()
    monkeypatch.setattr(repository, "execute", lambda _: answers)

    async def main() -> None:
        async with Batcher(repository) as batcher:
            tasks = AsyncTasks(batcher, "alice")
            for call in (tasks.find(), tasks.add_all(["Buy milk", "Call the bank"])):
                with pytest.raises(RuntimeError, match=r"^MemoryRepository\.execute must return"):
                    await call

    asyncio.run(main())
