"""Add dates, priority, tags, project, parent and extra, and say when a task was completed."""

from collections.abc import Iterator, Sequence
from typing import Any
from unicodedata import normalize

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"

_TABLE = "taskcore.tasks"
_BATCH = 1000


def upgrade() -> None:
    """Change the table of tasks; of those that are completed, the last change says when."""
    _turn_completed_into_a_time()
    _add_columns()
    _add_foreign_key()
    _add_indexes()
    _fold_what_is_not_ascii(op.get_bind())


def _turn_completed_into_a_time() -> None:
    op.alter_column("tasks", "completed", nullable=True, schema="taskcore")
    op.alter_column(
        "tasks",
        "completed",
        new_column_name="completed_at",
        schema="taskcore",
        type_=sa.DateTime(timezone=True),
        postgresql_using="CASE WHEN completed THEN updated_at END",
    )


def _add_columns() -> None:
    for column in (
        sa.Column("due", sa.Text),
        sa.Column("start", sa.Text),
        sa.Column("priority", sa.SmallInteger),
        sa.Column("tags", postgresql.ARRAY(sa.Text)),
        sa.Column("project", sa.Text(collation="C")),
        sa.Column("parent_id", sa.Uuid),
        sa.Column("extra", sa.Text),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("start_at", sa.DateTime(timezone=True)),
        sa.Column("tag_keys", postgresql.ARRAY(sa.Text)),
        sa.Column("folded_title", sa.Text),
        sa.Column("folded_description", sa.Text),
    ):
        op.add_column("tasks", column, schema="taskcore")


def _add_foreign_key() -> None:
    op.create_foreign_key(
        "parent_id",
        "tasks",
        "tasks",
        ["user_id", "parent_id"],
        ["user_id", "id"],
        source_schema="taskcore",
        referent_schema="taskcore",
    )


def _add_indexes() -> None:
    for name, columns in (
        ("due", ["user_id", "due_at", "id"]),
        ("start", ["user_id", "start_at", "id"]),
        ("completed", ["user_id", "completed_at", "id"]),
        ("priority", ["user_id", "priority", "id"]),
        ("priority_newest", ["user_id", "priority", "created_at", "id"]),
        ("project", ["user_id", "project", "id"]),
        ("parent", ["user_id", "parent_id", "id"]),
    ):
        _index(name, columns, f"{columns[1]} IS NOT NULL")
    _index("tags", ["tag_keys"], "tag_keys IS NOT NULL", "gin")
    _index("updated", ["user_id", "updated_at", "id"])
    by_due = ("user_id", "due_at", "priority DESC NULLS LAST", "created_at DESC", "id DESC")
    _index("open", [sa.text(column) for column in by_due], "completed_at IS NULL")


def _index(
    name: str,
    columns: Sequence[str | sa.TextClause],
    condition: str | None = None,
    using: str = "btree",
) -> None:
    op.create_index(
        f"tasks_{name}",
        "tasks",
        columns,
        schema="taskcore",
        postgresql_using=using,
        postgresql_where=None if condition is None else sa.text(condition),
    )


def _fold_what_is_not_ascii(connection: sa.Connection) -> None:
    change = sa.text(
        f"UPDATE {_TABLE} SET folded_title = :title, folded_description = :description"  # noqa: S608  # a constant
        " WHERE user_id = :user_id AND id = :id"
    ).bindparams(sa.bindparam("id", type_=sa.Uuid))
    for rows in _batches(connection):
        connection.execute(change, [_folded(row) for row in rows])


def _batches(connection: sa.Connection) -> Iterator[Sequence[sa.Row[Any]]]:
    """Return the tasks that the database alone cannot fold, some at a time."""
    table = sa.table(
        "tasks",
        sa.column("user_id", sa.Text),
        sa.column("id", sa.Uuid),
        sa.column("title", sa.Text),
        sa.column("description", sa.Text),
        schema="taskcore",
    )
    columns = table.c
    query = (
        sa.select(table)
        .where(
            sa.or_(
                *(
                    sa.func.char_length(text) != sa.func.octet_length(text)
                    for text in (columns.title, columns.description)
                )
            )
        )
        .order_by(columns.user_id, columns.id)
        .limit(_BATCH)
    )
    key = sa.tuple_(columns.user_id, columns.id)
    rows = connection.execute(query).all()
    while rows:
        yield rows
        last = sa.tuple_(sa.literal(rows[-1].user_id, sa.Text), sa.literal(rows[-1].id, sa.Uuid))
        rows = connection.execute(query.where(key > last)).all()


def _folded(row: sa.Row[Any]) -> dict[str, Any]:
    return {
        "user_id": row.user_id,
        "id": row.id,
        "title": _fold(row.title),
        "description": _fold(row.description),
    }


def _fold(text: str | None) -> str | None:
    """Return the text as version 2 folds it: should that change, another migration follows."""
    if text is None or text.isascii():
        return None
    return normalize("NFC", normalize("NFC", text).casefold())
