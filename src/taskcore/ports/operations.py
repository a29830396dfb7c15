"""What a use case may ask of the storage, as values.

A use case *awaits* an operation and gets its answer; whoever runs the use case executes it.
``async``/``await`` is Python's coroutine syntax here, not asyncio: ``__await__`` hands the
operation out and takes the answer in. Every operation names its owner; none crosses owners.

An id that was removed may be added again, and its versions begin again: a task is the one that
somebody read only if it was created when that one was, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar
from uuid import UUID

from attrs import frozen

from taskcore.entities.filters.predicates import EVERY_TASK, Predicate
from taskcore.entities.plain_value import PlainValue
from taskcore.entities.query import EVERYTHING, TaskQuery
from taskcore.entities.task import Task

if TYPE_CHECKING:
    from collections.abc import Generator

Answer = TypeVar("Answer")


@frozen(eq=False, repr=False)
class Operation(PlainValue, Generic[Answer]):
    """One request to the storage, typed by what it answers."""

    long: ClassVar[bool] = False
    """Whether the answer may be long; only a few of these go in one batch."""

    def __await__(self) -> Generator[Operation[Answer], Any, Answer]:
        answer: Answer = yield self
        return answer


@frozen(eq=False, repr=False)
class Get(Operation[Task]):
    """Answer the user's task with this id, or fail with ``TaskNotFound``."""

    user_id: str
    id: UUID


@frozen(eq=False, repr=False)
class Find(Operation[list[Task]]):
    """Answer the tasks of the user that the query asks for, in its order."""

    long = True

    user_id: str
    query: TaskQuery = EVERYTHING


@frozen(eq=False, repr=False)
class Count(Operation[int]):
    """Answer how many tasks of the user the predicate holds for."""

    long = True

    user_id: str
    filter: Predicate = EVERY_TASK


@frozen(eq=False, repr=False)
class Tally(Operation[Mapping[str, int]]):
    """Answer every project, or tag, of the user's tasks, and how many open tasks have it.

    Of a tag that is written in several ways, the first by code points stands for all. In order:
    projects by code points, tags by those of their folded form.
    """

    long = True

    user_id: str
    field: Literal["project", "tags"]


@frozen(eq=False, repr=False)
class Subtree(Operation[list[Task]]):
    """Answer the user's task with this id and all tasks below it, or fail with ``TaskNotFound``.

    A task stands somewhere before its subtasks.
    """

    long = True

    user_id: str
    id: UUID


@frozen(eq=False, repr=False)
class Add(Operation[Task]):
    """Store the task as it is and answer it.

    Fails with ``DuplicateTask`` if its id is taken, and with ``InvalidTask`` if its parent is no
    task of the user.
    """

    task: Task


@frozen(eq=False, repr=False)
class Replace(Operation[Task]):
    """Store the task in place of its version ``expected`` and answer it.

    Fails with ``StaleTask`` if the stored task is at another version, is one that was created at
    another time, or is gone, and with ``InvalidTask`` if its parent is no task of the user.
    """

    task: Task
    expected: int


@frozen(eq=False, repr=False)
class Remove(Operation[None]):
    """Remove the user's task with this id.

    Fails with ``TaskNotFound`` if there is none, with ``StaleTask`` if it is not at version
    ``expected`` of the task that was created at ``created_at`` (without the latter of any, and with
    ``expected=None`` any version goes), and with ``HasSubtasks`` if it has any.
    """

    user_id: str
    id: UUID
    expected: int | None = None
    created_at: datetime | None = None


@frozen(eq=False, repr=False)
class Expect(Operation[None]):
    """Answer nothing, or fail with ``StaleTask`` unless the task is at version ``expected``.

    With ``created_at``, it must be the task that was created then. With ``levels``, it and all
    below it must stand on so many levels at the most. Within ``Together``, the version stays so
    until all is stored.
    """

    user_id: str
    id: UUID
    expected: int
    levels: int | None = None
    created_at: datetime | None = None


@frozen(eq=False, repr=False)
class Together(Operation[tuple[Any, ...]]):
    """Execute the operations, each as if after the one before it, all of them or none.

    Answers their answers. Fails with the error of the first that fails, and then nothing is stored.
    They are of one user, and none of them is ``Together``.
    """

    long = True

    operations: tuple[Operation[Any], ...]
