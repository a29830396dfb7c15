"""How often each fault is caused, and what is said of it when all are over.

Each test has a short form, which every run of the tests includes, and a long one, which
``nox -s faults`` chooses by ``TASKCORE_FAULTS=long``. What a test counted is printed as a table, as
docs/reliability.md has it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Times = Callable[[int, int], int]
    Report = Callable[..., None]

COLUMNS = ("fault", "times", "acknowledged", "lost", "duplicated", "wrong")


@pytest.fixture(scope="session")
def times() -> Times:
    """Return a function from how often in the short form, and in the long one, to how often."""
    is_long = os.environ.get("TASKCORE_FAULTS") == "long"
    return lambda short, long: long if is_long else short


@pytest.fixture
def report(record_property: Callable[[str, object], None]) -> Report:
    """Return a function that takes what was counted, a value for each of ``COLUMNS``.

    More may be said by other names, which are shown as they are: ``healed="0.4 s"``.
    """

    def report(**counted: Any) -> None:
        record_property("counted", counted)

    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print a row for each report of a test that passed."""
    rows = [
        counted
        for passed in terminalreporter.getreports("passed")
        for name, counted in passed.user_properties
        if name == "counted" and passed.when == "call"
    ]
    if not rows or os.environ.get("TASKCORE_FAULTS") != "long":
        return
    terminalreporter.section("faults")
    terminalreporter.line(" | ".join((*COLUMNS, "also")))
    for row in rows:
        also = ", ".join(f"{name} {row[name]}" for name in row if name not in COLUMNS)
        cells = (f"{row[name]:,}" if isinstance(row[name], int) else row[name] for name in COLUMNS)
        terminalreporter.line(" | ".join((*cells, also)))
