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
        # What nobody can answer is found out before anything is stored.
        methods = [self._methods[type(operation)] for operation in operations]
        return [
            _answer(method, operation)
            for method, operation in zip(methods, operations, strict=True)
        ]

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


def _answer(method: Callable[[Any], Any], operation: Operation[Any]) -> Any:
    try:
        return method(operation)
    except TaskcoreError as error:
        return error
