"""The public names: they are there, they are documented, and importing them costs little."""

from __future__ import annotations

import importlib
import inspect
import os
import subprocess
import sys
from importlib.resources import files
from typing import Any

import pytest

import taskcore

MODULES = [
    "taskcore",
    "taskcore.adapters",
    "taskcore.adapters.memory",
    "taskcore.adapters.postgres",
    "taskcore.adapters.sqlite",
    "taskcore.entities",
    "taskcore.entities.filters",
    "taskcore.errors",
    "taskcore.ports",
    "taskcore.usecases",
]
SLOW = ["alembic", "asyncio", "litestar", "msgspec", "psycopg", "rich", "sqlalchemy", "typer"]
WHOLE_LIFE = """
import sys
from taskcore import Tasks, open_repository
import taskcore.adapters.memory, taskcore.adapters.sqlite
for url in ("memory:", "sqlite:///:memory:"):
    with open_repository(url) as repository:
        tasks = Tasks(repository, "alice")
        [task] = tasks.add_all(["Buy milk"])
        tasks.toggle(task.id)
        tasks.find()
        tasks.find("tags:home AND due <= today+7d", order_by="due", page_size=1)
        tasks.explain("milk")
        tasks.add("Buy bread", parent_id=task.id, due="2026-11-30T09:00:00+01:00[Europe/Paris]")
        tasks.remove(task.id, subtree=True)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def public_names() -> list[tuple[str, Any]]:
    found = []
    for name in MODULES:
        module = importlib.import_module(name)
        exported = getattr(module, "__all__", None) or [
            one
            for one, value in vars(module).items()
            if not one.startswith("_") and getattr(value, "__module__", None) == name
        ]
        found += [(f"{name}.{one}", getattr(module, one)) for one in exported]
    return found


@pytest.mark.parametrize(
    ("module", "names"),
    [
        ("taskcore", "Tasks AsyncTasks Batcher Task TaskDraft TaskChanges TaskRepository"),
        ("taskcore", "open_repository TaskcoreError InvalidTask TaskNotFound DuplicateTask"),
        ("taskcore", "StaleTask KeyReused RepositoryUnavailable AddedTask"),
        ("taskcore.adapters.memory", "MemoryRepository"),
        ("taskcore.adapters.sqlite", "SqliteRepository"),
        ("taskcore.adapters.postgres", "PostgresRepository create_engine upgrade metadata"),
        ("taskcore.entities", "Task TaskDraft TaskChanges TaskFields TaskQuery Page Priority When"),
        ("taskcore.entities.filters", "Filter Predicate parse_filter resolve explain matches"),
        ("taskcore.errors", "HasSubtasks"),
        ("taskcore.ports", "Get Find Count Tally Subtree Add Replace Remove Expect Together"),
        ("taskcore.ports", "Operation TaskRepository Clock NewId"),
        ("taskcore.usecases", "add add_once get find edit toggle complete reopen remove"),
        ("taskcore.usecases", "count explain projects tags"),
    ],
)
def test_what_was_promised_is_there(module: str, names: str) -> None:
    found = importlib.import_module(module)

    assert [name for name in names.split() if not hasattr(found, name)] == []


def test_all_public_names_can_be_imported_at_once() -> None:
    namespace: dict[str, Any] = {}

    exec("from taskcore import *", namespace)  # noqa: S102  # in no other way can it stand here

    assert set(taskcore.__all__) <= set(namespace)


def test_the_public_names_of_the_package_are_listed_in_order() -> None:
    assert sorted(taskcore.__all__, key=lambda name: (name.islower(), name)) == taskcore.__all__


def test_all_public_names_are_listed_for_who_looks_into_the_package() -> None:
    assert set(taskcore.__all__) <= set(dir(taskcore))


def test_a_name_that_is_not_there_is_the_usual_error() -> None:
    with pytest.raises(AttributeError, match="module 'taskcore' has no attribute 'Taks'"):
        taskcore.Taks  # noqa: B018  # reading it is the test
    with pytest.raises(ImportError, match="Taks"):
        exec("from taskcore import Taks")  # noqa: S102  # in no other way can it stand here


@pytest.mark.parametrize("module", MODULES)
def test_every_public_module_says_what_it_is(module: str) -> None:
    assert (importlib.import_module(module).__doc__ or "").strip()


def test_every_public_name_says_what_it_is() -> None:
    silent = []
    for name, value in public_names():
        if not inspect.isclass(value) and not inspect.isfunction(value):
            continue  # a value or an alias; its docstring is in the source
        if not (value.__doc__ or "").strip():
            silent.append(name)
        if inspect.isclass(value):
            silent += [
                f"{name}.{member}"
                for member, attribute in vars(value).items()
                if (inspect.isfunction(attribute) or isinstance(attribute, property))
                and not member.startswith("_")
                and not (attribute.__doc__ or "").strip()
            ]

    assert silent == []


@pytest.mark.parametrize("package", ["taskcore", "taskcore_http", "taskcore_cli"])
def test_type_checkers_are_told_that_the_package_is_typed(package: str) -> None:
    assert files(package).joinpath("py.typed").is_file()


def printed_by(program: str) -> list[str]:
    """Run a program where coverage does not watch, as that has imports of its own."""
    unwatched = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    command = [sys.executable, "-c", program]
    done = subprocess.run(  # noqa: S603  # our own programs
        command, capture_output=True, check=True, env=unwatched, text=True
    )
    return done.stdout.split()


def test_a_life_in_memory_or_sqlite_imports_nothing_slow() -> None:
    loaded = printed_by(WHOLE_LIFE)

    assert "taskcore" in loaded
    assert [name for name in loaded if name in SLOW] == []


def test_importing_taskcore_imports_not_even_sqlite() -> None:
    loaded = printed_by("import sys, taskcore; print(*sys.modules)")

    assert "taskcore.tasks" in loaded
    assert [name for name in (*SLOW, "sqlite3") if name in loaded] == []
