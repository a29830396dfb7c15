"""Without an extra, its program says in one line which one is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("package", "missing", "extra"),
    [
        ("taskcore_cli", "typer", "cli"),
        ("taskcore_http", "litestar", "http"),
        ("taskcore_http", "uvicorn", "http"),
    ],
)
def test_a_program_without_its_extra_says_how_to_get_it(
    package: str, missing: str, extra: str
) -> None:
    program = f"""
import sys
sys.modules["{missing}"] = None
from {package}.__main__ import main
main()
"""

    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program], capture_output=True, check=False, text=True, timeout=60
    )

    assert done.returncode == 2
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    assert missing in line
    assert f"pip install 'taskcore[{extra}]'" in line
