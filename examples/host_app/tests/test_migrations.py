"""The migrations make what the models say, and autogenerate minds nothing of taskcore's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from shop.models import Base

if TYPE_CHECKING:
    from sqlalchemy import Engine


def test_autogenerate_proposes_nothing(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
