"""Clients that say when what is sent and read, and how a connection ends."""

from __future__ import annotations

import socket
import time
from http.client import HTTPResponse, parse_headers
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Server

ADDING = (
    b"POST /api/alice/tasks HTTP/1.1\r\nHost: 127.1\r\nContent-Type: application/json\r\n"
    b'Content-Length: 13\r\n\r\n{"title":"x"}'
)
ASKING = b"GET /api/alice/tasks/count HTTP/1.1\r\nHost: 127.1\r\n\r\n"


def connected(server: Server, sent: bytes) -> socket.socket:
    """Send these bytes on a connection of their own."""
    location = urlsplit(server.address)
    connection = socket.create_connection((location.hostname, location.port), timeout=30)
    connection.sendall(sent)
    return connection


def post(server: Server, title: str) -> socket.socket:
    """Send a request and do not wait for its answer."""
    body = f'{{"title": "{title}"}}'.encode()
    return connected(
        server,
        b"POST /api/alice/tasks HTTP/1.1\r\nHost: 127.1\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(body), body),
    )


def status(connection: socket.socket) -> int:
    """Return the status of the answer, and close the connection."""
    with connection, HTTPResponse(connection) as response:
        response.begin()
        response.read()
        return response.status


def wait_until_refused(server: Server) -> None:
    """Wait for a server that was told to stop to accept nobody anymore."""
    location = urlsplit(server.address)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection((location.hostname, location.port), timeout=5).close()
        except ConnectionError:
            return
        time.sleep(0.02)
    pytest.fail("it still accepts connections")


class Client:
    """A connection that was opened with some bytes, and what comes on it."""

    def __init__(self, server: Server, sent: bytes) -> None:
        self.connection = connected(server, sent)
        self.send = self.connection.sendall
        self._file = self.connection.makefile("rb")

    def answer(self) -> tuple[int, str | None]:
        """Return the status of the next answer, and what it says of the connection."""
        status = int(self._file.readline().split()[1])
        headers = parse_headers(self._file)
        self._file.read(int(headers["Content-Length"]))
        return status, headers["Connection"]

    def at_end(self) -> bool:
        """Whether nothing more comes; raise ``ConnectionError`` if that is not by a clean end."""
        return self._file.read(1) == b""

    def close(self) -> None:
        self._file.close()
        self.connection.close()
