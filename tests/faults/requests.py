"""What a client asks: of a storage, through a batcher as always, and of the model.

The model is the repository in memory, with nobody else there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

from attrs import field, frozen

from taskcore import AsyncTasks, Task, Tasks
from taskcore.adapters.memory import MemoryRepository
from taskcore.entities import Page
from taskcore.errors import InvalidTask, TaskcoreError
from taskcore.ports import Count, Expect, Find, Get, Operation, Subtree, Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskcore import Batcher

READS: Final = (Get, Find, Count, Tally, Subtree, Expect)
READING: Final = {"get", "find", "count", "tags", "projects"}


class Request(Protocol):
    """Something that a client asks, of a storage through its batcher or of the model."""

    user_id: str
    about: UUID | None
    """The one task that it is about; None if it is about several."""

    @property
    def reads(self) -> bool: ...

    async def through(self, server: Any) -> Any: ...

    def of(self, model: MemoryRepository) -> Any: ...


@frozen(repr=False)
class Raw:
    """An operation, as it is."""

    user_id: str
    about: UUID | None
    operation: Operation[Any]

    @property
    def reads(self) -> bool:
        return isinstance(self.operation, READS)

    async def through(self, batcher: Batcher) -> Any:
        return await batcher.submit(self.operation)

    def of(self, model: MemoryRepository) -> Any:
        return model.execute([self.operation])[0]

    def __repr__(self) -> str:
        return shown(self.operation)


@frozen(repr=False)
class Use:
    """A use case, as a user of the library calls it, at some time of the user's clock."""

    user_id: str
    about: UUID | None
    now: datetime
    name: str
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(factory=dict)

    @property
    def reads(self) -> bool:
        return self.name in READING

    async def through(self, batcher: Batcher) -> Any:
        tasks = AsyncTasks(batcher, self.user_id, clock=lambda: self.now)
        return await getattr(tasks, self.name)(*self.arguments, **self.options)

    def of(self, model: MemoryRepository) -> Any:
        tasks = Tasks(model, self.user_id, clock=lambda: self.now)
        return getattr(tasks, self.name)(*self.arguments, **self.options)

    def __repr__(self) -> str:
        options = [f"{name}={shown(value)}" for name, value in self.options.items()]
        return f"{self.name}({', '.join([*map(shown, self.arguments), *options])})"


class Model(MemoryRepository):
    """The repository in memory, made from tasks that are there already."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        super().__init__()
        for task in tasks:
            self._put(task.user_id, task.id, task)

    def tasks(self, user_id: str) -> tuple[Task, ...]:
        return tuple(sorted(self._tasks(user_id).values(), key=lambda task: task.id.int))


def in_model(request: Request, tasks: Any) -> tuple[Outcome, Any]:
    """Return what the model answers to the request, and the tasks that come of it."""
    model = Model(tasks)
    try:
        answer = request.of(model)
    except TaskcoreError as error:
        answer = error
    return Outcome(request, answer), tasks if request.reads else model.tasks(request.user_id)


class Outcome:
    """An answer, to be compared: with what it says, and not with what is left open."""

    def __init__(self, request: Request, answer: Any) -> None:
        self.answer = answer
        self._value = _value_of(answer)
        operation = getattr(request, "operation", None)
        if isinstance(operation, Subtree) and isinstance(answer, list):
            # In which order those of one level stand, nobody says.
            self._value = frozenset(answer)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Outcome) and bool(self._value == other._value)

    def __hash__(self) -> int:
        return hash(type(self._value))

    def __repr__(self) -> str:
        return shown(self.answer)


def _value_of(answer: Any) -> Any:
    if isinstance(answer, InvalidTask):
        return InvalidTask, answer.field, answer.kind
    if isinstance(answer, Exception):
        return type(answer), answer.args
    if isinstance(answer, tuple):
        return tuple(map(_value_of, answer))
    if isinstance(answer, Page):
        return list(answer), answer.next_page_token
    return answer


def shown(value: Any) -> str:
    """Return a value in few words: of a task, what a history changes."""
    if isinstance(value, Task):
        below = f" below {shown(value.parent_id)}" if value.parent_id else ""
        done = " done" if value.completed else ""
        return f"<{shown(value.id)} v{value.version} {value.title!r}{done}{below}>"
    if type(value).__name__ == "UUID":
        return str(value)[-4:]
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(shown, value))}]"
    if isinstance(value, Operation):
        fields = [getattr(value, one.name) for one in value.__attrs_attrs__]
        return f"{type(value).__name__}({', '.join(map(shown, fields))})"
    if isinstance(value, TaskcoreError):
        return f"{type(value).__name__}({', '.join(map(shown, value.args))})"
    return repr(value)
