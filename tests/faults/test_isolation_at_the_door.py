"""Two users of one server: each is answered, to the byte, as if the other had never been.

What both do is played on one world, at the same moment as far as it goes; then what each of them
sent is played again, alone, on an empty one. So what is another's is answered as what is not there,
whichever call asks for it, and nothing else tells of it either.
"""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID, uuid5

import psycopg
import pytest
from attrs import define, evolve, field
from faults.calls_of_two import AFTER, BEFORE, TOKEN, USERS, Call, stories
from hypothesis import HealthCheck, given, settings

from taskcore import AsyncTasks, TaskRepository
from taskcore.adapters.memory import MemoryRepository
from taskcore.adapters.postgres import PostgresRepository, create_engine
from taskcore.adapters.sqlite import SqliteRepository
from taskcore_http import create_app, routes
from taskcore_http.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from faults.conftest import Report, Times

Answer: TypeAlias = "tuple[int, list[tuple[bytes, bytes]], bytes]"

MOMENT = datetime(2026, 11, 21, tzinfo=UTC)


@define
class World(TaskRepository):
    """A storage that is empty at the beginning of each story, and clocks that begin again."""

    make: Callable[[], TaskRepository]
    inner: TaskRepository = field(factory=MemoryRepository)
    ticks: dict[str, int] = field(factory=dict)
    threads = 2

    def begin(self) -> None:
        """Forget everything."""
        self.close()
        self.inner, self.ticks = self.make(), dict.fromkeys(USERS, 0)

    def execute(self, operations: Sequence[Any]) -> list[Any]:
        return self.inner.execute(operations)

    def close(self) -> None:
        self.inner.close()

    def tasks(self, batcher: Any, user_id: str, **options: Any) -> AsyncTasks:
        """Return the user's tasks, whose times and ids depend on what this user did alone."""

        def tick() -> int:
            self.ticks[user_id] += 1
            return self.ticks[user_id]

        return AsyncTasks(
            batcher,
            user_id,
            clock=lambda: MOMENT + timedelta(seconds=tick()),
            new_id=lambda: uuid5(UUID(int=0), f"{user_id} {tick()}"),
            **options,
        )


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[None]:
    """Let the application run, as a server does."""
    events: asyncio.Queue[str] = asyncio.Queue()
    said: asyncio.Queue[str] = asyncio.Queue()

    async def receive() -> dict[str, str]:
        return {"type": await events.get()}

    async def send(message: Any) -> None:
        await said.put(message["type"])

    scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
    running = asyncio.ensure_future(app(scope, receive, send))
    for event in ("startup", "shutdown"):
        await events.put(f"lifespan.{event}")
        assert await said.get() == f"lifespan.{event}.complete"
        if event == "startup":
            yield
    await running


async def sent(app: Any, call: Call) -> Answer:
    """Return what the call is answered with."""
    body = b"" if call.body is None else json.dumps(call.body).encode()
    path, _, query = f"/api/{call.user_id}{call.path}".partition("?")
    kind = "application/merge-patch+json" if call.method == "PATCH" else "application/json"
    headers = {"X-Request-ID": "same", "Host": "localhost", **call.headers}
    if body:
        headers |= {"Content-Type": kind, "Content-Length": str(len(body))}
    messages: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "state": {},
    }
    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in messages[1:])
    return messages[0]["status"], sorted(messages[0]["headers"]), content


@define
class Stage:
    """Plays stories on a world, and counts."""

    app: Any
    world: World
    calls: int = 0
    foreign: int = 0

    async def play(self, story: Sequence[Sequence[Call]]) -> None:
        """Play the story with both, and with each alone; all answers are to be the same."""
        together = await self._both(story)
        for user_id in USERS:
            mine = [(call, answer) for call, answer in together if call.user_id == user_id]
            self.world.begin()
            for call, answer in mine:
                assert await sent(self.app, call) == answer, call

    async def _both(self, story: Sequence[Sequence[Call]]) -> list[tuple[Call, Answer]]:
        self.world.begin()
        played: list[tuple[Call, Answer]] = []
        owned: dict[str, set[str]] = {user_id: set() for user_id in USERS}
        token = "none"  # noqa: S105  # none yet
        for step in story:
            now = [evolve(call, path=call.path.replace(TOKEN, token)) for call in step]
            answers = await asyncio.gather(*(sent(self.app, call) for call in now))
            for call, (status, headers, body) in zip(now, answers, strict=True):
                assert status < 500, (call, body)
                self._count(call, status, owned)
                link = dict(headers).get(b"link", b"").decode()
                token = (re.findall("page_token=([^>&]+)", link) or [token])[0]
            played += zip(now, answers, strict=True)
        return played

    def _count(self, call: Call, status: int, owned: dict[str, set[str]]) -> None:
        """Count the calls, and those that name what the other one has, and this one has not."""
        self.calls += 1
        mine, [theirs] = owned[call.user_id], [owned[one] for one in USERS if one != call.user_id]
        text = f"{call.path} {json.dumps(call.body)}"
        self.foreign += any(id in text for id in theirs - mine)
        if call.method == "POST" and status == 201 and isinstance(call.body, dict):
            mine.update({call.body["id"]} if "id" in call.body else ())


@pytest.fixture
def make_postgres(postgres_url: str) -> Iterator[Callable[[], TaskRepository]]:
    engine = create_engine(postgres_url)
    with psycopg.connect(postgres_url, autocommit=True) as connection:

        def make() -> TaskRepository:
            connection.execute("DELETE FROM taskcore.tasks")
            return PostgresRepository(engine)

        yield make
    engine.dispose()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "postgres":
        return World(request.getfixturevalue("make_postgres"))
    return World(
        MemoryRepository if request.param == "memory" else lambda: SqliteRepository(":memory:")
    )


def test_each_is_answered_as_if_the_other_had_never_been(
    world: World,
    times: Times,
    report: Report,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(routes, "AsyncTasks", world.tasks)
    world.begin()
    app = create_app(world, Settings())
    stage = Stage(app, world)

    with asyncio.Runner() as runner:
        running = serving(app)
        runner.run(running.__aenter__())

        @settings(
            max_examples=times(15, 300),
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(stories)
        def play(story: list[list[Call]]) -> None:
            runner.run(stage.play([*BEFORE, *story, *AFTER]))

        play()
        runner.run(running.__aexit__(None, None, None))
    world.close()

    assert stage.foreign > times(20, 600)
    report(
        fault=f"calls that name what only the other has ({request.node.callspec.id})",
        times=stage.foreign,
        acknowledged=stage.calls,
        lost=0,
        duplicated=0,
        wrong=0,
    )
