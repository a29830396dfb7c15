"""Users whose tasks have the same ids, and what they do: whoever is taken for another shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import evolve
from contract.capturing import as_of
from contract.strategies import IDS, MOMENT, USERS, of_one_kind, operations
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from taskcore import Task
from taskcore.entities import TaskQuery
from taskcore.entities.filters import And, Is, Not, Present, Tagged, Within
from taskcore.entities.filters.predicates import EVERY_TASK
from taskcore.ports import (
    Add,
    Count,
    Expect,
    Find,
    Get,
    Operation,
    Remove,
    Replace,
    Subtree,
    Tally,
    Together,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

Batch: TypeAlias = "Sequence[Operation[Any]]"

FILTERS = [
    EVERY_TASK,
    Tagged("home"),
    And((Tagged("home"), Tagged("tag1"))),
    Within("p1"),
    Present("due"),
    Is("parent_id", "=", IDS[0]),
    Not(Tagged("home")),
]


def batches(count: int) -> list[Batch]:
    """Return those of neighbors, and so many of any operations; they are always the same."""
    made: list[Batch] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(operations, min_size=1, max_size=8) | of_one_kind,
        st.none() | st.sampled_from(USERS),
    )
    def collect(batch: Batch, user_id: str | None) -> None:
        made.append(batch if user_id is None else [as_of(user_id, one) for one in batch])

    collect()
    return [*neighbors(), *made]


def neighbors() -> list[Batch]:
    """Return batches of users with the same ids, who use all operations one after the other."""
    top, below, other, absent = IDS
    made: list[Batch] = []
    for version, user_id in enumerate(USERS, start=1):
        task = Task(
            id=top,
            user_id=user_id,
            title=f"Milk {version}",
            description=None,
            completed_at=None,
            due=MOMENT,
            start=None,
            priority=None,
            tags=("home", f"tag{version}"),
            project=f"p{version}",
            parent_id=None,
            extra={},
            created_at=MOMENT,
            updated_at=MOMENT,
            version=version,
        )
        child = evolve(task, id=below, parent_id=top)
        made += [[Add(task)], [Add(child), Add(evolve(task, id=other))]]
    for version, user_id in enumerate(USERS, start=1):
        mine = evolve(made[0][0].task, user_id=user_id, version=version + 1)
        made += [
            [Get(user_id, top)],
            [Get(user_id, absent), Get(user_id, below)],
            [Subtree(user_id, top)],
            [Count(user_id, EVERY_TASK), Count(user_id, Tagged("home"))],
            *([Find(user_id, TaskQuery(one, limit=size))] for one in FILTERS for size in (2, None)),
            [Find(one) for one in USERS[:version]],
            [Tally(user_id, "project"), Tally(user_id, "tags")],
            [Expect(user_id, top, version)],
            [Expect(user_id, top, version), Expect(user_id, below, version)],
            [Replace(mine, version)],
            [
                Replace(evolve(mine, id=below), version),
                Replace(evolve(mine, id=other, parent_id=below), version),
            ],
            [Together((Remove(user_id, other), Remove(user_id, absent)))],
            [Remove(user_id, below)],
            [Remove(user_id, other)],
            [Add(evolve(mine, id=other)), Add(evolve(mine, id=absent))],
            [Remove(user_id, other), Remove(user_id, absent, expected=version)],
            *([Find(one, TaskQuery(Tagged("home")))] for one in USERS),
        ]
    return made
