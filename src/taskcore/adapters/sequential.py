"""The part that simple storages share: they answer one operation at a time."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from taskcore.errors import TaskcoreError
from taskcore.ports import Add, Find, Get, Operation, Remove, Replace, TaskRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from taskcore.entities import Task


class SequentialRepository(TaskRepository):
    """A repository that is one method an operation; a method raises the error it fails with."""

    threads = 1

    def __init__(self) -> None:
        self._methods: Mapping[type, Callable[[Any], Any]] = {
            Get: self._get,
            Find: self._find,
            Add: self._add,
            Replace: self._replace,
            Remove: self._remove,
        }

    def _answer_each(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        return [self._answer(operation) for operation in operations]

    def _answer(self, operation: Operation[Any]) -> Any:  # what its kind answers
        try:
            return self._methods[type(operation)](operation)
        except TaskcoreError as error:
            return error

    @abstractmethod
    def _get(self, operation: Get) -> Task: ...

    @abstractmethod
    def _find(self, operation: Find) -> list[Task]: ...

    @abstractmethod
    def _add(self, operation: Add) -> Task: ...

    @abstractmethod
    def _replace(self, operation: Replace) -> Task: ...

    @abstractmethod
    def _remove(self, operation: Remove) -> None: ...
