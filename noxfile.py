"""What there is to check, each as a session of its own; ``nox`` runs those that guard a change."""

from __future__ import annotations

import os
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|venv"
nox.options.sessions = ["lint", "types", "imports", "coverage"]
nox.options.reuse_existing_virtualenvs = True

PYTHONS = ["3.11", "3.12", "3.13"]
PARALLEL = ("-n", "4")  # also on fewer cores, as many tests wait for something


def install(session: nox.Session, *groups: str) -> None:
    """Install taskcore and dependency groups of pyproject.toml."""
    if session.venv_backend == "venv":
        session.install("-U", "pip")  # older ones know no groups
    session.install("-e", ".[all]", *(part for name in groups for part in ("--group", name)))


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests; arguments go to pytest."""
    install(session, "test")
    session.run("pytest", *(session.posargs or PARALLEL))


@nox.session
def coverage(session: nox.Session) -> None:
    """Run the tests, all of them, and demand the branch coverage that CONTRIBUTING.md promises."""
    install(session, "test", "coverage")
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *PARALLEL)
    session.run("coverage", "combine", "-q")
    session.run("coverage", "report", "--fail-under=95")
    for package in ("entities", "usecases"):
        session.run("coverage", "report", f"--include=*/taskcore/{package}/*", "--fail-under=100")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and format."""
    install(session, "lint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Check types."""
    install(session, "types")
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """Check that the arrows of the architecture point one way."""
    install(session, "imports")
    session.run("lint-imports")


@nox.session(name="lowest-direct", python="3.11", venv_backend="uv")
def lowest_direct(session: nox.Session) -> None:
    """Run the tests with the oldest versions that pyproject.toml allows."""
    session.install("--resolution", "lowest-direct", "-e", ".[all]", "--group", "test")
    session.run("pytest", *(session.posargs or PARALLEL))


@nox.session
def browser(session: nox.Session) -> None:
    """Look at the docs page in a headless Chromium."""
    install(session, "test")
    session.run("pytest", "-m", "browser", *session.posargs)


@nox.session
def client(session: nox.Session) -> None:
    """Generate a client from the OpenAPI document, and use it."""
    install(session, "test", "client")
    place = Path(session.create_tmp())
    # In an environment of its own: it wants an older Typer than we do.
    session.run("python", "-m", "venv", str(place / "generator"), silent=True)
    scripts = place / "generator" / ("Scripts" if os.name == "nt" else "bin")
    pip = (str(scripts / "python"), "-m", "pip", "install", "-q", "openapi-python-client>=0.29")
    session.run(*pip, external=True)
    document = "from taskcore_http.docs import openapi_document as d; print(d().decode())"
    (place / "openapi.json").write_text(session.run("python", "-c", document, silent=True) or "")
    (place / "config.yaml").write_text("post_hooks: []\n")  # a client that is used, not read
    session.run(
        *(str(scripts / "openapi-python-client"), "generate", "--overwrite", "--meta", "none"),
        *("--path", str(place / "openapi.json"), "--config", str(place / "config.yaml")),
        *("--output-path", str(place / "taskcore_client"), "--fail-on-warning"),
        external=True,
    )
    environment = {"TASKCORE_GENERATED_CLIENT": str((place / "taskcore_client").resolve())}
    session.run("pytest", "-m", "client", *session.posargs, env=environment)


@nox.session
@nox.parametrize("auth", ["off", "jwt"])
@nox.parametrize("storage", ["sqlite", "postgres"])
def schemathesis(session: nox.Session, storage: str, auth: str) -> None:
    """Look for requests that are answered otherwise than documented, in 20,000 cases."""
    install(session, "test", "schemathesis")
    options = ("--storage", storage, "--auth", auth, *session.posargs)
    session.run("python", "tests/long/documented.py", *options)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Send 200,000 requests that were bent at random to a server."""
    install(session, "test")
    session.run("python", "tests/long/raw_bytes.py", *session.posargs)


@nox.session
def faults(session: nox.Session) -> None:
    """Break what can break, as often as docs/reliability.md says, and count what was lost."""
    install(session, "test")
    environment = {"TASKCORE_FAULTS": "long"}
    chosen = session.posargs or ("tests/faults",)
    session.run("pytest", "-n", "0", *chosen, env=environment)


@nox.session
def docs(session: nox.Session) -> None:
    """Run the examples in README and docs, and check that links to files lead to some."""
    install(session, "test")
    session.run("pytest", "tests/test_readme.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the repositories and the whole server; arguments go to bench/run.py."""
    install(session, "test")
    session.run("python", "bench/run.py", *session.posargs)
