"""What SQLite reads to answer: by an index, and not all of a user's tasks."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from taskcore.adapters.sqlite import repository as repository_module
from taskcore.adapters.sqlite.finding import gathering, statements
from taskcore.entities import Priority, TaskQuery
from taskcore.entities.filters.predicates import (
    EVERY_TASK,
    And,
    Day,
    Is,
    Moment,
    Or,
    Predicate,
    Tagged,
    Within,
)
from taskcore.entities.ordering import parse_order, position_of
from taskcore.ports import Add, Find

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskcore import Task
    from taskcore.adapters.sqlite import SqliteRepository

    MakeTask = Callable[..., Task]

OPEN = Is("completed", "=", value=False)
AT_THE_COMMAND_LINE = "due, priority desc, created_at desc"
MOMENT = datetime(2026, 11, 21, tzinfo=UTC)
OVERDUE = And((OPEN, Or((Day("due", "<", MOMENT.date()), Moment("due", "<", MOMENT)))))


def plans(repository: SqliteRepository, *found: tuple[str, list[Any]]) -> list[str]:
    return [
        "; ".join(
            row[3]
            for row in repository._connection.execute(f"EXPLAIN QUERY PLAN {sql}", [*values, 50])
        )
        for sql, values in found
    ]


@pytest.mark.parametrize(
    ("filter", "order", "index"),
    [
        (EVERY_TASK, "", "tasks_newest"),
        (OPEN, AT_THE_COMMAND_LINE, "tasks_open"),
        (OVERDUE, AT_THE_COMMAND_LINE, "tasks_open"),
    ],
)
@pytest.mark.parametrize("paged", [False, True])
def test_the_usual_lists_and_their_pages_are_read_in_their_order(
    *,
    filter: Predicate,
    order: str,
    index: str,
    paged: bool,
    repository: SqliteRepository,
    make_task: MakeTask,
) -> None:
    keys = parse_order(order)
    task = make_task(due=date(2026, 11, 20), priority=Priority.LOW)
    query = TaskQuery(filter, keys, 50, position_of(task, keys) if paged else None)

    found = plans(repository, *statements("alice", query))

    # From the first task with a due, or after the position: those that have all there is.
    for plan in found:
        assert "SCAN" not in plan
        assert "TEMP B-TREE" not in plan
    assert all(f"USING INDEX {index} (user_id=?" in plan for plan in found[:2])


@pytest.mark.parametrize("order", ["due", "due desc", AT_THE_COMMAND_LINE])
def test_an_order_by_due_starts_at_its_page(
    order: str, repository: SqliteRepository, make_task: MakeTask
) -> None:
    keys = parse_order(order)
    task = make_task(due=date(2026, 11, 20), priority=Priority.LOW)
    query = TaskQuery(order=keys, limit=50, after=position_of(task, keys))

    found = plans(repository, *statements("alice", query))

    assert "USING INDEX tasks_due (user_id=? AND due_at=?" in found[0]
    assert any(
        f"USING INDEX tasks_due (user_id=? AND due_at{beyond}?)" in plan
        for plan in found
        for beyond in "<>"
    )


@pytest.mark.parametrize(
    ("filter", "words"),
    [
        (Tagged("home"), "SEARCH tags USING PRIMARY KEY (user_id=? AND folded=?)"),
        (Tagged("home"), "SEARCH tasks USING PRIMARY KEY (user_id=? AND id=?)"),
        (Within("home"), "USING INDEX tasks_project (user_id=? AND project=?"),
        (Within("home"), "USING INDEX tasks_project (user_id=? AND project>? AND project<?)"),
        (Is("parent_id", "=", UUID(int=1)), "USING INDEX tasks_parent (user_id=? AND parent_id=?)"),
        (Is("id", "=", UUID(int=1)), "USING PRIMARY KEY (user_id=? AND id=?)"),
        (Day("due", "<", MOMENT.date()), "USING INDEX tasks_due (user_id=? AND due_at<?)"),
        (OVERDUE, "USING INDEX tasks_open (user_id=? AND due_at<?)"),
        (
            And((Moment("due", ">=", MOMENT), Moment("due", "<", MOMENT))),
            "USING INDEX tasks_due (user_id=? AND due_at>? AND due_at<?)",
        ),
    ],
)
@pytest.mark.parametrize("alone", [True, False])
def test_what_few_tasks_have_is_found_by_an_index(
    *,
    filter: Predicate,
    words: str,
    alone: bool,
    repository: SqliteRepository,
) -> None:
    if not alone:
        filter = And((filter, Is("title", ">", "a")))
    gather = gathering("alice", TaskQuery(filter))

    assert gather is not None
    [plan] = plans(repository, gather)

    assert words in plan
    assert "SCAN" not in plan


@pytest.mark.parametrize("filter", [Tagged("home"), Within("home"), Day("due", ">", date.min)])
def test_what_turns_out_to_be_many_is_found_in_order_and_is_the_same(
    filter: Predicate,
    repository: SqliteRepository,
    make_task: MakeTask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tasks = [
        make_task(
            created_at=MOMENT + timedelta(seconds=age),
            updated_at=MOMENT + timedelta(seconds=age),
            due=date(2026, 1, 1),
            project="home",
            tags=("home",),
        )
        for age in range(10)
    ]
    repository.execute([Add(task) for task in tasks])
    query = TaskQuery(filter, limit=3)
    [few] = repository.execute([Find("alice", query)])
    monkeypatch.setattr(repository_module, "FEW", 5)

    [many] = repository.execute([Find("alice", query)])

    assert few == many == tasks[:-4:-1]
    [plan] = plans(repository, *statements("alice", query))
    assert "USING INDEX tasks_newest" in plan or "tasks_due" in plan


def test_subtasks_and_open_tasks_and_projects_are_found_by_their_indexes(
    repository: SqliteRepository,
) -> None:
    ask = repository._connection.execute
    subtree = str(ask(f"EXPLAIN QUERY PLAN {repository_module._SUBTREE}", ("a", "b")).fetchall())
    assert "USING COVERING INDEX tasks_parent (user_id=? AND parent_id=?)" in subtree
    assert "BLOOM" not in subtree  # which reads the whole table
    count = "SELECT count(*) FROM tasks WHERE user_id = ? AND completed_at IS NULL"
    assert "COVERING INDEX tasks_open" in str(ask(f"EXPLAIN QUERY PLAN {count}", "a").fetchall())
    tally = repository_module._TALLIES["project"]
    assert "COVERING INDEX tasks_project" in str(ask(f"EXPLAIN QUERY PLAN {tally}", "a").fetchall())


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM tags",
        "SELECT count(*) FROM tasks INDEXED BY tasks_due WHERE due_at IS NOT NULL",
        "SELECT count(*) FROM tasks INDEXED BY tasks_project WHERE project IS NOT NULL",
        "SELECT count(*) FROM tasks INDEXED BY tasks_parent WHERE parent_id IS NOT NULL",
    ],
)
def test_a_task_without_them_is_in_no_index_of_these(
    statement: str, repository: SqliteRepository, make_task: MakeTask
) -> None:
    repository.execute([Add(make_task())])

    assert repository._connection.execute(statement).fetchone() == (0,)


def test_a_list_of_all_does_not_load_what_compiles_filters() -> None:
    program = (
        "import sys; from taskcore import Tasks, open_repository\n"
        "Tasks(open_repository('sqlite:///:memory:'), 'alice').find()\n"
        "print(*sys.modules)"
    )

    loaded = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    ).stdout.split()

    assert "taskcore.adapters.sqlite" in loaded
    assert "taskcore.adapters.sqlite.predicates" not in loaded
