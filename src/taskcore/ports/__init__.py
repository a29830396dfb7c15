"""What the core asks of the outside: storage, as operations and a repository; time and ids."""

from taskcore.ports.operations import (
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
    Together,
)
from taskcore.ports.repository import TaskRepository
from taskcore.ports.system import Clock, NewId

__all__ = [
    "Add",
    "Clock",
    "Count",
    "Expect",
    "Find",
    "Get",
    "NewId",
    "Operation",
    "Remove",
    "Replace",
    "Subtree",
    "Tally",
    "TaskRepository",
    "Together",
]
