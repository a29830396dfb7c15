"""Observing: of every batch one is told before its answers are, and how many wait can be asked."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

from taskcore import Batcher
from taskcore.ports import Find, Get, Operation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Run = Callable[..., Any]


def get(number: int) -> Get:
    return Get("alice", UUID(int=number))


def test_the_observer_is_told_of_each_batch_before_its_answers_arrive(
    repository: Any, run: Run
) -> None:
    told: list[tuple[list[Operation[Any]], float]] = []
    repository.gate.set()

    def observe(operations: Sequence[Operation[Any]], seconds: float) -> None:
        told.append((list(operations), seconds))

    async def main() -> None:
        async with Batcher(repository, observe=observe) as batcher:
            await batcher.submit(get(1))
            assert [operations for operations, _ in told] == [[get(1)]]
            await asyncio.gather(batcher.submit(get(2)), batcher.submit(get(3)))

    run(main())
    assert [operations for operations, _ in told] == [[get(1)], [get(2), get(3)]]
    assert all(0 < seconds < 10 for _, seconds in told)


def test_the_observer_is_told_how_long_the_repository_took(repository: Any, run: Run) -> None:
    told: list[float] = []

    async def main() -> None:
        async with Batcher(repository, observe=lambda _, seconds: told.append(seconds)) as batcher:
            answer = await repository.block(batcher)
            await asyncio.sleep(0.05)
            repository.gate.set()
            await answer

    run(main())
    [seconds] = told
    assert seconds >= 0.05


def test_a_batch_that_the_repository_raised_for_is_told_of_too(repository: Any, run: Run) -> None:
    told: list[int] = []
    repository.gate.set()
    repository.poison[get(1)] = RuntimeError("poison")

    async def main() -> None:
        async with Batcher(
            repository, observe=lambda operations, _: told.append(len(operations))
        ) as batcher:
            assert isinstance(await batcher.submit(get(1)), RuntimeError)

    run(main())
    assert told == [1]


def test_an_observer_that_fails_costs_nobody_an_answer_and_is_reported(
    repository: Any, run: Run
) -> None:
    reported: list[dict[str, Any]] = []
    failure = ValueError("no")
    repository.gate.set()

    def observe(*_: object) -> None:
        raise failure

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reported.append(context))
        async with Batcher(repository, observe=observe) as batcher:
            assert await batcher.submit(get(1)) == get(1)
            assert await batcher.submit(get(2)) == get(2)

    run(main())
    assert [context["exception"] for context in reported] == [failure] * 2


def test_how_many_wait_counts_those_that_no_thread_has_taken(repository: Any, run: Run) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            first = await repository.block(batcher)
            assert batcher.waiting == 0
            others = [batcher.submit(get(1)), batcher.submit(Find("alice"))]
            assert batcher.waiting == 2
            repository.gate.set()
            await asyncio.gather(first, *others)
            assert batcher.waiting == 0

    run(main())
