"""What may be done with tasks.

A use case is a coroutine that decides and does no I/O: where it needs stored tasks it awaits an
operation from ``taskcore.ports``. ``Tasks`` and ``AsyncTasks`` run them; so does anybody who sends
them answers. Each takes raw values, checks them first, and lets the errors of its operations pass.
A ``now`` must be an aware datetime (``ValueError``). Whose task it is, only adding checks: to the
others, a user id that breaks the rules is that of somebody who has no tasks, or ``InvalidTask``
where the storage cannot hold it.
"""

from taskcore.usecases.adding import add, add_once
from taskcore.usecases.changing import complete, edit, reopen, toggle
from taskcore.usecases.expecting import Expected
from taskcore.usecases.finding import count, explain, find, get, projects, tags
from taskcore.usecases.removing import remove, remove_subtree

__all__ = [
    "Expected",
    "add",
    "add_once",
    "complete",
    "count",
    "edit",
    "explain",
    "find",
    "get",
    "projects",
    "remove",
    "remove_subtree",
    "reopen",
    "tags",
    "toggle",
]
