"""The whole server under load: a real process, asked over loopback from this one."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTIONS: Final = 32
REQUESTS: Final = 3_000
LONG_LIST: Final = 1_000
SHORT_LIST: Final = 50

_JSON: Final = {"Content-Type": "application/json"}
_DRAFT: Final = json.dumps({"title": "Write the report", "description": "with figures"})

Request = tuple[str, str, str | None]


def server_figures(url: str) -> dict[str, float]:
    """Return the CPU microseconds a request, for each call, of a server on this database."""
    with _serving(url) as (port, process):
        ids = [_add(port, "short") for _ in range(SHORT_LIST)]
        for _ in range(LONG_LIST):
            _add(port, "long")
        calls: dict[str, list[Request]] = {
            "get": [("GET", f"/api/short/tasks/{id}", None) for id in ids],
            f"list {SHORT_LIST}": [("GET", "/api/short/tasks", None)],
            f"list {LONG_LIST}": [("GET", "/api/long/tasks", None)],
            "create": [("POST", f"/api/new{n}/tasks", _DRAFT) for n in range(500)],
            "toggle": [("PATCH", f"/api/short/tasks/{id}/complete", None) for id in ids],
        }
        return {name: _measure(requests, port, process) for name, requests in calls.items()}


@contextmanager
def _serving(url: str) -> Iterator[tuple[int, psutil.Process]]:
    server = subprocess.Popen(
        [sys.executable, "-m", "taskcore_http", "--port", "0"],
        env=os.environ | {"TASKCORE_DATABASE_URL": url},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stderr is not None
        # taskcore-http: serving on http://127.0.0.1:PORT, docs at /docs
        said = server.stderr.readline()
        yield int(said.partition("127.0.0.1:")[2].partition(",")[0]), psutil.Process(server.pid)
    finally:
        server.terminate()
        server.wait()


def _add(port: int, user_id: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = _ask(connection, ("POST", f"/api/{user_id}/tasks", _DRAFT))
    connection.close()
    return str(json.loads(body)["id"])


def _measure(requests: list[Request], port: int, process: psutil.Process) -> float:
    count = REQUESTS // 10 if requests[0][1] == "/api/long/tasks" else REQUESTS

    def work(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for number in range(first, count, CONNECTIONS):
            _ask(connection, requests[number % len(requests)])
        connection.close()

    before = process.cpu_times()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(work, range(CONNECTIONS)))
    after = process.cpu_times()
    return (after.user + after.system - before.user - before.system) / count * 1e6


def _ask(connection: http.client.HTTPConnection, request: Request) -> bytes:
    method, path, body = request
    connection.request(method, path, body, _JSON if body else {})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
        raise RuntimeError(f"{method} {path}: {answer.status} {content!r}")
    return content
