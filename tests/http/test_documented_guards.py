"""The sections of docs/http.md on what is refused or added around calls: each shows what is so."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taskcore_http.problems import _FORESEEN

if TYPE_CHECKING:
    from tests.http.conftest import Start

TEXT = (Path(__file__).parents[2] / "docs" / "http.md").read_text()


def calls(section: str) -> list[tuple[str, list[str]]]:
    """Return each call of the section, and the lines that it is shown to answer."""
    [text] = re.findall(rf"^## {section}\n(.*?)(?=^## )", TEXT, re.MULTILINE | re.DOTALL)
    return [
        (command, answer)
        for block in re.findall(r"^```console\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        for call in re.split(r"^\$ ", block.replace("\\\n", ""), flags=re.MULTILINE)[1:]
        for command, *answer in [call.splitlines()]
    ]


@pytest.mark.skipif(not shutil.which("curl"), reason="the documented calls are curl's")
@pytest.mark.parametrize(
    ("section", "count", "settings"),
    [
        ("Methods and media types", 3, {}),
        ("Compression", 1, {}),
        ("Rate limit", 3, {"TASKCORE_RATE_LIMIT": "2/m"}),
        ("Browsers", 2, {"TASKCORE_CORS_ORIGINS": "https://app.example"}),
    ],
)
def test_the_calls_answer_what_is_shown(
    start: Start, section: str, count: int, settings: dict[str, str]
) -> None:
    address = start(TASKCORE_DATABASE_URL="memory:", **settings).address
    assert len(calls(section)) == count
    for command, shown in calls(section):
        arguments = shlex.split(command.replace("http://localhost:8000", address))
        done = subprocess.run(  # noqa: S603  # our own examples
            [*arguments, "--silent", "--show-error"], capture_output=True, check=True, text=True
        )
        for line in shown:
            # Where there are dots, something is left out; so are headers that are not shown.
            pattern = re.escape(line).replace(r"\.\.\.", ".*")
            assert any(re.fullmatch(pattern, one) for one in done.stdout.splitlines()), (
                f"{command}\n{line}\n{done.stdout}"
            )


def test_every_status_and_code_is_in_the_table_of_errors() -> None:
    for status, (code, _) in _FORESEEN.items():
        assert f"| {int(status)} | `{code}` |" in TEXT
