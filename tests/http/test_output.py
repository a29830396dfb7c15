"""What the program says, where it cannot be written: it does what it should all the same."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.http.auth.issuing import SECRET
from tests.http.conftest import environment

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="this system has no full device"
)

TOKEN = {"TASKCORE_JWT_KEY": SECRET}


@contextmanager
def running(
    *arguments: str, full: str, buffered: bool = True, **settings: str
) -> Iterator[subprocess.Popen[str]]:
    """Run the program with a stream, ``stdout`` or ``stderr``, that takes nothing."""
    said = environment(**settings) | ({} if buffered else {"PYTHONUNBUFFERED": "1"})
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Path("/dev/full").open("wb") as device:
        process = subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, "-m", "taskcore_http", *arguments],
            env=said,
            text=True,
            **{**streams, full: device.fileno()},
        )
    try:
        with process:
            yield process
    finally:
        process.kill()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_server_that_can_say_nothing_serves_and_stops_well(tmp_path: Path, workers: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    arguments = ("--port", str(port), "--workers", workers)
    url = f"sqlite:///{tmp_path}/tasks.db"
    with running(*arguments, full="stderr", TASKCORE_DATABASE_URL=url) as process:
        wait_until_live(process, port)

        process.terminate()

        assert process.wait(30) == 0


def wait_until_live(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 30) as connection:
            connection.sendall(b"GET /health/live HTTP/1.0\r\n\r\n")
            assert connection.recv(15) == b"HTTP/1.1 200 OK"
            return
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("arguments", "settings", "code"),
    [
        ([], {"TASKCORE_AUTH": "bad"}, 2),
        (["--nonsense"], {}, 2),
        (["--port", "0"], {"TASKCORE_DATABASE_URL": "sqlite:////nowhere/tasks.db"}, 6),
        (["token", "alice"], {}, 2),
        (["token", "--nonsense"], {}, 2),
    ],
)
def test_a_reason_that_cannot_be_told_leaves_the_exit_code(
    arguments: list[str], settings: dict[str, str], code: int
) -> None:
    with running(*arguments, full="stderr", **settings) as process:
        assert process.wait(30) == code


@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize(
    "arguments", [["token", "alice"], ["--help"], ["--version"], ["token", "--help"]]
)
def test_what_cannot_be_printed_is_told_with_exit_code_1(
    arguments: list[str],
    buffered: bool,  # noqa: FBT001  # pytest's
) -> None:
    with running(*arguments, full="stdout", buffered=buffered, **TOKEN) as process:
        _, said = process.communicate(timeout=30)

    assert process.returncode == 1
    assert said == "taskcore-http: cannot write the output: No space left on device\n"
