"""The entry point: runs the command that was asked for and ends with the exit code it earned."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from io import BufferedWriter, RawIOBase, TextIOWrapper
from typing import NoReturn


def main() -> None:
    """Run ``taskcore`` with the arguments of this process, and exit."""
    # A command is over before collecting its garbage would pay.
    gc.disable()
    if sys.stdout is None:
        _end_without_output("it is closed")
    if isinstance(sys.stdout, TextIOWrapper):
        # What the terminal's encoding lacks is printed as an escape; it does not end the command.
        sys.stdout.reconfigure(errors="backslashreplace")
        if isinstance(sys.stdout.buffer, RawIOBase):
            # Python runs unbuffered, and would not look how much of a text was written.
            sys.stdout = TextIOWrapper(
                BufferedWriter(sys.stdout.buffer), sys.stdout.encoding, sys.stdout.errors
            )
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
    except OSError as error:
        if error.filename is not None:
            raise
        # Storage and files tell their failures otherwise: what comes here could not be printed.
        _end_without_output(error.strerror)


def _end_without_output(reason: str | None) -> NoReturn:
    with suppress(AttributeError, OSError):  # stderr may be closed or full as well
        sys.stderr.write(f"taskcore: cannot write the output: {reason}\n")
        sys.stderr.flush()
    # What still waits to be written would fail again, with a traceback, when Python ends.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    sys.exit(1)


if __name__ == "__main__":
    main()
