"""Many at once, threads and processes, on one storage: no change is lost, no version is skipped."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from threading import Barrier
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from taskcore import DuplicateTask, Task, TaskNotFound, Tasks, open_repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from taskcore import TaskRepository

THREADS = 8
PROCESSES = 4
TIMES = 10

# Each line that it reads is a URL and the id of a task in there; what it did, it writes.
WORKER = f"""
import sys
from uuid import UUID
from taskcore import Tasks, open_repository
print("ready", flush=True)
for line in sys.stdin:
    url, id, name = line.split()
    with open_repository(url) as repository:
        tasks = Tasks(repository, "alice")
        versions = []
        for number in range({TIMES}):
            versions.append(tasks.toggle(UUID(id)).version)
            versions.append(tasks.edit(UUID(id), title=f"{{name}} {{number}}").version)
            tasks.add(f"{{name}} {{number}}")
    print(*versions, flush=True)
"""
OPENER = """
import sys
from taskcore import Tasks, open_repository
print("ready", flush=True)
for line in sys.stdin:
    with open_repository(line.strip()) as repository:
        print(Tasks(repository, "alice").add("Buy milk").id, flush=True)
"""


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TaskRepository]:
    """Return each repository that threads may share."""
    urls = {"memory": lambda: "memory:", "sqlite": lambda: f"sqlite:///{tmp_path}/tasks.db"}
    url = urls.get(request.param, lambda: request.getfixturevalue("postgres_url"))()
    with open_repository(url) as repository:
        yield repository


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of each storage that processes may share, ready for use."""
    if request.param == "postgres":
        found: str = request.getfixturevalue("postgres_url")
        return found
    return f"sqlite:///{tmp_path}/tasks.db"


def at_once(work: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """Do the work in many threads that begin together; return what each did."""
    start = Barrier(threads)

    def begin(number: int) -> Any:
        start.wait(10)
        return work(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(begin, range(threads)))


class Processes:
    """Python processes that run one program, are ready, and wait for lines."""

    def __init__(self, program: str, stack: ExitStack) -> None:
        command = [sys.executable, "-W", "error", "-c", program]
        self._all = [
            stack.enter_context(
                subprocess.Popen(  # noqa: S603  # our own program
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(PROCESSES)
        ]
        for process in self._all:
            stack.callback(process.kill)
        assert self._answers() == ["ready\n"] * PROCESSES

    def ask(self, lines: list[str]) -> list[str]:
        """Send each process its line, all at once, and return what each answers."""
        for process, line in zip(self._all, lines, strict=True):
            process.stdin.write(f"{line}\n")
        for process in self._all:
            process.stdin.flush()
        return self._answers()

    def end(self) -> list[int]:
        """Let the processes end, and return their exit codes."""
        for process in self._all:
            process.stdin.close()
        return [process.wait(10) for process in self._all]

    def _answers(self) -> list[str]:
        return [process.stdout.readline() for process in self._all]


@pytest.fixture
def processes() -> Iterator[Callable[[str], Processes]]:
    """Return a function that starts processes; none outlives the test."""
    with ExitStack() as stack:
        yield lambda program: Processes(program, stack)


def test_of_toggles_in_many_threads_none_is_lost(repository: TaskRepository) -> None:
    tasks = Tasks(repository, "alice")
    id = tasks.add("Buy milk").id

    toggled = at_once(lambda _: [tasks.toggle(id) for _ in range(TIMES)])

    seen = {task.version: task.completed for of_thread in toggled for task in of_thread}
    assert seen == {version: version % 2 == 0 for version in range(2, THREADS * TIMES + 2)}
    assert tasks.get(id).version == 1 + THREADS * TIMES


def test_of_edits_in_many_threads_none_is_lost(repository: TaskRepository) -> None:
    tasks = Tasks(repository, "alice")
    id = tasks.add("Buy milk").id

    def edit(thread: int) -> list[Task]:
        fields = ("title", "description")
        return [
            tasks.edit(id, **{fields[number % 2]: f"thread {thread}, edit {number}"})
            for number in range(TIMES)
        ]

    edited = [task for of_thread in at_once(edit) for task in of_thread]

    assert sorted(task.version for task in edited) == list(range(2, THREADS * TIMES + 2))
    history = sorted(edited, key=lambda task: task.version)
    assert tasks.get(id) == history[-1]
    for before, after in pairwise(history):
        # Each was made from the one before it: only what it names is different.
        assert (before.title == after.title) != (before.description == after.description)


def test_of_adds_in_many_threads_none_is_lost(repository: TaskRepository) -> None:
    tasks = Tasks(repository, "alice")

    added = at_once(lambda thread: [tasks.add(f"{thread} {number}") for number in range(TIMES)])

    assert set(tasks.find()) == {task for of_thread in added for task in of_thread}
    assert len(tasks.find()) == THREADS * TIMES


def test_of_adds_with_one_id_in_many_threads_one_is_stored(repository: TaskRepository) -> None:
    tasks = Tasks(repository, "alice", new_id=lambda: UUID(int=1))

    def add(thread: int) -> Task | DuplicateTask:
        try:
            return tasks.add(f"{thread}")
        except DuplicateTask as error:
            return error

    answers = at_once(add)

    [stored] = [answer for answer in answers if isinstance(answer, Task)]
    assert tasks.find() == [stored]
    assert sum(isinstance(answer, DuplicateTask) for answer in answers) == THREADS - 1


def test_of_removes_in_many_threads_one_gets_each_task(repository: TaskRepository) -> None:
    tasks = Tasks(repository, "alice")
    stored = tasks.add_all(f"{number}" for number in range(20))

    answers = at_once(lambda _: tasks.remove_all(task.id for task in stored))

    removed = [one for of_thread in answers for one in of_thread if isinstance(one, Task)]
    missed = [one for of_thread in answers for one in of_thread if isinstance(one, TaskNotFound)]
    assert sorted(removed, key=lambda task: task.id) == stored
    assert len(missed) == 20 * (THREADS - 1)
    assert tasks.find() == []


def test_of_changes_to_many_tasks_in_opposite_orders_none_is_lost_and_none_waits_for_ever(
    repository: TaskRepository,
) -> None:
    tasks = Tasks(repository, "alice")
    stored = tasks.add_all(f"{number}" for number in range(40))
    ids = [task.id for task in stored]

    def change(thread: int) -> list[Any]:
        order = ids if thread % 2 else ids[::-1]
        return [*tasks.complete_all(order), *tasks.reopen_all(order)]

    answers = at_once(change)

    assert {type(one) for of_thread in answers for one in of_thread} == {Task}
    changes = {(one.id, one.version) for of_thread in answers for one in of_thread}
    for task in tasks.find():
        assert {version for id, version in changes if id == task.id} >= set(
            range(2, task.version + 1)
        )


def test_of_changes_and_adds_in_many_processes_none_is_lost(
    url: str, processes: Callable[[str], Processes]
) -> None:
    with open_repository(url) as repository:
        tasks = Tasks(repository, "alice")
        id = tasks.add("Buy milk").id
        workers = processes(WORKER)

        answers = workers.ask([f"{url} {id} {number}" for number in range(PROCESSES)])

        changes = 2 * TIMES * PROCESSES
        versions = [int(version) for answer in answers for version in answer.split()]
        assert sorted(versions) == list(range(2, changes + 2))
        assert tasks.get(id).version == changes + 1
        assert tasks.get(id).completed == (TIMES * PROCESSES % 2 == 1)
        added = {task.title for task in tasks.find() if task.id != id}
        assert added == {f"{one} {number}" for one in range(PROCESSES) for number in range(TIMES)}
        assert workers.end() == [0] * PROCESSES


def test_many_processes_may_make_one_sqlite_file_at_once(
    tmp_path: Path, processes: Callable[[str], Processes]
) -> None:
    openers = processes(OPENER)

    for number in range(20):
        url = f"sqlite:///{tmp_path}/{number}.db"
        added = openers.ask([url] * PROCESSES)
        with open_repository(url) as repository:
            found = {f"{task.id}\n" for task in Tasks(repository, "alice").find()}
        assert found == set(added)
        assert len(found) == PROCESSES

    assert openers.end() == [0] * PROCESSES


def test_many_threads_may_open_one_sqlite_file_at_once(tmp_path: Path) -> None:
    for number in range(10):
        url = f"sqlite:///{tmp_path}/{number}.db"

        def add(_: int, url: str = url) -> UUID:
            with open_repository(url) as repository:
                return Tasks(repository, "alice").add("Buy milk").id

        added = at_once(add)
        with open_repository(url) as repository:
            assert {task.id for task in Tasks(repository, "alice").find()} == set(added)
