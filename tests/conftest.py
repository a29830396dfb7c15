"""What the tests share: tasks to work with, and a Postgres with a fresh database for each test.

The Postgres is the one that ``TASKCORE_TEST_POSTGRES_URL`` names (a libpq URL of a role that may
create databases and roles; the tests make some with names of their own and drop them), else one
of one's own; see ``faults.clusters``.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid4

import hypothesis
import pytest

from taskcore import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# How long an example takes depends on what else this machine does; and root and an ordinary user
# who take turns in one checkout could not write to one database of examples. They are others in
# each run, so there need not be many in one.
hypothesis.settings.register_profile("taskcore", deadline=None, database=None, max_examples=50)
hypothesis.settings.load_profile("taskcore")

MOMENT = datetime(2025, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


@pytest.fixture
def make_task() -> Callable[..., Task]:
    """Return a function that makes a task; what is not given is the same each time but the id.

    ``completed=True`` is short for a ``completed_at``.
    """

    def make(**fields: Any) -> Task:
        defaults: dict[str, Any] = {
            "id": uuid4(),
            "user_id": "alice",
            "title": "Buy milk",
            "description": None,
            "completed_at": None,
            "due": None,
            "start": None,
            "priority": None,
            "tags": (),
            "project": None,
            "parent_id": None,
            "extra": {},
            "created_at": MOMENT,
            "updated_at": MOMENT,
            "version": 1,
        }
        if fields.pop("completed", False):
            defaults["completed_at"] = MOMENT
        return Task(**defaults | fields)

    return make


@pytest.fixture
def some_id() -> UUID:
    """Return an id that no task has."""
    return uuid4()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Return the URL of a Postgres in which tests may create databases."""
    if url := os.environ.get("TASKCORE_TEST_POSTGRES_URL"):
        yield url
        return
    from faults.clusters import cluster  # needs what not all tests do

    # Nobody needs these data after a crash of the machine.
    with cluster(fsync="off", max_connections="100", shared_buffers="128MB") as postgres:
        yield postgres.url(unix=True)


@pytest.fixture(scope="session")
def _migrated_template(postgres_server: str) -> Iterator[str]:
    from taskcore.adapters.postgres import create_engine, upgrade

    with _database(postgres_server) as url:
        engine = create_engine(url)
        upgrade(engine)
        engine.dispose()  # a database with connections cannot be a template
        yield urlsplit(url).path.removeprefix("/")


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """Return the URL of a fresh database without tables."""
    with _database(postgres_server) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str, _migrated_template: str) -> Iterator[str]:
    """Return the URL of a fresh database with taskcore's tables."""
    with _database(postgres_server, _migrated_template) as url:
        yield url


@pytest.fixture(scope="session")
def shared_postgres_url(postgres_server: str, _migrated_template: str) -> Iterator[str]:
    """Return the URL of a database with taskcore's tables, for tests that clean up after them."""
    with _database(postgres_server, _migrated_template) as url:
        yield url


@pytest.fixture
def protected_postgres_url(postgres_url: str) -> Iterator[str]:
    """Return the URL of ``postgres_url`` protected, for one who is above nothing there."""
    with _protected(postgres_url) as url:
        yield url


@pytest.fixture(scope="session")
def shared_protected_postgres_url(
    postgres_server: str, _migrated_template: str
) -> Iterator[tuple[str, str]]:
    """Return the URLs of a protected database: as its owner, and as one who is above nothing."""
    with _database(postgres_server, _migrated_template) as url, _protected(url) as protected_url:
        yield url, protected_url


@contextmanager
def _protected(url: str) -> Iterator[str]:
    from taskcore.adapters.postgres import create_engine, protect

    role, login = (f"taskcore_test_{uuid4().hex}" for _ in range(2))
    engine = create_engine(url)
    try:
        try:
            protect(engine, role=role)
        finally:
            engine.dispose()
        _administer(url, f"CREATE ROLE {login} LOGIN PASSWORD '{role}' IN ROLE {role}")
        parts = urlsplit(url)
        place = parts.netloc.rpartition("@")[2]
        yield urlunsplit(parts._replace(netloc=f"{login}:{role}@{place}"))
    finally:
        _administer(url, f"DROP OWNED BY {role}", f"DROP ROLE IF EXISTS {login}, {role}")


@contextmanager
def _database(server: str, template: str = "template1") -> Iterator[str]:
    name = f"taskcore_test_{uuid4().hex}"
    _administer(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
