"""How a command ends when it could not do what was asked: one line, and an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typer import echo

from taskcore.errors import (
    DuplicateTask,
    HasSubtasks,
    InvalidTask,
    KeyReused,
    RepositoryUnavailable,
    StaleTask,
    TaskNotFound,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class UnusableOption(Exception):
    """What was given, on the command line or in the environment, cannot be used."""


class AmbiguousId(Exception):
    """What was given as an id fits more than one task."""


class UnknownId(Exception):
    """What was given as an id fits no task."""


EXIT_CODES: Final[dict[type[Exception], int]] = {
    InvalidTask: 2,
    UnusableOption: 2,
    AmbiguousId: 2,
    TaskNotFound: 4,
    UnknownId: 4,
    DuplicateTask: 5,
    KeyReused: 5,
    HasSubtasks: 5,
    StaleTask: 5,
    RepositoryUnavailable: 6,
}
"""The exit code of each foreseen failure. Any other exception is a bug: Python's 1, traceback.

Output that cannot be written is the entry point's."""

_ADVICE: Final[dict[type[Exception], str]] = {
    HasSubtasks: "; 'taskcore rm --subtree' removes them as well",
}

FORESEEN: Final = tuple(EXIT_CODES)
"""What ``report`` and ``exit_code`` are for."""


def report(failure: Exception) -> None:
    """Print the failure as one line on stderr, and below it what was noted of it."""
    advice = _ADVICE.get(type(failure), "")
    echo(f"taskcore: {printable(str(failure))}{advice}", err=True)
    for note in getattr(failure, "__notes__", ()):
        echo(note, err=True)


def exit_code(failure: Exception) -> int:
    """Return the exit code of a foreseen failure."""
    return next(code for kind, code in EXIT_CODES.items() if isinstance(failure, kind))


def refuse_together(given: Mapping[str, bool]) -> None:
    """Raise ``UnusableOption`` if more than one of these options was given."""
    names = [name for name, is_given in given.items() if is_given]
    if len(names) > 1:
        raise UnusableOption(f"give {names[0]} or {names[1]}, not both")


def printable(text: str) -> str:
    """Return the text with what would not print, or would steer a terminal, as escapes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
