"""What SQLite itself holds together: parents, tags, all or nothing, and what only reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from taskcore import DuplicateTask, RepositoryUnavailable, Task
from taskcore.entities import TaskQuery
from taskcore.entities.filters.predicates import Tagged
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
    import sqlite3
    from collections.abc import Callable

    from taskcore.adapters.sqlite import SqliteRepository

    MakeTask = Callable[..., Task]


def test_what_fails_together_takes_back_its_own_and_nothing_else(
    repository: SqliteRepository, stranger: sqlite3.Connection, make_task: MakeTask
) -> None:
    before, within, after = make_task(), make_task(tags=("home",)), make_task()
    together = Together((Add(within), Remove("alice", before.id), Add(after), Add(within)))

    answers = repository.execute([Add(before), together, Add(after)])

    assert repr(answers) == repr([before, DuplicateTask(within.id), after])
    assert stranger.execute("SELECT count(*) FROM tasks").fetchone() == (2,)
    assert stranger.execute("SELECT count(*) FROM tags").fetchone() == (0,)


def test_a_full_disk_in_the_midst_of_together_stores_nothing_and_then_serves_again(
    repository: SqliteRepository, make_task: MakeTask
) -> None:
    ask = repository._connection.execute
    [pages] = ask("PRAGMA page_count").fetchone()
    ask(f"PRAGMA max_page_count = {pages}")
    tasks = [make_task(description="a" * 1000) for _ in range(50)]
    together = Together(tuple(map(Add, tasks)))

    with pytest.raises(RepositoryUnavailable, match="full"):
        repository.execute([Add(make_task()), together])
    assert repository.execute([Count("alice")]) == [0]

    ask("PRAGMA max_page_count = 1000000")
    assert repository.execute([together]) == [tuple(tasks)]


def test_what_only_reads_does_not_wait_for_who_writes(
    repository: SqliteRepository, stranger: sqlite3.Connection, make_task: MakeTask
) -> None:
    task = make_task(project="home")
    repository.execute([Add(task)])
    stranger.execute("BEGIN IMMEDIATE")
    reads: list[Operation[Any]] = [
        Get("alice", task.id),
        Find("alice"),
        Count("alice"),
        Tally("alice", "project"),
        Subtree("alice", task.id),
        Expect("alice", task.id, 1),
    ]

    assert repository.execute(reads) == [task, [task], 1, {"home": 1}, [task], None]


def test_tags_are_found_as_they_are_now(
    repository: SqliteRepository, stranger: sqlite3.Connection, make_task: MakeTask
) -> None:
    task = make_task(tags=("Home", "work"))
    edited = task.edited({"tags": ("errands", "HOME")}, task.updated_at)
    find = [Find("alice", TaskQuery(Tagged(tag))) for tag in ("home", "work", "errands")]

    repository.execute([Add(task)])
    assert repository.execute(find) == [[task], [task], []]
    repository.execute([Replace(edited, 1)])
    assert repository.execute(find) == [[edited], [], [edited]]
    # Another program need not know of the tags to leave none behind.
    stranger.execute("DELETE FROM tasks")
    assert stranger.execute("SELECT count(*) FROM tags").fetchone() == (0,)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        # The zone has other rules by now: the same instant, by the new rules.
        (
            "2026-07-01T09:00:00+05:00[Europe/Paris]",
            datetime(2026, 7, 1, 6, tzinfo=ZoneInfo("Europe/Paris")),
        ),
        # The zone is one of another machine's.
        (
            "2026-07-01T09:00:00+05:00[Mars/Olympus]",
            datetime(2026, 7, 1, 9, tzinfo=timezone(timedelta(hours=5))),
        ),
        ("2026-07-01T09:00:00Z[../zone]", datetime(2026, 7, 1, 9, tzinfo=UTC)),
    ],
)
def test_a_moment_in_a_zone_that_changed_can_be_read(
    written: str,
    read: datetime,
    repository: SqliteRepository,
    stranger: sqlite3.Connection,
    make_task: MakeTask,
) -> None:
    task = make_task(due=datetime(2026, 7, 1, 4, tzinfo=UTC))
    repository.execute([Add(task)])
    stranger.execute("UPDATE tasks SET due = ?", (written,))

    [[found]] = repository.execute([Find("alice")])

    assert repr(found.due) == repr(read)
