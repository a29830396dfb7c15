"""What is done when a connection is lost, and what is answered then: the one place that decides.

What certainly stored nothing runs again, whatever it is. What may be stored runs again as well, and
that does no harm: a task is added only where none has its id, replaced only at the version that was
seen, and removed only while it is there. But if it is refused then, that may be for what it has
done itself. So what is stored decides. If it is what the operation leaves behind, it was carried
out. If it is what cannot have become of that, it was not, and the refusal is true. Of anything else
nobody knows, and that is the answer.

It stands on three things: ``created_at`` never changes, no version of a task is written twice, and
nobody removes in between two attempts what the first has added, or adds what it has removed (where
a removal says when its task was created, as use cases do, that is seen).
"""

from __future__ import annotations

import random
import time
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from taskcore.adapters.postgres.failures import was_aborted
from taskcore.entities import Task
from taskcore.errors import RepositoryUnavailable, TaskcoreError, TaskNotFound
from taskcore.ports import Add, Expect, Get, Remove, Replace, Together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from taskcore.ports import Operation

    # A task, or that the one which was created then is gone, or that any is.
    _Left: TypeAlias = Mapping[tuple[str, UUID], Task | datetime | None]


class Setback(Enum):
    """Why an attempt failed that another one may make good."""

    REFUSED = auto()
    """There was no connection, or only one to a server that does not write."""

    UNSENT = auto()
    """The connection was lost before anything could be stored."""

    SENT = auto()
    """It was lost with a statement on its way, which may be stored by now, or soon.

    Or it was not, but one of several statements failed after another had stored something.
    """

    UNDONE = auto()
    """Postgres undid what was stored, only for another statement that ran beside it."""


ATTEMPTS: Final[Mapping[Setback, int]] = {
    # An address may stand for a server that is gone by now, and then for another one.
    Setback.REFUSED: 2,
    # Where many are being ended, so are those that are new.
    Setback.UNSENT: 10,
    Setback.SENT: 5,
    Setback.UNDONE: 5,
}
"""How many attempts may fail of each."""

PATIENCE: Final = 5.0
"""For how many seconds an operation is tried again, its doubts included."""

_PAUSE: Final = 0.01


class Lost(Exception):
    """An attempt failed as the setback says; ``cause`` is what the driver raised."""

    def __init__(self, cause: Exception, setback: Setback) -> None:
        super().__init__(cause, setback)
        self.cause = cause
        self.setback = setback


class InDoubt(RepositoryUnavailable):
    """What was stored cannot be known. The storage itself can serve."""

    def __init__(self) -> None:
        super().__init__("Postgres: an attempt failed, and what it stored cannot be known")


def deadline() -> float:
    """Return until when an operation that begins now is tried again, of the monotonic clock."""
    return time.monotonic() + PATIENCE


def persistently(
    attempt: Callable[[], list[Any]], until: float, /
) -> tuple[list[Any] | Exception, bool]:
    """Return what the attempt returns, or raises for good, and whether it leaves a doubt.

    That is whether an attempt that failed may have stored something. The first attempt is made in
    any case, and no other after the deadline ``until``.
    """
    setbacks: list[Setback] = []
    while True:
        try:
            return attempt(), Setback.SENT in setbacks
        except Exception as error:  # noqa: BLE001  # it becomes an answer
            setback = _setback_of(error)
            if setback is None:
                return error, Setback.SENT in setbacks
            setbacks.append(setback)
            failures = setbacks.count(setback)
            if failures == ATTEMPTS[setback] or time.monotonic() > until:
                cause = error.cause if isinstance(error, Lost) else error
                return cause, Setback.SENT in setbacks
        if setback is Setback.UNDONE:
            time.sleep(random.uniform(0, _PAUSE * 2**failures))  # noqa: S311  # jitter, no secret


def once(attempt: Callable[[], list[Any]], _until: float, /) -> tuple[list[Any] | Exception, bool]:
    """Return what the attempt returns or raises; there was none before it that leaves a doubt."""
    try:
        return attempt(), False
    except Exception as error:  # noqa: BLE001  # it becomes an answer
        return error, False


def settled(
    operations: Sequence[Operation[Any]],
    answers: Sequence[Any],
    read: Callable[[Sequence[Get]], Sequence[Any]],
) -> list[Any]:
    """Return what may be answered to operations that ran again while they were in doubt.

    ``answers`` is what came of that; ``read`` answers ``Get``s.
    """
    left = [
        _left_by(operation) if _is_refusal(answer) else {}
        for operation, answer in zip(operations, answers, strict=True)
    ]
    keys = sorted({key for one in left for key in one})
    found = dict(zip(keys, read([Get(*key) for key in keys]), strict=True)) if keys else {}
    return [
        _known(operation, answer, one, found) if one else answer
        for operation, answer, one in zip(operations, answers, left, strict=True)
    ]


def _setback_of(error: Exception) -> Setback | None:
    if isinstance(error, Lost):
        return error.setback
    return Setback.UNDONE if was_aborted(error) else None


def _is_refusal(answer: object) -> bool:
    return isinstance(answer, TaskcoreError) and not isinstance(answer, RepositoryUnavailable)


def _known(
    operation: Operation[Any], refusal: TaskcoreError, left: _Left, found: Mapping[Any, Any]
) -> Any:
    if all(_is(found[key], task) for key, task in left.items()):
        return _answer_of(operation)
    if any(_shows_otherwise(found[key], task) for key, task in left.items()):
        return refusal
    return InDoubt()


def _is(found: Any, left: Task | datetime | None) -> bool:
    if isinstance(left, Task):
        return bool(found == left)
    is_another = isinstance(found, Task) and left is not None and found.created_at != left
    return is_another or isinstance(found, TaskNotFound)


def _shows_otherwise(found: Any, left: Task | datetime | None) -> bool:
    """Whether what was found cannot have become of what was left, so that it never was."""
    if not isinstance(found, Task):
        return False
    if not isinstance(left, Task):
        return left in {None, found.created_at}
    return found.created_at != left.created_at or (found.version <= left.version and found != left)


def _left_by(operation: Any) -> _Left:
    """Return what is stored, under each key that the operation writes, once it was carried out."""
    if isinstance(operation, Add | Replace):
        return {(operation.task.user_id, operation.task.id): operation.task}
    if isinstance(operation, Remove):
        return {(operation.user_id, operation.id): operation.created_at}
    left: dict[tuple[str, UUID], Task | datetime | None] = {}
    if isinstance(operation, Together):
        for part in operation.operations:
            left |= _left_by(part)
    return left


def _answer_of(operation: Any) -> Any:
    """Return the answer to an operation that was carried out, as far as it is known."""
    if isinstance(operation, Add | Replace):
        return operation.task
    if isinstance(operation, Remove | Expect):
        return None
    if not isinstance(operation, Together):
        return InDoubt()
    answers = tuple(map(_answer_of, operation.operations))
    in_doubt = [answer for answer in answers if isinstance(answer, InDoubt)]
    return in_doubt[0] if in_doubt else answers
