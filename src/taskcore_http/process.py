"""One process that serves: its storage, its server, and its end."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from threading import Timer
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import uvicorn

from taskcore.errors import RepositoryUnavailable
from taskcore.ports import Get
from taskcore_http.app import create_app, open_from
from taskcore_http.auth.hosts import host_guards
from taskcore_http.limits import CONNECTIONS, SPARE
from taskcore_http.protocol import Protocol
from taskcore_http.telemetry import logs
from taskcore_http.telling import exit_with

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from types import FrameType

    from taskcore import TaskRepository
    from taskcore_http.settings import Settings

GRACE: Final = 7
"""How many seconds accepted requests have to finish once the process is told to stop."""

MOMENT: Final = 1
"""How many of them a connection on which nothing was asked has, for a request on its way."""

STOPPING: Final = 8.5
"""After how many seconds it is no more, whatever hangs: the last are for closing the storage."""

TICKS: Final = 10
"""How many there are in a second, of uvicorn and of ours."""

SWEEP: Final = TICKS
"""How many of uvicorn's are between looks at the connections."""

_log = logging.getLogger("taskcore_http")


class Server(uvicorn.Server):
    """Uvicorn's server, that also ends connections that are too slow, and always ends itself."""

    async def on_tick(self, counter: int) -> bool:
        """Look after the connections, and do what uvicorn does."""
        if counter % SWEEP == 0:
            self._end_waits()
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what was accepted, as far as there is time."""
        # A thread may hang in the storage, and nothing else ends it. The log may hang as well.
        _after(STOPPING - 1 / TICKS, logs.flush)
        _after(STOPPING, partial(os._exit, 0))
        waiting = [one for listener in sockets or () for one in _accepted(listener)]
        for server in self.servers:
            server.close()
        ending = asyncio.create_task(self._finish())
        await self._take(waiting)
        for _ in range(MOMENT * TICKS):
            await asyncio.sleep(1 / TICKS)
            if not self.server_state.connections:
                break
        await super().shutdown(sockets)
        ending.cancel()

    async def _take(self, accepted: list[socket.socket]) -> None:
        """Serve connections that were accepted without the loop."""

        def protocol() -> Protocol:
            return Protocol(self.config, self.server_state, self.lifespan.state)

        for connection in accepted:
            with suppress(OSError):  # its client may be gone already
                await asyncio.get_running_loop().connect_accepted_socket(protocol, connection)

    async def _finish(self) -> None:
        """Have every connection, and those that are still coming about, answer its last request."""
        while True:
            for connection in self._connections():
                connection.finish()
            self._end_waits()
            await asyncio.sleep(1 / TICKS)

    def _end_waits(self) -> None:
        now = asyncio.get_running_loop().time()
        for connection in self._connections():
            if connection.deadline < now:
                _end_wait(connection)

    def _connections(self) -> list[Protocol]:
        connections: Any = self.server_state.connections
        return list(connections)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; with a second SIGINT, end at once."""
        if self.should_exit and sig == signal.SIGINT:
            logs.flush()
            os._exit(128 + sig)
        super().handle_exit(sig, frame)


def _after(seconds: float, act: Callable[[], None]) -> None:
    """Have a thread act after so many seconds, if the process is still there."""
    timer = Timer(seconds, act)
    timer.daemon = True
    timer.start()


def _accepted(listener: socket.socket) -> list[socket.socket]:
    """Return the connections that wait for us to take them; with the listener they would be cut."""
    found = []
    with suppress(OSError):  # for lack of more
        while True:
            found.append(listener.accept()[0])
    return found


def _end_wait(connection: Protocol) -> None:
    """Have a connection do what is due; drop one that fails at it, and no other."""
    try:
        connection.overdue()
    except Exception:  # noqa: BLE001  # what is wrong with one is not for the others
        _log.exception("dropped a connection that failed at its deadline")
        connection.transport.abort()


def open_storage(settings: Settings) -> TaskRepository:
    """Return the repository that the settings name, or exit with one line that says why not."""
    try:
        repository = open_from(settings)
    except (ValueError, ImportError) as error:
        exit_with(2, error)
    except RepositoryUnavailable as error:
        exit_with(6, error)
    # Better to end now than to refuse every request: ask for a task that nobody has.
    [answer] = repository.execute([Get("taskcore", UUID(int=0))])
    if isinstance(answer, RepositoryUnavailable):
        repository.close()
        exit_with(6, answer)
    return repository


def run(
    repository: TaskRepository,
    settings: Settings,
    listener: socket.socket,
    announce: Callable[[], None],
) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was accepted; say when it begins."""
    # What is loaded stays. Collecting the rest as often as Python does by default costs a long list
    # a quarter of its time, and the tasks in it have no cycles.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    Protocol.most_connections = _connections()
    server = Server(
        uvicorn.Config(
            create_app(repository, settings, guards=host_guards(settings)),
            http=Protocol,
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            workers=1,  # else an environment variable says how many
            timeout_graceful_shutdown=GRACE - MOMENT,
        )
    )

    def stop(*_: object) -> None:
        server.should_exit = True

    # Uvicorn listens to signals only once it runs, and when it has stopped it raises the one that
    # stopped it again. This answers those that come before, and that one.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    announce()
    server.run(sockets=[listener])


def _connections() -> int:
    """Return how many connections to take: as many as we want, if the system lets us."""
    if sys.platform == "win32":
        return CONNECTIONS
    import resource

    reserved = 2 * SPARE  # for the storage, and for those who are told that there are too many
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return CONNECTIONS
    most = CONNECTIONS + reserved
    if soft < most:
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(CONNECTIONS, max(soft - reserved, soft // 2))
