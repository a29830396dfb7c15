"""HTTP as it comes from a socket: uvicorn's protocol, with limits of size and of time.

What cannot be read, is too large or comes too slowly reaches the application as a ``Refusal``, for
the guard ``limits.refused`` to raise: so its answer, its headers and its line in the log are those
of any other, and in a pipeline it is answered in its turn.

What a connection does depends on which part of a request comes next (``_Part``):

====  ===========  ======================  =================================  ==================
part  begins with  ends with               too late                           too large
====  ===========  ======================  =================================  ==================
NONE  connecting,  a byte: HEAD            75 s: closed
      a last byte
HEAD  a byte       an empty line: BODY     10 s: 408                          414, 431
BODY  an empty     its last byte: NONE     8 s: 408                           413
      line
REST  a refusal,   the client's end, which 2 s after the last answer: closed  thrown away
      a stop, the  closes the connection
      client's end
====  ===========  ======================  =================================  ==================

There is one deadline. It is off while it is we who are due: as long as a request that is here is
not answered, or another one waits for that. A client that reads nothing of an answer has 10 s,
whatever part there is.
"""

from __future__ import annotations

import logging
from enum import Enum, auto
from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Any, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from taskcore_http import limits
from taskcore_http.cycle import Cycle
from taskcore_http.problems import FIELD_LIMIT, HEAD_LIMIT, Refusal

if TYPE_CHECKING:
    import asyncio

_log = logging.getLogger("taskcore_http")


SHOWN: Final = 100
"""How many bytes of an address are logged of a request that cannot be read."""


# What the answer to a request that cannot be read still depends on.
_KEPT: Final = frozenset({b"x-request-id", b"origin"})


class _Part(Enum):
    """What of a request is being read."""

    NONE = auto()
    HEAD = auto()
    BODY = auto()
    REST = auto()  # of a connection on which no other request is answered: thrown away


_SECONDS: Final = {
    _Part.NONE: limits.KEEP_ALIVE_SECONDS,
    _Part.HEAD: limits.HEAD_SECONDS,
    _Part.BODY: limits.BODY_SECONDS,
    _Part.REST: limits.LINGER_SECONDS,
}
_TOO_LATE: Final = {
    _Part.HEAD: f"the header must be here within {limits.HEAD_SECONDS:g} s",
    _Part.BODY: f"the body must be here within {limits.BODY_SECONDS:g} s after the header",
}


class Protocol(HttpToolsProtocol):
    """One connection. ``deadline`` is when ``overdue`` is to be called, by the loop's time.

    ``most_connections`` is how many the process takes.
    """

    most_connections = limits.CONNECTIONS

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.deadline = inf
        self._part = _Part.NONE
        self._chunk = 0
        self._fed = 0
        self._unread = 0
        self._keep_alive = True
        self._ending = False
        self._deferred = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Begin, unless there are too many connections already."""
        super().connection_made(transport)
        self._arm(limits.KEEP_ALIVE_SECONDS)
        surplus = len(self.connections) - self.most_connections
        if surplus > limits.SPARE:
            transport.abort()
        elif surplus > 0:
            why = "there are too many connections; try again"
            self._refuse(Refusal(HTTPStatus.SERVICE_UNAVAILABLE, why))

    def data_received(self, data: bytes) -> None:
        """Read on."""
        if self._part is _Part.REST:
            return
        self._chunk = len(data)
        if self._part is not _Part.NONE:
            self._fed += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._stay(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self._refuse(limits.refusal_of(error))
        else:
            if self._part is not _Part.NONE:
                self._wait_for_more()
            if self._ending:
                self.finish()

    def eof_received(self) -> bool:  # type: ignore[override]  # as asyncio has it
        """Keep a connection on which nothing more comes for the answers that are due."""
        if self._part in {_Part.HEAD, _Part.BODY} or not self._answering():
            return False
        self._part = _Part.REST
        # There is nothing left to linger for.
        self.cycle.keep_alive, self.cycle.transport = False, self.transport
        return True

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._part = _Part.HEAD
        self._fed = 0
        self._disarm()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the request's target."""
        self.url += url
        if len(self.url) > limits.URI_BOUND:
            raise Refusal(HTTPStatus.REQUEST_URI_TOO_LONG)

    def on_headers_complete(self) -> None:
        """Begin to answer, unless the header is none that can be."""
        if self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT":
            return  # until `_stay` has made another request of it
        large = self._chunk + self._fed > HEAD_LIMIT and limits.size_of(self.headers) > HEAD_LIMIT
        if large or len(self.headers) > FIELD_LIMIT:
            raise Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if not self.url.startswith(b"/"):
            self.url = limits.with_path(self.url)
        super().on_headers_complete()
        self._part = _Part.BODY
        self._fed = 0
        self._disarm()
        # What comes behind the body, trailers, is no header, and says nothing that anybody needs.
        headers, self.headers = self.headers, []
        limits.require_http(self.scope["http_version"], headers)

    def on_message_complete(self) -> None:
        """Have the whole request."""
        if self._part is _Part.HEAD:
            return  # an upgrade, likewise
        self._part = _Part.NONE
        cycle = self.cycle
        if cycle.transport is not self.transport and not cycle.response_started:
            cycle.transport, cycle.keep_alive = self.transport, self._keep_alive
        super().on_message_complete()
        if cycle.response_complete:
            self._arm(limits.KEEP_ALIVE_SECONDS)
        else:
            self._disarm()

    def on_response_complete(self) -> None:
        """Answer what was asked next, or wait for it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            self._arm(limits.READING_SECONDS)
            return
        if self._part is _Part.REST and not self.pipeline:
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self._part is _Part.NONE and not self.flow.write_paused:
            self._arm(limits.KEEP_ALIVE_SECONDS)

    def pause_writing(self) -> None:
        """Begin to watch how the client reads."""
        super().pause_writing()
        self._unread = limits.unread(self.transport)
        self._arm(limits.READING_SECONDS)

    def resume_writing(self) -> None:
        """Stop that, and go on with what waited for it."""
        super().resume_writing()
        if self._deferred:
            self._deferred = False
            self._start_asgi_task(*self.pipeline.pop())
        if self._answering() and self._part is not _Part.BODY:
            self._disarm()
        else:
            self._arm(_SECONDS[self._part])

    def finish(self) -> None:
        """Have the request that is here be the last on this connection, or else the next one."""
        self._ending = True
        if self._part in {_Part.NONE, _Part.HEAD} and self._answering():
            self._part = _Part.REST
            self._let_linger(self.cycle)
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """Close the connection as soon as what was accepted is answered."""
        self.finish()
        if not self._answering():
            self.linger()

    def overdue(self) -> None:
        """Do what there is to do at the deadline."""
        if self.flow.write_paused:
            self._require_reading()
        elif self._part is _Part.REST or self.transport.is_closing():
            self.transport.abort()
        elif self._part is _Part.NONE or self._is_answered():
            self.transport.close()
            self._arm(limits.READING_SECONDS)
        elif self.pipeline or (self._part is _Part.HEAD and self._answering()):
            self._arm(_SECONDS[self._part])  # it is we who do not read
        else:
            self._refuse(Refusal(HTTPStatus.REQUEST_TIMEOUT, _TOO_LATE[self._part]))

    def linger(self) -> None:
        """Close, once the client has had the time to read its answer.

        With bytes that nobody has read, the kernel would reset the connection, answer and all.
        """
        self._part = _Part.REST
        self._arm(limits.LINGER_SECONDS)
        self.flow.resume_reading()
        if not self.transport.is_closing():
            self.transport.write_eof()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self.flow.write_paused:
            # Its answer would have to wait for the client, and the request's time would run out.
            self._deferred = True
            self.pipeline.append((cycle, app))
            self.flow.pause_reading()
            return
        # Uvicorn makes the cycle, and has no place to say of which class.
        cycle.__class__ = Cycle
        super()._start_asgi_task(cycle, app)

    def _arm(self, seconds: float) -> None:
        if self.flow.write_paused:
            seconds = min(seconds, limits.READING_SECONDS)
        self.deadline = self.loop.time() + seconds

    def _disarm(self) -> None:
        if not self.flow.write_paused:
            self.deadline = inf

    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _is_answered(self) -> bool:
        return self._part is _Part.BODY and self.cycle.response_complete

    def _wait_for_more(self) -> None:
        """Keep what is not whole yet from growing without bound, and from taking for ever."""
        if status := self._excess():
            self._refuse(Refusal(status))
        elif self.deadline == inf:
            self._arm(_SECONDS[self._part])
            if self._part is _Part.BODY and not limits.is_short(list(self.scope["headers"])):
                # An answer that is there before the rest of the body ends the connection.
                self._keep_alive, self.cycle.keep_alive = self.cycle.keep_alive, False
                self._let_linger(self.cycle)

    def _excess(self) -> HTTPStatus | None:
        """Return the status of what is too large already, if it is."""
        if self._part is _Part.BODY:
            large = self._fed > limits.FRAMED_LIMIT
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE if large else None
        large = max(self._fed, limits.size_of(self.headers)) > HEAD_LIMIT
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE if large else None

    def _stay(self, rest: bytes) -> None:
        """Read a request to upgrade, of which the header is here, as if it had asked for nothing.

        The parser takes what comes next for another protocol, its body too. So another parser is
        told the same, without the wish.
        """
        if self.parser.get_method() == b"CONNECT":
            self.cycle.keep_alive = False
            self._part = _Part.REST
            return
        fields = [b"%s: %s\r\n" % field for field in self.headers if field[0] != b"upgrade"]
        version = self.parser.get_http_version().encode()
        line = b"%s %s HTTP/%s\r\n" % (self.parser.get_method(), self.url, version)
        self._begin_again()
        self.data_received(b"".join([line, *fields, b"\r\n", rest]))

    def _begin_again(self) -> None:
        """Take another parser, one that has read nothing."""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self._part = _Part.NONE

    def _refuse(self, refusal: Refusal) -> None:
        """Answer, in its turn, with what is wrong, and read nothing more on this connection."""
        if self._part is _Part.BODY and self.cycle.response_complete:
            self.linger()
            return
        if self._part is not _Part.BODY:
            self._begin_unreadable()
        cycle = self.cycle
        cycle.scope["state"]["refusal"] = refusal
        cycle.keep_alive = False
        self._let_linger(cycle)
        self._part = _Part.REST
        self._disarm()
        cycle.message_event.set()

    def _let_linger(self, cycle: RequestResponseCycle) -> None:
        cycle.transport = _Lingering(self)  # type: ignore[assignment]  # all that a cycle needs

    def _begin_unreadable(self) -> None:
        """Begin a request of which too little is known: one that asks for nothing, in its place."""
        url = b"" if self._part is _Part.NONE else self.url
        fields = [field for field in self.headers or () if field[0] in _KEPT]
        self._begin_again()
        self.parser.feed_data(b"GET / HTTP/1.0\r\n\r\n")
        path = url[:SHOWN].decode("latin-1")
        self.scope.update({"method": "-", "path": path, "headers": fields})

    def _require_reading(self) -> None:
        """Drop a client that has read nothing since this was asked before."""
        unread = limits.unread(self.transport)
        if unread < self._unread:
            self._unread = unread
            self._arm(limits.READING_SECONDS)
        else:
            _log.info("dropped a connection whose client does not read its answer")
            self.transport.abort()


class _Lingering:
    """A connection as an answer sees it that may come before its request is whole."""

    def __init__(self, protocol: Protocol) -> None:
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing
        self.close = protocol.linger
