"""The use cases as a client of the HTTP API asks for them: with If-Match and Idempotency-Key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote
from uuid import UUID

from attrs import define, evolve, field, frozen
from faults.client import Client, Unknown
from faults.requests import Use

from taskcore.errors import RepositoryUnavailable, TaskcoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faults.client import Address
    from faults.ground import Ground
    from faults.requests import Request

    from taskcore import Task
    from taskcore.adapters.memory import MemoryRepository

    Sent = tuple[str, str, object]


@define
class Door:
    """A server, and connections to it that nobody uses at the moment."""

    address: Address
    _idle: list[Client] = field(init=False, factory=list)

    async def send(self, *request: Any) -> tuple[int, Any]:
        """Send a request on a connection of its own.

        Raises ``RepositoryUnavailable`` where nobody knows what came of it.
        """
        client = self._idle.pop() if self._idle else Client(self.address)
        try:
            answer = await client.send(*request)
        except Unknown as error:
            raise RepositoryUnavailable(f"{error}") from error
        finally:
            self._idle.append(client)
        if answer.status >= 500:
            raise RepositoryUnavailable(f"{answer}")
        return answer.status, answer.body

    def close(self) -> None:
        """Close all connections."""
        for client in self._idle:
            client.close()


@frozen
class Body:
    """What an answer says of a task, without the times, which are the server's."""

    id: UUID
    title: str
    version: int
    completed: bool
    project: str | None
    parent_id: UUID | None


@frozen(repr=False)
class OverHttp:
    """A use case that is asked for over HTTP; its answer is a body, bodies, or an error's code."""

    use: Use

    @property
    def user_id(self) -> str:
        return self.use.user_id

    @property
    def about(self) -> UUID | None:
        return self.use.about

    @property
    def reads(self) -> bool:
        return self.use.reads

    async def through(self, door: Door) -> Any:
        method, path, body = _SENT[self.use.name](self.use)
        path = f"/api/{quote(self.user_id)}/tasks{path}"
        status, answer = await door.send(method, path, body, _headers(self.use))
        if status >= 400:
            return answer["code"]
        return None if self.use.name == "remove" else _read(answer)

    def of(self, model: MemoryRepository) -> Any:
        try:
            answer = self.use.of(model)
        except TaskcoreError as error:
            return error.code
        return None if self.use.name == "remove" else _said(answer)

    def __repr__(self) -> str:
        return repr(self.use)


def over_http(make: Callable[[Ground], Request]) -> Callable[[Ground], Request]:
    """Return what asks for the same over HTTP, where adding with an id is adding once."""

    def make_over_http(ground: Ground) -> Request:
        use: Any = make(ground)
        if use.name == "add":
            options = {"key" if name == "id" else name: use.options[name] for name in use.options}
            use = evolve(use, name="add_once", options=options)
        return OverHttp(use)

    return make_over_http


def _headers(use: Use) -> tuple[str, ...]:
    if isinstance(key := use.options.get("key"), str):
        return (f'Idempotency-Key: "{key}"',)
    if "expected" in use.options:
        return (f'If-Match: "{use.options["expected"]}"',)
    return ()


def _read(answer: Any) -> Any:
    if isinstance(answer, list):
        # In the order of when the server created them, which the model does not know.
        return frozenset(map(_read, answer))
    parent_id = answer["parent_id"] and UUID(answer["parent_id"])
    others = (answer[name] for name in ("title", "version", "completed", "project"))
    return Body(UUID(answer["id"]), *others, parent_id)


def _said(answer: Any) -> Any:
    if isinstance(answer, list):
        return frozenset(map(_said, answer))
    task: Task = getattr(answer, "task", answer)
    return Body(task.id, task.title, task.version, task.completed, task.project, task.parent_id)


def _id(use: Use) -> str:
    return f"/{use.arguments[0]}"


def _fields(use: Use) -> Mapping[str, object]:
    fields = {name: value for name, value in use.options.items() if name not in _IN_HEADERS}
    if isinstance(key := use.options.get("key"), UUID):
        fields["id"] = key
    return {
        name: f"{value}" if isinstance(value, UUID) else value for name, value in fields.items()
    }


_IN_HEADERS: Final = {"expected", "key"}
_SENT: Final[Mapping[str, Callable[[Use], Sent]]] = {
    "get": lambda use: ("GET", _id(use), None),
    "find": lambda _: ("GET", "", None),
    "add_once": lambda use: ("POST", "", {"title": use.arguments[0], **_fields(use)}),
    "edit": lambda use: ("PUT", _id(use), _fields(use)),
    "toggle": lambda use: ("PATCH", f"{_id(use)}/complete", None),
    "complete": lambda use: ("PATCH", f"{_id(use)}/complete", {"completed": True}),
    "reopen": lambda use: ("PATCH", f"{_id(use)}/complete", {"completed": False}),
    "remove": lambda use: (
        "DELETE",
        f"{_id(use)}?subtree=true" if "subtree" in use.options else _id(use),
        None,
    ),
}
