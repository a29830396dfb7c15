"""Many new tasks at once: each is stored or refused on its own, and all go as one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskcore import Task, TaskDraft
from taskcore.errors import InvalidTask, RepositoryUnavailable, TaskcoreError
from taskcore_http.answers import Outcome, TaskBody
from taskcore_http.bodies import NEW, valid_object
from taskcore_http.problems import log_outage, problem_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taskcore import AsyncTasks
    from taskcore_http.edge import Exchange


async def add_many(tasks: AsyncTasks, entries: Sequence[Any], exchange: Exchange) -> list[Outcome]:
    """Add a task for each entry; return what became of it in its place.

    Raises ``RepositoryUnavailable`` if the storage did not take a single one.
    """
    drafts = [_draft(entry) for entry in entries]
    stored = await tasks.add_all(draft for draft in drafts if isinstance(draft, TaskDraft))
    outages = [result for result in stored if isinstance(result, RepositoryUnavailable)]
    if outages and len(outages) == len(stored):
        raise outages[0]
    if outages:
        log_outage(exchange, outages[0])
    left = iter(stored)
    return [
        _outcome(next(left) if isinstance(draft, TaskDraft) else draft, place)
        for place, draft in enumerate(drafts)
    ]


def _draft(entry: object) -> TaskDraft | InvalidTask:
    try:
        return TaskDraft(**valid_object(entry, NEW, required="title"))
    except InvalidTask as error:
        return error


def _outcome(result: Task | TaskcoreError, place: int) -> Outcome:
    if isinstance(result, Task):
        return Outcome(201, task=TaskBody.of(result))
    problem = problem_of(result, place)
    return Outcome(problem.status, problem=problem)
