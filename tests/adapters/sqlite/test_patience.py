"""A statement that takes too long is stopped: nobody waits for it for ever, and nothing is torn."""

from __future__ import annotations

import shutil
from time import monotonic, sleep
from typing import TYPE_CHECKING

import pytest

from taskcore import RepositoryUnavailable, Task
from taskcore.adapters.sqlite import SqliteRepository, functions, patience
from taskcore.adapters.sqlite.predicates import condition
from taskcore.entities.filters.predicates import And, Contains, Not, Or
from taskcore.entities.folding import fold
from taskcore.ports import Add, Count, Find, Get

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator
    from pathlib import Path

    MakeTask = Callable[..., Task]

SECONDS = 0.1
SLOW = Count("alice", Contains(("title",), "bread"))


@pytest.fixture
def repository(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqliteRepository]:
    """Return a repository without much patience, for which a look at a title takes long."""

    def slowly(text: str) -> str:
        sleep(SECONDS / 10)
        return fold(text)

    monkeypatch.setattr(functions, "folded", slowly)
    monkeypatch.setattr(patience, "STEPS", 100)
    with SqliteRepository(path, patience=SECONDS) as repository:
        yield repository


@pytest.fixture
def tasks(repository: SqliteRepository, make_task: MakeTask) -> list[Task]:
    """Return tasks that are stored, so many that to look through them takes too long."""
    tasks = [make_task() for _ in range(100)]
    assert repository.execute([Add(task) for task in tasks]) == tasks
    return tasks


def test_what_takes_too_long_is_unavailable_and_what_is_with_it_is_answered(
    repository: SqliteRepository, tasks: list[Task]
) -> None:
    get = Get("alice", tasks[0].id)
    begun = monotonic()

    first, slow, again, last = repository.execute([get, SLOW, SLOW, get])

    assert monotonic() - begun < 10 * SECONDS  # each would have taken as long
    assert first == last == tasks[0]
    for answer in (slow, again):
        assert isinstance(answer, RepositoryUnavailable)
        assert str(answer).endswith("stopped, as it took longer than 0.1 s; ask for less at once")
    assert len(repository.execute([Find("alice")])[0]) == len(tasks)


def test_what_is_written_beside_it_is_stored(
    repository: SqliteRepository,
    tasks: list[Task],
    stranger: sqlite3.Connection,
    make_task: MakeTask,
) -> None:
    before, after = make_task(), make_task()

    answers = repository.execute([Add(before), SLOW, Add(after)])

    assert (answers[0], answers[2]) == (before, after)
    assert isinstance(answers[1], RepositoryUnavailable)
    [count] = stranger.execute("SELECT count(*) FROM tasks").fetchone()
    assert count == len(tasks) + 2


def test_the_patience_is_for_a_call_and_not_for_all_that_come(
    repository: SqliteRepository, tasks: list[Task]
) -> None:
    for _ in range(2):
        [answer] = repository.execute([SLOW])
        assert isinstance(answer, RepositoryUnavailable)
        assert repository.execute([Count("alice")]) == [len(tasks)]


def test_a_file_that_takes_the_place_of_another_is_read_with_no_more_patience(
    repository: SqliteRepository, tasks: list[Task], path: Path
) -> None:
    repository._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(path, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)

    answer, count = repository.execute([SLOW, Count("alice")])

    assert isinstance(answer, RepositoryUnavailable)
    assert count == len(tasks)


def test_a_write_that_is_stopped_takes_the_batch_back_and_holds_no_lock(
    path: Path, make_task: MakeTask, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = make_task()
    with SqliteRepository(path) as patient:
        patient.execute([Add(task)])
        monkeypatch.setattr(patience, "STEPS", 1)
        with SqliteRepository(path, patience=1e-9) as impatient:
            with pytest.raises(RepositoryUnavailable, match="stopped, as it took longer than"):
                impatient.execute([Add(make_task()), Add(make_task())])

            assert patient.execute([Find("alice")]) == [[task]]
            assert patient.execute([Add(other := make_task())]) == [other]


@pytest.mark.parametrize("wrong", [0, -1, float("nan")])
def test_no_patience_at_all_is_refused(wrong: float, path: Path) -> None:
    with pytest.raises(ValueError, match="patience must be more than 0 seconds"):
        SqliteRepository(path, patience=wrong)

    assert not path.exists()


@pytest.mark.parametrize("kind", [And, Or])
@pytest.mark.parametrize("lacks", [False, True])
def test_all_words_that_are_sought_in_one_text_are_asked_for_at_once(
    kind: type[And | Or], *, lacks: bool
) -> None:
    words = [Contains(("title",), f"{number}") for number in range(100)]

    sql, values = condition(kind(tuple(map(Not, words) if lacks else words)))

    assert sql.count("contains_") == len(values) == 1
