"""The command line as its users have it: a real process, in a home of its own."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from taskcore import Task, Tasks
from taskcore.adapters.sqlite import SqliteRepository

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "taskcore_cli")


class Cli:
    """Runs ``taskcore``; the user is ann unless a test says otherwise."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.file = home / "data" / "taskcore" / "tasks.db"
        ours = ("TASKCORE_", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "COLUMNS", "PYTHONIOENCODING")
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.env |= {
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_STATE_HOME": str(home / "state"),
            "LOGNAME": "ann",
            "LC_ALL": "C.UTF-8",
            "TERM": "xterm-256color",
        }

    def run(self, *words: str | bytes, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the command with its output in pipes."""
        return subprocess.run(  # noqa: S603  # our own command
            [*COMMAND, *words],
            env=self.env | env,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=30,
            check=False,
        )

    def shell(self, line: str) -> subprocess.CompletedProcess[str]:
        """Run a line of shell, in which {taskcore} is the command."""
        return subprocess.run(  # noqa: S602  # our own command
            line.format(taskcore=shlex.join(COMMAND)),
            shell=True,
            env=self.env,
            cwd=self.home,
            capture_output=True,
            encoding="utf-8",
            timeout=30,
            check=False,
        )

    def start(self, *words: str, **env: str) -> subprocess.Popen[str]:
        """Start the command with its output in pipes, and do not wait."""
        return subprocess.Popen(  # noqa: S603  # our own command
            [*COMMAND, *words],
            env=self.env | env,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def python(self, script: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a script in place of the entry point, with the words as its arguments."""
        return subprocess.run(  # noqa: S603  # our own command
            [sys.executable, "-c", script, *words],
            env=self.env,
            cwd=self.home,
            capture_output=True,
            encoding="utf-8",
            timeout=30,
            check=False,
        )

    def said(self, *words: str, **env: str) -> str:
        """Run a command that succeeds, and return its output."""
        done = self.run(*words, **env)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def added(
        self, title: str, description: str | None = None, *, user: str = "ann", **more: Any
    ) -> str:
        """Add a task, without a process, and return its id; two of ``more`` are of Tasks."""
        system = {name: more.pop(name) for name in ("clock", "new_id") if name in more}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with SqliteRepository(self.file) as repository:
            return str(Tasks(repository, user, **system).add(title, description, **more).id)

    def stored(self) -> list[Task]:
        """Return Ann's tasks, newest first."""
        with SqliteRepository(self.file) as repository:
            return Tasks(repository, "ann").find()

    def at_terminal(self, *words: str, typed: str = "", code: int = 0, **env: str) -> str:
        """Run the command at a terminal, where this is typed, and return what that shows."""
        return self.typed_at_terminal(*COMMAND, *words, typed=typed, code=code, **env)

    def typed_at_terminal(self, *command: str, typed: str = "", code: int = 0, **env: str) -> str:
        """Run any command at a terminal, likewise."""
        ours, theirs = pty.openpty()
        with open(ours, "r+b", buffering=0) as screen:  # noqa: PTH123  # a file descriptor
            process = subprocess.Popen(  # noqa: S603  # our own command
                command,
                env=self.env | env,
                cwd=self.home,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
            )
            os.close(theirs)
            screen.write(typed.encode())
            shown = _all_of(screen.fileno())
        assert process.wait(timeout=30) == code
        return shown.decode()


def _all_of(terminal: int) -> bytes:
    shown = b""
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
    except OSError:  # how Linux says that the last process has left the terminal
        pass
    return shown


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return Cli(tmp_path)
