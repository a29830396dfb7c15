"""The tables, in a schema of their own, so that a host application's tools do not meet them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import ARRAY

SCHEMA: Final = "taskcore"

metadata = MetaData(schema=SCHEMA)
"""What the migrations lead to, for tools that compare."""

# Text that is sorted goes by code points, which needs no knowledge of any language.
_BY_CODE_POINT: Final = Text(collation="C")

# A constraint has the name of the column that it guards, so that a violation names the field.
# Each check costs any write two or three percent of its time, also where the column is empty; so
# the columns that most tasks leave empty have none. An index that leaves such tasks out costs
# nothing that could be measured, any other two or three percent, and the foreign key five.
# Every key has the owner in it, so that the table can be distributed by owner.
tasks = Table(
    "tasks",
    metadata,
    Column("user_id", Text, nullable=False),
    Column("id", Uuid, nullable=False),
    Column("title", Text, nullable=False),
    Column("description", Text),
    Column("completed_at", DateTime(timezone=True)),
    Column("due", Text),
    Column("start", Text),
    Column("priority", SmallInteger),
    Column("tags", ARRAY(Text)),
    Column("project", _BY_CODE_POINT),
    Column("parent_id", Uuid),
    Column("extra", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", BigInteger, nullable=False),
    # What the task's own columns are found and sorted by; see ``rows``.
    Column("due_at", DateTime(timezone=True)),
    Column("start_at", DateTime(timezone=True)),
    Column("tag_keys", ARRAY(Text)),
    Column("folded_title", Text),
    Column("folded_description", Text),
    PrimaryKeyConstraint("user_id", "id", name="tasks_pkey"),
    ForeignKeyConstraint(
        ["user_id", "parent_id"], ["taskcore.tasks.user_id", "taskcore.tasks.id"], name="parent_id"
    ),
    CheckConstraint("char_length(user_id) BETWEEN 1 AND 255", name="user_id"),
    CheckConstraint("char_length(title) BETWEEN 1 AND 200", name="title"),
    CheckConstraint("char_length(description) <= 1000", name="description"),
    CheckConstraint("updated_at >= created_at", name="updated_at"),
    CheckConstraint("version >= 1", name="version"),
)
Index("tasks_newest", tasks.c.user_id, tasks.c.created_at.desc(), tasks.c.id.desc())
Index("tasks_updated", tasks.c.user_id, tasks.c.updated_at, tasks.c.id)
# In the order in which the command line lists open tasks; see ``finding.OPEN_ORDER``.
Index(
    "tasks_open",
    tasks.c.user_id,
    tasks.c.due_at,
    tasks.c.priority.desc().nulls_last(),
    tasks.c.created_at.desc(),
    tasks.c.id.desc(),
    postgresql_where=tasks.c.completed_at.is_(None),
)


def _index_of(field: str, *columns: str, using: str = "btree") -> None:
    """Index the tasks that have a value there: those that have none pay next to nothing for it."""
    has_value = tasks.c[columns[0]].is_not(None)
    owner = () if using == "gin" else (tasks.c.user_id,)
    Index(
        f"tasks_{field}",
        *owner,
        *(tasks.c[name] for name in columns),
        postgresql_using=using,
        postgresql_where=has_value,
    )


_index_of("due", "due_at", "id")
_index_of("start", "start_at", "id")
_index_of("completed", "completed_at", "id")
# One for an order by priority, and one for the newest of a priority.
_index_of("priority", "priority", "id")
_index_of("priority_newest", "priority", "created_at", "id")
_index_of("project", "project", "id")
_index_of("parent", "parent_id", "id")
_index_of("tags", "tag_keys", using="gin")
