"""What is answered where nobody knows whether an attempt was stored: only what is known."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

import pytest
from attrs import evolve
from faults.chances import USER
from faults.proxy import Cut
from faults.stages import Stage, model_of, shown, stage_at, stored_in, wait_until

from taskcore import (
    DuplicateTask,
    HasSubtasks,
    InvalidTask,
    StaleTask,
    Task,
    TaskDraft,
    TaskNotFound,
)
from taskcore.adapters.postgres import PostgresRepository, create_engine, retrying
from taskcore.ports import Add, Expect, Get, Remove, Replace, Together

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskcore.ports import Operation

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def stage(postgres_url: str) -> Iterator[Stage]:
    with stage_at(postgres_url) as stage:
        yield stage


@pytest.fixture(params=["postgres_url", "protected_postgres_url"], ids=["owner", "limited"])
def any_stage(postgres_url: str, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Return a stage where the owner of the tables is cut, or whom row-level security limits."""
    with stage_at(postgres_url, cut=request.getfixturevalue(request.param)) as stage:
        yield stage


def new_task(number: int, parent_id: UUID | None = None) -> Task:
    draft = TaskDraft(f"task {number}", parent_id=parent_id)
    moment = MOMENT + timedelta(seconds=number)
    return Task.from_draft(draft, id=UUID(int=number), user_id=USER, now=moment)


TASK = new_task(1)
CHILD = new_task(2, parent_id=TASK.id)
OTHER = evolve(new_task(3), id=TASK.id)
OURS = evolve(TASK, title="ours", version=2)
LATER = evolve(OURS, title="later", version=3)
THEIRS = evolve(TASK, title="theirs", version=2)
REMOVE = Remove(USER, TASK.id, 1)
GET = Get(USER, TASK.id)
UNKNOWN = retrying.InDoubt()


NO_PARENT = InvalidTask("parent_id", "is no task of this user", "parent")
# What is asked for, what is cut of that, what another client does then, and what is the answer. A
# cut request was not executed, and the statement whose answer is cut was.
CASES: dict[str, tuple[Operation[Any], Literal["request", "answer"], Operation[Any], Any]] = {
    "read again": (GET, "answer", Replace(THEIRS, 1), THEIRS),
    "expected again": (
        *(Expect(USER, TASK.id, 1), "answer"),
        *(Replace(THEIRS, 1), StaleTask(TASK.id, 1)),
    ),
    "added": (Add(CHILD), "answer", GET, CHILD),
    "added after all": (Add(OTHER), "request", REMOVE, OTHER),
    "added, or not, as the id is taken": (
        *(Add(OTHER), "answer"),
        *(Replace(THEIRS, 1), DuplicateTask(TASK.id)),
    ),
    "added, and changed": (
        *(Add(CHILD), "answer"),
        *(Replace(evolve(CHILD, version=2), 1), UNKNOWN),
    ),
    "added, or not, as the parent is gone": (Add(CHILD), "request", REMOVE, UNKNOWN),
    "replaced": (Replace(OURS, 1), "answer", GET, OURS),
    "replaced, and replaced": (Replace(OURS, 1), "answer", Replace(LATER, 2), UNKNOWN),
    "replaced, and removed": (Replace(OURS, 1), "answer", Remove(USER, TASK.id), UNKNOWN),
    "not replaced": (Replace(OURS, 1), "request", Replace(THEIRS, 1), StaleTask(TASK.id, 1)),
    "not replaced for its parent": (
        *(Replace(evolve(OURS, parent_id=CHILD.id), 1), "answer"),
        *(GET, NO_PARENT),
    ),
    "removed": (REMOVE, "answer", GET, None),
    "removed by whomever": (REMOVE, "request", REMOVE, None),
    "not removed": (REMOVE, "request", Replace(THEIRS, 1), StaleTask(TASK.id, 1)),
    "not removed for a subtask": (REMOVE, "request", Add(CHILD), HasSubtasks(TASK.id)),
    "removed, and another of that id added": (
        *(Remove(USER, TASK.id, 1, TASK.created_at), "answer"),
        *(Add(OTHER), None),
    ),
    "not removed at all": (
        *(Remove(USER, TASK.id, 1, TASK.created_at), "request"),
        *(Replace(THEIRS, 1), StaleTask(TASK.id, 1)),
    ),
    "not done together": (Together((REMOVE,)), "request", REMOVE, TaskNotFound(TASK.id)),
}


@pytest.mark.parametrize(
    ("operation", "cut", "other", "expected"), list(CASES.values()), ids=list(CASES)
)
def test_what_others_did_meanwhile_is_told_from_what_was_done_by_oneself(
    any_stage: Stage,
    operation: Operation[Any],
    cut: Literal["request", "answer"],
    other: Operation[Any],
    expected: Any,
) -> None:
    any_stage.repository.execute([Add(TASK)])
    any_stage.proxy.arm(Cut(cut, 0, meanwhile=lambda: any_stage.direct.execute([other])))

    assert shown(any_stage.repository.execute([operation])) == shown([expected])


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("kind", [Add, Replace, Remove])
def test_a_statement_that_goes_on_after_its_connection_is_cut_is_done_once(
    stage: Stage, postgres_url: str, kind: type, count: int
) -> None:
    tasks = [new_task(number) for number in range(1, count + 1)]
    operations = {
        Add: [Add(task) for task in tasks],
        Replace: [Replace(evolve(task, version=2), 1) for task in tasks],
        Remove: [Remove(USER, task.id, 1) for task in tasks],
    }[kind]
    if kind is not Add:
        stage.repository.execute([Add(task) for task in tasks])
    stored_in(stage.repository)
    engine = create_engine(postgres_url).execution_options(isolation_level="READ COMMITTED")
    with engine.connect() as connection, ThreadPoolExecutor(1) as pool:
        # It keeps what the others need until it is rolled back.
        last = tasks[-1]
        holding = Add(last) if kind is Add else Expect(USER, last.id, 1)
        PostgresRepository(connection).execute([holding])
        stage.proxy.arm(Cut("request", None))
        waiting = pool.submit(stage.repository.execute, operations)
        wait_until(lambda: stage.count("wait_event_type = 'Lock'") == 2)
        connection.rollback()
        answers = waiting.result(timeout=30)

    engine.dispose()
    expected = model_of([] if kind is Add else tasks)
    assert shown(answers) == shown(expected.execute(operations))
    assert sorted(shown(stage.stored())) == sorted(shown(stored_in(expected)))
