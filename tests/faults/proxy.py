"""A way to Postgres that is cut at a chosen byte."""

from __future__ import annotations

import socket
import struct
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Literal, Self

from attrs import define, field
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Callable

    Direction = Literal["request", "answer"]


@define(eq=False)
class Cut:
    """Where the next connection ends that passes so much in a direction.

    ``after`` counts bytes; None is what is sent at once. With ``waits``, the server first answers,
    if it can. Then ``meanwhile`` is called, and only then does the client notice: an orderly end,
    or with ``resets`` none.
    """

    direction: Direction
    after: int | None
    waits: bool = False
    resets: bool = False
    meanwhile: Callable[[], object] = lambda: None
    is_done: bool = field(init=False, default=False)


class Proxy:
    """Passes on what comes to a port of its own; a context manager."""

    def __init__(self, url: str) -> None:
        self._server = conninfo_to_dict(url)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = Lock()
        self._armed: Cut | None = None
        self._threads = [Thread(target=self._accept)]
        self._lines: list[_Line] = []

    @property
    def url(self) -> str:
        """The URL of the database by way of the proxy."""
        port = self._listener.getsockname()[1]
        names = ("user", "password")
        user = ":".join(str(self._server[name]) for name in names if name in self._server)
        user = user or "postgres"
        return f"postgresql://{user}@127.0.0.1:{port}/{self._server['dbname']}?sslmode=disable"

    def arm(self, cut: Cut) -> None:
        """Cut there, once."""
        with self._lock:
            self._armed = cut

    def disarm(self) -> None:
        """Cut nothing that was not cut so far."""
        with self._lock:
            self._armed = None

    def taken(self, direction: Direction, data: bytes) -> tuple[bytes, Cut | None]:
        """Return what of the data is passed on, and the cut if it comes then."""
        with self._lock:
            cut = self._armed
            if cut is None or cut.direction != direction:
                return data, None
            if cut.after is not None and cut.after > len(data):
                cut.after -= len(data)
                return data, None
            self._armed = None
            return data[: cut.after], cut

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone would not wake who waits for a connection.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._lines:
            line.end()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                line = _Line(self, client, self._connect())
                self._lines.append(line)
                self._threads.append(Thread(target=line.run))
                self._threads[-1].start()

    def _connect(self) -> socket.socket:
        host, port = str(self._server.get("host")), self._server.get("port") or 5432
        if not Path(host).is_absolute():
            return socket.create_connection((host, int(port)))
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server


@define(eq=False)
class _Line:
    """One connection of a client, and the one to the server that belongs to it."""

    proxy: Proxy
    client: socket.socket
    server: socket.socket
    is_cut: bool = False
    answered: Event = field(factory=Event)

    def run(self) -> None:
        """Pass on what each side sends, until there is no more."""
        answering = Thread(target=self._pass_on, args=("answer", self.server, self.client))
        answering.start()
        self._pass_on("request", self.client, self.server)
        answering.join()
        self.client.close()
        self.server.close()

    def end(self) -> None:
        """End it both ways."""
        for one in (self.client, self.server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, direction: Direction, source: socket.socket, target: socket.socket) -> None:
        cut = None
        with suppress(OSError):
            while cut is None and (data := source.recv(65536)):
                if self.is_cut:
                    break
                passed, cut = self.proxy.taken(direction, data)
                self.is_cut = cut is not None
                target.sendall(passed)
        if direction == "answer":
            self.answered.set()
        if cut:
            self._cut(cut)
        elif not self.is_cut:
            self.end()

    def _cut(self, cut: Cut) -> None:
        if cut.waits:
            # What did not come as a whole has no answer.
            self.answered.wait(0.05)
        with suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        cut.meanwhile()
        cut.is_done = True
        with suppress(OSError):
            if cut.resets:
                # So that closing it is no orderly end; whoever reads from it here is woken.
                self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.client.shutdown(socket.SHUT_RD)
            else:
                self.client.shutdown(socket.SHUT_RDWR)
