"""Misuse: what no batcher can be made of, and where and when none works."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from taskcore import AsyncTasks, Batcher, Tasks
from taskcore.adapters.memory import MemoryRepository
from taskcore.ports import Get

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]

GET = Get("alice", UUID(int=1))


@pytest.mark.parametrize("name", ["threads", "queue"])
@pytest.mark.parametrize("count", [0, -1, 2.5, math.nan, "4"])
def test_there_is_at_least_one_thread_and_one_place_in_the_queue(
    name: str, count: Any, repository: Any
) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be a whole number from 1, not {count!r}$"):
        Batcher(repository, **{name: count})


@pytest.mark.parametrize("threads", [0, None])
def test_a_repository_works_on_at_least_one_thread(
    threads: Any, make_repository: Callable[..., Any]
) -> None:
    with pytest.raises(ValueError, match=f"^threads must be a whole number from 1, not {threads}$"):
        Batcher(make_repository(threads=threads))


@pytest.mark.parametrize("patience", [0, -1.5, math.nan])
def test_patience_is_more_than_nothing(patience: float, repository: Any) -> None:
    with pytest.raises(ValueError, match=f"^patience must be more than 0 seconds, not {patience}$"):
        Batcher(repository, patience=patience)


@pytest.mark.parametrize(
    "wrong", ["memory:", None, Tasks(MemoryRepository(), "alice"), Batcher(MemoryRepository())]
)
def test_what_is_no_repository_is_refused_at_once(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"TaskRepository is needed.* not {type(wrong).__name__}$"):
        Batcher(wrong)


def test_a_batcher_that_was_not_entered_says_so(repository: Any, run: Run) -> None:
    async def main() -> None:
        with pytest.raises(RuntimeError, match="enter it first, with `async with`"):
            await AsyncTasks(Batcher(repository), "alice").find()

    run(main())


def test_a_batcher_is_entered_only_once(repository: Any, run: Run) -> None:
    repository.gate.set()

    async def main() -> None:
        async with Batcher(repository) as batcher:
            with pytest.raises(RuntimeError, match="only once"):
                await batcher.__aenter__()
            assert await batcher.submit(GET) == GET
        with pytest.raises(RuntimeError, match="only once"):
            await batcher.__aenter__()

    run(main())


def test_a_batcher_works_on_no_other_event_loop(repository: Any, run: Run) -> None:
    repository.gate.set()

    async def main() -> None:
        async with Batcher(repository) as batcher:
            elsewhere = asyncio.to_thread(run, AsyncTasks(batcher, "alice").find())
            with pytest.raises(RuntimeError, match="only on the event loop"):
                await elsewhere
            with pytest.raises(RuntimeError, match="no running event loop"):
                await asyncio.to_thread(batcher.submit, GET)
            assert await batcher.submit(GET) == GET

    run(main())
    assert repository.batches == [[GET]]
