"""The names of the package, most of which are imported only when somebody writes a filter."""

from __future__ import annotations

import subprocess
import sys

import pytest

from taskcore.entities import filters


@pytest.mark.parametrize("name", filters.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert hasattr(filters, name)


def test_there_is_no_other_name() -> None:
    assert not hasattr(filters, "parser")


def test_predicates_alone_do_not_import_the_parser() -> None:
    program = (
        "import sys, taskcore.entities.filters.predicates\n"
        "assert 'taskcore.entities.filters.parsing' not in sys.modules\n"
        "from taskcore.entities.filters import parse_filter\n"
        "assert parse_filter.__module__ == 'taskcore.entities.filters.parsing'\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603  # our own program
