"""Engines and repositories on a fresh database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy

from taskcore import Tasks
from taskcore.adapters.postgres import PostgresRepository, create_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

ZONE = "-c TimeZone=Asia/Kolkata"


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = create_engine(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture
def empty_engine(empty_postgres_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture
def repository(engine: Engine) -> PostgresRepository:
    return PostgresRepository(engine)


@pytest.fixture
def host(postgres_url: str) -> Iterator[Engine]:
    """Return an engine as an application makes it, whose sessions are in a zone of its own."""
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(postgres_url, options=ZONE)
    )
    yield engine
    engine.dispose()


@pytest.fixture
def empty_host(empty_postgres_url: str) -> Iterator[Engine]:
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(empty_postgres_url, options=ZONE)
    )
    yield engine
    engine.dispose()


@pytest.fixture
def limited(postgres_url: str, protected_postgres_url: str) -> Iterator[Engine]:
    """Return an engine of one who is above nothing; Alice and Bob have two tasks each."""
    owner = create_engine(postgres_url)
    for user_id in ("alice", "bob"):
        Tasks(PostgresRepository(owner), user_id).add_all(["one", "two"])
    owner.dispose()
    engine = create_engine(protected_postgres_url)
    yield engine
    engine.dispose()
