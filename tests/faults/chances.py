"""Operations as chance has it, some of which must fail, from what is stored."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from attrs import evolve

from taskcore.entities import TaskQuery
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
    from collections.abc import Callable, Sequence

    from taskcore import Task

USER: Final = "alice"
READS: Final = (Get, Find, Count, Tally, Subtree)
WRITES: Final = (Add, Replace, Remove, Expect, Together)


class Chances:
    """What one seed leads to; ``make_task`` makes a task of these fields."""

    def __init__(self, seed: object, make_task: Callable[..., Task]) -> None:
        self.random = random.Random(repr(seed))  # noqa: S311  # no secret
        self._make_task = make_task
        self._made = 0

    def operations(self, stored: Sequence[Task]) -> list[Operation[Any]]:
        """Return some of one kind, each for another task, that share a statement."""
        kind = self.random.choice(READS if self.random.random() < 0.2 else WRITES)
        tasks = self.random.sample(stored, min(len(stored), self.random.choice((1, 1, 2, 3))))
        return [self._operation(kind, task, stored) for task in tasks or [self._new(stored)]]

    def meddling(self, operation: Any, stored: Sequence[Task]) -> list[Operation[Any]]:
        """Return what another client does to a task that the operation is about, if anything."""
        if isinstance(operation, Together):
            operation = operation.operations[0]
        if isinstance(operation, Add) and self.random.random() < 0.5:
            # What was just added is known to nobody, but may be seen, and changed.
            return [self._replace(operation.task, operation.task.version)]
        names = {getattr(operation, "id", None)}
        if isinstance(operation, Add | Replace):
            names = {operation.task.id, operation.task.parent_id}
        tasks = [task for task in stored if task.id in names]
        if not tasks:
            return []
        task = self.random.choice(tasks)
        return self.random.choice(
            [
                [],
                [self._replace(task, task.version)],
                [Remove(USER, task.id)],
                [Add(self._new([], parent_id=task.id))],
            ]
        )

    def _operation(self, kind: type, task: Task, stored: Sequence[Task]) -> Operation[Any]:
        if self.random.random() < 0.1:
            task = self._new(stored)
        version = task.version + (self.random.random() < 0.1)
        is_taken = self.random.random() < 0.1
        make: dict[type, Callable[[], Operation[Any]]] = {
            Get: lambda: Get(USER, task.id),
            Find: lambda: Find(USER, TaskQuery(limit=3)),
            Count: lambda: Count(USER),
            Tally: lambda: Tally(USER, "project"),
            Subtree: lambda: Subtree(USER, task.id),
            Add: lambda: Add(self._new(stored, **({"id": task.id} if is_taken else {}))),
            Replace: lambda: self._replace(task, version),
            Remove: lambda: Remove(USER, task.id, self.random.choice((None, version))),
            Expect: lambda: Expect(USER, task.id, version),
            Together: lambda: self._together(task, stored),
        }
        return make[kind]()

    def _together(self, task: Task, stored: Sequence[Task]) -> Together:
        others = self.random.sample(stored, min(len(stored), 3))
        tasks = {one.id: one for one in (task, *others)}.values()
        kinds = (Add, Replace, Remove, Expect)
        return Together(
            tuple(self._operation(self.random.choice(kinds), one, stored) for one in tasks)
        )

    def _new(self, stored: Sequence[Task], **fields: Any) -> Task:
        self._made += 1
        unknown = self._make_task().id
        parents = [None, None, None, unknown, *(task.id for task in stored)]
        made = self._make_task(
            title=f"new {self._made}",
            project=self.random.choice((None, "home", "work")),
            parent_id=self.random.choice(parents),
        )
        moment = made.created_at + timedelta(microseconds=self._made)
        return evolve(made, **{"created_at": moment, "updated_at": moment} | fields)

    def _replace(self, task: Task, expected: int) -> Replace:
        self._made += 1
        changed = evolve(
            task,
            title=f"changed {self._made}",
            updated_at=task.updated_at + timedelta(microseconds=self._made),
            version=expected + 1,
        )
        return Replace(changed, expected)
