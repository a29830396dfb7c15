"""One HTTP connection on asyncio, kept alive, and opened again whenever it is lost."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

from attrs import define, field, frozen

PATIENCE = 20.0
"""How many seconds an answer may take; the server promises one within about 10."""

_PAUSE = 0.02


class Unknown(Exception):
    """A request was sent, or a part of it, and no answer came: it may have been done, or not."""


@frozen
class Answer:
    """What the server answered; ``body`` is the JSON in it."""

    status: int
    body: Any


@define
class Address:
    """Where the server is; it may move."""

    host: str
    port: int


@define
class Client:
    """Sends one request after the other."""

    address: Address
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = field(
        init=False, default=None
    )

    async def send(
        self, method: str, path: str, body: object = None, headers: tuple[str, ...] = ()
    ) -> Answer:
        """Send a request, as soon as there is a server, and return the answer.

        Raises ``Unknown``.
        """
        content = b"" if body is None else json.dumps(body).encode()
        lines = (
            f"{method} {path} HTTP/1.1",
            f"Host: {self.address.host}:{self.address.port}",
            f"Content-Length: {len(content)}",
            *(("Content-Type: application/json",) if content else ()),
            *headers,
        )
        request = "\r\n".join((*lines, "", "")).encode() + content
        reader, writer = self._streams or await self._connect()
        try:
            async with asyncio.timeout(PATIENCE):
                writer.write(request)
                return await self._read(reader)
        except (OSError, EOFError, TimeoutError) as error:
            self.close()
            raise Unknown(f"{type(error).__name__}: {error}") from error
        except asyncio.CancelledError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._streams:
            self._streams[1].transport.abort()
        self._streams = None

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            with suppress(OSError):
                address = self.address
                self._streams = await asyncio.open_connection(address.host, address.port)
                return self._streams
            await asyncio.sleep(_PAUSE)

    async def _read(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in head[1:-2])
        content = await reader.readexactly(int(fields["content-length"]))
        if fields.get("connection") == "close":
            self.close()
        return Answer(int(head[0].split()[1]), json.loads(content or b"null"))
