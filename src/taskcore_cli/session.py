"""One run of a command: the user's tasks, opened, and what goes with them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from taskcore import Tasks, open_repository
from taskcore_cli.failures import UnusableOption
from taskcore_cli.last_list import LastList
from taskcore_cli.settings import chosen_database, chosen_user
from taskcore_cli.task_ids import TaskIds

if TYPE_CHECKING:
    from collections.abc import Iterator


class Session:
    """One user's tasks, the list that this user saw last, and the ids as that user types them."""

    def __init__(self, tasks: Tasks, last_list: LastList) -> None:
        self.tasks = tasks
        self.last_list = last_list
        self.ids = TaskIds(tasks, last_list)


@contextmanager
def opened(user: str | None, database: str | None) -> Iterator[Session]:
    """Open the tasks that the options ``--user`` and ``--database`` name, and close them after.

    Raises ``InvalidTask`` for a user id that breaks the rules, ``UnusableOption`` for a URL that
    names no database or needs an extra, ``RepositoryUnavailable`` for a database that cannot serve.
    """
    url = chosen_database(database)
    with refusing_options():
        repository = open_repository(url)
    with repository:
        tasks = Tasks(repository, chosen_user(user))
        yield Session(tasks, LastList(tasks.user_id, url))


@contextmanager
def refusing_options() -> Iterator[None]:
    """Raise ``UnusableOption`` for a URL that names no database, or needs an extra."""
    try:
        yield
    except (ValueError, ImportError) as error:
        raise UnusableOption(str(error)) from error
