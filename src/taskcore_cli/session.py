"""One run of a command: the user's tasks, opened, and what goes with them."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from taskcore import Tasks, open_repository
from taskcore.execution import run_all
from taskcore.ports.system import utc_now
from taskcore.usecases import remove_subtree
from taskcore_cli.failures import UnusableOption
from taskcore_cli.last_list import LastList
from taskcore_cli.settings import chosen_database, chosen_user
from taskcore_cli.task_ids import TaskIds
from taskcore_cli.zones import machine_zone, named_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo
    from uuid import UUID

    from taskcore import Task, TaskcoreError, TaskRepository
    from taskcore_cli.dates import Dates


class Session:
    """One user's tasks, the list that this user saw last, and the ids as that user types them."""

    def __init__(
        self, repository: TaskRepository, user_id: str, zone: tzinfo | None, last_list: LastList
    ) -> None:
        self._repository = repository
        self._named_zone = zone
        self.now = utc_now()
        self.tasks = Tasks(repository, user_id)
        self.last_list = last_list
        self.ids = TaskIds(self.tasks, last_list)

    @cached_property
    def zone(self) -> tzinfo:
        """Where the user lives; looked up only if some day matters."""
        return self._named_zone or machine_zone()

    def tasks_for(self, filter: str | None) -> Tasks:
        """Return the tasks, in the user's zone if there is a filter, which may name a day."""
        if not filter:
            return self.tasks
        return Tasks(self._repository, self.tasks.user_id, zone=self.zone)

    def remove_subtrees(self, ids: Iterable[UUID]) -> list[list[Task] | TaskcoreError]:
        """Remove tasks and all below them; return what went for each, or its error."""
        user_id = self.tasks.user_id
        return run_all([remove_subtree(user_id, id) for id in ids], self._repository)

    def dates(self) -> Dates:
        """Return what reads days and moments as the user says them."""
        from taskcore_cli.dates import Dates  # most commands read none

        return Dates(self.now, self.zone)


@contextmanager
def opened(user: str | None, database: str | None, zone: str | None) -> Iterator[Session]:
    """Open the tasks that the options ``--user`` and ``--database`` name, and close them after.

    Raises ``InvalidTask`` for a user id that breaks the rules, ``UnusableOption`` for a URL that
    names no database or needs an extra and for a zone that is none, and ``RepositoryUnavailable``
    for a database that cannot serve.
    """
    url = chosen_database(database)
    where = named_zone(zone)
    with refusing_options():
        repository = open_repository(url)
    with repository:
        user_id = chosen_user(user)
        yield Session(repository, user_id, where, LastList(user_id, url))


@contextmanager
def refusing_options() -> Iterator[None]:
    """Raise ``UnusableOption`` for a URL that names no database, or needs an extra."""
    try:
        yield
    except (ValueError, ImportError) as error:
        raise UnusableOption(str(error)) from error
