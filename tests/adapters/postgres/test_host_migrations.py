"""A host that migrates by Alembic: our tables are made in its migration, and never its business."""

from __future__ import annotations

from textwrap import dedent
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, Integer, MetaData, Table, text
from sqlalchemy.exc import ProgrammingError

from taskcore import RepositoryUnavailable, Tasks
from taskcore.adapters.postgres import PostgresRepository, metadata, schema_status, upgrade

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from sqlalchemy import Engine

MINE = MetaData()
Table("orders", MINE, Column("id", Integer, primary_key=True), Column("note", Integer))
ENVIRONMENT = """
    from alembic import context
    connection = context.config.attributes["connection"]
    context.configure(connection=connection, **context.config.attributes["options"])
    with context.begin_transaction():
        context.run_migrations()
    assert context.get_context().connection is connection  # it is still the host's
"""
MIGRATIONS = {
    "a": """
        op.create_table("orders", sa.Column("id", sa.Integer, primary_key=True))
        upgrade_taskcore(op.get_bind())
        op.add_column("orders", sa.Column("note", sa.Integer))
    """,
    "b": """
        upgrade_taskcore(op.get_bind())
        op.execute("INSERT INTO orders VALUES (1)")
    """,
}


@pytest.fixture
def host_migrations(tmp_path: Path) -> Config:
    """Return the configuration of a host with two migrations that call for ours."""
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(dedent(ENVIRONMENT))
    before = None
    for revision, body in MIGRATIONS.items():
        (tmp_path / "versions" / f"{revision}.py").write_text(
            "import sqlalchemy as sa\n"
            "from alembic import op\n"
            "from taskcore.adapters.postgres import upgrade as upgrade_taskcore\n"
            f"revision, down_revision = {revision!r}, {before!r}\n"
            f"def upgrade():\n{body}"
        )
        before = revision
    config = Config(attributes={"options": {}})
    config.set_main_option("script_location", str(tmp_path))
    config.set_main_option("path_separator", "os")
    return config


def migrate(config: Config, connection: Connection) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def proposals(connection: Connection, of: Any = MINE, **options: Any) -> list[Any]:
    """Return what autogenerate would change."""
    context = MigrationContext.configure(connection, opts=options)
    changes: list[Any] = compare_metadata(context, of)
    return changes


def not_taskcore(name: str | None, kind: str, _: object) -> bool:
    return kind != "schema" or name != "taskcore"


@pytest.mark.parametrize("options", [{}, {"transaction_per_migration": True}], ids=str)
def test_a_migration_of_the_hosts_goes_on_after_ours(
    empty_host: Engine, host_migrations: Config, options: dict[str, Any]
) -> None:
    host_migrations.attributes["options"] = options
    with empty_host.begin() as connection:
        migrate(host_migrations, connection)

    with empty_host.connect() as connection:
        assert schema_status(connection).is_current
        assert MigrationContext.configure(connection).get_current_heads() == ("b",)
        assert connection.execute(text("SELECT id FROM orders")).scalars().all() == [1]
        assert proposals(connection) == []


def test_a_migration_of_the_hosts_that_fails_takes_ours_along(
    empty_host: Engine, host_migrations: Config
) -> None:
    with empty_host.connect() as connection:
        connection.execute(text("CREATE TABLE orders (id text)"))
        connection.commit()
        with pytest.raises(ProgrammingError, match="already exists"):
            migrate(host_migrations, connection)
        connection.rollback()

        assert schema_status(connection).found is None


def test_an_upgrade_that_fails_leaves_the_hosts_transaction_as_it_was(empty_host: Engine) -> None:
    with empty_host.connect() as connection:
        connection.execute(text("SET LOCAL statement_timeout = '7s'"))
        connection.execute(text("CREATE SCHEMA taskcore CREATE TABLE tasks (id int)"))
        with pytest.raises(RepositoryUnavailable, match="already exists"):
            upgrade(connection)

        assert connection.execute(text("SHOW statement_timeout")).scalar() == "7s"
        connection.execute(text("DROP SCHEMA taskcore CASCADE"))
        upgrade(connection)
        assert schema_status(connection).is_current


def test_an_upgrade_in_autocommit_is_refused_and_its_status_told(empty_host: Engine) -> None:
    with empty_host.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        with pytest.raises(RuntimeError, match="AUTOCOMMIT"):
            upgrade(connection)

        assert schema_status(connection).found is None


def test_a_host_that_looks_at_all_schemas_leaves_ours_out_by_its_name(host: Engine) -> None:
    with host.connect() as connection:
        MINE.create_all(connection)
        connection.execute(text("CREATE SCHEMA other CREATE TABLE stray (id int)"))

        changes = proposals(connection, include_schemas=True, include_name=not_taskcore)

        # What is not ours it still sees.
        assert [(change, table.fullname) for change, table in changes] == [
            ("remove_table", "other.stray")
        ]


def test_a_host_that_looks_at_all_schemas_would_see_our_tables(host: Engine) -> None:
    with host.connect() as connection:
        MINE.create_all(connection)

        changes = proposals(connection, include_schemas=True)

        assert {table.fullname for change, table, *_ in changes if change == "remove_table"} == {
            "taskcore.tasks",
            "taskcore.alembic_version",
        }


def test_a_host_may_have_our_tables_in_what_it_compares(host: Engine) -> None:
    def only_tasks(name: str | None, kind: str, parents: Any) -> bool:
        return kind != "table" or (parents["schema_name"], name) != ("taskcore", "alembic_version")

    with host.connect() as connection:
        MINE.create_all(connection)

        assert (
            proposals(connection, [MINE, metadata], include_schemas=True, include_name=only_tasks)
            == []
        )


def test_where_the_search_path_leads_to_our_schema_a_host_names_its_own(
    empty_host: Engine, host_migrations: Config
) -> None:
    """As it does for a role that is called taskcore: our versions would be taken for the host's."""
    host_migrations.attributes["options"] = {"version_table_schema": "public"}
    with empty_host.connect() as connection:
        connection.execute(text("SET search_path = taskcore, public"))
        migrate(host_migrations, connection)
        Tasks(PostgresRepository(connection), "alice").add("Buy milk")

        assert schema_status(connection).is_current
        version = MigrationContext.configure(connection, opts={"version_table_schema": "public"})
        assert version.get_current_heads() == ("b",)
