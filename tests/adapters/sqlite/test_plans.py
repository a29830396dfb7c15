"""What SQLite reads to answer: by an index, and not all of a user's tasks."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from taskcore.adapters.sqlite import repository as repository_module
from taskcore.adapters.sqlite.finding import counting, gatherings, statements
from taskcore.entities import Priority, TaskQuery
from taskcore.entities.filters.predicates import (
    EVERY_TASK,
    And,
    Day,
    Is,
    Moment,
    Or,
    Predicate,
    Present,
    Tagged,
    Within,
)
from taskcore.entities.ordering import parse_order, position_of
from taskcore.ports import Add, Find, Replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from taskcore import Task
    from taskcore.adapters.sqlite import SqliteRepository

    MakeTask = Callable[..., Task]

OPEN = Is("completed", "=", value=False)
AT_THE_COMMAND_LINE = "due, priority desc, created_at desc"
MOMENT = datetime(2026, 11, 21, tzinfo=UTC)
LATE = datetime(2027, 1, 1, tzinfo=UTC)
OVERDUE = And((OPEN, Or((Day("due", "<", MOMENT.date()), Moment("due", "<", MOMENT)))))


def plan(repository: SqliteRepository, sql: str, values: list[Any]) -> str:
    rows = repository._connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)
    return "; ".join(row[3] for row in rows)


def plans(repository: SqliteRepository, *found: tuple[str, list[Any]]) -> list[str]:
    return [plan(repository, sql, [*values, 50]) for sql, values in found]


@pytest.mark.parametrize(
    ("filter", "order", "index"),
    [
        (EVERY_TASK, "", "tasks_newest"),
        (OPEN, "", "tasks_open_newest"),
        (OPEN, "created_at", "tasks_open_newest"),
        (OPEN, AT_THE_COMMAND_LINE, "tasks_open"),
        (OVERDUE, AT_THE_COMMAND_LINE, "tasks_open"),
        (Is("completed", "=", value=True), "completed_at desc", "tasks_completed"),
        (Is("updated_at", ">", MOMENT), "updated_at", "tasks_updated"),
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
    task = make_task(due=date(2026, 11, 20), priority=Priority.LOW, completed=True)
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


@pytest.mark.parametrize("direction", ["", " desc"])
@pytest.mark.parametrize("paged", [False, True])
@pytest.mark.parametrize(
    ("field", "index"),
    [
        ("completed_at", "INDEX tasks_completed (user_id=? AND completed_at"),
        ("start", "INDEX tasks_start (user_id=? AND start_at"),
        ("priority", "INDEX tasks_priority (user_id=? AND priority"),
        ("project", "INDEX tasks_project (user_id=? AND project"),
        ("parent_id", "INDEX tasks_parent (user_id=? AND parent_id"),
        ("created_at", "INDEX tasks_newest (user_id=?"),
        ("updated_at", "INDEX tasks_updated (user_id=?"),
        ("id", "PRIMARY KEY (user_id=?"),
        ("completed", "(user_id=?"),
    ],
)
def test_an_order_is_read_from_its_index(
    *,
    field: str,
    direction: str,
    index: str,
    paged: bool,
    repository: SqliteRepository,
    make_task: MakeTask,
) -> None:
    keys = parse_order(f"{field}{direction}")
    task = make_task(
        completed=True,
        start=date(2026, 1, 1),
        priority=Priority.LOW,
        project="home",
        parent_id=UUID(int=1),
    )
    query = TaskQuery(order=keys, limit=50, after=position_of(task, keys) if paged else None)

    found = plans(repository, *statements("alice", query))

    assert index in found[0]
    assert not any("SCAN" in one or "TEMP B-TREE" in one for one in found)


FOUND_BY = [
    (Tagged("home"), "SEARCH tags USING PRIMARY KEY (user_id=? AND folded=?)"),
    (Tagged("home"), "SEARCH tasks USING PRIMARY KEY (user_id=? AND id=?)"),
    (Within("home"), "INDEX tasks_project (user_id=? AND project>? AND project<?)"),
    (Is("project", "=", "home"), "INDEX tasks_project (user_id=? AND project=?)"),
    (Is("parent_id", "=", UUID(int=1)), "INDEX tasks_parent (user_id=? AND parent_id=?)"),
    (Present("parent_id"), "INDEX tasks_parent (user_id=?"),
    (Is("id", "=", UUID(int=1)), "PRIMARY KEY (user_id=? AND id=?)"),
    (Day("due", "<", MOMENT.date()), "INDEX tasks_due (user_id=? AND due_at<?)"),
    (OVERDUE, "(user_id=? AND due_at<?)"),
    (
        And((Moment("due", ">=", MOMENT), Moment("due", "<", MOMENT))),
        "INDEX tasks_due (user_id=? AND due_at>? AND due_at<?)",
    ),
    (Present("due"), "INDEX tasks_due (user_id=?"),
    (Day("start", ">", MOMENT.date()), "INDEX tasks_start (user_id=? AND start_at>?)"),
    (Present("start"), "INDEX tasks_start (user_id=?"),
    (Is("priority", "=", Priority.HIGH), "INDEX tasks_priority (user_id=? AND priority=?)"),
    (Is("priority", ">", Priority.LOW), "INDEX tasks_priority (user_id=? AND priority>?)"),
    (
        And((Is("completed_at", ">=", MOMENT), Is("completed_at", "<", LATE))),
        "INDEX tasks_completed (user_id=? AND completed_at>? AND completed_at<?)",
    ),
    (Is("completed", "=", value=True), "INDEX tasks_completed (user_id=?"),
    (Is("updated_at", ">", MOMENT), "INDEX tasks_updated (user_id=? AND updated_at>?)"),
    (Is("created_at", "=", MOMENT), "INDEX tasks_newest (user_id=? AND created_at=?)"),
    (OPEN, "INDEX tasks_open"),
]


@pytest.mark.parametrize(("filter", "words"), FOUND_BY)
@pytest.mark.parametrize("alone", [True, False])
def test_what_few_tasks_have_is_found_by_an_index(
    *,
    filter: Predicate,
    words: str,
    alone: bool,
    repository: SqliteRepository,
) -> None:
    if not alone:
        filter = And((filter, Is("title", ">", "a"), Tagged("other")))

    asked = list(gatherings("alice", TaskQuery(filter, parse_order("title"), 50)))

    gathered = [plans(repository, *both) for both in asked]
    assert any(words in gather for _, gather in gathered)
    assert not any("SCAN tasks" in one or "SCAN tags" in one for both in gathered for one in both)
    # How many they are is asked of the index alone.
    for count, _ in gathered:
        assert "COVERING INDEX" in count or "PRIMARY KEY" in count


@pytest.mark.parametrize(("filter", "words"), FOUND_BY)
def test_what_is_counted_is_found_by_an_index(
    filter: Predicate, words: str, repository: SqliteRepository
) -> None:
    found = plan(repository, *counting("alice", filter))

    assert words in found
    assert "SCAN" not in found


@pytest.mark.parametrize(
    ("filter", "order"), [(OPEN, ""), (OPEN, AT_THE_COMMAND_LINE), (EVERY_TASK, "title")]
)
def test_what_an_index_has_in_order_is_not_counted_first(filter: Predicate, order: str) -> None:
    assert list(gatherings("alice", TaskQuery(filter, parse_order(order), 50))) == []


@pytest.mark.parametrize(
    "filter",
    [
        Tagged("home"),
        Within("home"),
        Day("due", ">", date.min),
        Is("priority", ">", Priority.LOW),
        Is("completed", "=", value=True),
        Or((Tagged("home"), Within("work"))),
    ],
)
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
            completed_at=LATE,
            due=date(2026, 1, 1),
            priority=Priority.HIGH,
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
    assert "USING INDEX tasks_newest" in plan
    assert "TEMP B-TREE" not in plan


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
        "SELECT count(*) FROM tasks INDEXED BY tasks_start WHERE start_at IS NOT NULL",
        "SELECT count(*) FROM tasks INDEXED BY tasks_priority WHERE priority IS NOT NULL",
        "SELECT count(*) FROM tasks INDEXED BY tasks_completed WHERE completed_at IS NOT NULL",
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
    assert "taskcore.adapters.sqlite.handles" not in loaded
    assert "taskcore.adapters.sqlite.predicates" not in loaded


def test_a_change_writes_only_what_is_other_than_before(
    repository: SqliteRepository, make_task: MakeTask
) -> None:
    task = make_task(due=date(2026, 1, 1), project="home", tags=("home",))
    done = task.toggled(LATE)
    repository.execute([Add(task)])
    said: list[str] = []
    repository._connection.set_trace_callback(said.append)

    assert repository.execute([Replace(done, 1), Replace(done, 2)]) == [done, done]

    [update] = [statement for statement in said if statement.startswith("UPDATE")]
    columns = re.findall(r"(\w+) = ", update.partition(" WHERE ")[0])
    assert columns == ["completed_at", "updated_at", "version"]
    assert repository.execute([Find("alice")]) == [[done]]
