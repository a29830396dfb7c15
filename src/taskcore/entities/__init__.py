"""What a task is: frozen values and pure functions, with no I/O, no clock and no framework."""

from taskcore.entities.task import Task, TaskChanges, TaskDraft, valid_changes

__all__ = ["Task", "TaskChanges", "TaskDraft", "valid_changes"]
