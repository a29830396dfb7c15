"""From a URL to a repository: the forms there are, and what is said of the others."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from taskcore import RepositoryUnavailable, Task, open_repository
from taskcore.adapters.memory import MemoryRepository
from taskcore.adapters.postgres import PostgresRepository
from taskcore.adapters.sqlite import SqliteRepository
from taskcore.ports import Add, Find

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

POSTGRES_FORMS = ["postgres", "postgresql", "postgresql+psycopg", "postgresql+asyncpg"]


def python(program: str) -> str:
    """Run a program in a fresh interpreter and return what it printed."""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # ours
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_memory_is_a_new_repository_each_time(make_task: Callable[..., Task]) -> None:
    with open_repository("memory:") as first, open_repository("memory:") as second:
        assert isinstance(first, MemoryRepository)
        first.execute([Add(make_task())])
        assert second.execute([Find("alice")]) == [[]]


def test_three_slashes_are_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with open_repository("sqlite:///tasks.db") as repository:
        assert isinstance(repository, SqliteRepository)

    assert (tmp_path / "tasks.db").is_file()


def test_four_slashes_are_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    open_repository(f"sqlite:///{tmp_path}/tasks.db").close()

    assert (tmp_path / "tasks.db").is_file()


def test_sqlite_in_memory_makes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_task: Callable[..., Task]
) -> None:
    monkeypatch.chdir(tmp_path)
    task = make_task()

    with open_repository("sqlite:///:memory:") as repository:
        repository.execute([Add(task)])
        assert repository.execute([Find("alice")]) == [[task]]
        assert list(tmp_path.iterdir()) == []


def test_a_path_may_have_any_character(tmp_path: Path, make_task: Callable[..., Task]) -> None:
    task, path = make_task(), tmp_path / "my tasks 100 % #1 é.db"

    with open_repository(f"sqlite:///{path}") as repository:
        repository.execute([Add(task)])

    assert path.is_file()
    with open_repository(f"sqlite:///{path}") as repository:
        assert repository.execute([Find("alice")]) == [[task]]


@pytest.mark.parametrize("scheme", POSTGRES_FORMS)
def test_every_form_of_a_postgres_url_opens_the_database(
    scheme: str, postgres_url: str, make_task: Callable[..., Task]
) -> None:
    task = make_task()

    with open_repository(urlsplit(postgres_url)._replace(scheme=scheme).geturl()) as repository:
        assert isinstance(repository, PostgresRepository)
        assert repository.execute([Add(task), Find("alice")]) == [task, [task]]


def test_a_postgres_without_tables_is_left_alone_and_says_what_to_do(
    empty_postgres_url: str,
) -> None:
    with open_repository(empty_postgres_url) as repository:
        [answer] = repository.execute([Find("alice")])

        assert isinstance(answer, RepositoryUnavailable)
        assert "taskcore db upgrade" in answer.reason


def test_a_postgres_is_brought_up_to_date_if_that_is_asked(
    empty_postgres_url: str, make_task: Callable[..., Task]
) -> None:
    task = make_task()

    with open_repository(empty_postgres_url, upgrade=True) as repository:
        assert repository.execute([Add(task), Find("alice")]) == [task, [task]]
    with open_repository(empty_postgres_url, upgrade=True) as repository:
        assert repository.execute([Find("alice")]) == [[task]]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "memory",
        "memory:x",
        "tasks.db",
        "/var/tasks.db",
        "sqlite:",
        "sqlite:tasks.db",
        "sqlite:///",
        "sqlite://tasks.db",
        "mysql://alice:hunter2@db/tasks",
        "postgresqlx://alice:hunter2@db/tasks",
        "http://alice:hunter2@db/tasks",
        "alice:hunter2@db/tasks",
    ],
)
def test_any_other_url_is_refused_without_repeating_a_password(url: str) -> None:
    with pytest.raises(ValueError, match="no storage has a URL") as caught:
        open_repository(url)

    assert "hunter2" not in str(caught.value)
    assert "sqlite:///PATH" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://alice:hunter2@db/tasks?no_such_parameter=1",
        "postgresql://alice:hunter2@[db/tasks",
        "postgresql://alice:a?hunter2=b@db/tasks",  # the password is "a?hunter2=b"
        "postgresql://alice:hunter2%zz@db/tasks",
    ],
)
def test_a_postgres_url_that_cannot_be_read_is_refused_without_repeating_a_password(
    url: str,
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  # what it must not say is the test
        open_repository(url)

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["memory:", "sqlite:///:memory:"])
def test_only_what_the_url_names_is_imported(url: str) -> None:
    loaded = python(
        f"import sys; from taskcore import open_repository; open_repository({url!r}).close();"
        "print(*(name for name in sys.modules if name.startswith('taskcore.adapters.')))"
    ).split()

    named = "memory" if url == "memory:" else "sqlite"
    assert f"taskcore.adapters.{named}" in loaded
    assert set(loaded) == {f"taskcore.adapters.{one}" for one in ("opening", "sequential", named)}


@pytest.mark.parametrize("missing", ["psycopg", "sqlalchemy"])
def test_a_missing_extra_is_named_with_the_command_that_installs_it(missing: str) -> None:
    said = python(
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from taskcore import open_repository\n"
        "try: open_repository('postgresql://db/tasks')\n"
        "except ImportError as error: print(error)"
    )

    assert "pip install 'taskcore[postgres]'" in said
