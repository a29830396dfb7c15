"""Whose tasks, and where: what was given on the command line, else the environment, else custom."""

from __future__ import annotations

import os

from taskcore.adapters.location import default_database_url
from taskcore_cli.failures import UnusableOption


def chosen_user(given: str | None) -> str:
    """Return the user whose tasks are meant. Raises ``UnusableOption`` where there is no name."""
    if given is not None:
        return given
    return os.environ.get("TASKCORE_USER") or _login_name()


def chosen_database(given: str | None, *, make_directory: bool = True) -> str:
    """Return the URL of the database that is meant, and make the directory of the default file.

    Raises ``RepositoryUnavailable`` where that cannot be made.
    """
    if given is not None:
        return given
    url = os.environ.get("TASKCORE_DATABASE_URL")
    return url or default_database_url(make_directory=make_directory)


def _login_name() -> str:
    from getpass import getuser  # not needed where a name was given

    try:
        return getuser()
    except (ImportError, KeyError, OSError) as error:  # which one depends on Python and platform
        reason = "this login has no name; say whose tasks with --user or TASKCORE_USER"
        raise UnusableOption(reason) from error
