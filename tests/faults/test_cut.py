"""The way to Postgres is cut at any byte: each operation behaves as its row of the table says."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from attrs import frozen
from faults.chances import USER, Chances
from faults.proxy import Cut, Proxy

from taskcore import RepositoryUnavailable, Task, TaskcoreError
from taskcore.adapters.memory import MemoryRepository
from taskcore.adapters.postgres import PostgresRepository, create_engine
from taskcore.ports import Add, Expect, Find, Operation, Remove, Replace, Together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faults.conftest import Report, Times

    from taskcore.ports import TaskRepository

CONNECTIONS = 3
"""The watcher's, and one of each repository."""


@frozen
class Stage:
    """A repository whose connections the proxy cuts, and one whose connections nobody cuts."""

    proxy: Proxy
    repository: PostgresRepository
    direct: PostgresRepository
    watcher: psycopg.Connection

    def count(self, which: str) -> int:
        """Return how many connections of clients there are of those."""
        query = f"SELECT count(*) FROM pg_stat_activity WHERE {which}"  # noqa: S608  # our own
        [(count,)] = self.watcher.execute(
            f"{query} AND datname = current_database() AND backend_type = 'client backend'"
        ).fetchall()
        return count

    def stored(self) -> list[Task]:
        """Return all tasks, once the server has done with what was cut."""
        wait_until(lambda: self.count("true") <= CONNECTIONS)
        return stored_in(self.direct)


@pytest.fixture
def stage(postgres_url: str) -> Iterator[Stage]:
    with (
        Proxy(postgres_url) as proxy,
        PostgresRepository(create_engine(proxy.url), dispose=True) as repository,
        PostgresRepository(create_engine(postgres_url), dispose=True) as direct,
        psycopg.connect(postgres_url, autocommit=True) as watcher,
    ):
        yield Stage(proxy, repository, direct, watcher)


@frozen
class Round:
    """Operations of one kind, what others did meanwhile, and all that can be seen of it."""

    before: Sequence[Task]
    operations: Sequence[Operation[Any]]
    answers: Sequence[Any]
    others: Sequence[Operation[Any]]
    told: Sequence[Any]
    after: Sequence[Task]

    def is_explained(self) -> bool:
        """Whether the operations were executed once, before or after what others did meanwhile.

        Or not at all, where nobody says that they were.
        """
        for is_first in (True, False):
            model = model_of(self.before)
            if is_first:
                right, told = model.execute(self.operations), model.execute(self.others)
            else:
                told, right = model.execute(self.others), model.execute(self.operations)
            may_be_said = all(map(self._may_be_said, range(len(right)), right))
            if may_be_said and self._is_what_came(model, told):
                return True
        model = model_of(self.before)
        told = model.execute(self.others)
        may_be_left = isinstance(self.answers[0], RepositoryUnavailable) or self._is_gone(0)
        return bool(self.others) and may_be_left and self._is_what_came(model, told)

    def _is_what_came(self, model: MemoryRepository, told: Sequence[Any]) -> bool:
        return shown(told) == shown(self.told) and shown(stored_in(model)) == shown(self.after)

    def _may_be_said(self, place: int, right: Any) -> bool:
        """Whether it is right, or none where that cannot be known: of a write that is refused."""
        said = self.answers[place]
        if shown([said]) == shown([right]) or self._is_gone(place):
            return True
        is_write = isinstance(self.operations[place], Add | Replace | Remove | Together)
        cannot_be_known = is_write and (bool(self.others) or isinstance(right, TaskcoreError))
        return isinstance(said, RepositoryUnavailable) and cannot_be_known

    def _is_gone(self, place: int) -> bool:
        """Whether all that was to go is gone, whoever did it, and that is what was said."""
        operation, said = self.operations[place], self.answers[place]
        parts = operation.operations if isinstance(operation, Together) else (operation,)
        removed = {part.id for part in parts if isinstance(part, Remove)}
        return (
            bool(removed)
            and all(isinstance(part, Remove | Expect) for part in parts)
            and said in (None, (None,) * len(parts))
            and removed.isdisjoint(task.id for task in self.after)
        )


def test_whatever_is_cut_what_is_answered_is_what_was_done(
    stage: Stage, make_task: Callable[..., Task], times: Times, report: Report
) -> None:
    chances = Chances("cut", make_task)
    counted: Counter[str] = Counter()
    while counted["cut"] < times(40, 500):
        before = stage.stored()
        operations = chances.operations(before)
        others = chances.meddling(operations[0], before) if len(operations) == 1 else []
        told: list[Any] = []
        cut = a_cut(chances, partial(meddle, stage.direct, others, told))
        stage.proxy.arm(cut)
        answers = stage.repository.execute(operations)
        stage.proxy.disarm()

        meddled = others if cut.is_done else []
        seen = Round(before, operations, answers, meddled, told, stage.stored())
        assert seen.is_explained(), (cut, seen)
        unknown = sum(isinstance(answer, RepositoryUnavailable) for answer in answers)
        if cut.is_done:
            counted.update(cut=1, unknown=unknown, acknowledged=len(answers) - unknown)
    report(
        fault="connection cut at any byte",
        times=counted["cut"],
        acknowledged=counted["acknowledged"],
        lost=0,
        duplicated=0,
        wrong=0,
        unknown=counted["unknown"],
    )


def a_cut(chances: Chances, meanwhile: Callable[[], object]) -> Cut:
    choice = chances.random.choice
    where = choice(("request", "answer"))
    after = choice((0, 1, 5, chances.random.randrange(1000)))
    if where == "request" and choice((True, False)):
        after = None
    return Cut(where, after, choice((True, False)), choice((True, False)), meanwhile)


def meddle(
    repository: PostgresRepository, operations: Sequence[Operation[Any]], told: list[Any]
) -> None:
    told += repository.execute(operations)


def stored_in(repository: TaskRepository) -> list[Task]:
    [found] = repository.execute([Find(USER)])
    assert isinstance(found, list)
    return found


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def model_of(tasks: Sequence[Task]) -> MemoryRepository:
    model = MemoryRepository()
    left = list(tasks)
    while left:
        added = model.execute([Add(task) for task in left])
        left = [task for task, answer in zip(left, added, strict=True) if answer != task]
    return model


def shown(answers: Sequence[Any]) -> list[str]:
    """Return what can be compared: the order of subtasks, for one, is nobody's promise."""
    return [
        repr(sorted(map(repr, answer))) if isinstance(answer, list) else repr(answer)
        for answer in answers
    ]
