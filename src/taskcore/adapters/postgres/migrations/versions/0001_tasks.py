"""Make the table of tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table of tasks, and the index that lists them newest first."""
    op.create_table(
        "tasks",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("completed", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "id", name="tasks_pkey"),
        sa.CheckConstraint("char_length(user_id) BETWEEN 1 AND 255", name="user_id"),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 200", name="title"),
        sa.CheckConstraint("char_length(description) <= 1000", name="description"),
        sa.CheckConstraint("updated_at >= created_at", name="updated_at"),
        sa.CheckConstraint("version >= 1", name="version"),
        schema="taskcore",
    )
    op.create_index(
        "tasks_newest",
        "tasks",
        ["user_id", sa.text("created_at DESC"), sa.text("id DESC")],
        schema="taskcore",
    )
