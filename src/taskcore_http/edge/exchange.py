"""One request and its answer, as far as the edge looks at them; what may be done with one."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from attrs import Factory, define

if TYPE_CHECKING:
    from litestar.types import HTTPScope

    from taskcore_http.responses import Response

Header: TypeAlias = tuple[bytes, bytes]
"""A header's name, in lower case, and its value."""


@define(eq=False)
class Exchange:
    """One request and its answer."""

    scope: HTTPScope
    """The request, as ASGI has it; what the application finds out is added: its route, say.

    Where something in it is to be changed, it is the edge's own copy.
    """

    method: str
    """What was asked for; the scope has GET for HEAD."""

    headers: dict[bytes, bytes]
    """The request's, by their names in lower case; of one that comes twice, the last."""

    request_id: str
    """The ``X-Request-ID`` that was sent, or a new one."""

    answer_headers: list[Header]
    """What is added to the answer's headers, whatever it is."""

    mount: str = ""
    """The path that the application is mounted at, as it is written in addresses."""

    subject: str | None = None
    """Whose token came with the request; None as long as nobody has checked one."""

    started: float = Factory(perf_counter)
    """When it began, in seconds of ``perf_counter``."""

    response: Response | None = None
    """The answer, once there is one."""

    status: int = 0
    """The answer's status, 0 as long as there is none."""

    size: int = 0
    """How many bytes of body were answered."""

    code: str = ""
    """The code of the problem that was answered, or nothing."""

    trace_id: str = ""
    """Which trace it is part of, or nothing."""

    @property
    def route(self) -> str:
        """The template of the route that was found, or nothing."""
        return self.scope.get("path_template") or ""


Guard: TypeAlias = Callable[[Exchange], "Response | None"]
"""Lets a request through with None, or answers it, or raises what becomes a problem document."""

Stamp: TypeAlias = Callable[[Exchange], None]
"""Adds to the headers of an answer that is about to be sent."""

Observer: TypeAlias = Callable[[Exchange], None]
"""Is told of every exchange once it is over."""


def exchange_of(scope: Any) -> Exchange:
    """Return the exchange that a request, given by its ASGI scope, is part of."""
    exchange: Exchange = scope["state"]["exchange"]
    return exchange


def leave_mount(exchange: Exchange) -> None:
    """Have the path begin below where the application is mounted, for all that look at it.

    Litestar would cut it behind the first place that looks like the mount, wherever that is.
    """
    scope = exchange.scope
    if root := scope.get("root_path"):
        mount = root.rstrip("/")
        if f"{scope['path']}/".startswith(f"{mount}/"):
            scope["path"] = scope["path"][len(mount) :] or "/"
        scope["root_path"] = ""
        exchange.mount = quote(mount)


def mount_of(scope: Any) -> str:
    """Return the path that the application is mounted at, as it is written in addresses."""
    return exchange_of(scope).mount
