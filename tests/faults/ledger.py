"""What writers sent, what was acknowledged, and what must therefore be stored.

Each change says something that no other does, so that what is stored can be explained. Nothing is
left out: what got no answer, or a 503, may have been done once or not at all; all else is certain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping  # attrs reads it
from itertools import count
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import define, evolve, field, frozen
from faults.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    Body: TypeAlias = dict[str, Any]

_UNSEEN = ("updated_at", "completed_at", "version")


@frozen(eq=False)
class Change:
    """A change of a task: some fields, of which ``extra`` is merged, or a toggle."""

    fields: Mapping[str, Any]
    toggles: bool = False

    @property
    def may_change_nothing(self) -> bool:
        """Whether the task may be so already."""
        return not self.toggles and "title" not in self.fields

    def after(self, body: Body) -> Body:
        """Return what becomes of a task, as far as that can be foreseen."""
        changed = {name: value for name, value in body.items() if name not in _UNSEEN}
        changed |= {name: value for name, value in self.fields.items() if name != "extra"}
        changed["extra"] = body["extra"] | dict(self.fields.get("extra", {}))
        if self.toggles:
            changed["completed"] = not body["completed"]
        return changed


@define(eq=False)
class History:
    """One task: what was said about it, and asked for, since it was sent to be added."""

    user: str
    fields: Body
    id: str | None = None
    is_shared: bool = False
    """Whether several writers change it."""

    seen: dict[int, Body] = field(factory=dict)
    """What it was at each version at which it was answered."""

    made: dict[int, Change] = field(factory=dict)
    """By which acknowledged change it came to each version."""

    confirmed: set[int] = field(factory=set)
    """To which versions it may have come by acknowledged changes that may change nothing."""

    unknown: list[Change] = field(factory=list)
    """The changes that nobody knows of."""

    is_acknowledged: bool = False
    is_removed: bool = False
    may_be_removed: bool = False

    @property
    def version(self) -> int | None:
        """The version that it is at; None if something unknown may have changed that."""
        return None if self.unknown or self.may_be_removed else max(self.seen)


@define(eq=False)
class Ledger:
    """All that writers sent and were told, by the unique description of each task."""

    histories: dict[str, History] = field(factory=dict)
    trees: list[list[str]] = field(factory=list)
    """Tasks that may only go together, by their descriptions."""

    acknowledged: int = 0
    duplicated: list[str] = field(factory=list)
    wrong: list[str] = field(factory=list)
    answered: list[tuple[float, float]] = field(factory=list)
    """When each acknowledged request began, and when it was answered."""

    statuses: Counter[int | str] = field(factory=Counter)
    _tokens: Iterator[int] = field(factory=count)

    @property
    def unknown(self) -> int:
        """How many requests may have been done, or not."""
        return self.statuses["unknown"] + self.statuses[503]

    def token(self) -> str:
        """Return what no other call returns."""
        return f"{next(self._tokens):07}"

    def sent(self, user: str, fields: Body, *, is_shared: bool = False) -> History:
        """Note that a task with these fields, and this description, may be added from now on."""
        history = History(user, fields, fields.get("id"), is_shared)
        self.histories[fields["description"]] = history
        return history

    def added(self, history: History, body: Body) -> None:
        """Note that it was."""
        self.acknowledged += 1
        history.is_acknowledged = True
        if history.id not in {None, body["id"]}:
            self.wrong.append(f"{history.fields} was added as {body}")
        history.id = body["id"]
        self.saw(history, body)
        unlike = {name for name in history.fields if history.fields[name] != body[name]}
        if unlike or body["version"] != 1:
            self.wrong.append(f"{history.fields} was answered with {body}")

    def changed(self, history: History, change: Change, body: Body) -> None:
        """Note that a change was acknowledged with this."""
        self.acknowledged += 1
        version = body["version"]
        if change.may_change_nothing:
            history.confirmed.add(version)
        elif version in history.made:
            self.duplicated.append(f"two changes made version {version} of {history}")
        else:
            history.made[version] = change
        self.saw(history, body)

    def saw(self, history: History, body: Body) -> None:
        """Note that this was shown to somebody."""
        known = history.seen.setdefault(body["version"], body)
        if known != body:
            self.wrong.append(f"{known} was shown as {body} too")

    def removed(self, history: History) -> None:
        """Note that the task is gone for good."""
        history.is_removed = history.may_be_removed = True

    def wait_for(self, more: int) -> None:
        """Wait until so many more are acknowledged."""
        goal = self.acknowledged + more
        wait_until(
            lambda: self.acknowledged >= goal,
            shown=lambda: f"{self.acknowledged} of {goal}: {self.statuses}",
        )

    def healed_after(self, moment: float) -> float:
        """Return how many seconds after that a request sent since then was acknowledged first."""
        return min(ended for started, ended in self.answered if started >= moment) - moment


@frozen
class Verdict:
    """What an audit found, in words."""

    acknowledged: int
    unknown: int
    lost: list[str]
    duplicated: list[str]
    wrong: list[str]

    @property
    def counts(self) -> dict[str, int]:
        """The figures, by the names that a report has for them."""
        return {
            "acknowledged": self.acknowledged,
            "lost": len(self.lost),
            "duplicated": len(self.duplicated),
            "wrong": len(self.wrong),
        }

    def require_clean(self) -> None:
        """Raise ``AssertionError`` with what is wrong, if anything is."""
        for name in ("lost", "duplicated", "wrong"):
            found = getattr(self, name)
            assert not found, f"{len(found)} {name}, as {found[:3]}"


def audit(ledger: Ledger, url: str) -> Verdict:
    """Compare the ledger with what is stored, read by the library straight from there."""
    verdict = Verdict(
        ledger.acknowledged,
        ledger.unknown,
        [],
        list(ledger.duplicated),
        list(ledger.wrong),
    )
    users = sorted({history.user for history in ledger.histories.values()})
    stored: dict[str, Body] = {}
    for body in (body for user in users for body in stored_tasks(url, user)):
        description = body["description"]
        if description in stored:
            verdict.duplicated.append(f"{stored[description]} is there again as {body}")
        stored[description] = body
        if (history := ledger.histories.get(description)) is None or history.user != body[
            "user_id"
        ]:
            verdict.wrong.append(f"nobody sent {body}")
    for description, history in ledger.histories.items():
        _judge(evolve(history, seen=dict(history.seen)), stored.get(description), verdict)
    for tree in ledger.trees:
        if len({description in stored for description in tree}) > 1:
            verdict.wrong.append(f"only a part of {tree} is there")
    return verdict


def stored_tasks(url: str, user: str) -> list[Body]:
    """Return the user's tasks as the API would show them, read from the storage itself."""
    import msgspec

    from taskcore import Tasks, open_repository
    from taskcore_http.answers import TaskBody

    with open_repository(url) as repository:
        found = Tasks(repository, user).find()
        return [msgspec.json.decode(msgspec.json.encode(TaskBody.of(task))) for task in found]


def _judge(history: History, stored: Body | None, verdict: Verdict) -> None:
    """Judge one task: what is stored of it, or that nothing is."""
    if stored is None:
        if history.is_acknowledged and not history.may_be_removed:
            verdict.lost.append(f"nothing is left of {history}")
        return
    if history.is_removed:
        verdict.lost.append(f"{stored} was removed, and is there again")
        return
    if history.id not in {None, stored["id"]}:
        verdict.duplicated.append(f"{history} was added with two ids: {stored}")
        return
    version = stored["version"]
    if version < max(history.seen, default=1):
        verdict.lost.append(f"{stored} was once {history.seen[max(history.seen)]}")
        return
    if history.seen.setdefault(version, stored) != stored:
        verdict.lost.append(f"{stored} was acknowledged as {history.seen[version]}")
    if version == 1 and any(stored[name] != history.fields[name] for name in history.fields):
        verdict.wrong.append(f"{history.fields} is stored as {stored}")
    _judge_versions(history, version, verdict)


def _judge_versions(history: History, last: int, verdict: Verdict) -> None:
    """Judge how it came to be at this version: by what was sent, each once at the most."""
    explained = history.made.keys() | history.confirmed
    unexplained = [version for version in range(2, last + 1) if version not in explained]
    if len(unexplained) > len(history.unknown):
        verdict.duplicated.append(f"what made versions {unexplained} of {history}?")
    for version in range(2, last + 1):
        before, now = history.seen.get(version - 1), history.seen.get(version)
        if before is None or now is None:
            continue
        known = history.made.get(version)
        candidates = [known] if known else [*history.unknown, *_SETS]
        shown = {name: value for name, value in now.items() if name not in _UNSEEN}
        if all(shown != candidate.after(before) for candidate in candidates):
            verdict.lost.append(f"{before} became {now} by {known}, of {history}")


_SETS = (Change({"completed": True}), Change({"completed": False}))
