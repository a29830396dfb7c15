"""A database that a newer taskcore upgrades while this one works on it."""

from __future__ import annotations

import pytest

from taskcore import RepositoryUnavailable, Tasks, open_repository
from taskcore.adapters.postgres import create_engine, schema, sessions


def test_a_newer_schema_is_noticed_on_a_connection_in_use_and_so_is_its_going(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "CHECK_INTERVAL", 0.0)
    engine = create_engine(postgres_url)
    with open_repository(postgres_url) as repository, engine.connect() as connection:
        tasks = Tasks(repository, "alice")
        assert tasks.find() == []

        connection.exec_driver_sql("UPDATE taskcore.alembic_version SET version_num = '9999'")
        with pytest.raises(RepositoryUnavailable, match="newer taskcore"):
            tasks.find()

        connection.exec_driver_sql(
            "UPDATE taskcore.alembic_version SET version_num = %s", (schema.REVISION,)
        )
        assert tasks.find() == []
    engine.dispose()
