"""``taskcore`` as a real process, and what SQLite says of the file that it leaves."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen
from faults.environment import environment
from faults.waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    Words = Callable[..., list[str]]


@frozen
class Command:
    """Runs ``taskcore`` as ``ann``, in a home of its own."""

    home: Path
    url: str
    through: Words = lambda *words: list(words)
    user: int | None = None

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the command with these words."""
        settings = {"TASKCORE_DATABASE_URL": self.url, "TASKCORE_USER": "ann"}
        return subprocess.run(  # noqa: S603  # our own command
            self.through(sys.executable, "-m", "taskcore_cli", *words),
            env=environment(self.home) | settings | env,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            user=self.user,
        )

    def said(self, *words: str, **env: str) -> str:
        """Run a command that succeeds and has nothing to complain of; return its output."""
        done = self.run(*words, **env)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def refused(self, *words: str, **env: str) -> str:
        """Run a command that the storage refuses; return the one line that says why."""
        done = self.run(*words, **env)
        assert (done.returncode, done.stdout) == (6, ""), done
        [line] = done.stderr.splitlines()
        assert line.startswith("taskcore: "), line
        return line

    def titles(self) -> list[str]:
        """Return the titles of all tasks, sorted."""
        return sorted(task["title"] for task in json.loads(self.said("list", "--all", "--json")))


def integrity(path: Path, through: Words = lambda *words: list(words)) -> str:
    """Return what SQLite says of a file when it looks at all of it."""
    program = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1]);"
        "print(*connection.execute('PRAGMA integrity_check').fetchall());"
        "print(*connection.execute('PRAGMA foreign_key_check').fetchall())"
    )
    done = subprocess.run(  # noqa: S603  # our own program
        through(sys.executable, "-c", program, path), capture_output=True, text=True, check=True
    )
    return done.stdout.strip()
