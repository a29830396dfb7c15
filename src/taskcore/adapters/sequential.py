"""The part that simple storages share: they answer one operation at a time."""

from __future__ import annotations

from abc import abstractmethod
from itertools import groupby
from typing import TYPE_CHECKING, Any

from taskcore.adapters.removals import remove_each
from taskcore.entities.nesting import levels_of
from taskcore.errors import StaleTask, TaskcoreError, TaskNotFound
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
    TaskRepository,
    Together,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from taskcore.entities import Task


class SequentialRepository(TaskRepository):
    """A repository that is one method an operation; a method raises the error it fails with."""

    threads = 1

    def __init__(self) -> None:
        self._methods: Mapping[type, Callable[[Any], Any]] = {
            Get: self._get,
            Find: self._find,
            Count: self._count,
            Tally: self._tally,
            Subtree: self._subtree,
            Add: self._add,
            Replace: self._replace,
            Remove: self._remove,
            Expect: self._expect,
            Together: self._together,
        }

    def _answer_each(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        # What nobody can answer is found out before anything is stored.
        for operation in operations:
            self._method_for(operation)
        return [answer for _, run in groupby(operations, type) for answer in self._answer_run(run)]

    def _answer_run(self, run: Iterable[Operation[Any]]) -> list[Any]:
        """Answer operations of one kind that stand next to each other."""
        operations = list(run)
        if isinstance(operations[0], Remove):
            return remove_each(operations, self._answer)
        return [self._answer(operation) for operation in operations]

    def _answer(self, operation: Operation[Any]) -> Any:
        try:
            return self._methods[type(operation)](operation)
        except TaskcoreError as error:
            return error

    def _method_for(self, operation: Operation[Any]) -> Callable[[Any], Any]:
        if isinstance(operation, Together):
            for part in operation.operations:
                self._method_for(part)
        return self._methods[type(operation)]

    def _expect(self, operation: Expect) -> None:
        stale = StaleTask(operation.id, operation.expected)
        try:
            stored = self._get(Get(operation.user_id, operation.id))
        except TaskNotFound:
            raise stale from None
        if not stored.is_at(operation.expected, operation.created_at):
            raise stale
        if operation.levels is not None:
            subtree = self._subtree(Subtree(operation.user_id, operation.id))
            if levels_of(subtree) > operation.levels:
                raise stale

    def _together(self, operation: Together) -> tuple[Any, ...]:
        answers: list[Any] = []
        with self._all_or_nothing():
            for _, run in groupby(operation.operations, type):
                answers += self._answer_run(run)
                for answer in answers:
                    if isinstance(answer, TaskcoreError):
                        raise answer
        return tuple(answers)

    @abstractmethod
    def _all_or_nothing(self) -> AbstractContextManager[Any]:
        """Return a context that takes back what was stored in it if it ends with an exception."""

    @abstractmethod
    def _get(self, operation: Get) -> Task: ...

    @abstractmethod
    def _find(self, operation: Find) -> list[Task]: ...

    @abstractmethod
    def _count(self, operation: Count) -> int: ...

    @abstractmethod
    def _tally(self, operation: Tally) -> Mapping[str, int]: ...

    @abstractmethod
    def _subtree(self, operation: Subtree) -> list[Task]: ...

    @abstractmethod
    def _add(self, operation: Add) -> Task: ...

    @abstractmethod
    def _replace(self, operation: Replace) -> Task: ...

    @abstractmethod
    def _remove(self, operation: Remove) -> None: ...
