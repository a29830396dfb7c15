"""The entry point: runs the command that was asked for and ends with the exit code it earned."""

from __future__ import annotations

import gc
import sys
from io import TextIOWrapper


def main() -> None:
    """Run ``taskcore`` with the arguments of this process, and exit."""
    # A command is over before collecting its garbage would pay.
    gc.disable()
    if isinstance(sys.stdout, TextIOWrapper):
        # What the terminal's encoding lacks is printed as an escape; it does not end the command.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        # Most of the time goes into these imports, so Ctrl-C often arrives there.
        try:
            from taskcore_cli.app import run
        except ModuleNotFoundError as error:
            sys.stderr.write(f"taskcore: {error.name} is missing: pip install 'taskcore[cli]'\n")
            sys.exit(2)
        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
