"""Histories: what many clients at once asked of a few tasks, when, and what they were answered."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from random import Random
from time import monotonic_ns
from typing import TYPE_CHECKING, Any

from attrs import frozen
from faults.ground import Ground
from faults.linearizability import Call, require_order
from faults.requests import Outcome, in_model

from taskcore.errors import RepositoryUnavailable, TaskcoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from faults.programs import Program
    from faults.requests import Request


@frozen
class Crowd:
    """How many users there are, of how many tasks, and clients of each, that ask how often."""

    users: int = 3
    tasks: int = 3
    clients: int = 5
    requests: int = 10

    def __len__(self) -> int:
        return self.users * self.clients * self.requests


async def history(program: Program, crowd: Crowd, servers: Sequence[Any], seed: str) -> list[Call]:
    """Let all clients ask at once, each one request after another, and look at what is left.

    ``servers`` are batchers, or whatever the requests of the program can go through.
    """
    keys = [f"{number}" for number in range(crowd.tasks)]
    users = [f"{seed} {number}" for number in range(crowd.users)]
    grounds = [Ground(user, keys, Random(user)) for user in users]  # noqa: S311  # no secret

    async def ask(ground: Ground, number: int) -> list[Call]:
        calls = []
        for _ in range(crowd.requests):
            server = ground.random.choice(servers)
            calls.append(await asked(f"{number}", program.request(ground), server))
            if calls[-1].answered is not None:
                ground.see(calls[-1].answer.answer)
        return calls

    of_each = await asyncio.gather(
        *(ask(ground, number) for ground in grounds for number in range(crowd.clients))
    )
    left = [
        await asked("audit", request, server)
        for ground in grounds
        for server in servers
        for request in program.audit(ground)
    ]
    return [call for calls in (*of_each, left) for call in calls]


async def asked(client: str, request: Request, server: Any) -> Call:
    """Ask, and return the call. Raises what is no error of taskcore."""
    invoked = monotonic_ns()
    try:
        answer = await request.through(server)
    except TaskcoreError as error:
        answer = error
    answered = monotonic_ns()
    if isinstance(answer, RepositoryUnavailable):
        return Call(client, request, invoked, is_inert=request.reads)
    if isinstance(answer, Exception) and not isinstance(answer, TaskcoreError):
        raise answer
    is_inert = request.reads or isinstance(answer, TaskcoreError | str)
    return Call(client, request, invoked, answered, Outcome(request, answer), is_inert)


def require_linearizable(calls: Sequence[Call]) -> None:
    """Raise ``Unexplained`` unless the calls of each user, or about each task, have an order.

    Where each of a user's is about one task, those about each task have one if all have.
    """
    of_user: defaultdict[str, list[Call]] = defaultdict(list)
    for call in calls:
        of_user[call.asked.user_id].append(call)
    for together in of_user.values():
        parts: defaultdict[UUID | None, list[Call]] = defaultdict(list)
        are_alone = all(call.asked.about is not None for call in together)
        for call in together:
            parts[call.asked.about if are_alone else None].append(call)
        for part in parts.values():
            require_order(part, (), in_model)
