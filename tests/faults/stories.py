"""What one user asks, at random but the same for the same seed, and whether the answers are right.

The repository in memory is asked the same beside it and says what is right. Users have their tasks
under the same ids, and no two texts are the same, so that an answer to a stranger's question, or to
another one, is never taken for the right one.
"""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from attrs import evolve

from taskcore import Task
from taskcore.adapters.memory import MemoryRepository
from taskcore.entities import Priority, TaskQuery
from taskcore.entities.filters import And, Contains, Is, Not, Or, Present, Tagged, Within
from taskcore.entities.ordering import parse_order, position_of
from taskcore.errors import RepositoryUnavailable, TaskNotFound
from taskcore.ports import (
    Add,
    Count,
    Expect,
    Find,
    Get,
    Operation,
    Remove,
    Replace,
    Subtree,
    Tally,
    Together,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from taskcore import TaskRepository
    from taskcore.entities.filters import Predicate

IDS = [UUID(int=number) for number in range(1, 9)]
MOMENT = datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
ORDERS = [parse_order(text) for text in ("", "due, priority desc, created_at desc", "title desc")]
OPEN = Not(Present("completed_at"))
FILTERS: list[Predicate] = [
    OPEN,
    Is("version", ">=", 2),
    And((OPEN, Present("due"))),
    Or((Tagged("home"), Within("garden"))),
    Not(Contains(("title", "description"), "1")),
]
SET = 4
"""How many operations go together at the most."""

PAUSE = 0.05
"""How many seconds pass before somebody asks again."""


class Story:
    """One user's, who is told nothing but the truth; what is not so is kept in ``wrong``.

    What is unavailable is asked again, for so many seconds as ``patience`` says, and ``reasons``
    has why, each time.
    """

    def __init__(self, user_id: str, *, patience: float = 0, seed: int = 0) -> None:
        self.user_id = user_id
        self.patience = patience
        self.asked = 0
        self.reasons: list[str] = []
        self.wrong: list[str] = []
        self._random = Random(f"{user_id} {seed}")  # noqa: S311  # a story, no secret
        self._model = MemoryRepository()

    def go_on(self, repository: TaskRepository, enough: Callable[[Story], bool]) -> None:
        """Ask the repository until it is enough."""
        while not enough(self):
            kind = self._random.choice(list(KINDS))
            count = self._random.choice([1, self._random.randint(2, SET)])
            batch = _independent([KINDS[kind](self) for _ in range(count)])
            self._compare(batch, repository)
            self.asked += len(batch)

    def has_all(self, repository: TaskRepository) -> bool:
        """Whether the repository has the tasks that it should, and no others."""
        find = [Find(self.user_id)]
        return repr(self._answers(find, repository)) == repr(self._model.execute(find))

    def _compare(self, batch: Sequence[Operation[Any]], repository: TaskRepository) -> None:
        expected = self._model.execute(batch)
        before = len(self.reasons)
        answers = self._answers(batch, repository)
        was_asked_again = len(self.reasons) > before
        for operation, answer, right in zip(batch, answers, expected, strict=True):
            if _said(operation, answer) == _said(operation, right):
                continue
            # Of what runs again, and may be stored since the connection was lost, nobody knows
            # whether it was the first to be carried out.
            may_differ = was_asked_again or (self.patience and _is_gone(operation, answer, right))
            if not may_differ or not self.has_all(repository):
                self.wrong.append(f"{operation!r}\n was {answer!r}\n not {right!r}")

    def _answers(self, batch: Sequence[Operation[Any]], repository: TaskRepository) -> list[Any]:
        """Ask until there is an answer to each; see ``docs/architecture.md`` for what that may."""
        deadline = time.monotonic() + self.patience
        answers = repository.execute(batch)
        while time.monotonic() < deadline and (unanswered := _unanswered(answers)):
            self.reasons += {answers[place].reason for place in unanswered}
            time.sleep(PAUSE)
            more = repository.execute([batch[place] for place in unanswered])
            for place, answer in zip(unanswered, more, strict=True):
                answers[place] = answer
        return answers

    def get(self) -> Get:
        return Get(self.user_id, self._id())

    def find(self) -> Find:
        return Find(self.user_id)

    def find_some(self) -> Find:
        order = self._random.choice(ORDERS)
        after = self._random.choice([None, position_of(self._task(), order)])
        limit = self._random.choice([None, 1, 3])
        return Find(self.user_id, TaskQuery(self._random.choice(FILTERS), order, limit, after))

    def count(self) -> Count:
        return Count(self.user_id, self._random.choice(FILTERS))

    def tally(self) -> Tally:
        return Tally(self.user_id, self._random.choice(["project", "tags"]))

    def subtree(self) -> Subtree:
        return Subtree(self.user_id, self._id())

    def add(self) -> Add:
        return Add(self._task())

    def replace(self) -> Replace:
        stored = self._stored()
        changed = self._task(stored.id)
        return Replace(evolve(changed, version=stored.version + 1), expected=stored.version)

    def remove(self) -> Remove:
        stored = self._stored()
        return Remove(self.user_id, stored.id, self._random.choice([None, 1, stored.version]))

    def expect(self) -> Expect:
        stored = self._stored()
        return Expect(self.user_id, stored.id, stored.version, self._random.choice([None, 1, 2]))

    def together(self) -> Together:
        return Together((self.expect(), self.add(), self.replace()))

    def _id(self) -> UUID:
        return self._random.choice(IDS)

    def _stored(self) -> Task:
        """Return a task that is there, or one that is not."""
        [there] = self._model.execute([self.get()])
        return there if isinstance(there, Task) else self._task()

    def _task(self, id: UUID | None = None) -> Task:
        """Make one that has nothing but a title, or much besides."""
        id = id or self._id()
        number = self._random.getrandbits(64)
        created_at = MOMENT + timedelta(microseconds=number % 1000)
        choose = self._random.choice
        is_plain = choose([True, False])
        return Task(
            id=id,
            user_id=self.user_id,
            title=f"{self.user_id} {number}",
            description=choose([None, f"two liters\n{number}"]),
            completed_at=choose([None, None, created_at]),
            due=choose([None, created_at, date(2025, 1, 1 + number % 9)]),
            start=None,
            priority=None if is_plain else choose([None, *Priority]),
            tags=() if is_plain else choose([("home",), ("Home", "garden")]),
            project=None if is_plain else choose(["garden", "garden.roses", "home"]),
            # With a smaller id, so that there are no circles.
            parent_id=None if is_plain else choose([None, *IDS[: IDS.index(id)]]),
            extra={} if is_plain else {"number": number % 2**53},
            created_at=created_at,
            updated_at=created_at,
            version=1,
        )


KINDS: Mapping[str, Callable[[Story], Operation[Any]]] = {
    name: getattr(Story, name)
    for name in (
        *("get", "find", "find_some", "count", "tally", "subtree", "expect"),
        *("add", "replace", "remove", "together"),
    )
}


def _independent(batch: Sequence[Any]) -> list[Operation[Any]]:
    """Leave out what writes where another one does: who is in doubt is asked again after that."""
    kept: list[Operation[Any]] = []
    touched: set[UUID | None] = set()
    for operation in batch:
        ids = _touched(operation)
        if touched.isdisjoint(ids):
            kept.append(operation)
            touched |= ids
    return kept


def _touched(operation: Any) -> set[UUID | None]:
    if isinstance(operation, Together):
        return {id for part in operation.operations for id in _touched(part)}
    if isinstance(operation, Add | Replace):
        return {operation.task.id, operation.task.parent_id} - {None}
    return {operation.id} if isinstance(operation, Remove) else set()


def _unanswered(answers: Sequence[Any]) -> list[int]:
    return [place for place, one in enumerate(answers) if isinstance(one, RepositoryUnavailable)]


def _is_gone(operation: Operation[Any], answer: Any, right: Any) -> bool:
    """Whether a removal of what is not there was answered as if it had been there."""
    return isinstance(operation, Remove) and answer is None and isinstance(right, TaskNotFound)


def _said(operation: Operation[Any], answer: Any) -> str:
    if isinstance(operation, Subtree) and isinstance(answer, list):
        # Of their order, no more is promised than that a task comes before those below it.
        return repr(sorted(answer, key=lambda task: task.id.int))
    return repr(answer)
