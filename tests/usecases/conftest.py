"""A use case as a conversation: it asks, the test answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from taskcore.ports import Operation


class Conversation:
    """A running use case: the operation that it ``asks`` for, or its ``result`` when it is done."""

    def __init__(self, usecase: Coroutine[Operation[Any], Any, Any]) -> None:
        self._usecase = usecase
        self.asks: Operation[Any] | None = None
        self.result: Any = None
        self.answer(None)

    def answer(self, answer: object) -> None:
        """Send an answer into the use case, or raise it there if it is an error."""
        try:
            if isinstance(answer, Exception):
                self.asks = self._usecase.throw(answer)
            else:
                self.asks = self._usecase.send(answer)
        except StopIteration as done:
            self.asks, self.result = None, done.value


@pytest.fixture
def begin() -> Iterator[Callable[[Coroutine[Operation[Any], Any, Any]], Conversation]]:
    """Return the function that begins a conversation with a use case."""
    begun: list[Coroutine[Operation[Any], Any, Any]] = []

    def begin(usecase: Coroutine[Operation[Any], Any, Any]) -> Conversation:
        begun.append(usecase)
        return Conversation(usecase)

    yield begin
    for usecase in begun:
        usecase.close()
