"""The example applications work as strangers have them: copied out of here, in their own folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from test_readme import program

EXAMPLES = Path(__file__).parent.parent / "examples"
APPLICATIONS = [path.parent for path in sorted(EXAMPLES.glob("*/pyproject.toml"))]


def test_there_are_examples() -> None:
    assert [application.name for application in APPLICATIONS] == ["host_app"]


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda application: application.name)
def test_an_example_passes_its_tests_and_does_what_its_readme_says(
    application: Path, tmp_path: Path, empty_postgres_url: str
) -> None:
    copy = copytree(application, tmp_path / "copy", ignore=ignore_patterns("__pycache__", ".*"))
    (copy / "readme.py").write_text(program(copy / "README.md"))
    environment = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    environment |= {
        "DATABASE_URL": empty_postgres_url,
        "SHOP_TEST_DATABASE_URL": empty_postgres_url,
    }

    outputs = []
    for command in (["alembic", "upgrade", "head"], ["readme.py"], ["pytest", "-q"]):
        # Modules by -m, as the tests may run in an environment that is not active.
        module = [] if command[0].endswith(".py") else ["-m"]
        done = subprocess.run(  # noqa: S603  # our own examples
            [sys.executable, *module, *command],
            capture_output=True,
            check=False,
            cwd=copy,
            env=environment,
            text=True,
            timeout=240,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        outputs.append(done.stdout)

    assert "Pack order 1" in outputs[1]
    assert " passed" in outputs[2]
    assert "skipped" not in outputs[2]
