"""What the program tells whoever started it: a line on stderr."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from contextlib import suppress
from typing import NoReturn


class Parser(ArgumentParser):
    """Reads a command line, and says in one line what is wrong with it."""

    def error(self, message: str) -> NoReturn:
        """Exit with 2 and the message; argparse would not survive a stderr that takes nothing."""
        exit_with(2, f"{message}; see {self.prog} --help")


def exit_with(code: int, reason: object) -> NoReturn:
    """Exit with this code, and one line on stderr that says why."""
    say(reason)
    sys.exit(code)


def say(line: object) -> None:
    """Write one line to stderr, if that takes it: a full disk is no reason not to serve."""
    if sys.stderr is None:
        return
    # Printed, it would wait to be written, and fail again when Python ends.
    with suppress(OSError):
        os.write(sys.stderr.fileno(), f"taskcore-http: {line}\n".encode(errors="backslashreplace"))
