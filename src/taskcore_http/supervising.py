"""Several processes that serve one listener, and the one that looks after them.

Uvicorn has a supervisor too. It waits for its workers without end, leaves them behind when it is
killed, and does not pass on why they cannot start.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import time
from contextlib import contextmanager, suppress
from multiprocessing.connection import wait
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Final

from attrs import define, evolve, field

from taskcore_http.process import STOPPING, open_storage, run
from taskcore_http.settings import METRICS_DIRECTORY
from taskcore_http.telemetry import logs

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from taskcore_http.settings import Settings

PAUSE: Final = 1.0
"""How many seconds after its start a worker is replaced that ended before it served."""

_TICK: Final = 0.1
_MARGIN: Final = 0.3

# A fork would share what another thread was just at, and is not everywhere.
_context = multiprocessing.get_context("spawn")
_log = logging.getLogger("taskcore_http")


@define(eq=False)
class _Worker:
    process: BaseProcess
    messages: Connection
    ready: bool = False
    started: float = field(factory=time.monotonic)

    def look(self) -> bool:
        """Return whether it is alive; notice that it serves."""
        with suppress(EOFError):
            self.ready = self.ready or (self.messages.poll() and bool(self.messages.recv_bytes()))
        return self.process.is_alive()


def supervise(settings: Settings, listener: socket.socket, announce: Callable[[], None]) -> None:
    """Serve with the workers until SIGTERM or SIGINT, then have them finish and exit with 0.

    A worker that dies is replaced. If one cannot start in the beginning, all end, and this exits
    with its code; with a second SIGINT all are killed.
    """
    with _shared_metrics(settings):
        _supervise(settings, listener, announce)


def _supervise(settings: Settings, listener: socket.socket, announce: Callable[[], None]) -> None:
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: signals.append(number))
    workers = [_start(settings, listener) for _ in range(settings.workers)]
    while not signals and not all(worker.ready for worker in workers):
        if failed := next((worker for worker in workers if not worker.look()), None):
            _stop(workers, signals)
            sys.exit(max(1, failed.process.exitcode or 0))
        time.sleep(_TICK)
    if not signals:
        announce()
    due: list[float] = []
    while not signals:
        wait([worker.process.sentinel for worker in workers], _TICK)
        for worker in [worker for worker in workers if not worker.look()]:
            workers.remove(worker)
            due.append(_end_of(worker))
        while due and min(due) <= time.monotonic() and not signals:
            due.remove(min(due))
            workers.append(_start(settings, listener))
    listener.close()
    _stop(workers, signals)


@contextmanager
def _shared_metrics(settings: Settings) -> Iterator[None]:
    """Have the workers count together, each of which answers for all then."""
    if not settings.metrics or METRICS_DIRECTORY in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="taskcore-metrics-") as directory:
        os.environ[METRICS_DIRECTORY] = directory
        yield


def _end_of(worker: _Worker) -> float:
    """Tell of a worker that died, and return when another is to start in its place."""
    process = worker.process
    _log.error("worker %s ended with %s; another starts", process.pid, process.exitcode)
    if METRICS_DIRECTORY in os.environ:
        from prometheus_client.multiprocess import mark_process_dead

        mark_process_dead(process.pid)  # type: ignore[no-untyped-call]  # it is not
    return worker.started + (0 if worker.ready else PAUSE)


def _stop(workers: list[_Worker], signals: list[int]) -> None:
    """Have the workers finish; kill those that do not."""
    deadline = time.monotonic() + STOPPING + _MARGIN
    for worker in workers:
        worker.process.terminate()
    alive = workers
    while alive and not _insists(signals) and time.monotonic() < deadline:
        wait([worker.process.sentinel for worker in alive], _TICK)
        alive = [worker for worker in alive if worker.process.is_alive()]
    for worker in alive:
        worker.process.kill()
    if _insists(signals):
        sys.exit(128 + signal.SIGINT)


def _insists(signals: list[int]) -> bool:
    """Whether somebody at a terminal does not want to wait."""
    return signals.count(signal.SIGINT) > 1


def _start(settings: Settings, listener: socket.socket) -> _Worker:
    messages, ready = _context.Pipe(duplex=False)
    process = _context.Process(target=_work, args=(settings, listener, ready), daemon=True)
    process.start()
    ready.close()
    return _Worker(process, messages)


def _work(settings: Settings, listener: socket.socket, ready: Connection) -> None:
    """Serve, as one of several processes."""
    logs.configure()
    # At a terminal it comes to all of the processes; the parent says what to do about it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    with listener, open_storage(evolve(settings, upgrade=False)) as repository:
        run(repository, settings, listener, lambda: ready.send_bytes(b"ready"))


def _end_with_parent() -> None:
    """Stop as soon as the parent is no more, however it ended."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
