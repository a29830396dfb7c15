"""What clients ask of a few tasks, chosen at random."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from attrs import evolve, frozen
from faults.ground import Ground
from faults.requests import Request
from faults.web import OverHttp, over_http

from taskcore.entities import TaskQuery
from taskcore.entities.once import id_from_key
from taskcore.ports import Add, Count, Expect, Find, Get, Remove, Replace, Subtree, Together

_Weights: TypeAlias = Mapping[Callable[[Ground], Request], int]


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


_ALONE: Final[_Weights] = {
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


_FAMILY: Final[_Weights] = {
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

_OVER_HTTP: Final = (
    *(_toggle, _complete, _reopen_expected, _edit, _add_by_id, _add_once, _add_once_by_id),
    *(_take_away, _take_away_expected, _find, _add_below, _move, _move_to_the_top),
    _remove_subtree,
)
_REMOVING: Final = (
    *(_remove, _remove_expected, _take_away, _take_away_expected),
    *(_remove_subtree, _swap_together),
)


@frozen
class Program:
    """What clients ask, by how often, and what is asked in the end, to see all that is left."""

    weights: _Weights
    audit: Callable[[Ground], list[Request]]

    def request(self, ground: Ground) -> Request:
        """Return one request, by chance."""
        [make] = ground.random.choices(list(self.weights), list(self.weights.values()))
        return make(ground)

    def without_removals(self) -> Program:
        """Return the program that leaves all tasks where they are."""
        kept = {make: self.weights[make] for make in self.weights if make not in _REMOVING}
        return evolve(self, weights=kept)

    def over_http(self) -> Program:
        """Return the program of those that can be asked over HTTP."""
        some = {over_http(make): self.weights[make] for make in self.weights if make in _OVER_HTTP}
        return Program(some, lambda ground: [OverHttp(use) for use in self.audit(ground)])


def _each(ground: Ground) -> list[Request]:
    return [ground.use(id, "get", id) for id in ground.ids()]


def _all(ground: Ground) -> list[Request]:
    return [_find(ground)]


PROGRAMS: Final[Mapping[str, Program]] = {
    "tasks alone": Program(_ALONE, _each),
    "families": Program(_FAMILY, _all),
}
"""Each request about one task; and, among others, requests about several: parents, lists, sets."""
