"""What a task is: frozen values and pure functions, with no I/O, no clock and no framework."""

from taskcore.entities.once import AddedTask
from taskcore.entities.page import Page
from taskcore.entities.priority import Priority
from taskcore.entities.query import TaskQuery
from taskcore.entities.task import Task, TaskChanges, TaskDraft, TaskFields, valid_changes
from taskcore.entities.when import When

__all__ = [
    "AddedTask",
    "Page",
    "Priority",
    "Task",
    "TaskChanges",
    "TaskDraft",
    "TaskFields",
    "TaskQuery",
    "When",
    "valid_changes",
]
