"""Logs, by structlog: one line a request, and what the operator should know of failures.

The server's own process configures structlog, and gets all lines in one format on stderr. Where an
application has made the ASGI application a part of itself, its own set-up counts: structlog if it
has configured that, and the standard library's logger ``taskcore_http`` otherwise.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
import stat
import sys
from collections import deque
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from select import select
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import msgspec
import structlog

from taskcore_http.telemetry.names import method_of, route_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from structlog.typing import EventDict, Processor

    from taskcore_http.edge.exchange import Exchange, Observer

_NAME: Final = "taskcore_http"
_FAILED: Final = 400
# What machines ask every few seconds is of interest only where it fails.
_QUIET: Final = frozenset({"/health/live", "/health/ready", "/metrics"})

PIPE_BUF: Final = 4096
"""How many bytes a pipe that takes any takes whole; more would wait for its reader."""

# So many lines about requests are sure to have fewer.
_TOGETHER: Final = 8

PAUSE: Final = 0.01
"""How many seconds a line about a request may wait for others."""


def configure() -> None:
    """Send all lines of this process to stderr: for people at a terminal, else as JSON.

    Those of the standard library's logging, from WARNING up, and Python's warnings are among them.
    This is for a process of our own.
    """
    if sys.stderr is None:  # closed, and its number could become that of a connection
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115  # it is for the whole process
    people = sys.stderr.isatty()
    lines = _Lines(sys.stderr.fileno())
    atexit.register(lines.flush)
    structlog.configure(
        processors=_for_people() if people else _AS_JSON,
        wrapper_class=_FROM_INFO if people else _Direct,
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_Forwarding()], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)


def flush() -> None:
    """Write the lines that wait for others; ``os._exit`` skips what Python does at its end."""
    lines = structlog.get_config()["logger_factory"]()
    if isinstance(lines, _Lines):
        lines.flush()


def logger() -> Any:
    """Return the structlog logger for lines of ours."""
    if structlog.is_configured():
        return structlog.get_logger(_NAME).bind()
    return structlog.wrap_logger(
        logging.getLogger(_NAME),
        processors=[structlog.stdlib.filter_by_level, _for_stdlib],
        wrapper_class=structlog.stdlib.BoundLogger,
    ).bind()


def told_of(exchange: Exchange) -> dict[str, Any]:
    """Return what a line about an exchange says of the request."""
    fields = {
        "method": method_of(exchange),
        "route": route_of(exchange),
        "request_id": exchange.request_id,
    }
    if exchange.trace_id:
        fields["trace_id"] = exchange.trace_id
    return fields


def request_log() -> Observer:
    """Return the observer that writes a line for each request."""
    info = logger().info

    def write(exchange: Exchange) -> None:
        status = exchange.status
        if exchange.route in _QUIET and status < _FAILED:
            return
        fields = told_of(exchange)
        fields["status"] = status
        fields["duration_ms"] = round((perf_counter() - exchange.started) * 1e6) / 1000
        fields["bytes"] = exchange.size
        if exchange.code:
            fields["code"] = exchange.code
        info("request", **fields)

    return write


class _Lines:
    """Where structlog sends its lines: a file that processes can share, as each is in one write.

    A line that cannot be written, or that nobody takes now, is lost, and nothing else is.
    """

    def __init__(self, file: int) -> None:
        self._file = file
        # A file takes all at once; nothing else is sure to, or to let others wait for it.
        self._may_wait = not stat.S_ISREG(os.fstat(file).st_mode)
        # Any thread may write what waits, and takes what no other has taken.
        self._waiting: deque[EventDict] = deque()
        self._will_flush = False

    def msg(self, line: bytes) -> None:
        """Write a line, after those that wait."""
        self.flush()
        self._write(line)

    info = warning = error = critical = msg

    def soon(self, event: EventDict) -> None:
        """Write an event as JSON within ``PAUSE``; at once where no event loop runs.

        With every write another thread may take its turn, and the event loop wait for it; so lines
        that are written together cost half of what each does alone.
        """
        # To ask for the loop each time would take longer than all else here.
        if not self._will_flush:
            try:
                asyncio.get_running_loop().call_later(PAUSE, self._flush_in_time)
            except RuntimeError:
                self.msg(_lines_of([event]))
                return
            self._will_flush = True
        self._waiting.append(event)

    def _flush_in_time(self) -> None:
        self._will_flush = False
        self.flush()

    def flush(self) -> None:
        """Write what waits."""
        while events := self._taken():
            self._write(_lines_of(events))

    def _taken(self) -> list[EventDict]:
        """Take what goes into one write."""
        most = _TOGETHER if self._may_wait else len(self._waiting)
        events: list[EventDict] = []
        with suppress(IndexError):
            while len(events) < most:
                events.append(self._waiting.popleft())
        return events

    def _write(self, lines: bytes) -> None:
        """Write lines, or a part of them, unless that would wait for somebody to read."""
        with suppress(OSError):
            if not self._may_wait:
                os.write(self._file, lines)
                return
            for start in range(0, len(lines), PIPE_BUF):
                if select([], [self._file], [], 0)[1]:
                    os.write(self._file, lines[start : start + PIPE_BUF])


class _Forwarding(logging.Handler):
    """Hands what comes by the standard library's logging to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log the record."""
        fields: dict[str, Any] = {"exc_info": record.exc_info} if record.exc_info else {}
        # Levels between those that structlog knows count as the one below.
        level = record.levelno // 10 * 10
        structlog.get_logger(_NAME).log(level, record.getMessage(), logger=record.name, **fields)


def _headed(_: object, level: str, event: EventDict) -> EventDict:
    return {"time": datetime.now(UTC), "level": level, "event": event.pop("event"), **event}


def _json(_: object, __: str, event: EventDict) -> bytes:
    return _lines_of([event])


def _lines_of(events: Sequence[EventDict]) -> bytes:
    try:
        return _encode_lines(events)
    except (ValueError, OverflowError):  # half a surrogate pair in what a driver said, say
        return "".join(f"{json.dumps(event, default=str)}\n" for event in events).encode()


_encode_lines: Final = msgspec.json.Encoder(enc_hook=repr).encode_lines
_AS_JSON: Final[tuple[Processor, ...]] = (
    _headed,
    structlog.processors.format_exc_info,
    _json,
)


_FROM_INFO: Final = structlog.make_filtering_bound_logger(logging.INFO)


class _Direct(_FROM_INFO):  # type: ignore[valid-type,misc]  # it is a class, made by a function
    """A logger whose lines of level INFO do not pass the processors, which would do the same.

    There is one for each request, and so it takes half the time.
    """

    def info(self, event: str, **fields: Any) -> None:
        """Log what is no failure."""
        self._logger.soon({"time": datetime.now(UTC), "level": "info", "event": event, **fields})


def _for_people() -> list[Processor]:
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper("iso", key="time"),
        structlog.dev.ConsoleRenderer(
            colors=not os.environ.get("NO_COLOR"),
            timestamp_key="time",
            sort_keys=False,
            # The default shows the values of variables too, and those are the users'.
            exception_formatter=structlog.dev.plain_traceback,
        ),
        lambda _, __, line: f"{line}\n".encode(errors="backslashreplace"),
    ]


def _for_stdlib(_: object, __: str, event: EventDict) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return the arguments of a stdlib logger: the line as text, and its fields as extra."""
    what = event.pop("event")
    options = {"exc_info": event.pop("exc_info", None)}
    fields = " ".join(f"{name}={value!r}" for name, value in event.items())
    return ("%s %s", what, fields), {**options, "extra": dict(event)}
