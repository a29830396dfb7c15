"""Many new tasks at once: each is stored or refused on its own, and all go as one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taskcore import AddedTask, TaskDraft
from taskcore.errors import InvalidTask, RepositoryUnavailable, TaskcoreError
from taskcore_http.answers import Outcome, TaskBody
from taskcore_http.bodies import valid_new
from taskcore_http.idempotency import entry_key, new_key
from taskcore_http.problems import log_outage, problem_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from taskcore import AsyncTasks
    from taskcore_http.edge import Exchange

Result = AddedTask | TaskcoreError


async def add_many(
    tasks: AsyncTasks, entries: Sequence[Any], key: str | None, exchange: Exchange
) -> list[Result]:
    """Add a task for each entry, under the key of all; return its result or error in its place.

    Raises ``RepositoryUnavailable`` if the storage did not take a single one.
    """
    drafts = [_draft(entry, entry_key(key, place)) for place, entry in enumerate(entries)]
    stored = await tasks.add_all_once(draft for draft in drafts if isinstance(draft, tuple))
    outages = [result for result in stored if isinstance(result, RepositoryUnavailable)]
    if outages and len(outages) == len(stored):
        raise outages[0]
    if outages:
        log_outage(exchange, outages[0])
    left = iter(stored)
    return [next(left) if isinstance(draft, tuple) else draft for draft in drafts]


def outcomes(results: Sequence[Result]) -> list[Outcome]:
    """Return, in its place, what each result would have been answered with alone."""
    return [_outcome(result, place) for place, result in enumerate(results)]


def all_replayed(results: Sequence[Result]) -> bool:
    """Whether all of it was done before."""
    return all(isinstance(result, AddedTask) and result.replayed for result in results)


def _draft(entry: object, key: str | None) -> tuple[TaskDraft, UUID | str | None] | InvalidTask:
    try:
        fields = valid_new(entry)
        key_or_id = new_key(fields, key)
        return TaskDraft(**fields), key_or_id
    except InvalidTask as error:
        return error


def _outcome(result: Result, place: int) -> Outcome:
    if isinstance(result, AddedTask):
        return Outcome(201, task=TaskBody.of(result.task))
    problem = problem_of(result, place)
    return Outcome(problem.status, problem=problem)
