"""Several commands at once on one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Cli


def test_no_addition_is_lost_not_even_while_the_file_is_made(cli: Cli) -> None:
    titles = {f"Task {number}" for number in range(16)}
    waiting = sorted(titles)
    while waiting:
        together, waiting = waiting[:4], waiting[4:]
        for process in [cli.start("add", title) for title in together]:
            _, said = process.communicate(timeout=30)
            assert (process.returncode, said) == (0, "")
    assert {line.split("\t")[3] for line in cli.said("list").splitlines()} == titles


def test_lists_shown_at_once_leave_a_whole_memory(cli: Cli) -> None:
    ids = [cli.added("One"), cli.added("Two")]
    for process in [cli.start("list") for _ in range(4)]:
        process.communicate(timeout=30)
        assert process.returncode == 0
    assert cli.said("show", "2").startswith(f"id: {ids[0]}\n")
    assert len(list((cli.home / "state" / "taskcore" / "last-list").iterdir())) == 1
