"""The entry point: ``taskcore-http``, or ``python -m taskcore_http``."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TextIO

from taskcore_http.telling import exit_with


def main() -> None:
    """Serve, or print a token or the help, and exit with 1 if that cannot be printed."""
    if isinstance(sys.stdout, TextIOWrapper):
        # Also where Python runs unbuffered: argparse would not say that it could not print.
        sys.stdout.reconfigure(write_through=False)
    try:
        _run()
    finally:
        _write_out()


def _run() -> None:
    """Do what is asked for; without the packages for it, say which extra brings them."""
    try:
        if sys.argv[1:2] == ["token"]:
            from taskcore_http.auth.issuing import print_token

            print_token(sys.argv[2:], os.environ)
            return
        from taskcore_http.serving import serve
    except ModuleNotFoundError as error:
        exit_with(2, f"{error.name} is missing: pip install 'taskcore[http]'")
    serve()


def _write_out() -> None:
    """Write what was printed. Python would do that too, and end with 120 where it cannot."""
    try:
        _flush(sys.stdout)
    except OSError as error:
        exit_with(1, f"cannot write the output: {error.strerror}")
    finally:
        with suppress(OSError):
            _flush(sys.stderr)


def _flush(stream: TextIO | None) -> None:
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        # What still waits to be written would fail again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        raise


if __name__ == "__main__":
    main()
