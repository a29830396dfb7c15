"""Processes that upgrade a database when they are told to, all at the same moment if need be."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator

# Both have imported everything when they say that they are ready. To a path or URL, they answer
# that they begin, and then how many tasks ann has.
ON_SQLITE = """
import sys
from taskcore import Tasks
from taskcore.adapters.sqlite import SqliteRepository

def upgraded(path):
    with SqliteRepository(path) as repository:
        return Tasks(repository, "ann").count()
"""
ON_POSTGRES = """
import sys
import alembic.command, alembic.config
from taskcore import Tasks
from taskcore.adapters.postgres import PostgresRepository, create_engine, upgrade

def upgraded(url):
    engine = create_engine(url)
    try:
        upgrade(engine)
        return Tasks(PostgresRepository(engine), "ann").count()
    finally:
        engine.dispose()
"""
_LOOP = """
print("ready", flush=True)
for line in sys.stdin:
    print("begin", flush=True)
    try:
        print(upgraded(line.strip()), flush=True)
    except Exception as error:
        print(type(error).__name__, str(error), flush=True)
"""


@frozen
class Upgrader:
    """A process that upgrades what it is told to."""

    process: subprocess.Popen[str]

    def tell(self, where: str) -> None:
        """Have it begin."""
        print(where, file=self.process.stdin, flush=True)

    def read(self) -> str:
        """Return the next line that it says, empty if it is gone."""
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def begin(self, where: str) -> None:
        """Have it begin, and wait until it has."""
        self.tell(where)
        assert self.read() == "begin"

    def end(self) -> None:
        """Kill it, whatever it is doing."""
        self.process.kill()
        self.process.communicate()


@contextmanager
def upgraders(program: str, count: int = 1) -> Iterator[list[Upgrader]]:
    """Lend so many of them, which are ready."""
    with ExitStack() as stack:
        started = []
        for _ in range(count):
            process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-c", program + _LOOP],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            started.append(Upgrader(process))
            stack.callback(started[-1].end)
        for upgrader in started:
            assert upgrader.read() == "ready"
        yield started
