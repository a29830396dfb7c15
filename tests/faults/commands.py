"""People at several terminals, whose commands are killed at any moment, and what they were told."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from statistics import median
from typing import TYPE_CHECKING, Any

from attrs import define, field
from faults.environment import environment
from faults.ledger import Change

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from faults.ledger import History, Ledger

_TOGETHER = 8
"""How many tasks a command names at the most."""


@define(eq=False)
class Person:
    """Somebody who types one command after the other; a part of them is killed."""

    home: Path
    url: str
    name: str
    ledger: Ledger
    random: Random
    killed: float
    """Which part of the commands is killed."""

    kills: int = field(init=False, default=0)
    _own: list[History] = field(init=False, factory=list)
    _seconds: list[float] = field(init=False, factory=list)

    def do_something(self) -> None:
        """Type one command."""
        kinds = {self._add: 4, self._edit: 4, self._complete: 2, self._remove: 1}
        [kind] = self.random.choices(list(kinds), list(kinds.values()))
        kind()

    def run(self, *words: str) -> tuple[int, list[str]]:
        """Run a command, or kill it; return its exit code and the whole lines that it printed."""
        settings = {"TASKCORE_USER": self.name, "TASKCORE_DATABASE_URL": self.url}
        started = time.monotonic()
        with subprocess.Popen(  # noqa: S603  # our own command
            [sys.executable, "-m", "taskcore_cli", *words],
            env=environment(self.home) | settings,
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            # Most of the time a command only starts, and there is nothing to lose.
            if self._seconds and self.random.random() < self.killed:
                life: float | None = median(self._seconds) * self.random.uniform(0.4, 1.1)
            else:
                life = None
            try:
                shown, said = process.communicate(timeout=life)
            except subprocess.TimeoutExpired:
                process.kill()
                self.kills += 1
                shown, said = process.communicate()
        if process.returncode == 0:
            self._seconds = [*self._seconds[-20:], time.monotonic() - started]
        elif process.returncode != -9:
            self.ledger.wrong.append(f"{words} ended with {process.returncode}: {said}")
        self.ledger.statuses[process.returncode] += 1
        *lines, _ = shown.split("\n")  # what stands behind the last line break is no whole line
        return process.returncode, lines

    def _add(self) -> None:
        token = self.ledger.token()
        fields = {"title": f"new {token}", "description": f"born {token}"}
        history = self.ledger.sent(self.name, fields)
        _, lines = self.run(
            "add", "--plain", fields["title"], "-d", fields["description"], "--json"
        )
        if lines:
            self.ledger.added(history, json.loads(lines[0]))
            self._own.append(history)

    def _edit(self) -> None:
        token = self.ledger.token()
        extra = {"edited": token}
        change = Change({"title": f"edited {token}", "extra": extra})
        self._change(change, "edit", "--title", f"edited {token}", "--extra", json.dumps(extra))

    def _complete(self) -> None:
        is_done = self.random.random() < 0.5
        self._change(Change({"completed": is_done}), "done" if is_done else "reopen")

    def _change(self, change: Change, *words: str) -> None:
        chosen = self._some()
        for history in chosen.values():
            history.unknown.append(change)
        _, lines = self.run(*words, *chosen, "--json") if chosen else (0, [])
        for body in map(json.loads, lines):
            history = chosen.pop(body["id"])
            history.unknown.remove(change)
            self.ledger.changed(history, change, body)

    def _remove(self) -> None:
        chosen = self._some()
        for history in chosen.values():
            history.may_be_removed = True
            self._own.remove(history)
        _, lines = self.run("rm", "--yes", *chosen) if chosen else (0, [])
        for line in lines:
            self.ledger.removed(chosen.pop(line.split("\t")[0]))
            self.ledger.acknowledged += 1

    def _some(self) -> dict[str, Any]:
        count = self.random.randint(1, _TOGETHER)
        chosen = self.random.sample(self._own, min(count, len(self._own)))
        return {str(history.id): history for history in chosen}
