"""The sync face of the library: one user's tasks in one repository."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, TypeVar

from taskcore import usecases
from taskcore.entities import TaskDraft
from taskcore.entities.rules import valid_user_id
from taskcore.execution import run, run_all
from taskcore.ports.repository import require_repository
from taskcore.ports.system import new_uuid7, utc_now, valid_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo
    from typing import Unpack
    from uuid import UUID

    from taskcore.entities import AddedTask, Page, Task, TaskChanges, TaskFields
    from taskcore.entities.filters import Filter
    from taskcore.errors import TaskcoreError
    from taskcore.execution import UseCase
    from taskcore.ports import Clock, NewId, TaskRepository
    from taskcore.usecases import Expected

Result = TypeVar("Result")


class Tasks:
    """One user's tasks.

    ``repository`` is where they are kept (``TypeError`` if it is none), ``user_id`` whose they are
    (``InvalidTask`` if it breaks the rules). ``zone`` is where the user lives, which says
    what ``today`` is in a filter: a ``ZoneInfo`` or its name. ``clock`` answers an aware time and
    ``new_id`` an unused UUID; both are there for tests. Any method raises ``InvalidTask`` for an
    argument that breaks the rules of the task, and ``RepositoryUnavailable`` when the storage
    cannot serve. Safe to share between threads.
    """

    def __init__(
        self,
        repository: TaskRepository,
        user_id: str,
        *,
        zone: tzinfo | str = UTC,
        clock: Clock = utc_now,
        new_id: NewId = new_uuid7,
    ) -> None:
        require_repository(repository)
        self._user_id = valid_user_id(user_id)
        self._repository = repository
        self._zone = valid_zone(zone)
        self._clock = clock
        self._new_id = new_id

    @property
    def user_id(self) -> str:
        """Whose tasks these are."""
        return self._user_id

    def add(
        self,
        title: str,
        description: str | None = None,
        *,
        id: UUID | None = None,
        **fields: Unpack[TaskFields],
    ) -> Task:
        """Store a new open task and return it.

        Its id is a new one, or ``id``; ``DuplicateTask`` if the user has a task with that.
        """
        draft = TaskDraft(title, description, **fields)
        id = self._new_id() if id is None else id
        return self._run(usecases.add(self._user_id, draft, id=id, now=self._clock()))

    def add_once(
        self,
        title: str,
        description: str | None = None,
        *,
        key: UUID | str,
        **fields: Unpack[TaskFields],
    ) -> AddedTask:
        """Store a new open task, unless it was stored before: so that it is safe to try again.

        ``key`` is what the task is known by: its id, or any text, which then decides the id. What
        comes back is the task, ``replayed`` if it was there; of one that was added by a text, as it
        is now. Raises ``KeyReused`` for a text, and ``DuplicateTask`` for an id, of a task with
        other content. A task that was removed is added again.
        """
        draft = TaskDraft(title, description, **fields)
        return self._run(usecases.add_once(self._user_id, draft, key=key, now=self._clock()))

    def get(self, id: UUID) -> Task:
        """Return the task with this id. Raises ``TaskNotFound``."""
        return self._run(usecases.get(self._user_id, id))

    def find(
        self,
        filter: str | Filter = "",
        *,
        order_by: str = "",
        page_size: int | None = None,
        page_token: str | None = None,
    ) -> Page:
        """Return the tasks that the filter is true of: all if it is empty, newest first.

        With ``page_size``, at most so many; the page's ``next_page_token`` is the ``page_token``
        for those after them, in the same filter and order.
        """
        return self._run(
            usecases.find(
                self._user_id,
                filter,
                order_by=order_by,
                page_size=page_size,
                page_token=page_token,
                now=self._clock(),
                zone=self._zone,
            )
        )

    def count(self, filter: str | Filter = "") -> int:
        """Return how many tasks the filter is true of."""
        return self._run(usecases.count(self._user_id, filter, now=self._clock(), zone=self._zone))

    def explain(self, filter: str | Filter) -> str:
        """Return in words how a filter is understood, now and in the user's zone."""
        return usecases.explain(filter, now=self._clock(), zone=self._zone)

    def projects(self) -> Mapping[str, int]:
        """Return every project in use, and how many open tasks are in it."""
        return self._run(usecases.projects(self._user_id))

    def tags(self) -> Mapping[str, int]:
        """Return every tag in use, and how many open tasks have it."""
        return self._run(usecases.tags(self._user_id))

    def edit(self, id: UUID, *, expected: Expected = None, **changes: Unpack[TaskChanges]) -> Task:
        """Change the named fields and return the task; ``description=None`` clears that one.

        An edit that changes nothing writes nothing. ``expected`` is the version that the task must
        be at, or a container of those that will do: ``StaleTask`` if it is at another, and nothing
        was changed. Raises ``TaskNotFound``.
        """
        return self._run(
            usecases.edit(self._user_id, id, changes, now=self._clock(), expected=expected)
        )

    def toggle(self, id: UUID, *, expected: Expected = None) -> Task:
        """Complete an open task or reopen a completed one; return it. Raises as ``edit`` does."""
        return self._run(usecases.toggle(self._user_id, id, now=self._clock(), expected=expected))

    def complete(self, id: UUID, *, expected: Expected = None) -> Task:
        """Complete the task, if it is not yet, and return it. Raises as ``edit`` does."""
        return self._run(usecases.complete(self._user_id, id, now=self._clock(), expected=expected))

    def reopen(self, id: UUID, *, expected: Expected = None) -> Task:
        """Reopen the task, if it is not open, and return it. Raises as ``edit`` does."""
        return self._run(usecases.reopen(self._user_id, id, now=self._clock(), expected=expected))

    def remove(self, id: UUID, *, subtree: bool = False, expected: Expected = None) -> Task:
        """Remove the task and return it as it was; with ``subtree``, all below it as well.

        ``expected`` is as for ``edit``, and of a subtree its top's. Raises ``TaskNotFound``,
        ``StaleTask``, and ``HasSubtasks`` for a task with any unless they are to go too.
        """
        return self._run(usecases.remove(self._user_id, id, subtree=subtree, expected=expected))

    def add_all(self, drafts: Iterable[TaskDraft | str]) -> list[Task | TaskcoreError]:
        """Add many tasks, from drafts or titles; return each new task or error in its place."""
        if isinstance(drafts, str):
            raise TypeError("add_all takes many titles, not one")
        many = list(drafts)
        now = self._clock()
        return self._run_all(
            usecases.add(self._user_id, draft, id=self._new_id(), now=now) for draft in many
        )

    def add_all_once(
        self, drafts: Iterable[tuple[TaskDraft | str, UUID | str | None]]
    ) -> list[AddedTask | TaskcoreError]:
        """Add many tasks, each from a draft or a title and with its key, as ``add_once`` does.

        Without a key (None) a task is new each time. Return what came of each, or its error, in its
        place.
        """
        now = self._clock()
        keyed = ((draft, self._new_id() if key is None else key) for draft, key in drafts)
        return self._run_all(
            usecases.add_once(self._user_id, draft, key=key, now=now) for draft, key in keyed
        )

    def complete_all(self, ids: Iterable[UUID]) -> list[Task | TaskcoreError]:
        """Complete many tasks; return each task or error in its place."""
        now = self._clock()
        return self._run_all(usecases.complete(self._user_id, id, now=now) for id in ids)

    def reopen_all(self, ids: Iterable[UUID]) -> list[Task | TaskcoreError]:
        """Reopen many tasks; return each task or error in its place."""
        now = self._clock()
        return self._run_all(usecases.reopen(self._user_id, id, now=now) for id in ids)

    def edit_all(
        self, ids: Iterable[UUID], **changes: Unpack[TaskChanges]
    ) -> list[Task | TaskcoreError]:
        """Make the same changes to many tasks; return each task or error in its place."""
        now = self._clock()
        return self._run_all(usecases.edit(self._user_id, id, changes, now=now) for id in ids)

    def remove_all(
        self, ids: Iterable[UUID], *, subtree: bool = False
    ) -> list[Task | TaskcoreError]:
        """Remove many tasks; return each task as it was, or error, in its place."""
        return self._run_all(usecases.remove(self._user_id, id, subtree=subtree) for id in ids)

    def _run(self, usecase: UseCase[Result]) -> Result:
        return run(usecase, self._repository)

    def _run_all(self, usecases: Iterable[UseCase[Result]]) -> list[Result | TaskcoreError]:
        return run_all(list(usecases), self._repository)
