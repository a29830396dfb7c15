"""Tasks in memory: for tests, the users' own included, and the model that every storage matches."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any

from taskcore.adapters.sequential import SequentialRepository
from taskcore.entities.filters.predicates import EVERY_TASK
from taskcore.entities.folding import fold
from taskcore.entities.ordering import comes_after, in_order
from taskcore.errors import DuplicateTask, HasSubtasks, InvalidTask, StaleTask, TaskNotFound
from taskcore.ports import Get

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from taskcore.entities import Task
    from taskcore.entities.filters.predicates import Predicate
    from taskcore.ports import Add, Count, Find, Operation, Remove, Replace, Subtree, Tally


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

    @contextmanager
    def _all_or_nothing(self, user_ids: set[str]) -> Iterator[None]:
        before = {user_id: dict(self._owned(user_id)) for user_id in user_ids}
        try:
            yield
        except BaseException:
            self._tasks |= before
            raise

    def _owned(self, user_id: str) -> dict[UUID, Task]:
        return self._tasks.get(user_id, {})

    def _matching(self, user_id: str, filter: Predicate) -> Iterable[Task]:
        tasks = self._owned(user_id).values()
        if filter == EVERY_TASK:
            return tasks
        from taskcore.entities.filters import matches  # not needed where nobody filters

        return [task for task in tasks if matches(filter, task)]

    def _get(self, operation: Get) -> Task:
        try:
            return self._owned(operation.user_id)[operation.id]
        except KeyError:
            raise TaskNotFound(operation.id) from None

    def _find(self, operation: Find) -> list[Task]:
        query = operation.query
        found = in_order(self._matching(operation.user_id, query.filter), query.order)
        if query.after is not None:
            found = [task for task in found if comes_after(task, query.after, query.order)]
        return found[: query.limit]

    def _count(self, operation: Count) -> int:
        return sum(1 for _ in self._matching(operation.user_id, operation.filter))

    def _tally(self, operation: Tally) -> Mapping[str, int]:
        names: dict[str, str] = {}
        counts: dict[str, int] = {}
        for task in self._owned(operation.user_id).values():
            for key, name in _names(task, operation.field):
                names[key] = min(name, names.get(key, name))
                counts[key] = counts.get(key, 0) + (not task.completed)
        return {names[key]: counts[key] for key in sorted(names)}

    def _subtree(self, operation: Subtree) -> list[Task]:
        tasks = [self._get(Get(operation.user_id, operation.id))]
        for task in tasks:  # which grows while it is gone through
            tasks += self._subtasks(operation.user_id, task.id)
        return tasks

    def _subtasks(self, user_id: str, id: UUID) -> list[Task]:
        return [task for task in self._owned(user_id).values() if task.parent_id == id]

    def _add(self, operation: Add) -> Task:
        task = operation.task
        owned = self._tasks.setdefault(task.user_id, {})
        if task.id in owned:
            raise DuplicateTask(task.id)
        self._require_parent(task)
        owned[task.id] = task
        return task

    def _replace(self, operation: Replace) -> Task:
        task = operation.task
        stored = self._owned(task.user_id).get(task.id)
        if stored is None or stored.version != operation.expected:
            raise StaleTask(task.id, operation.expected)
        self._require_parent(task)
        self._tasks[task.user_id][task.id] = task
        return task

    def _require_parent(self, task: Task) -> None:
        if task.parent_id is None:
            return
        if task.parent_id == task.id or task.parent_id not in self._owned(task.user_id):
            raise InvalidTask("parent_id", "is no task of this user", "parent")

    def _remove(self, operation: Remove) -> None:
        owned = self._owned(operation.user_id)
        if operation.id not in owned:
            raise TaskNotFound(operation.id)
        expected = operation.expected
        if expected is not None and owned[operation.id].version != expected:
            raise StaleTask(operation.id, expected)
        if self._subtasks(operation.user_id, operation.id):
            raise HasSubtasks(operation.id)
        del owned[operation.id]


def _names(task: Task, field: str) -> Iterable[tuple[str, str]]:
    """Return the tags, or the project, of a task: by what they are compared, and as written."""
    if field == "tags":
        return [(fold(tag), tag) for tag in task.tags]
    return [] if task.project is None else [(task.project, task.project)]
