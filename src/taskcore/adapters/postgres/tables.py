"""The tables, in a schema of their own, so that a host application's tools do not meet them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)

SCHEMA: Final = "taskcore"

metadata = MetaData(schema=SCHEMA)
"""What the migrations lead to, for tools that compare."""

# A check has the name of the column that it guards, so that a violation names the field.
tasks = Table(
    "tasks",
    metadata,
    Column("user_id", Text, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text),
    Column("completed", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", BigInteger, nullable=False),
    PrimaryKeyConstraint("user_id", "id", name="tasks_pkey"),
    CheckConstraint("char_length(user_id) BETWEEN 1 AND 255", name="user_id"),
    CheckConstraint("char_length(title) BETWEEN 1 AND 200", name="title"),
    CheckConstraint("char_length(description) <= 1000", name="description"),
    CheckConstraint("updated_at >= created_at", name="updated_at"),
    CheckConstraint("version >= 1", name="version"),
)
Index("tasks_newest", tasks.c.user_id, tasks.c.created_at.desc(), tasks.c.id.desc())
