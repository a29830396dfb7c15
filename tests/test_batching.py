"""The batcher: what goes together, what waits, what is refused, and how it ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from threading import Event, Semaphore
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from taskcore import Batcher, RepositoryUnavailable
from taskcore.ports import Add, Find, Get, Operation, TaskRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from taskcore import Task

SOON = 10.0
"""Seconds that nothing here takes, unless it hangs."""
HANGING = """
import asyncio
from threading import Event
from taskcore import AsyncTasks, Batcher, RepositoryUnavailable
from taskcore.adapters.memory import MemoryRepository

class Hanging(MemoryRepository):
    def execute(self, operations):
        Event().wait()

async def main():
    async with Batcher(Hanging(), patience=0.05) as batcher:
        try:
            await AsyncTasks(batcher, "alice").find()
        except RepositoryUnavailable as error:
            print(error)

asyncio.run(main())
"""


class GatedRepository(TaskRepository):
    """Records each batch, and answers it with the operations themselves once the gate is open."""

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self.batches: list[list[Operation[Any]]] = []
        self.gate = Event()
        self.entered = Semaphore(0)
        self.poison: dict[Operation[Any], Exception] = {}

    @property
    def threads(self) -> int:
        return self._threads

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        self.batches.append(list(operations))
        self.entered.release()
        assert self.gate.wait(SOON)
        for operation in operations:
            if operation in self.poison:
                raise self.poison[operation]
        return list(operations)

    def close(self) -> None:
        raise AssertionError("the batcher does not own the repository")

    async def is_entered(self, times: int = 1) -> None:
        """Wait until that many batches more have arrived."""
        for _ in range(times):
            assert await asyncio.to_thread(self.entered.acquire, timeout=SOON)

    @property
    def sizes(self) -> list[int]:
        return [len(batch) for batch in self.batches]


@pytest.fixture
def repository() -> Iterator[GatedRepository]:
    """Return a repository whose gate is closed."""
    repository = GatedRepository()
    yield repository
    repository.gate.set()  # lets a thread end that a failed test left behind


def get(number: int) -> Get:
    return Get("alice", UUID(int=number))


async def block(repository: GatedRepository, batcher: Batcher) -> asyncio.Future[Any]:
    """Occupy a thread until the gate opens; return, not await, the future of its answer."""
    first = batcher.submit(get(0))
    await repository.is_entered()
    return first


async def all_answers(futures: Iterable[asyncio.Future[Any]]) -> list[Any]:
    return await asyncio.wait_for(asyncio.gather(*futures), SOON)


def test_a_lone_operation_goes_at_once_and_alone(repository: GatedRepository) -> None:
    repository.gate.set()

    async def main() -> None:
        async with Batcher(repository, patience=3600) as batcher:
            assert await asyncio.wait_for(batcher.submit(get(1)), SOON) == get(1)
            assert await asyncio.wait_for(batcher.submit(get(2)), SOON) == get(2)

    asyncio.run(main())
    assert repository.batches == [[get(1)], [get(2)]]


def test_what_is_submitted_in_one_turn_of_the_loop_goes_together(
    repository: GatedRepository,
) -> None:
    repository.gate.set()

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            return await all_answers([batcher.submit(get(number)) for number in range(50)])

    assert asyncio.run(main()) == [get(number) for number in range(50)]
    assert repository.sizes == [50]


def test_what_arrives_while_the_thread_is_busy_goes_together_afterwards(
    repository: GatedRepository,
) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            answers = [await block(repository, batcher)]
            for number in range(1, 51):
                answers.append(batcher.submit(get(number)))
                await asyncio.sleep(0)  # each in a turn of its own
            assert repository.sizes == [1]
            repository.gate.set()
            assert await all_answers(answers) == [get(number) for number in range(51)]

    asyncio.run(main())
    assert repository.sizes == [1, 50]


def test_a_batch_holds_128_operations_at_the_most(repository: GatedRepository) -> None:
    repository.gate.set()

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            return await all_answers([batcher.submit(get(number)) for number in range(300)])

    assert asyncio.run(main()) == [get(number) for number in range(300)]
    assert repository.sizes == [128, 128, 44]


def test_finds_go_in_their_turn_and_never_with_others(repository: GatedRepository) -> None:
    finds = [Find("alice"), Find("bob"), Find("carol")]
    operations = [finds[0], get(1), finds[1], get(2), finds[2], get(3)]

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            await block(repository, batcher)
            answers = [batcher.submit(operation) for operation in operations]
            repository.gate.set()
            return await all_answers(answers)

    assert asyncio.run(main()) == operations
    # The first to wait is the first to go, with those of its sort.
    assert repository.batches[1:] == [finds, [get(1), get(2), get(3)]]


def test_a_thread_takes_8_finds_at_the_most(repository: GatedRepository) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            await block(repository, batcher)
            finds = [batcher.submit(Find(f"{number}")) for number in range(20)]
            repository.gate.set()
            await all_answers(finds)

    asyncio.run(main())
    assert repository.sizes == [1, 8, 8, 4]


def test_no_thread_takes_more_than_its_share_of_the_finds() -> None:
    repository = GatedRepository(threads=4)

    async def main() -> None:
        async with Batcher(repository) as batcher:
            blocks = [await block(repository, batcher) for _ in range(4)]
            finds = [batcher.submit(Find(f"{number}")) for number in range(12)]
            repository.gate.set()
            await all_answers([*blocks, *finds])

    asyncio.run(main())
    assert sum(repository.sizes[4:]) == 12
    assert max(repository.sizes[4:]) == 3


def test_a_find_does_not_starve_behind_others(repository: GatedRepository) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            await block(repository, batcher)
            before = [batcher.submit(get(number)) for number in range(100)]
            find = batcher.submit(Find("alice"))
            after = [batcher.submit(get(number)) for number in range(100, 1000)]
            repository.gate.set()
            await all_answers([*before, find, *after])

    asyncio.run(main())
    assert repository.batches.index([Find("alice")]) == 2  # only what came before it went first


def test_others_do_not_starve_behind_finds(repository: GatedRepository) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            await block(repository, batcher)
            finds = [batcher.submit(Find(f"{number}")) for number in range(3)]
            lone = batcher.submit(get(1))
            more = [batcher.submit(Find(f"{number}")) for number in range(3, 100)]
            repository.gate.set()
            await all_answers([*finds, lone, *more])

    asyncio.run(main())
    assert repository.batches.index([get(1)]) == 2  # after the one batch that waited longer


def test_a_batch_is_in_order_of_kind_and_each_gets_its_own_answer(
    repository: GatedRepository, make_task: Callable[..., Task]
) -> None:
    adds = [Add(make_task()) for _ in range(3)]
    operations = [get(1), adds[0], get(2), adds[1], get(3), adds[2]]
    repository.gate.set()

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            return await all_answers([batcher.submit(operation) for operation in operations])

    assert asyncio.run(main()) == operations
    assert repository.batches == [[*adds, get(1), get(2), get(3)]]


@pytest.mark.parametrize(("own", "asked", "busy"), [(3, None, 3), (1, None, 1), (3, 2, 2)])
def test_as_many_batches_go_at_once_as_there_are_threads(
    own: int, asked: int | None, busy: int
) -> None:
    repository = GatedRepository(threads=own)
    finds = [Find(f"{number}") for number in range(10)]

    async def main() -> list[Any]:
        async with Batcher(repository, threads=asked) as batcher:
            answers = [batcher.submit(find) for find in finds]
            await repository.is_entered(busy)
            await asyncio.sleep(0)
            assert len(repository.batches) == busy
            repository.gate.set()
            return await all_answers(answers)

    try:
        assert asyncio.run(main()) == finds
    finally:
        repository.gate.set()


def test_a_full_queue_refuses_and_accepts_again_when_there_is_room(
    repository: GatedRepository,
) -> None:
    async def main() -> None:
        async with Batcher(repository, queue=3) as batcher:
            first = [await block(repository, batcher)]
            waiting = [batcher.submit(one) for one in (get(1), Find("alice"), get(2))]
            for one in (get(3), Find("bob")):
                with pytest.raises(RepositoryUnavailable, match="3 operations are waiting"):
                    batcher.submit(one)
            repository.gate.set()
            await all_answers([*first, *waiting])
            assert await asyncio.wait_for(batcher.submit(get(3)), SOON) == get(3)

    asyncio.run(main())
    assert get(3) not in repository.batches[1]


def test_by_default_10000_operations_may_wait(repository: GatedRepository) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            await block(repository, batcher)
            answers = [batcher.submit(get(number)) for number in range(10_000)]
            with pytest.raises(RepositoryUnavailable):
                batcher.submit(get(0))
            repository.gate.set()
            assert len(await all_answers(answers)) == 10_000

    asyncio.run(main())


def test_who_waits_too_long_is_told_so(repository: GatedRepository) -> None:
    async def main() -> list[Any]:
        async with Batcher(repository, patience=0.05) as batcher:
            taken = await block(repository, batcher)
            queued = batcher.submit(get(1))
            return await all_answers([taken, queued])

    answers = asyncio.run(main())

    assert [repr(answer) for answer in answers] == [
        "RepositoryUnavailable('the storage did not answer within 0.05 s')"
    ] * 2
    assert answers[0] is not answers[1]


def test_who_came_later_is_not_told_with_who_came_before(repository: GatedRepository) -> None:
    async def main() -> None:
        async with Batcher(repository, patience=0.2) as batcher:
            early = batcher.submit(get(0))
            await asyncio.sleep(0.1)
            late = batcher.submit(get(1))
            assert isinstance(await asyncio.wait_for(early, SOON), RepositoryUnavailable)
            assert not late.done()
            assert isinstance(await asyncio.wait_for(late, SOON), RepositoryUnavailable)

    asyncio.run(main())


def test_an_operation_that_waited_too_long_is_not_executed_any_more(
    repository: GatedRepository,
) -> None:
    async def main() -> None:
        async with Batcher(repository, patience=0.05) as batcher:
            answers = [await block(repository, batcher)]
            answers += [batcher.submit(get(1)), batcher.submit(Find("alice"))]
            await all_answers(answers)
            repository.gate.set()

    asyncio.run(main())
    assert repository.batches == [[get(0)]]


def test_a_storage_that_is_back_serves_again(repository: GatedRepository) -> None:
    async def main() -> None:
        async with Batcher(repository, patience=0.05) as batcher:
            assert isinstance(
                await asyncio.wait_for(batcher.submit(get(0)), SOON), RepositoryUnavailable
            )
            repository.gate.set()
        async with Batcher(repository, patience=SOON) as batcher:
            assert await batcher.submit(get(1)) == get(1)

    asyncio.run(main())


def test_the_thread_of_a_late_answer_is_free_again(repository: GatedRepository) -> None:
    async def main() -> None:
        async with Batcher(repository, patience=0.2) as batcher:
            late = batcher.submit(get(0))
            assert isinstance(await asyncio.wait_for(late, SOON), RepositoryUnavailable)
            next_one = batcher.submit(get(1))
            repository.gate.set()
            assert await asyncio.wait_for(next_one, SOON) == get(1)

    asyncio.run(main())


def test_what_is_cancelled_before_a_thread_took_it_is_not_executed(
    repository: GatedRepository,
) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            first = await block(repository, batcher)
            kept = batcher.submit(get(1))
            for operation in (get(2), Find("alice")):
                batcher.submit(operation).cancel()
            repository.gate.set()
            await all_answers([first, kept])

    asyncio.run(main())
    assert repository.batches == [[get(0)], [get(1)]]


def test_what_is_cancelled_after_a_thread_took_it_does_not_disturb_the_others(
    repository: GatedRepository,
) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            cancelled, other = batcher.submit(get(0)), batcher.submit(get(1))
            await repository.is_entered()
            cancelled.cancel()
            repository.gate.set()
            assert await asyncio.wait_for(other, SOON) == get(1)
            assert await asyncio.wait_for(batcher.submit(get(2)), SOON) == get(2)

    asyncio.run(main())


def test_one_that_fails_the_whole_batch_fails_alone(repository: GatedRepository) -> None:
    poison = ZeroDivisionError("a bug")
    repository.poison = {get(2): poison}
    repository.gate.set()

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            return await all_answers([batcher.submit(get(number)) for number in (1, 2, 3)])

    assert asyncio.run(main()) == [get(1), poison, get(3)]
    assert repository.sizes == [3, 1, 1, 1]


def test_a_batch_that_finds_no_storage_is_not_executed_again(repository: GatedRepository) -> None:
    repository.poison = {get(2): RepositoryUnavailable("the disk is full")}
    repository.gate.set()

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            return await all_answers([batcher.submit(get(number)) for number in (1, 2, 3)])

    answers = asyncio.run(main())

    assert [str(answer) for answer in answers] == ["the disk is full"] * 3
    assert len({id(answer) for answer in answers}) == 3
    assert repository.sizes == [3]


def test_a_batcher_that_is_not_open_refuses(repository: GatedRepository) -> None:
    repository.gate.set()

    async def main() -> None:
        batcher = Batcher(repository)
        with pytest.raises(RepositoryUnavailable, match="not open"):
            batcher.submit(get(1))
        async with batcher:
            pass
        with pytest.raises(RepositoryUnavailable, match="not open"):
            batcher.submit(get(1))

    asyncio.run(main())
    assert repository.batches == []


def test_closing_answers_what_is_queued_first(repository: GatedRepository) -> None:
    operations = [get(0), *(get(number) for number in range(1, 200)), Find("alice"), Find("bob")]

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            answers = [await block(repository, batcher)]
            answers += [batcher.submit(operation) for operation in operations[1:]]
            asyncio.get_running_loop().call_soon(repository.gate.set)
        assert all(answer.done() for answer in answers)
        return [answer.result() for answer in answers]

    assert asyncio.run(main()) == operations


def test_a_batcher_that_is_closing_takes_nothing_more(repository: GatedRepository) -> None:
    async def main() -> None:
        batcher = Batcher(repository)
        async with batcher:
            await block(repository, batcher)
            closing = asyncio.ensure_future(batcher.__aexit__(None, None, None))
            await asyncio.sleep(0)
            assert not closing.done()
            with pytest.raises(RepositoryUnavailable, match="not open"):
                batcher.submit(get(1))
            repository.gate.set()
            await asyncio.wait_for(closing, SOON)

    asyncio.run(main())
    assert repository.batches == [[get(0)]]


def test_leaving_by_an_error_answers_what_is_queued_too(repository: GatedRepository) -> None:
    repository.gate.set()
    answers: list[asyncio.Future[Any]] = []

    async def main() -> None:
        async with Batcher(repository) as batcher:
            answers.extend(batcher.submit(get(number)) for number in range(3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(main())

    assert [answer.result() for answer in answers] == [get(0), get(1), get(2)]


def test_closing_with_nothing_but_cancelled_operations_in_the_queue_ends(
    repository: GatedRepository,
) -> None:
    async def main() -> None:
        async with Batcher(repository, patience=3600) as batcher:
            batcher.submit(get(1)).cancel()
            batcher.submit(Find("alice")).cancel()

    asyncio.run(asyncio.wait_for(main(), SOON))
    assert repository.batches == []


def test_a_storage_that_hangs_does_not_hang_closing(repository: GatedRepository) -> None:
    async def main() -> list[Any]:
        async with Batcher(repository, patience=0.05) as batcher:
            answers = [await block(repository, batcher)]
            answers.append(batcher.submit(get(1)))
        assert not repository.gate.is_set()
        return [answer.result() for answer in answers]

    answers = asyncio.run(asyncio.wait_for(main(), SOON))

    assert [type(answer) for answer in answers] == [RepositoryUnavailable] * 2


def test_a_storage_that_hangs_for_ever_does_not_keep_the_process_from_ending() -> None:
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", HANGING],
        capture_output=True,
        check=True,
        text=True,
        timeout=SOON,
    )

    assert done.stdout == "the storage did not answer within 0.05 s\n"


def test_a_batcher_leaves_no_timer_behind(repository: GatedRepository) -> None:
    repository.gate.set()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with Batcher(repository, patience=3600) as batcher:
            await batcher.submit(get(1))
        pending = [handle for handle in loop._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]  # nothing public tells
        assert pending == []

    asyncio.run(main())


def test_the_threads_end_with_the_batcher(repository: GatedRepository) -> None:
    repository.gate.set()

    async def main() -> set[threading.Thread]:
        async with Batcher(repository, threads=3) as batcher:
            await all_answers([batcher.submit(Find(f"{number}")) for number in range(9)])
            return {one for one in threading.enumerate() if one.name.startswith("taskcore")}

    threads = asyncio.run(main())

    assert threads
    for thread in threads:
        thread.join(SOON)
        assert not thread.is_alive()
