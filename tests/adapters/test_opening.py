"""From a URL to a repository: the forms there are, and what is said of the others."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from taskcore import RepositoryUnavailable, Task, open_repository
from taskcore.adapters.memory import MemoryRepository
from taskcore.adapters.opening import schema_status, shown_url
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
        "tasks.db",
        "/var/tasks.db",
        "mysql://alice:hunter2@db/tasks",
        "postgresqlx://alice:hunter2@db/tasks",
        "http://alice:hunter2@db/tasks",
        "alice:hunter2@db/tasks",
        "password=hunter2 host=db",
        "hunter2@db/tasks",
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
        "sqlite:",
        "sqlite:tasks.db",
        "sqlite:///",
        "sqlite://tasks.db",
        "sqlite:/var/tasks.db",
        "sqlite+pysqlite:///tasks.db",
    ],
)
def test_a_sqlite_url_that_is_written_otherwise_is_refused_with_how_it_is_written(
    url: str,
) -> None:
    with pytest.raises(ValueError, match=r"sqlite:///tasks\.db.*sqlite:////var/tasks\.db"):
        open_repository(url)


def test_a_sqlite_url_takes_no_parameters(tmp_path: Path) -> None:
    for use in (open_repository, schema_status):
        with pytest.raises(ValueError, match="takes no parameters"):
            use(f"sqlite:///{tmp_path}/tasks.db?mode=ro")

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", [None, 7, b"memory:"])
def test_what_is_no_text_is_no_url(url: Any) -> None:
    with pytest.raises(TypeError, match="must be text"):
        open_repository(url)


@pytest.mark.parametrize(
    "url", [":memory:", "memory", "memory:x", "memory://", "sqlite::memory:", "sqlite://:memory:"]
)
def test_a_memory_that_is_written_otherwise_is_refused_with_how_it_is_written(url: str) -> None:
    with pytest.raises(ValueError, match=r"in memory, write memory:$"):
        open_repository(url)


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
    storages = {"memory", "sqlite", "postgres"}
    assert {name.split(".")[2] for name in loaded} & storages == {named}


def import_error(missing: str, ask: str) -> str:
    """Return the ImportError of asking where a module is missing."""
    return python(
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from taskcore.adapters.opening import open_repository, schema_status\n"
        f"try: {ask}\n"
        "except ImportError as error: print(error)"
    )


@pytest.mark.parametrize("missing", ["psycopg", "sqlalchemy", "sqlalchemy.exc"])
@pytest.mark.parametrize("asked", ["open_repository", "schema_status"])
def test_a_missing_extra_is_named_with_the_command_that_installs_it(
    missing: str, asked: str
) -> None:
    said = import_error(missing, f"{asked}('postgresql://db/tasks')")

    assert "pip install 'taskcore[postgres]'" in said


def test_a_missing_migration_tool_is_named_likewise(empty_postgres_url: str) -> None:
    said = import_error("alembic", f"open_repository({empty_postgres_url!r}, upgrade=True)")

    assert "pip install 'taskcore[postgres]'" in said


@pytest.mark.parametrize("missing", ["random", "taskcore.adapters.postgres.engine"])
def test_any_other_module_that_cannot_be_imported_is_named_as_it_is(missing: str) -> None:
    said = import_error(missing, "open_repository('postgresql://db/tasks')")

    assert missing in said
    assert "pip install" not in said


@pytest.mark.parametrize("url", ["memory:", "sqlite:///:memory:"])
def test_what_is_kept_in_memory_needs_no_schema(url: str) -> None:
    status = schema_status(url)

    assert (status.found, status.expected, status.is_current) == (None, None, True)


def test_the_status_of_a_sqlite_url_is_that_of_its_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/tasks.db"
    assert schema_status(url).found is None

    open_repository(url).close()

    assert schema_status(url).is_current


def test_the_status_of_a_postgres_url_is_that_of_the_database(empty_postgres_url: str) -> None:
    assert schema_status(empty_postgres_url).found is None

    open_repository(empty_postgres_url, upgrade=True).close()

    assert schema_status(empty_postgres_url).is_current


@pytest.mark.parametrize("url", ["tasks.db", "sqlite:tasks.db", ":memory:", "postgres://[db/x"])
def test_the_status_of_any_other_url_is_refused_as_opening_it_is(url: str) -> None:
    with pytest.raises(ValueError) as asked:  # noqa: PT011  # that it is the same is the test
        schema_status(url)
    with pytest.raises(ValueError) as opened:  # noqa: PT011  # likewise
        open_repository(url)

    assert str(asked.value) == str(opened.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("memory:", "memory:"),
        ("sqlite:////var/a@b?c.db", "sqlite:////var/a@b?c.db"),
        ("postgresql://db/tasks", "postgresql://db/tasks"),
        ("postgres://alice@db:5433/tasks", "postgres://alice@db:5433/tasks"),
        ("postgresql://alice:hunter2@db/tasks?sslmode=require", "postgresql://alice@db/tasks"),
        ("postgresql+asyncpg://alice:hunter2@a:1,b:2/t", "postgresql+asyncpg://alice@a:1,b:2/t"),
        ("postgresql:///tasks?host=/tmp&password=hunter2", "postgresql:///tasks"),
    ],
)
def test_a_url_is_shown_without_password_and_parameters(url: str, shown: str) -> None:
    assert shown_url(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://alice:hunter2/x@db/tasks",
        "postgresql://alice:x@hunter2@db/tasks",
        "postgresql://alice:hunter2?x@db/tasks",
        "postgresql://alice:hunter2#x@db/tasks",
        "postgresql://alice:x?hunter2@db/tasks",
        "postgresql://db/tasks?password=x@hunter2",
        "postgresql:alice:hunter2@db/tasks",
        "mysql://alice:hunter2@db/tasks",
        "alice:hunter2@db/tasks",
    ],
)
def test_what_may_be_a_part_of_a_password_is_not_shown(url: str) -> None:
    assert "hunter2" not in shown_url(url)
