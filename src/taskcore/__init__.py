"""taskcore: what a task is and what may happen to it, for any program, on any storage.

The public names. ``taskcore.entities``, ``taskcore.ports`` and ``taskcore.usecases`` hold the rest
of the core, ``taskcore.adapters`` the storages.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from taskcore.adapters import open_repository
from taskcore.entities import (
    AddedTask,
    Page,
    Priority,
    Task,
    TaskChanges,
    TaskDraft,
    TaskFields,
    When,
)
from taskcore.errors import (
    DuplicateTask,
    HasSubtasks,
    InvalidTask,
    KeyReused,
    RepositoryUnavailable,
    StaleTask,
    TaskcoreError,
    TaskNotFound,
)
from taskcore.ports import TaskRepository
from taskcore.tasks import Tasks

if TYPE_CHECKING:
    from taskcore.aio import AsyncTasks
    from taskcore.batching import Batcher

__all__ = [
    "AddedTask",
    "AsyncTasks",
    "Batcher",
    "DuplicateTask",
    "HasSubtasks",
    "InvalidTask",
    "KeyReused",
    "Page",
    "Priority",
    "RepositoryUnavailable",
    "StaleTask",
    "Task",
    "TaskChanges",
    "TaskDraft",
    "TaskFields",
    "TaskNotFound",
    "TaskRepository",
    "TaskcoreError",
    "Tasks",
    "When",
    "open_repository",
]

# Only these two need asyncio, which a command line has no time to import.
_ON_DEMAND = {"AsyncTasks": "taskcore.aio", "Batcher": "taskcore.batching"}


def __dir__() -> list[str]:
    return [*globals(), *_ON_DEMAND]


def __getattr__(name: str) -> Any:  # a module's attribute is anything
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_ON_DEMAND[name]), name)
