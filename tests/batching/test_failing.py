"""Failing: what is wrong with one operation, or with the storage, and whom it concerns."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from taskcore import AsyncTasks, Batcher, RepositoryUnavailable
from taskcore.ports import Get

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]


def get(number: int) -> Get:
    return Get("alice", UUID(int=number))


def test_one_that_fails_the_whole_batch_fails_alone(repository: Any, run: Run) -> None:
    poison = ZeroDivisionError("a bug")
    repository.poison = {get(2): poison}
    repository.gate.set()

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            return await asyncio.gather(*[batcher.submit(get(number)) for number in (1, 2, 3)])

    assert run(main()) == [get(1), poison, get(3)]
    assert repository.sizes == [3, 1, 1, 1]


def test_a_batch_that_finds_no_storage_is_not_executed_again(repository: Any, run: Run) -> None:
    repository.poison = {get(2): RepositoryUnavailable("the disk is full")}
    repository.gate.set()

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            return await asyncio.gather(*[batcher.submit(get(number)) for number in (1, 2, 3)])

    answers = run(main())

    assert [str(answer) for answer in answers] == ["the disk is full"] * 3
    assert len({id(answer) for answer in answers}) == 3
    assert repository.sizes == [3]


class Panic(BaseException):
    """What a driver that is not written in Python may raise."""


@pytest.mark.parametrize("poison", [KeyboardInterrupt, SystemExit, asyncio.CancelledError, Panic])
def test_what_would_end_a_thread_is_an_error_of_its_batch_and_the_thread_goes_on(
    poison: type[BaseException], repository: Any, run: Run
) -> None:
    repository.poison = {get(2): poison("a panic")}
    repository.gate.set()

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            failed = await asyncio.gather(*[batcher.submit(get(number)) for number in (1, 2, 3)])
            assert await batcher.submit(get(4)) == get(4)
            return failed

    answers = run(main())

    said = f"GatedRepository.execute raised {poison.__name__}"
    assert [repr(answer) for answer in answers] == [repr(RuntimeError(said))] * 3
    assert len({id(answer) for answer in answers}) == 3
    assert {answer.__cause__ for answer in answers} == {repository.poison[get(2)]}
    assert repository.sizes == [3, 1]  # it is not executed again


def test_what_would_end_the_event_loop_is_an_error_where_it_was_asked(
    repository: Any, run: Run
) -> None:
    repository.poison = {get(1): SystemExit("a panic")}
    repository.gate.set()

    async def main() -> None:
        async with Batcher(repository) as batcher:
            with pytest.raises(RuntimeError, match="raised SystemExit"):
                await AsyncTasks(batcher, "alice").get(get(1).id)

    run(main())


def test_a_repository_that_answers_too_few_is_an_error_of_each_and_the_thread_goes_on(
    repository: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute = repository.execute
    monkeypatch.setattr(repository, "execute", lambda operations: execute(operations)[:2])
    repository.gate.set()

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            failed = await asyncio.gather(*[batcher.submit(get(number)) for number in (1, 2, 3)])
            assert await batcher.submit(get(4)) == get(4)
            return failed

    assert [type(answer) for answer in run(main())] == [RuntimeError] * 3
    assert repository.sizes == [3, 1]  # it is not executed again
