"""Tasks in memory: for tests, the users' own included, and the model that every storage matches."""

from __future__ import annotations

from collections import defaultdict
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


class _Owned:
    """One user's tasks, and which of them are subtasks of which."""

    def __init__(self) -> None:
        self.tasks: dict[UUID, Task] = {}
        self._below: defaultdict[UUID | None, set[UUID]] = defaultdict(set)

    def put(self, id: UUID, task: Task | None) -> None:
        """Keep a task, or none, in place of the one with this id if there is one."""
        if stored := self.tasks.pop(id, None):
            self._below[stored.parent_id].remove(id)
        if task is not None:
            self.tasks[id] = task
            self._below[task.parent_id].add(id)

    def subtasks(self, id: UUID) -> list[Task]:
        """Return the tasks right below one, by their ids."""
        return [self.tasks[below] for below in sorted(self._below.get(id, ()))]


class MemoryRepository(SequentialRepository):
    """Tasks in a dict behind a lock; they go when it goes."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = Lock()
        self._users: defaultdict[str, _Owned] = defaultdict(_Owned)
        # What each change of a batch took the place of.
        self._journal: list[tuple[str, UUID, Task | None]] = []

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        """Answer the operations; see ``TaskRepository``."""
        with self._lock:
            self._journal.clear()
            return self._answer_each(operations)

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""

    @contextmanager
    def _all_or_nothing(self) -> Iterator[None]:
        begin = len(self._journal)
        try:
            yield
        except BaseException:
            for user_id, id, task in reversed(self._journal[begin:]):
                self._users[user_id].put(id, task)
            raise

    def _tasks(self, user_id: str) -> Mapping[UUID, Task]:
        owned = self._users.get(user_id)
        return owned.tasks if owned else {}

    def _put(self, user_id: str, id: UUID, task: Task | None) -> None:
        owned = self._users[user_id]
        self._journal.append((user_id, id, owned.tasks.get(id)))
        owned.put(id, task)

    def _matching(self, user_id: str, filter: Predicate) -> Iterable[Task]:
        tasks = self._tasks(user_id).values()
        if filter == EVERY_TASK:
            return tasks
        from taskcore.entities.filters import matches  # not needed where nobody filters

        return [task for task in tasks if matches(filter, task)]

    def _get(self, operation: Get) -> Task:
        try:
            return self._tasks(operation.user_id)[operation.id]
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
        for task in self._tasks(operation.user_id).values():
            for key, name in _names(task, operation.field):
                names[key] = min(name, names.get(key, name))
                counts[key] = counts.get(key, 0) + (not task.completed)
        return {names[key]: counts[key] for key in sorted(names)}

    def _subtree(self, operation: Subtree) -> list[Task]:
        tasks = [self._get(Get(operation.user_id, operation.id))]
        subtasks = self._users[operation.user_id].subtasks
        for task in tasks:  # which grows while it is gone through
            tasks += subtasks(task.id)
        return tasks

    def _add(self, operation: Add) -> Task:
        task = operation.task
        if task.id in self._tasks(task.user_id):
            raise DuplicateTask(task.id)
        self._require_parent(task)
        self._put(task.user_id, task.id, task)
        return task

    def _replace(self, operation: Replace) -> Task:
        task = operation.task
        stored = self._tasks(task.user_id).get(task.id)
        if stored is None or not stored.is_at(operation.expected, task.created_at):
            raise StaleTask(task.id, operation.expected)
        self._require_parent(task)
        self._put(task.user_id, task.id, task)
        return task

    def _require_parent(self, task: Task) -> None:
        if task.parent_id is None:
            return
        if task.parent_id == task.id or task.parent_id not in self._tasks(task.user_id):
            raise InvalidTask("parent_id", "is no task of this user", "parent")

    def _remove(self, operation: Remove) -> None:
        stored = self._tasks(operation.user_id).get(operation.id)
        if stored is None:
            raise TaskNotFound(operation.id)
        expected = operation.expected
        if expected is not None and not stored.is_at(expected, operation.created_at):
            raise StaleTask(operation.id, expected)
        if self._users[operation.user_id].subtasks(operation.id):
            raise HasSubtasks(operation.id)
        self._put(operation.user_id, operation.id, None)


def _names(task: Task, field: str) -> Iterable[tuple[str, str]]:
    """Return the tags, or the project, of a task: by what they are compared, and as written."""
    if field == "tags":
        return [(fold(tag), tag) for tag in task.tags]
    return [] if task.project is None else [(task.project, task.project)]
