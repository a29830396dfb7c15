"""Answers: tasks, and what else there is to say, as JSON.

A handler answers with the finished response. Litestar would make one of a value, but takes some
20 us a request for that; ``description`` tells it, for the OpenAPI document, what is in it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Final, Self
from uuid import UUID

import msgspec

from taskcore.entities.when import When, format_when
from taskcore_http.problems import Problem
from taskcore_http.responses import JsonResponse, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taskcore.entities import Task
    from taskcore_http.edge import Header


# What is in these has no cycles, so that the collector need not look at a thousand of them.
class TaskBody(msgspec.Struct, frozen=True, gc=False):
    """A task as it travels, with its keys in this order."""

    __schema_name__: ClassVar[str] = "Task"

    id: UUID
    user_id: str
    title: str
    description: str | None
    completed: bool
    completed_at: datetime | None
    due: str | None
    start: str | None
    priority: str | None
    tags: tuple[str, ...]
    project: str | None
    parent_id: UUID | None
    extra: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    version: int

    @classmethod
    def of(cls, task: Task) -> Self:
        """Return the body for a task."""
        return cls(
            task.id,
            task.user_id,
            task.title,
            task.description,
            task.completed,
            task.completed_at,
            _text(task.due),
            _text(task.start),
            task.priority,
            task.tags,
            task.project,
            task.parent_id,
            dict(task.extra),
            task.created_at,
            task.updated_at,
            task.version,
        )


class Outcome(msgspec.Struct, frozen=True):
    """What became of one of many new tasks: the status that it would have had alone, and more."""

    status: int
    task: TaskBody | msgspec.UnsetType = msgspec.UNSET
    problem: Problem | msgspec.UnsetType = msgspec.UNSET


class Tally(msgspec.Struct, frozen=True):
    """A project, or a tag, and how many open tasks have it."""

    name: str
    open: int


class Amount(msgspec.Struct, frozen=True):
    """How many tasks there are."""

    count: int


class Explanation(msgspec.Struct, frozen=True):
    """A filter in words."""

    explanation: str


class Message(msgspec.Struct, frozen=True):
    """What was done."""

    message: str


class Health(msgspec.Struct, frozen=True):
    """How the server is: live, or ready."""

    status: str


class _PlainTaskBody(msgspec.Struct, frozen=True, gc=False):
    """A task with nothing from ``due`` to ``extra``, which is most tasks: a third less to do."""

    id: UUID
    user_id: str
    title: str
    description: str | None
    completed: bool
    completed_at: datetime | None
    due: msgspec.Raw
    created_at: datetime
    updated_at: datetime
    version: int


_NOTHING: Final[dict[str, Any]] = {
    "start": None,
    "priority": None,
    "tags": [],
    "project": None,
    "parent_id": None,
    "extra": {},
}
# As the value of ``due`` this is encoded as it stands, and brings the keys after it along.
_NOTHING_AS_DUE: Final = msgspec.Raw(b"null," + encode(_NOTHING)[1:-1])


def task_response(task: Task, status: int = 200, headers: Sequence[Header] = ()) -> JsonResponse:
    """Return the response that has the task, and its entity tag."""
    [body] = _bodies((task,))
    return JsonResponse(body, status, ((b"etag", b'"%d"' % task.version), *headers))


def tasks_response(tasks: Iterable[Task], headers: Sequence[Header] = ()) -> JsonResponse:
    """Return the response that has an array of the tasks."""
    return JsonResponse(_bodies(tasks), 200, headers)


def _bodies(tasks: Iterable[Task]) -> list[TaskBody | _PlainTaskBody]:
    # In one loop: calling a function for each of a thousand tasks would take as long as all of it.
    return [
        TaskBody.of(task)
        if task.due
        or task.start
        or task.priority
        or task.tags
        or task.project
        or task.parent_id
        or task.extra
        else _PlainTaskBody(
            task.id,
            task.user_id,
            task.title,
            task.description,
            task.completed_at is not None,
            task.completed_at,
            _NOTHING_AS_DUE,
            task.created_at,
            task.updated_at,
            task.version,
        )
        for task in tasks
    ]


def _text(when: When | None) -> str | None:
    return None if when is None else format_when(when)
