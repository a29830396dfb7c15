"""Where tasks are kept on this machine when nobody says where: one SQLite file a person."""

from __future__ import annotations

import os

from taskcore.errors import RepositoryUnavailable


def default_database_url(*, make_directory: bool = True) -> str:
    """Return the URL of the SQLite file in the user's data directory.

    The directory is the platform's own (``$XDG_DATA_HOME/taskcore``, by default
    ``~/.local/share/taskcore``, where that is the custom). It is made, for the user alone, unless
    ``make_directory`` is false. Raises ``RepositoryUnavailable`` if it cannot be made. Needs the
    extra ``cli`` or ``http``.
    """
    from platformdirs import user_data_dir  # the core does without it

    directory = user_data_dir("taskcore", appauthor=False)
    try:
        if make_directory:
            os.makedirs(directory, 0o700, exist_ok=True)  # noqa: PTH103  # pathlib starts slowly
    except OSError as error:
        raise RepositoryUnavailable(
            f"cannot make the directory {directory}: {error.strerror}"
        ) from error
    return f"sqlite:///{directory}/tasks.db"
