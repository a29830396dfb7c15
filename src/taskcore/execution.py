"""How use cases run: what they ask for is executed, and what it answers is sent back in.

One use case runs operation by operation. Many run in lockstep: what all of them ask for in a step
goes to the repository together, so a hundred changes are a few set-based statements.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from taskcore.errors import RepositoryUnavailable, TaskcoreError
from taskcore.ports import Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskcore.ports import TaskRepository

Result = TypeVar("Result")
UseCase: TypeAlias = Coroutine[Operation[Any], Any, Result]

LOCKSTEP: Final = 1000
"""How many use cases go in lockstep at the most; more go one such group after another."""


def resume(usecase: UseCase[Any], answer: object) -> Operation[Any]:
    """Send an answer into the use case, or raise it there if it is an error (``None`` to start).

    Returns the operation that it asks for next. Raises ``StopIteration`` with its result when it
    is done, and whatever it raises.
    """
    return usecase.throw(answer) if isinstance(answer, Exception) else usecase.send(answer)


def run(usecase: UseCase[Result], repository: TaskRepository) -> Result:
    """Run one use case to its end; return its result or raise its error."""
    answer: object = None
    try:
        while True:
            [answer] = answer_all([resume(usecase, answer)], repository)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # what the coroutine returned: a Result
    finally:
        usecase.close()


def run_all(
    usecases: Sequence[UseCase[Result]], repository: TaskRepository
) -> list[Result | TaskcoreError]:
    """Run the use cases in lockstep; return each one's result or error in its place."""
    try:
        return [
            result
            for start in range(0, len(usecases), LOCKSTEP)
            for result in _in_lockstep(usecases[start : start + LOCKSTEP], repository)
        ]
    finally:
        for usecase in usecases:
            usecase.close()


def answer_all(operations: Sequence[Operation[Any]], repository: TaskRepository) -> list[Any]:
    """Execute operations together, or one by one where they cannot be; raise no ``Exception``.

    So what is wrong with one of them does not fail its neighbors. The answer in each place is the
    result or the exception; a ``RuntimeError`` in all, if the repository did not answer each one.
    """
    try:
        answers: Any = repository.execute(operations)
    except Exception as error:  # noqa: BLE001  # handed to whoever waits for the answer
        if len(operations) == 1:
            return [error]
        if isinstance(error, RepositoryUnavailable):
            return [RepositoryUnavailable(error.reason) for _ in operations]
        return [answer for one in operations for answer in answer_all([one], repository)]
    if not isinstance(answers, list) or len(answers) != len(operations):
        # Not one by one: what it did not answer, it may have stored.
        return [_miscounted(answers, len(operations), repository) for _ in operations]
    return answers


def _miscounted(answers: object, count: int, repository: TaskRepository) -> RuntimeError:
    returned = f"a list of {len(answers)}" if isinstance(answers, list) else type(answers).__name__
    return RuntimeError(
        f"{type(repository).__name__}.execute must return a list of {count}, "
        f"one answer for each operation, not {returned}"
    )


def _in_lockstep(
    usecases: Sequence[UseCase[Result]], repository: TaskRepository
) -> list[Result | TaskcoreError]:
    results: dict[int, Result | TaskcoreError] = {}
    answers: dict[int, object] = dict.fromkeys(range(len(usecases)))
    while answers:
        operations = {}
        for place, answer in answers.items():
            try:
                operations[place] = resume(usecases[place], answer)
            except StopIteration as done:
                results[place] = done.value
            except TaskcoreError as error:
                results[place] = error
        answered = answer_all(list(operations.values()), repository) if operations else []
        answers = dict(zip(operations, answered, strict=True))
    return [results[place] for place in range(len(usecases))]
