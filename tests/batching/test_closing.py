"""Opening and closing a batcher: what is answered first, what is refused, what is left over."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from taskcore import Batcher, RepositoryUnavailable
from taskcore.ports import Find, Get

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]

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


def get(number: int) -> Get:
    return Get("alice", UUID(int=number))


def test_a_batcher_that_was_left_refuses(repository: Any, run: Run) -> None:
    async def main() -> None:
        async with Batcher(repository) as batcher:
            pass
        with pytest.raises(RepositoryUnavailable, match="not open anymore"):
            batcher.submit(get(1))

    run(main())
    assert repository.batches == []


def test_closing_answers_what_is_queued_first(repository: Any, run: Run) -> None:
    operations = [get(0), *(get(number) for number in range(1, 200)), Find("alice"), Find("bob")]

    async def main() -> list[Any]:
        async with Batcher(repository) as batcher:
            answers = [await repository.block(batcher)]
            answers += [batcher.submit(operation) for operation in operations[1:]]
            asyncio.get_running_loop().call_soon(repository.gate.set)
        assert all(answer.done() for answer in answers)
        return [answer.result() for answer in answers]

    assert run(main()) == operations


def test_a_batcher_that_is_closing_takes_nothing_more(repository: Any, run: Run) -> None:
    async def main() -> None:
        batcher = Batcher(repository)
        async with batcher:
            await repository.block(batcher)
            closing = asyncio.ensure_future(batcher.__aexit__(None, None, None))
            await asyncio.sleep(0)
            assert not closing.done()
            with pytest.raises(RepositoryUnavailable, match="not open"):
                batcher.submit(get(1))
            repository.gate.set()
            await closing

    run(main())
    assert repository.batches == [[get(0)]]


def test_leaving_by_an_error_answers_what_is_queued_too(repository: Any, run: Run) -> None:
    repository.gate.set()
    answers: list[asyncio.Future[Any]] = []

    async def main() -> None:
        async with Batcher(repository) as batcher:
            answers.extend(batcher.submit(get(number)) for number in range(3))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(main())

    assert [answer.result() for answer in answers] == [get(0), get(1), get(2)]


def test_closing_with_nothing_but_cancelled_operations_in_the_queue_ends(
    repository: Any, run: Run
) -> None:
    async def main() -> None:
        async with Batcher(repository, patience=3600) as batcher:
            batcher.submit(get(1)).cancel()
            batcher.submit(Find("alice")).cancel()

    run(main())
    assert repository.batches == []


def test_a_storage_that_hangs_does_not_hang_closing(repository: Any, run: Run) -> None:
    async def main() -> list[Any]:
        async with Batcher(repository, patience=0.05) as batcher:
            answers = [await repository.block(batcher)]
            answers.append(batcher.submit(get(1)))
        assert not repository.gate.is_set()
        return [answer.result() for answer in answers]

    answers = run(main())

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


def test_a_batcher_leaves_no_timer_behind(repository: Any) -> None:
    repository.gate.set()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        async with Batcher(repository, patience=3600) as batcher:
            await batcher.submit(get(1))
        pending = [handle for handle in loop._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]  # nothing public tells
        assert pending == []

    asyncio.run(main())  # with no timer but the batcher's


def test_the_threads_end_with_the_batcher(repository: Any, run: Run) -> None:
    repository.gate.set()

    async def main() -> set[threading.Thread]:
        async with Batcher(repository, threads=3) as batcher:
            await asyncio.gather(*[batcher.submit(Find(f"{number}")) for number in range(9)])
            return {one for one in threading.enumerate() if one.name.startswith("taskcore")}

    threads = run(main())

    assert threads
    for thread in threads:
        thread.join(SOON)
        assert not thread.is_alive()
