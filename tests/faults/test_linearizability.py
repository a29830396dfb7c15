"""The checker refuses what must not be: histories made by hand, and storages that are broken."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from conftest import MOMENT
from faults.histories import Crowd, history, require_linearizable
from faults.linearizability import Call, Unexplained
from faults.programs import PROGRAMS
from faults.requests import Outcome, Raw, Use
from faults.web import Body, OverHttp

from taskcore import Batcher, StaleTask, Task, TaskDraft, TaskNotFound
from taskcore.adapters.memory import MemoryRepository
from taskcore.entities.once import id_from_key
from taskcore.ports import Add, Find, Get, Operation, Remove, Replace, Together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from faults.requests import Request

ID, OTHER = (id_from_key("alice", key) for key in ("one", "other"))
UNKNOWN = object()


def at(version: int, title: str = "milk", id: Any = ID) -> Task:
    task = Task.from_draft(TaskDraft(title), id=id, user_id="alice", now=MOMENT)
    return evolve(task, version=version)


def asked(invoked: int, answered: int, request: Request, answer: Any) -> Call:
    if answer is UNKNOWN:
        return Call("client", request, invoked)
    is_inert = request.reads or isinstance(answer, Exception)
    return Call("client", request, invoked, answered, Outcome(request, answer), is_inert)


def raw(operation: Operation[Any], *, about: Any = ID) -> Raw:
    return Raw("alice", about, operation)


ADDED = asked(0, 1, raw(Add(at(1))), at(1))
GET = raw(Get("alice", ID))
TOGGLE = Use("alice", ID, MOMENT, "toggle", (ID,))


def replaced(invoked: int, answered: int, version: int, title: str, answer: Any = None) -> Call:
    task = at(version, title)
    return asked(invoked, answered, raw(Replace(task, version - 1)), answer or task)


def both(version: int) -> Raw:
    tasks = (at(version, f"{version}"), at(version, f"{version}", OTHER))
    return raw(Together(tuple(Replace(task, version - 1) for task in tasks)), about=None)


BOTH = both(2)
BOTH_ADDED = [
    asked(0, 1, raw(Add(at(1)), about=None), at(1)),
    asked(0, 1, raw(Add(at(1, id=OTHER)), about=None), at(1, id=OTHER)),
]
BOTH_REPLACED = asked(2, 6, BOTH, tuple(one.task for one in BOTH.operation.operations))
ADD_ONCE = OverHttp(Use("alice", ID, MOMENT, "add_once", ("milk",), {"key": ID}))
BODY = Body(ID, "milk", 1, completed=False, project=None, parent_id=None)
FIND = raw(Find("alice"), about=None)

FINE = {
    "nothing": [],
    "one after another": [ADDED, replaced(2, 3, 2, "bread"), asked(4, 5, GET, at(2, "bread"))],
    "reads during a change": [
        ADDED,
        replaced(2, 9, 2, "bread"),
        asked(3, 4, GET, at(1)),
        asked(5, 6, GET, at(2, "bread")),
    ],
    "one of two changes": [
        ADDED,
        replaced(2, 9, 2, "bread"),
        replaced(2, 9, 2, "eggs", StaleTask(ID, 1)),
        asked(10, 11, GET, at(2, "bread")),
    ],
    "a change of which nobody knows, that took effect later": [
        ADDED,
        replaced(2, 9, 2, "bread", UNKNOWN),
        asked(10, 11, GET, at(1)),
        asked(12, 13, GET, at(2, "bread")),
    ],
    "a change of which nobody knows, that never took effect": [
        ADDED,
        replaced(2, 9, 2, "bread", UNKNOWN),
        asked(10, 11, GET, at(1)),
    ],
    "an addition that may have been a replay, and was none": [
        asked(0, 1, ADD_ONCE, BODY),
        asked(2, 9, OverHttp(Use("alice", ID, MOMENT, "remove", (ID,))), None),
        asked(2, 9, ADD_ONCE, BODY),
        asked(10, 11, OverHttp(Use("alice", ID, MOMENT, "get", (ID,))), BODY),
    ],
    "a list before both, and one after": [
        *BOTH_ADDED,
        BOTH_REPLACED,
        asked(3, 4, FIND, [at(1, id=id) for id in sorted((ID, OTHER), reverse=True)]),
        asked(4, 5, FIND, [at(2, "2", id) for id in sorted((ID, OTHER), reverse=True)]),
    ],
}
WRONG = {
    "a task that was never added": [asked(0, 1, GET, at(1))],
    "a lost add": [ADDED, asked(2, 3, GET, TaskNotFound(ID))],
    "a lost update": [ADDED, replaced(2, 3, 2, "bread"), asked(4, 5, GET, at(1))],
    "a version given twice": [
        ADDED,
        replaced(2, 9, 2, "bread"),
        replaced(2, 9, 2, "eggs"),
        asked(10, 11, GET, at(2, "eggs")),
    ],
    "a stale read": [
        ADDED,
        replaced(2, 9, 2, "bread"),
        asked(3, 4, GET, at(2, "bread")),
        asked(5, 6, GET, at(1)),
    ],
    "a removal acknowledged twice": [
        ADDED,
        asked(2, 5, raw(Remove("alice", ID)), None),
        asked(2, 5, raw(Remove("alice", ID)), None),
    ],
    "a toggle made twice": [
        ADDED,
        asked(2, 3, TOGGLE, evolve(at(2), completed_at=MOMENT)),
        asked(4, 5, GET, at(3)),
    ],
    "an answer from the future": [
        ADDED,
        asked(2, 3, GET, at(2, "bread")),
        replaced(4, 5, 2, "bread"),
    ],
    "a change of which nobody knows, seen and then gone": [
        ADDED,
        replaced(2, 9, 2, "bread", UNKNOWN),
        asked(10, 11, GET, at(2, "bread")),
        asked(12, 13, GET, at(1)),
    ],
    "a list in the middle of what goes together": [
        *BOTH_ADDED,
        BOTH_REPLACED,
        asked(3, 4, FIND, sorted([at(2, "2"), at(1, id=OTHER)], key=lambda one: one.id)[::-1]),
    ],
    "half of what goes together": [
        *BOTH_ADDED,
        asked(2, 6, BOTH, StaleTask(OTHER, 1)),
        asked(7, 8, FIND, sorted([at(2, "2"), at(1, id=OTHER)], key=lambda one: one.id)[::-1]),
    ],
}


@pytest.mark.parametrize("calls", FINE.values(), ids=FINE)
def test_what_can_be_put_in_order_is_explained(calls: Sequence[Call]) -> None:
    require_linearizable(calls)


@pytest.mark.parametrize("calls", WRONG.values(), ids=WRONG)
def test_what_cannot_is_refused(calls: Sequence[Call]) -> None:
    with pytest.raises(Unexplained):
        require_linearizable(calls)


def test_what_is_shown_is_no_more_than_is_needed() -> None:
    later = [asked(20 + number, 21 + number, GET, at(2, "bread")) for number in range(10)]
    calls = [*WRONG["a stale read"], *later]

    with pytest.raises(Unexplained) as caught:
        require_linearizable(calls)

    shown = [line for line in str(caught.value).splitlines() if "client" in line and "->" in line]
    assert [line.split("µs")[1].strip() for line in shown[:4]] == [
        f"Add(<{str(ID)[-4:]} v1 'milk'>) -> <{str(ID)[-4:]} v1 'milk'>",
        f"Replace(<{str(ID)[-4:]} v2 'bread'>, 1) -> ?",
        f"Get('alice', {str(ID)[-4:]}) -> <{str(ID)[-4:]} v2 'bread'>",
        f"Get('alice', {str(ID)[-4:]}) -> <{str(ID)[-4:]} v1 'milk'>",
    ]


class Careless(MemoryRepository):
    """Replaces whatever version there is."""

    def _replace(self, operation: Replace) -> Task:
        stored = self._tasks(operation.task.user_id).get(operation.task.id)
        task = evolve(operation.task, created_at=stored.created_at) if stored else operation.task
        return super()._replace(Replace(task, stored.version if stored else 0))


class Torn(MemoryRepository):
    """Stores one by one what should be stored together."""

    def execute(self, operations: Sequence[Operation[Any]]) -> list[Any]:
        return [self._one(operation) for operation in operations]

    def _one(self, operation: Operation[Any]) -> Any:
        if not isinstance(operation, Together):
            return super().execute([operation])[0]
        answers = []
        for part in operation.operations:
            answers += super().execute([part])
            time.sleep(0.001)
        return next((one for one in answers if isinstance(one, Exception)), tuple(answers))


class Lagging(MemoryRepository):
    """Reads, now and then, what stood there before the last change."""

    def __init__(self) -> None:
        super().__init__()
        self._before: dict[Any, Task] = {}
        self._reads = 0

    def _put(self, user_id: str, id: Any, task: Task | None) -> None:
        if stored := self._tasks(user_id).get(id):
            self._before[user_id, id] = stored
        super()._put(user_id, id, task)

    def _get(self, operation: Get) -> Task:
        self._reads += 1
        task = super()._get(operation)
        if self._reads % 10:
            return task
        return self._before.get((operation.user_id, operation.id), task)


class Amnesiac(MemoryRepository):
    """Says of one change in a while that it is stored, and does not store it."""

    def __init__(self) -> None:
        super().__init__()
        self._writes = 0

    def _put(self, user_id: str, id: Any, task: Task | None) -> None:
        self._writes += 1
        if self._writes % 20:
            super()._put(user_id, id, task)


BROKEN = [
    *((broken, program) for broken in (Careless, Lagging, Amnesiac) for program in PROGRAMS),
    (Torn, "families"),
]


@pytest.mark.parametrize(("broken", "program"), BROKEN)
def test_a_storage_that_is_broken_is_found_out(
    broken: type[MemoryRepository], program: str
) -> None:
    async def use() -> None:
        asks = PROGRAMS[program]
        async with Batcher(broken(), threads=4) as batcher:
            for number in range(20):
                require_linearizable(await history(asks, Crowd(), [batcher], f"{number}"))

    with pytest.raises(Unexplained):
        asyncio.run(use())
