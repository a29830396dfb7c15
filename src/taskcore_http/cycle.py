"""A request on its way through the application, as uvicorn has it, and an answer in any case."""

from __future__ import annotations

import logging
from asyncio import CancelledError
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from taskcore_http.problems import Refusal

# From so many bytes on, a copy of them takes longer than another write.
_LONG: Final = 64 * 1024

_log = logging.getLogger("taskcore_http")


class Cycle(RequestResponseCycle):
    """A request and its answer, whose body may turn out to be none."""

    _start: Any = None

    async def send(self, message: Any) -> None:
        """Send the answer, as ASGI does: its head waits for the body, and goes with it.

        It is in one piece, and its head says how long it is. Raises ``RuntimeError`` for a header
        that would be two.
        """
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if self.disconnected:
            return
        fields = [*self.default_headers, *self._start["headers"]]
        if not self.keep_alive:
            fields.append((b"connection", b"close"))
        lines = b"".join([b"%s: %s\r\n" % field for field in fields])
        if lines.count(b"\n") != len(fields) or lines.count(b"\r") != len(fields):
            raise RuntimeError("a header must not have the end of a line in it")
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        status = STATUS_LINE[self._start["status"]]
        head, body = b"".join((status, lines, b"\r\n")), message["body"]
        if len(body) < _LONG:
            self.transport.write(head + body)
        else:
            self.transport.write(head)
            self.transport.write(body)
        self.message_event.set()
        if not self.keep_alive:
            self.transport.close()
        self.on_response()

    async def receive(self) -> Any:
        """Return the next piece of the body, as ASGI does; raise what is wrong with it."""
        message = await super().receive()
        refusal: Refusal | None = self.scope["state"].get("refusal")
        if refusal is not None:
            raise refusal
        return message

    async def run_asgi(self, app: Any) -> None:
        """Have the application answer, and answer for it if it does not."""
        try:
            await app(self.scope, self.receive, self.send)
        except CancelledError:
            pass  # so uvicorn ends what takes too long once it stops; the edge has said so
        except Exception as error:  # noqa: BLE001  # whatever it is, the connection goes on
            await self._answer_with(app, error)
        finally:
            self.on_response = _nothing  # or this and the connection would keep each other
            if not self.response_complete:
                self.transport.close()

    async def _answer_with(self, app: Any, error: Exception) -> None:
        """Have the application answer with an error, which its guard raises, if it still can."""
        if self.response_started:
            _log.error("an answer was begun and not ended: %r", error)
            return
        self.scope["state"]["refusal"] = error
        try:
            await app(self.scope, self.receive, self.send)
        except Exception:  # noqa: BLE001  # likewise
            _log.exception("%s %s was not answered", self.scope["method"], self.scope["path"])


def _nothing() -> None:
    pass
