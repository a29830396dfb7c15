"""Where tasks are kept: the port that every storage implements."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskcore.ports.operations import Operation


class TaskRepository(AbstractContextManager["TaskRepository"], Protocol):
    """A place where tasks are kept. Safe to use from many threads at once."""

    @property
    @abstractmethod
    def threads(self) -> int:
        """How many calls of ``execute`` at once it can work on; more than that wait in it."""
        ...

    @abstractmethod
    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        """Answer every operation, as if each ran after the one before it.

        The answer in each place is the operation's result, or the ``TaskcoreError`` that it failed
        with. Each operation is atomic and independent of the others; all that this returns is
        durable. Where a call raises instead, it stored nothing: ``RepositoryUnavailable`` when the
        storage cannot serve, anything else when it cannot serve these operations together. What
        is no operation that it knows is such a case, or answered with an exception in its place.
        """
        ...

    @abstractmethod
    def close(self) -> None:
        """Let go of what the repository opened. Closing twice is fine; executing then is not."""
        ...

    def __enter__(self) -> Self:
        """Return the repository."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


def require_repository(value: object) -> None:
    """Raise ``TypeError`` for what is no repository: a URL, a connection, a batcher."""
    # By two of its names, as a check of a whole protocol takes long, and connections execute too.
    if not (hasattr(value, "execute") and hasattr(value, "threads")):
        raise TypeError(
            "a TaskRepository is needed, such as open_repository(url) returns, "
            f"not {type(value).__name__}"
        )
