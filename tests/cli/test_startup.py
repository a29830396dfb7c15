"""What a command does not wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli

SLOW = {
    "alembic",
    "asyncio",
    "dateparser",
    "litestar",
    "msgspec",
    "psycopg",
    "pydantic",
    "rich",
    "sqlalchemy",
    "tzlocal",
}
REPORT = """
import atexit, sys
from taskcore_cli.__main__ import main
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
main()
"""


@pytest.mark.parametrize("words", [["list"], ["add", "x"], ["done", "1"], ["list", "--json"]])
def test_a_command_on_sqlite_imports_nothing_slow(cli: Cli, words: list[str]) -> None:
    done = cli.python(REPORT, *words)
    imported = {name.partition(".")[0] for name in done.stderr.split()}
    assert "taskcore_cli" in imported
    assert not imported & SLOW


def test_only_the_command_that_was_asked_for_is_imported(cli: Cli) -> None:
    imported = cli.python(REPORT, "list").stderr.split()
    commands = {name for name in imported if name.startswith("taskcore_cli.commands.")}
    assert commands == {"taskcore_cli.commands.list"}
