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

    from taskcore import TaskRepository


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
    with repository_of(url) as repository:
        tasks = Tasks(repository, chosen_user(user))
        yield Session(tasks, LastList(tasks.user_id, url))


def repository_of(url: str) -> TaskRepository:
    """Open the repository that the URL names.

    Raises ``UnusableOption`` for a URL that names none, or needs an extra that is not installed.
    """
    try:
        return open_repository(url)
    except (ValueError, ImportError) as error:
        raise UnusableOption(str(error)) from error
