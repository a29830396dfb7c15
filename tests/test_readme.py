"""The documentation: every Python example in it runs, as the programs that their readers run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def program(document: Path) -> str:
    """Return the document with all its lines empty but those of its Python examples.

    So the examples are one program, and its tracebacks name the lines of the document.
    """
    text = document.read_text()
    lines = [""] * (text.count("\n") + 1)
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1))
        code = block[1].splitlines()
        lines[first : first + len(code)] = code
    return "\n".join(lines).rstrip() + "\n"


@pytest.mark.parametrize(
    "document", [*DOCUMENTS, ROOT / "CONTRIBUTING.md"], ids=lambda document: document.name
)
def test_every_link_to_a_file_leads_to_one(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


WITH_EXAMPLES = [document for document in DOCUMENTS if program(document).strip()]


def test_readme_has_examples() -> None:
    assert ROOT / "README.md" in WITH_EXAMPLES


def test_every_python_example_is_one_that_these_tests_find() -> None:
    for document in DOCUMENTS:
        text = document.read_text()
        assert len(re.findall(r"```\s*(?:py|python3?)\b", text)) == len(BLOCK.findall(text))


@pytest.mark.parametrize(
    "document", WITH_EXAMPLES, ids=lambda document: str(document.relative_to(ROOT))
)
def test_the_examples_run_in_their_order(
    document: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    script = tmp_path / document.with_suffix(".py").name
    script.write_text(program(document))
    environment = {name: value for name, value in os.environ.items() if "DATABASE_URL" not in name}
    if "DATABASE_URL" in script.read_text():
        environment["DATABASE_URL"] = request.getfixturevalue("empty_postgres_url")

    done = subprocess.run(  # noqa: S603  # our own examples
        [sys.executable, "-W", "error", script],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env=environment,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
