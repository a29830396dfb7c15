"""The audit finds what was tampered with: else it would prove nothing."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from faults.ledger import Ledger, audit
from faults.servers import serving
from faults.writers import writing

if TYPE_CHECKING:
    from pathlib import Path

# A task that nobody asked to change or to remove in a way that nobody knows the end of.
CERTAIN = "SELECT id FROM tasks WHERE version > 2 AND title LIKE 'put%' LIMIT 1"
TAMPERED = {
    "a task that is gone": ("DELETE FROM tasks WHERE id = ({certain})", {"lost"}),
    "a change that is gone": (
        "UPDATE tasks SET title = 'what it was before' WHERE id = ({certain})",
        {"lost"},
    ),
    "an older version": ("UPDATE tasks SET version = version - 1 WHERE id = ({certain})", {"lost"}),
    "a mark that another change undid": (
        "UPDATE tasks SET extra = '{{}}' WHERE id = ({certain})",
        {"lost"},
    ),
    "one change too many": (
        "UPDATE tasks SET version = version + 1 WHERE id = ({certain})",
        {"duplicated"},
    ),
    "a task that is there twice": (
        (
            "INSERT INTO tasks (user_id, id, title, description, created_at, updated_at, version) "
            "SELECT user_id, 'ffffffff-ffff-4fff-bfff-ffffffffffff', title, description, "
            "created_at, updated_at, version FROM tasks WHERE id = ({certain})"
        ),
        {"duplicated"},
    ),
    "a task that nobody sent": (
        "UPDATE tasks SET description = 'who was it?' WHERE id = ({certain})",
        {"lost", "wrong"},
    ),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ledger]:
    """A file that writers wrote, and their ledger."""
    directory = tmp_path_factory.mktemp("written")
    with serving(directory, f"sqlite:///{directory}/tasks.db") as http:
        with writing(http.address, writers=4) as ledger:
            ledger.wait_for(400)
        assert http.stop() == 0
    return directory / "tasks.db", ledger


def test_what_was_written_in_peace_is_as_it_was_acknowledged(
    written: tuple[Path, Ledger],
) -> None:
    file, ledger = written

    verdict = audit(ledger, f"sqlite:///{file}")

    verdict.require_clean()
    assert verdict.acknowledged >= 400
    assert verdict.unknown == 0


@pytest.mark.parametrize("how", TAMPERED)
def test_the_audit_finds(written: tuple[Path, Ledger], tmp_path: Path, how: str) -> None:
    file, ledger = written
    shutil.copy(file, tmp_path / "tasks.db")
    statement, findings = TAMPERED[how]
    with closing(sqlite3.connect(tmp_path / "tasks.db", isolation_level=None)) as connection:
        assert connection.execute(statement.format(certain=CERTAIN)).rowcount == 1

    verdict = audit(ledger, f"sqlite:///{tmp_path}/tasks.db")

    assert {name for name in ("lost", "duplicated", "wrong") if getattr(verdict, name)} == findings
