"""What a use case may ask of the storage, as values.

A use case *awaits* an operation and gets its answer; whoever runs the use case executes it.
``async``/``await`` is Python's coroutine syntax here, not asyncio: ``__await__`` hands the
operation out and takes the answer in. Every operation names its owner; none crosses owners.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar
from uuid import UUID

from attrs import frozen

from taskcore.entities.task import Task

if TYPE_CHECKING:
    from collections.abc import Generator

Answer = TypeVar("Answer")


@frozen
class Operation(Generic[Answer]):
    """One request to the storage, typed by what it answers."""

    shareable: ClassVar[bool] = True
    """Whether any number may go in one batch; where answers may be long, only a few do."""

    def __await__(self) -> Generator[Operation[Answer], Any, Answer]:
        answer: Answer = yield self
        return answer


@frozen
class Get(Operation[Task]):
    """Answer the user's task with this id, or fail with ``TaskNotFound``."""

    user_id: str
    id: UUID


@frozen
class Find(Operation[list[Task]]):
    """Answer all tasks of the user, newest first: by ``created_at``, then ``id``, descending."""

    shareable = False

    user_id: str


@frozen
class Add(Operation[Task]):
    """Store the task as it is and answer it, or fail with ``DuplicateTask`` if its id is taken."""

    task: Task


@frozen
class Replace(Operation[Task]):
    """Store the task in place of its version ``expected`` and answer it.

    Fails with ``StaleTask`` if the stored task is at another version, or gone.
    """

    task: Task
    expected: int


@frozen
class Remove(Operation[None]):
    """Remove the user's task with this id.

    Fails with ``TaskNotFound`` if there is none, and with ``StaleTask`` if it is not at version
    ``expected``; with ``expected=None`` any version goes.
    """

    user_id: str
    id: UUID
    expected: int | None = None
