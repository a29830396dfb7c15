"""Everything that taskcore can refuse, and why.

::

    TaskcoreError
    ├── InvalidTask            (ValueError)       what was given breaks a rule of the task
    ├── TaskNotFound           (LookupError)      the user has no such task
    ├── DuplicateTask          (ValueError)       the id is taken by another task
    ├── KeyReused              (ValueError)       the key stands for a task with other content
    ├── HasSubtasks            (RuntimeError)     the task has subtasks, and cannot go without them
    ├── StaleTask              (RuntimeError)     the task is at another version than expected
    └── RepositoryUnavailable  (ConnectionError)  the storage did not answer, or not as it should

Each error carries its data as attributes and has a stable ``code`` for programs; its text is for
people. The doors (HTTP, command line) map the classes to statuses and exit codes in one table each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Container
    from uuid import UUID


class TaskcoreError(Exception):
    """The base of every error that taskcore raises on purpose."""

    code: ClassVar[str]


class InvalidTask(TaskcoreError, ValueError):
    """A value breaks a rule of the task; nothing was stored.

    ``field`` is the field's name (``task`` or ``body`` for the whole), ``reason`` a clause that
    follows it ("must not be empty"), and ``kind`` the broken rule for programs: ``type``,
    ``empty``, ``too_long``, ``character``, ``value`` (not one of those allowed), ``when`` (no time
    that can be), ``range``, ``unknown`` (no such field), ``missing`` (a field that is needed),
    ``parent`` (no task that can be the parent), ``order`` and ``filter`` (text that cannot be
    understood), ``json`` (a body that is none), or ``constraint`` (one of the storage's own).
    ``column`` is where in such a text, counted in characters from 1.
    """

    code = "invalid"

    def __init__(self, field: str, reason: str, kind: str, column: int | None = None) -> None:
        super().__init__(field, reason, kind, column)
        self.field = field
        self.reason = reason
        self.kind = kind
        self.column = column

    def __str__(self) -> str:
        if self.column is None:
            return f"{self.field} {self.reason}"
        return f"{self.field}, column {self.column}: {self.reason}"


class TaskNotFound(TaskcoreError, LookupError):
    """The user has no task with this ``id``.

    Another user's task and one that never was are the same answer.
    """

    code = "not_found"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.id = id

    def __str__(self) -> str:
        return f"no task {self.id}"


class DuplicateTask(TaskcoreError, ValueError):
    """The user already has a task with this ``id``; it was left as it is."""

    code = "duplicate"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.id = id

    def __str__(self) -> str:
        return f"task {self.id} already exists"


class KeyReused(TaskcoreError, ValueError):
    """The key stands for the task ``id`` already, which has other content; it was left as it is."""

    code = "idempotency_key_reused"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.id = id

    def __str__(self) -> str:
        return f"the key was used for task {self.id}, which has other content"


class HasSubtasks(TaskcoreError, RuntimeError):
    """The task ``id`` has subtasks, and nothing was said of removing them; nothing was removed."""

    code = "has_subtasks"

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        self.id = id

    def __str__(self) -> str:
        return f"task {self.id} has subtasks"


class StaleTask(TaskcoreError, RuntimeError):
    """The task ``id`` is not at the version ``expected``: somebody changed it, or removed it.

    ``expected`` is what the caller said: a version, or a container of those that would do. Nothing
    was written.
    """

    code = "stale"

    def __init__(self, id: UUID, expected: int | Container[int]) -> None:
        super().__init__(id, expected)
        self.id = id
        self.expected = expected

    def __str__(self) -> str:
        if isinstance(self.expected, int):
            return f"task {self.id} is not at version {self.expected}"
        return f"task {self.id} is not at a version that was expected"


class RepositoryUnavailable(TaskcoreError, ConnectionError):
    """The storage cannot serve now; trying again may help.

    A write that ends so may or may not have been stored. ``reason`` is one line without secrets.
    """

    code = "unavailable"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return self.reason
