"""Waiting: how many may, how long, and what becomes of those who gave up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from taskcore import Batcher, RepositoryUnavailable
from taskcore.ports import Find, Get

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]


def get(number: int) -> Get:
    return Get("alice", UUID(int=number))


def test_a_full_queue_refuses_and_accepts_again_when_there_is_room(
    repository: Any, run: Run
) -> None:
    async def main() -> None:
        async with Batcher(repository, queue=3) as batcher:
            first = await repository.block(batcher)
            waiting = [batcher.submit(one) for one in (get(1), Find("alice"), get(2))]
            for one in (get(3), Find("bob")):
                with pytest.raises(RepositoryUnavailable, match="3 operations are waiting"):
                    batcher.submit(one)
            repository.gate.set()
            await asyncio.gather(first, *waiting)
            assert await batcher.submit(get(3)) == get(3)

    run(main())
    assert get(3) not in repository.batches[1]


def test_by_default_10000_operations_may_wait(repository: Any, run: Run) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            await repository.block(batcher)
            answers = [batcher.submit(get(number)) for number in range(10_000)]
            with pytest.raises(RepositoryUnavailable):
                batcher.submit(get(0))
            repository.gate.set()
            assert len(await asyncio.gather(*answers)) == 10_000

    run(main())


def test_who_waits_too_long_is_told_so(repository: Any, run: Run) -> None:
    async def main() -> list[Any]:
        async with Batcher(repository, patience=0.05) as batcher:
            taken = await repository.block(batcher)
            queued = batcher.submit(get(1))
            return await asyncio.gather(taken, queued)

    answers = run(main())

    assert [repr(answer) for answer in answers] == [
        "RepositoryUnavailable('the storage did not answer within 0.05 s')"
    ] * 2
    assert answers[0] is not answers[1]


def test_who_came_later_is_not_told_with_who_came_before(repository: Any, run: Run) -> None:
    async def main() -> None:
        async with Batcher(repository, patience=0.2) as batcher:
            early = batcher.submit(get(0))
            await asyncio.sleep(0.1)
            late = batcher.submit(get(1))
            assert isinstance(await early, RepositoryUnavailable)
            assert not late.done()
            assert isinstance(await late, RepositoryUnavailable)

    run(main())


def test_an_operation_that_waited_too_long_is_not_executed_anymore(
    repository: Any, run: Run
) -> None:
    async def main() -> None:
        async with Batcher(repository, patience=0.05) as batcher:
            answers = [await repository.block(batcher)]
            answers += [batcher.submit(get(1)), batcher.submit(Find("alice"))]
            await asyncio.gather(*answers)
            repository.gate.set()

    run(main())
    assert repository.batches == [[get(0)]]


def test_a_storage_that_is_back_serves_again(repository: Any, run: Run) -> None:
    async def main() -> None:
        async with Batcher(repository, patience=0.05) as batcher:
            assert isinstance(await batcher.submit(get(0)), RepositoryUnavailable)
            repository.gate.set()
        async with Batcher(repository) as batcher:
            assert await batcher.submit(get(1)) == get(1)

    run(main())


def test_the_thread_of_a_late_answer_is_free_again(repository: Any, run: Run) -> None:
    async def main() -> None:
        async with Batcher(repository, patience=0.2) as batcher:
            late = batcher.submit(get(0))
            assert isinstance(await late, RepositoryUnavailable)
            next_one = batcher.submit(get(1))
            repository.gate.set()
            assert await next_one == get(1)

    run(main())


def test_what_is_cancelled_before_a_thread_took_it_is_not_executed(
    repository: Any, run: Run
) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            first = await repository.block(batcher)
            kept = batcher.submit(get(1))
            for operation in (get(2), Find("alice")):
                batcher.submit(operation).cancel()
            repository.gate.set()
            await asyncio.gather(first, kept)

    run(main())
    assert repository.batches == [[get(0)], [get(1)]]


def test_what_is_cancelled_after_a_thread_took_it_does_not_disturb_the_others(
    repository: Any, run: Run
) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            cancelled, other = batcher.submit(get(0)), batcher.submit(get(1))
            await repository.is_entered()
            cancelled.cancel()
            repository.gate.set()
            assert await other == get(1)
            assert await batcher.submit(get(2)) == get(2)

    run(main())
