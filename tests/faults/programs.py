"""What clients ask of a few tasks, chosen at random, and all of them at once.

``ALONE`` has requests that are about one task each, ``FAMILY`` such that are about several. They
are made with what somebody saw of the tasks last: so that versions are often right, and often just
not anymore.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from uuid import UUID

from attrs import field, frozen
from conftest import MOMENT
from faults.requests import Raw, Use

from taskcore import Task, TaskDraft
from taskcore.entities import TaskQuery
from taskcore.entities.once import id_from_key
from taskcore.ports import Add, Count, Expect, Find, Get, Remove, Replace, Subtree, Together

if TYPE_CHECKING:
    from collections.abc import Callable

    from faults.requests import Request

    Program: TypeAlias = Mapping[Callable[["Ground"], Request], int]


@frozen
class Ground:
    """What the clients of one user share: the few tasks that there may be, and what was seen."""

    user_id: str
    keys: Sequence[str]
    random: Random
    seen: dict[UUID, Task] = field(factory=dict)
    numbers: Any = field(factory=lambda: count(1))

    def ids(self) -> list[UUID]:
        return [id_from_key(self.user_id, key) for key in self.keys]

    def id(self) -> UUID:
        return id_from_key(self.user_id, self.random.choice(self.keys))

    def draft(self, **fields: Any) -> TaskDraft:
        return TaskDraft(f"{next(self.numbers)}", **fields)

    def new(self, id: UUID, **fields: Any) -> Task:
        return Task.from_draft(self.draft(**fields), id=id, user_id=self.user_id, now=self.now())

    def now(self) -> Any:
        return MOMENT + timedelta(microseconds=next(self.numbers))

    def last_seen(self, id: UUID) -> Task:
        return self.seen.get(id) or self.new(id)

    def changed(self, task: Task) -> Task:
        return task.edited({"title": f"{next(self.numbers)}"}, self.now())

    def raw(self, about: UUID | None, operation: Any) -> Raw:
        return Raw(self.user_id, about, operation)

    def use(self, about: UUID | None, name: str, /, *arguments: Any, **options: Any) -> Use:
        return Use(self.user_id, about, self.now(), name, arguments, options)

    def see(self, answer: Any) -> None:
        """Remember what was answered."""
        for one in answer if isinstance(answer, list | tuple) else (answer,):
            task = getattr(one, "task", one)
            if isinstance(task, Task):
                self.seen[task.id] = task


def _get(ground: Ground) -> Request:
    id = ground.id()
    return ground.raw(id, Get(ground.user_id, id))


def _add(ground: Ground) -> Request:
    id = ground.id()
    return ground.raw(id, Add(ground.new(id)))


def _replace(ground: Ground) -> Request:
    id = ground.id()
    task = ground.last_seen(id)
    return ground.raw(id, Replace(ground.changed(task), expected=task.version))


def _remove(ground: Ground) -> Request:
    id = ground.id()
    return ground.raw(id, Remove(ground.user_id, id))


def _remove_expected(ground: Ground) -> Request:
    id = ground.id()
    return ground.raw(id, Remove(ground.user_id, id, ground.last_seen(id).version))


def _expect(ground: Ground) -> Request:
    id = ground.id()
    return ground.raw(id, Expect(ground.user_id, id, ground.last_seen(id).version))


def _toggle(ground: Ground) -> Request:
    id = ground.id()
    return ground.use(id, "toggle", id)


def _complete(ground: Ground) -> Request:
    id = ground.id()
    return ground.use(id, "complete", id)


def _reopen_expected(ground: Ground) -> Request:
    id = ground.id()
    return ground.use(id, "reopen", id, expected=ground.last_seen(id).version)


def _edit(ground: Ground) -> Request:
    id = ground.id()
    return ground.use(id, "edit", id, title=f"{next(ground.numbers)}")


def _edit_expected(ground: Ground) -> Request:
    id = ground.id()
    version = ground.last_seen(id).version
    return ground.use(id, "edit", id, expected={version, version + 1}, project="home")


def _add_by_id(ground: Ground) -> Request:
    id = ground.id()
    return ground.use(id, "add", f"{next(ground.numbers)}", id=id)


def _add_once(ground: Ground) -> Request:
    key = ground.random.choice(ground.keys)
    return ground.use(id_from_key(ground.user_id, key), "add_once", "once", key=key)


def _add_once_by_id(ground: Ground) -> Request:
    id = ground.id()
    return ground.use(id, "add_once", "once", key=id)


def _take_away(ground: Ground) -> Request:
    id = ground.id()
    return ground.use(id, "remove", id)


def _take_away_expected(ground: Ground) -> Request:
    id = ground.id()
    return ground.use(id, "remove", id, expected=ground.last_seen(id).version)


ALONE: Final[Program] = {
    _get: 4,
    _add: 2,
    _replace: 6,
    _remove: 1,
    _remove_expected: 2,
    _expect: 2,
    _toggle: 4,
    _complete: 2,
    _reopen_expected: 2,
    _edit: 3,
    _edit_expected: 1,
    _add_by_id: 1,
    _add_once: 2,
    _add_once_by_id: 1,
    _take_away: 1,
    _take_away_expected: 1,
}
"""Requests about one task each."""


def _find(ground: Ground) -> Request:
    return ground.use(None, "find")


def _find_some(ground: Ground) -> Request:
    return ground.raw(None, Find(ground.user_id, TaskQuery(limit=ground.random.randint(1, 3))))


def _find_open(ground: Ground) -> Request:
    return ground.use(None, "find", "completed = false", order_by="title")


def _count(ground: Ground) -> Request:
    return ground.raw(None, Count(ground.user_id))


def _projects(ground: Ground) -> Request:
    return ground.use(None, "projects")


def _subtree(ground: Ground) -> Request:
    return ground.raw(None, Subtree(ground.user_id, ground.id()))


def _add_below(ground: Ground) -> Request:
    id = ground.id()
    return ground.use(None, "add", f"{next(ground.numbers)}", id=id, parent_id=ground.id())


def _add_below_as_it_is(ground: Ground) -> Request:
    return ground.raw(None, Add(ground.new(ground.id(), parent_id=ground.id())))


def _move(ground: Ground) -> Request:
    return ground.use(None, "edit", ground.id(), parent_id=ground.id())


def _move_to_the_top(ground: Ground) -> Request:
    return ground.use(None, "edit", ground.id(), parent_id=None)


def _remove_subtree(ground: Ground) -> Request:
    return ground.use(None, "remove", ground.id(), subtree=True)


def _replace_together(ground: Ground) -> Request:
    one, other = (ground.last_seen(ground.id()) for _ in range(2))
    replacements = [Replace(ground.changed(task), task.version) for task in {one, other}]
    return ground.raw(None, Together(tuple(replacements)))


def _replace_as_the_other_is(ground: Ground) -> Request:
    one, other = (ground.last_seen(ground.id()) for _ in range(2))
    expect = Expect(ground.user_id, other.id, other.version)
    return ground.raw(None, Together((expect, Replace(ground.changed(one), one.version))))


def _swap_together(ground: Ground) -> Request:
    task, id = ground.last_seen(ground.id()), ground.id()
    remove = Remove(ground.user_id, task.id, task.version)
    return ground.raw(None, Together((remove, Add(ground.new(id)))))


FAMILY: Final[Program] = {
    _get: 2,
    _add: 2,
    _replace: 1,
    _remove_expected: 1,
    _toggle: 2,
    _edit_expected: 1,
    _add_by_id: 2,
    _add_once: 1,
    _take_away: 1,
    _find: 3,
    _find_some: 1,
    _find_open: 1,
    _count: 2,
    _projects: 1,
    _subtree: 2,
    _add_below: 4,
    _add_below_as_it_is: 1,
    _move: 6,
    _move_to_the_top: 1,
    _remove_subtree: 2,
    _replace_together: 3,
    _replace_as_the_other_is: 2,
    _swap_together: 2,
}
"""Requests about several tasks each, among others: parents and subtasks, lists, all or nothing."""

REMOVING: Final = {
    *(_remove, _remove_expected, _take_away, _take_away_expected),
    *(_remove_subtree, _swap_together),
}
PROGRAMS: Final[Mapping[str, Program]] = {"ALONE": ALONE, "FAMILY": FAMILY}
LASTING: Final[Mapping[str, Program]] = {
    f"{name}, nothing removed": {make: one[make] for make in one if make not in REMOVING}
    for name, one in PROGRAMS.items()
}
