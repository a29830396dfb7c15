"""The documentation: every Python example in it runs, as the programs that their readers run."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from attrs import fields

from taskcore_http.settings import Settings

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


def section(document: str, title: str) -> str:
    """Return what stands below a heading of the second level."""
    text = (ROOT / document).read_text()
    [found] = re.findall(rf"^## {title}\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_commands_for_a_terminal_do_something_each_in_their_order(tmp_path: Path) -> None:
    [block] = re.findall(r"```sh\n(.*?)```", section("README.md", "In a terminal"), re.DOTALL)
    taskcore = shlex.join([sys.executable, "-m", "taskcore_cli"])
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("TASKCORE_")
    } | {"XDG_DATA_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}

    for line in block.replace("////tmp/", f"///{tmp_path}/").splitlines():
        done = subprocess.run(  # noqa: S602  # our own examples
            f'taskcore() {{ {taskcore} "$@"; }}\n{line}',
            shell=True,
            capture_output=True,
            check=False,
            env=environment,
            text=True,
            timeout=30,
        )

        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert done.stdout or "--user bob" in line, f"{line}\n{done.stderr}"


def test_every_setting_of_the_server_is_in_the_table_of_settings() -> None:
    rows = re.findall(r"^\| (`.*?) \|", section("docs/http.md", "Settings"), re.MULTILINE)
    documented = [re.findall(r"`(\w+)`", row) for row in rows]

    assert sorted(documented) == sorted(
        list(setting.metadata["variables"]) for setting in fields(Settings)
    )
