"""Tasks in memory: for tests, the users' own included, and the model that every storage matches."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any

from taskcore.adapters.sequential import SequentialRepository
from taskcore.errors import DuplicateTask, StaleTask, TaskNotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from taskcore.entities import Task
    from taskcore.ports import Add, Find, Get, Operation, Remove, Replace


class MemoryRepository(SequentialRepository):
    """Tasks in a dict behind a lock; they go when it goes."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._tasks: dict[str, dict[UUID, Task]] = {}

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        """Answer the operations; see ``TaskRepository``."""
        with self._lock:
            return self._answer_each(operations)

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    def _get(self, operation: Get) -> Task:
        try:
            return self._tasks[operation.user_id][operation.id]
        except KeyError:
            raise TaskNotFound(operation.id) from None

    def _find(self, operation: Find) -> list[Task]:
        tasks = self._tasks.get(operation.user_id, {}).values()
        return sorted(tasks, key=lambda task: (task.created_at, task.id), reverse=True)

    def _add(self, operation: Add) -> Task:
        task = operation.task
        owned = self._tasks.setdefault(task.user_id, {})
        if task.id in owned:
            raise DuplicateTask(task.id)
        owned[task.id] = task
        return task

    def _replace(self, operation: Replace) -> Task:
        task = operation.task
        stored = self._tasks.get(task.user_id, {}).get(task.id)
        if stored is None or stored.version != operation.expected:
            raise StaleTask(task.id, operation.expected)
        self._tasks[task.user_id][task.id] = task
        return task

    def _remove(self, operation: Remove) -> None:
        owned = self._tasks.get(operation.user_id, {})
        if operation.id not in owned:
            raise TaskNotFound(operation.id)
        expected = operation.expected
        if expected is not None and owned[operation.id].version != expected:
            raise StaleTask(operation.id, expected)
        del owned[operation.id]
