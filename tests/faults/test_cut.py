"""The way to Postgres is cut at any byte: each operation behaves as its row of the table says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve, frozen
from faults.chances import USER, Chances
from faults.proxy import Cut
from faults.stages import Stage, model_of, shown, stage_at, stored_in

from taskcore import RepositoryUnavailable, Task, TaskcoreError
from taskcore.adapters.memory import MemoryRepository
from taskcore.ports import Add, Expect, Operation, Remove, Replace, Together

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faults.conftest import Report, Times

    from taskcore.adapters.postgres import PostgresRepository


@pytest.fixture(params=["owner", "limited"])
def whom(request: pytest.FixtureRequest) -> str:
    """Return who is cut: the owner of the tables, or one whom row-level security limits."""
    return str(request.param)


@pytest.fixture
def stage(postgres_url: str, whom: str, request: pytest.FixtureRequest) -> Iterator[Stage]:
    cut = {"owner": "postgres_url", "limited": "protected_postgres_url"}[whom]
    with stage_at(postgres_url, cut=request.getfixturevalue(cut)) as stage:
        yield stage


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
        """Whether it is right, or no claim where that cannot be known.

        Which is so of a write that others disturb, or that is refused and leaves nothing to see.
        """
        operation, said = self.operations[place], self.answers[place]
        if shown([said]) == shown([right]) or self._is_gone(place):
            return True
        if not isinstance(said, RepositoryUnavailable):
            return False
        parts = operation.operations if isinstance(operation, Together) else (operation,)
        written = {part.task.id for part in parts if isinstance(part, Add | Replace)}
        is_unseen = not written.issubset(task.id for task in self.after)
        is_write = bool(written) or any(isinstance(part, Remove) for part in parts)
        return is_write and (bool(self.others) or (isinstance(right, TaskcoreError) and is_unseen))

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
    stage: Stage, whom: str, make_task: Callable[..., Task], times: Times, report: Report
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
        fault=f"connection cut at any byte ({whom})",
        times=counted["cut"],
        acknowledged=counted["acknowledged"],
        lost=0,
        duplicated=0,
        wrong=0,
        unknown=counted["unknown"],
    )


def together(task: Task, child: Task) -> Sequence[Together]:
    """Return what use cases ask for: to add below a task, to move, and to remove a subtree."""
    moved = evolve(child, parent_id=None, version=2)
    return (
        Together((Expect(USER, task.id, 1), Add(child))),
        Together((Expect(USER, task.id, 1), Replace(moved, 1), Expect(USER, child.id, 2, 1))),
        Together((Remove(USER, child.id, 2), Remove(USER, task.id, 1))),
    )


def test_what_goes_together_is_done_once_wherever_it_is_cut(
    stage: Stage, whom: str, make_task: Callable[..., Task], times: Times, report: Report
) -> None:
    step = times(16, 1)
    cuts = 0
    for place in range(times(1, 3)):
        after = 0
        while True:
            task = make_task()
            first = [Add(task), *together(task, make_task(parent_id=task.id))]
            answers = stage.repository.execute(first[: place + 1])
            cut = Cut("answer", after)
            stage.proxy.arm(cut)
            answers += stage.repository.execute([first[place + 1]])
            stage.proxy.disarm()
            expected = MemoryRepository()
            assert shown(answers) == shown(expected.execute(first[: place + 2]))
            assert shown(stage.stored()) == shown(stored_in(expected))
            stage.repository.execute([Remove(USER, one.id) for one in stage.stored()])
            if not cut.is_done:
                break
            cuts += 1
            after += step
    report(
        fault=f"what goes together cut at each byte of its answers ({whom})",
        times=cuts,
        acknowledged=cuts,
        lost=0,
        duplicated=0,
        wrong=0,
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
