"""Let Schemathesis look for requests that a real server answers otherwise than it documents.

    python tests/long/documented.py [--storage sqlite|postgres] [--auth off|jwt] [--cases 20000]

All its checks are on, and it follows the document's links. The exit code is 0 if it found nothing
in so many cases at the least.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import subprocess
import sys
from pathlib import Path

from serving import STORAGES, serving

HERE = Path(__file__).parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--storage", choices=STORAGES, default="sqlite")
    parser.add_argument("--auth", choices=["off", "jwt"], default="off")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--examples", type=int, default=100, help="a run, of each operation")
    asked = parser.parse_args()
    settings = {"TASKCORE_AUTH": asked.auth}
    if asked.auth == "jwt":
        settings["TASKCORE_JWT_KEY"] = secrets.token_hex(32)
    with serving(asked.storage, **settings) as address:
        done = run = 0
        while done < asked.cases:
            run += 1
            cases, failed = schemathesis(address, settings, asked.examples, seed=run)
            done += cases
            print(f"{asked.storage}, auth {asked.auth}: {done} cases, run {run}", flush=True)
            if failed:
                return 1
    return 0


def schemathesis(
    address: str, settings: dict[str, str], examples: int, seed: int
) -> tuple[int, bool]:
    """Run it once; return how many cases it generated, and whether it found anything."""
    command = [
        *(sys.executable, "-m", "schemathesis.cli"),
        *("--config-file", str(HERE / "schemathesis.toml")),
        *("run", f"{address}/openapi.json", "--checks", "all"),
        *("-n", str(examples), "--seed", str(seed), "--no-color"),
    ]
    hooks = {"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE)}
    environment = os.environ | settings | hooks
    result = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    found = re.search(r"(\d+) generated", result.stdout)
    failed = result.returncode != 0 or not found
    if failed:
        print(result.stdout, result.stderr)
    return int(found[1]) if found else 0, failed


if __name__ == "__main__":
    sys.exit(main())
