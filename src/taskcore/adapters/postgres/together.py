"""How operations that stand or fall together are answered: in one transaction, or a savepoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from taskcore.adapters.postgres.answering import answer
from taskcore.adapters.postgres.failures import failure_of, was_refused
from taskcore.adapters.postgres.runs import runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager

    from taskcore.adapters.postgres.sessions import Fetch
    from taskcore.ports import Operation, Together


def answer_together(
    together: Together, session: Callable[[], AbstractContextManager[Fetch]]
) -> tuple[Any, ...]:
    """Return the answers of all; ``session`` takes back what was stored in it if it is left so.

    Raises the error of the first that fails, and what the session raises.
    """
    sets = list(runs(together.operations))
    try:
        with session() as fetch:
            return _answers(sets, fetch)
    except (SQLAlchemyError, psycopg.Error) as error:
        if not was_refused(error):
            raise
    # Of a set that was refused, one by one says which of them is the first to fail.
    with session() as fetch:
        return _answers([[operation] for operation in together.operations], fetch)


def _answers(sets: Iterable[Sequence[Operation[Any]]], fetch: Fetch) -> tuple[Any, ...]:
    answers: list[Any] = []
    for run in sets:
        answered = _answered(run, fetch)
        for one in answered:
            if isinstance(one, Exception):
                raise one
        answers += answered
    return tuple(answers)


def _answered(run: Sequence[Operation[Any]], fetch: Fetch) -> list[Any]:
    try:
        return answer(run, fetch)
    except (SQLAlchemyError, psycopg.Error) as error:
        if len(run) > 1 or not was_refused(error):
            raise
        raise failure_of(run[0], error) from error
