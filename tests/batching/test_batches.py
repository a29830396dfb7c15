"""Batches: what goes together, how much at the most, in which turn, and how many at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from taskcore import Batcher
from taskcore.ports import Add, Count, Find, Get, Subtree, Tally, Together

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskcore import Task

    Run = Callable[..., Any]


def get(number: int) -> Get:
    return Get("alice", UUID(int=number))


def test_a_lone_operation_goes_at_once_and_alone(repository: Any, run: Run) -> None:
    repository.gate.set()

    async def main() -> None:
        async with Batcher(repository, patience=3600) as batcher:
            assert await batcher.submit(get(1)) == get(1)
            assert await batcher.submit(get(2)) == get(2)

    run(main())
    assert repository.batches == [[get(1)], [get(2)]]


def test_what_is_submitted_in_one_turn_of_the_loop_goes_together(repository: Any, run: Run) -> None:
    repository.gate.set()

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            return await asyncio.gather(*[batcher.submit(get(number)) for number in range(50)])

    assert run(main()) == [get(number) for number in range(50)]
    assert repository.sizes == [50]


def test_what_arrives_while_the_thread_is_busy_goes_together_afterwards(
    repository: Any, run: Run
) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            answers = [await repository.block(batcher)]
            for number in range(1, 51):
                answers.append(batcher.submit(get(number)))
                await asyncio.sleep(0)  # each in a turn of its own
            assert repository.sizes == [1]
            repository.gate.set()
            assert await asyncio.gather(*answers) == [get(number) for number in range(51)]

    run(main())
    assert repository.sizes == [1, 50]


def test_a_batch_holds_128_operations_at_the_most(repository: Any, run: Run) -> None:
    repository.gate.set()

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            return await asyncio.gather(*[batcher.submit(get(number)) for number in range(300)])

    assert run(main()) == [get(number) for number in range(300)]
    assert repository.sizes == [128, 128, 44]


def test_finds_go_in_their_turn_and_never_with_others(repository: Any, run: Run) -> None:
    finds = [Find("alice"), Find("bob"), Find("carol")]
    operations = [finds[0], get(1), finds[1], get(2), finds[2], get(3)]

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            await repository.block(batcher)
            answers = [batcher.submit(operation) for operation in operations]
            repository.gate.set()
            return await asyncio.gather(*answers)

    assert run(main()) == operations
    # The first to wait is the first to go, with those of its sort.
    assert repository.batches[1:] == [finds, [get(1), get(2), get(3)]]


@pytest.mark.parametrize(
    "slow",
    [
        Count("alice"),
        Tally("alice", "tags"),
        Subtree("alice", UUID(int=1)),
        Together((Get("alice", UUID(int=1)),)),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_whatever_may_take_long_goes_with_finds_and_never_with_others(
    slow: Any, repository: Any, run: Run
) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            first = await repository.block(batcher)
            operations = (get(1), slow, get(2), Find("alice"))
            answers = [batcher.submit(operation) for operation in operations]
            repository.gate.set()
            await first
            assert tuple(await asyncio.gather(*answers)) == operations

    run(main())
    assert get(1) in repository.batches[1]
    assert {type(one) for one in repository.batches[1]} == {Get}
    assert set(repository.batches[2]) == {slow, Find("alice")}


def test_a_batch_holds_16_finds_at_the_most(repository: Any, run: Run) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            await repository.block(batcher)
            finds = [batcher.submit(Find(f"{number}")) for number in range(40)]
            repository.gate.set()
            await asyncio.gather(*finds)

    run(main())
    assert repository.sizes == [1, 16, 16, 8]


def test_finds_leave_half_of_the_threads_to_others(
    make_repository: Callable[..., Any], run: Run
) -> None:
    repository = make_repository(threads=4)

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            finds = [batcher.submit(Find(f"{number}")) for number in range(60)]
            await repository.is_entered(2)
            gets = [batcher.submit(get(1))]
            await repository.is_entered()
            gets.append(batcher.submit(get(2)))
            await repository.is_entered()
            assert repository.sizes == [16, 16, 1, 1]
            repository.gate.set()
            return await asyncio.gather(*finds, *gets)

    assert len(run(main())) == 62
    assert sum(repository.sizes) == 62


def test_a_find_beyond_that_half_waits_until_another_ends(
    make_repository: Callable[..., Any], run: Run
) -> None:
    repository = make_repository(threads=2)

    async def main() -> None:
        async with Batcher(repository) as batcher:
            first = batcher.submit(Find("alice"))
            await repository.is_entered()
            second = batcher.submit(Find("bob"))
            await asyncio.sleep(0.05)
            assert repository.sizes == [1]
            repository.gate.set()
            await asyncio.gather(first, second)

    run(main())
    assert repository.sizes == [1, 1]


def test_a_find_does_not_starve_behind_others(repository: Any, run: Run) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            await repository.block(batcher)
            before = [batcher.submit(get(number)) for number in range(100)]
            find = batcher.submit(Find("alice"))
            after = [batcher.submit(get(number)) for number in range(100, 1000)]
            repository.gate.set()
            await asyncio.gather(*before, find, *after)

    run(main())
    assert repository.batches.index([Find("alice")]) == 2  # only what came before it went first


def test_others_do_not_starve_behind_finds(repository: Any, run: Run) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            await repository.block(batcher)
            finds = [batcher.submit(Find(f"{number}")) for number in range(3)]
            lone = batcher.submit(get(1))
            more = [batcher.submit(Find(f"{number}")) for number in range(3, 100)]
            repository.gate.set()
            await asyncio.gather(*finds, lone, *more)

    run(main())
    assert repository.batches.index([get(1)]) == 2  # after the one batch that waited longer


def test_a_batch_is_in_order_of_kind_and_each_gets_its_own_answer(
    repository: Any, run: Run, make_task: Callable[..., Task]
) -> None:
    adds = [Add(make_task()) for _ in range(3)]
    operations = [get(1), adds[0], get(2), adds[1], get(3), adds[2]]
    repository.gate.set()

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            return await asyncio.gather(*[batcher.submit(operation) for operation in operations])

    assert run(main()) == operations
    assert repository.batches == [[*adds, get(1), get(2), get(3)]]


@pytest.mark.parametrize(("own", "asked", "busy"), [(3, None, 3), (1, None, 1), (3, 2, 2)])
def test_as_many_batches_go_at_once_as_there_are_threads(
    own: int, asked: int | None, busy: int, make_repository: Callable[..., Any], run: Run
) -> None:
    repository = make_repository(threads=own)
    gets = [get(number) for number in range(128 * 3)]

    async def main() -> list[Any]:
        async with Batcher(repository, threads=asked) as batcher:
            answers = [batcher.submit(one) for one in gets]
            await repository.is_entered(busy)
            await asyncio.sleep(0)
            assert len(repository.batches) == busy
            repository.gate.set()
            return await asyncio.gather(*answers)

    try:
        assert run(main()) == gets
    finally:
        repository.gate.set()
