"""A writer that does everything that can be done to tasks, through HTTP, and notes it in a ledger.

It has tasks of its own, which nobody else changes, so that it knows what it must be answered;
others it shares. What may have been done or not is done again only if that is safe.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from attrs import define, field
from faults.client import Answer, Client, Unknown
from faults.ledger import Change

if TYPE_CHECKING:
    from faults.ledger import History, Ledger

OWN = 40
"""How many tasks of its own it keeps, about; more are removed."""

_PAUSE = 0.02

_MORE: tuple[dict[str, Any], ...] = (
    {},
    {},
    {},
    {"due": "2026-11-30", "priority": "high", "tags": ["a", "b"]},
    {"start": "2026-11-28", "project": "home.calls", "extra": {"a": {"b": [1, None]}}},
)


@define(eq=False)
class Writer:
    """One user, at one connection."""

    client: Client
    _ledger: Ledger
    _user: str
    _seed: int
    _shared: list[History]
    _own: list[History] = field(init=False, factory=list)
    _random: Random = field(init=False)

    @_random.default
    def _seeded(self) -> Random:
        return Random(self._seed)  # noqa: S311  # no secret

    async def do_something(self) -> None:
        """Do one of all the things that can be done, to its end."""
        kinds = {
            self._add: 20,
            self._add_many: 4,
            self._change_own: 45,
            self._change_shared: 12,
            self._remove: 14,
            self._remove_tree: 5,
        }
        [kind] = self._random.choices(list(kinds), list(kinds.values()))
        await kind()

    async def add_shared(self) -> None:
        """Add a task that all writers change."""
        history = self._new({"id": str(uuid4())}, is_shared=True)
        if await self._add_until_known(history):
            self._shared.append(history)

    def _new(self, fields: dict[str, Any], *, is_shared: bool = False) -> History:
        token = self._ledger.token()
        words = {"title": f"new {token}", "description": f"born {token}"}
        more = self._random.choice(_MORE)
        return self._ledger.sent(self._user, fields | words | more, is_shared=is_shared)

    async def _add(self) -> None:
        kind = self._random.choice(("plain", "key", "id"))
        if kind == "plain":
            history = self._new({})
            answer = await self._write("POST", history, "", history.fields)
            if answer is None:
                return await self._wait_until_serving()
            if self._is_expected(answer, {201}, history):
                self._ledger.added(history, answer.body)
        else:
            history = self._new({"id": str(uuid4())} if kind == "id" else {})
            await self._add_until_known(history)
        if history.is_acknowledged:
            self._own.append(history)
        return None

    async def _add_until_known(self, history: History) -> bool:
        """Add it again and again, by its id or a key, until that is acknowledged."""
        headers = () if "id" in history.fields else (f'Idempotency-Key: "{uuid4()}"',)
        while True:
            answer = await self._write("POST", history, "", history.fields, headers)
            if answer is None:
                await asyncio.sleep(_PAUSE)
                continue
            if self._is_expected(answer, {201}, history):
                self._ledger.added(history, answer.body)
            return history.is_acknowledged

    async def _add_many(self) -> None:
        kind = self._random.choice(("plain", "key", "id"))
        ids = [{"id": str(uuid4())} if kind == "id" else {} for _ in range(5)]
        histories = [self._new(id) for id in ids]
        headers = (f'Idempotency-Key: "{uuid4()}"',) if kind == "key" else ()
        while not all(history.is_acknowledged for history in histories):
            entries = [history.fields for history in histories]
            answer = await self._write("POST", histories[0], "", entries, headers)
            if answer and self._is_expected(answer, {207}, histories[0]):
                self._added_some(histories, answer.body)
            elif answer:
                return
            if kind == "plain":
                break
            await asyncio.sleep(0 if answer else _PAUSE)
        self._own += [history for history in histories if history.is_acknowledged]

    def _added_some(self, histories: list[History], entries: list[Any]) -> None:
        for history, entry in zip(histories, entries, strict=True):
            if entry["status"] == 201 and not history.is_acknowledged:
                self._ledger.added(history, entry["task"])
            elif entry["status"] not in {201, 503}:
                self._ledger.wrong.append(f"{history} was answered with {entry}")

    async def _change_own(self) -> None:
        if self._own:
            await self._change(self._random.choice(self._own))

    async def _change_shared(self) -> None:
        await self._change(self._random.choice(self._shared))

    async def _change(self, history: History) -> None:
        change, method, path = self._some_change(history)
        headers = self._condition(history)
        # Until there is an answer, nobody knows; not even if there will be one.
        history.unknown.append(change)
        body = dict(change.fields)
        answer = await self._write(method, history, path, body or None, headers)
        if answer is None:
            return await self._look(history)
        history.unknown.remove(change)
        expected = {200, 412} if history.is_shared and headers else {200}
        if self._is_expected(answer, expected, history) and answer.status == 200:
            self._ledger.changed(history, change, answer.body)
        return None

    def _some_change(self, history: History) -> tuple[Change, str, str]:
        kind = self._random.choice(("put", "patch", "toggle", "set"))
        token = self._ledger.token()
        path = f"/{history.id}"
        if kind == "toggle":
            return Change({}, toggles=True), "PATCH", f"{path}/complete"
        if kind == "set":
            return Change({"completed": self._random.random() < 0.5}), "PATCH", f"{path}/complete"
        mark = {self._user: token}
        return Change({"title": f"{kind} {token}", "extra": mark}), kind.upper(), path

    def _condition(self, history: History) -> tuple[str, ...]:
        """Return the header that wants the task at the version that it must be at, or none."""
        version = max(history.seen) if history.is_shared else history.version
        if version is None or self._random.random() < 0.5:
            return ()
        return (f'If-Match: "{version}"',)

    async def _remove(self) -> None:
        if len(self._own) < self._random.randrange(2 * OWN):
            return
        history = self._own.pop(self._random.randrange(len(self._own)))
        query = self._random.choice(("", "?subtree=true"))
        headers = self._condition(history)
        await self._remove_until_known([history], query, headers)

    async def _remove_tree(self) -> None:
        """Add a task with two below it, and remove them together."""
        top = self._new({"id": str(uuid4())})
        if not await self._add_until_known(top):
            return
        below = [self._new({"id": str(uuid4()), "parent_id": top.id}) for _ in range(2)]
        for history in below:
            if not await self._add_until_known(history):
                return
        self._ledger.trees.append([one.fields["description"] for one in (top, *below)])
        await self._remove_until_known([top, *below], "?subtree=true", ())

    async def _remove_until_known(
        self, histories: list[History], query: str, headers: tuple[str, ...]
    ) -> None:
        """Remove the first, and with it all; or leave it to the audit what became of them."""
        top, path = histories[0], f"/{histories[0].id}{query}"
        was_tried = False
        while True:
            for history in histories:
                history.may_be_removed = True
            answer = await self._write("DELETE", top, path, None, headers)
            if answer is None:
                if self._random.random() < 0.3:
                    return await self._wait_until_serving()
                was_tried = True
                await asyncio.sleep(_PAUSE)
                continue
            if self._is_expected(answer, {200, 404} if was_tried else {200}, top):
                for history in histories:
                    self._ledger.removed(history)
                self._ledger.acknowledged += 1
            return None

    async def _look(self, history: History) -> None:
        """Wait until the task can be read, and note what it is."""
        while True:
            answer = await self._send("GET", history.user, f"/{history.id}")
            if answer and answer.status != 503:
                if self._is_expected(answer, {200}, history):
                    self._ledger.saw(history, answer.body)
                return
            await asyncio.sleep(_PAUSE)

    async def _wait_until_serving(self) -> None:
        answer = None
        while answer is None or answer.status != 200:
            await asyncio.sleep(_PAUSE)
            answer = await self._send("GET", self._user, "/count")

    async def _write(
        self,
        method: str,
        history: History,
        path: str,
        body: object = None,
        headers: tuple[str, ...] = (),
    ) -> Answer | None:
        """Send a change of the tasks of the history's user; return None if nobody knows of it."""
        started = asyncio.get_running_loop().time()
        answer = await self._send(method, history.user, path, body, headers)
        self._ledger.statuses[answer.status if answer else "unknown"] += 1
        if answer is None or answer.status == 503:
            return None
        if answer.status < 400:
            self._ledger.answered.append((started, asyncio.get_running_loop().time()))
        return answer

    async def _send(
        self,
        method: str,
        user: str,
        path: str,
        body: object = None,
        headers: tuple[str, ...] = (),
    ) -> Answer | None:
        try:
            return await self.client.send(method, f"/api/{user}/tasks{path}", body, headers)
        except Unknown:
            return None

    def _is_expected(self, answer: Answer, statuses: set[int], history: History) -> bool:
        """Return whether the answer is one of these; note that it is wrong if not."""
        if answer.status in statuses:
            return True
        self._ledger.wrong.append(f"{history} was answered with {answer}")
        return False
