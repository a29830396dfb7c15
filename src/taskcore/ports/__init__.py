"""What the core asks of the outside: storage, as operations and a repository; time and ids."""

from taskcore.ports.operations import Add, Find, Get, Operation, Remove, Replace
from taskcore.ports.repository import TaskRepository
from taskcore.ports.system import Clock, NewId

__all__ = [
    "Add",
    "Clock",
    "Find",
    "Get",
    "NewId",
    "Operation",
    "Remove",
    "Replace",
    "TaskRepository",
]
