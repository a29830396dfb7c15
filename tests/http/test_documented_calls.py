"""The calls in docs/http.md that show their answers, in their order: what is shown is answered."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.http.conftest import Start

TEXT = (Path(__file__).parents[2] / "docs" / "http.md").read_text()
SECTIONS = ["Sending again safely", "Conditional requests"]
ADDRESS = "http://localhost:8000"


def calls() -> list[tuple[str, list[str]]]:
    """Return each call of these sections, and the lines that it is shown to answer."""
    found = []
    for section in SECTIONS:
        [text] = re.findall(rf"^## {section}\n(.*?)(?=^## )", TEXT, re.MULTILINE | re.DOTALL)
        for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            for call in re.split(r"^\$ ", block.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
                command, *answer = call.splitlines()
                found.append((command, answer))
    return found


@pytest.mark.skipif(not shutil.which("curl"), reason="the documented calls are curl's")
def test_the_calls_answer_what_is_shown(start: Start) -> None:
    address = start(TASKCORE_DATABASE_URL="sqlite:///tasks.db").address
    assert len(calls()) >= 12
    for command, shown in calls():
        arguments = shlex.split(command.replace(ADDRESS, address))
        assert arguments[0] == "curl"
        done = subprocess.run(  # noqa: S603  # our own examples
            [*arguments, "--silent", "--show-error"], capture_output=True, check=True, text=True
        )
        for line in shown:
            # Where there are dots, something is left out; so are headers that are not shown.
            pattern = re.escape(line).replace(r"\.\.\.", ".*")
            assert any(re.fullmatch(pattern, one) for one in done.stdout.splitlines()), (
                f"{command}\n{line}\n{done.stdout}"
            )
