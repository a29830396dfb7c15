"""The schema of a file: made, brought up to date, and told.

Its version is ``PRAGMA user_version``; a file of a newer version is left alone, as is one without
our mark, ``PRAGMA application_id``.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from taskcore.adapters.sqlite.failures import translated_errors
from taskcore.adapters.sqlite.still import connect_to_read, may_use
from taskcore.errors import RepositoryUnavailable

if TYPE_CHECKING:
    from os import PathLike

    from taskcore.adapters.schema import SchemaStatus

APPLICATION_ID: Final = int.from_bytes(b"tskc", "big")
"""What marks a file as ours."""

_TABLE_OF_TASKS = """
    CREATE TABLE tasks (
        user_id TEXT NOT NULL CONSTRAINT user_id CHECK (length(user_id) BETWEEN 1 AND 255),
        id TEXT NOT NULL CONSTRAINT id CHECK (length(id) = 36),
        title TEXT NOT NULL CONSTRAINT title CHECK (length(title) BETWEEN 1 AND 200),
        description TEXT CONSTRAINT description CHECK (length(description) <= 1000),
        completed_at TEXT,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL CONSTRAINT updated_at CHECK (updated_at >= created_at),
        version INTEGER NOT NULL CONSTRAINT version CHECK (version >= 1),
        due TEXT,
        due_at TEXT CONSTRAINT due CHECK ((due IS NULL) = (due_at IS NULL)),
        start TEXT,
        start_at TEXT CONSTRAINT start CHECK ((start IS NULL) = (start_at IS NULL)),
        priority INTEGER CONSTRAINT priority CHECK (priority BETWEEN 1 AND 3),
        tags TEXT,
        project TEXT CONSTRAINT project CHECK (length(project) BETWEEN 1 AND 100),
        parent_id TEXT CONSTRAINT parent_id CHECK (parent_id <> id),
        extra TEXT CONSTRAINT extra CHECK (length(CAST(extra AS BLOB)) <= 4096),
        PRIMARY KEY (user_id, id),
        FOREIGN KEY (user_id, parent_id) REFERENCES tasks (user_id, id)
    ) STRICT, WITHOUT ROWID
"""
# The tags of a task, once more, so that an index finds them. ``tasks.tags`` is a JSON object from
# the folded form to the tag as written; these triggers are all that writes here.
_TABLE_OF_TAGS = """
    CREATE TABLE tags (
        user_id TEXT NOT NULL,
        folded TEXT NOT NULL,
        task_id TEXT NOT NULL,
        tag TEXT NOT NULL,
        PRIMARY KEY (user_id, folded, task_id)
    ) STRICT, WITHOUT ROWID
"""
_INSERT_TAGS = """
    INSERT INTO tags (user_id, folded, task_id, tag)
    SELECT new.user_id, key, new.id, value FROM json_each(new.tags);
"""
_DELETE_TAGS = """
    DELETE FROM tags
    WHERE user_id = old.user_id AND task_id = old.id
        AND folded IN (SELECT key FROM json_each(old.tags));
"""

# What SQLite is to think of the data, as it knows nothing of them unless ANALYZE has looked: many
# users, many tasks a user, but few with one tag, project, parent or due. Without this it reads all
# of a user's tasks where it could use an index. The numbers are how many rows there are, and how
# many of them have the same first column of the index, the same first two, and so on.
_STATISTICS = """
    INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
        ('tasks', 'tasks', '10000000 10000 1'),
        ('tasks', 'tasks_newest', '10000000 10000 1 1'),
        ('tasks', 'tasks_open', '3000000 3000 10 5 1 1 1 noskipscan'),
        ('tasks', 'tasks_due', '5000000 5000 10 5 1 1 noskipscan'),
        ('tasks', 'tasks_project', '5000000 5000 100 50 noskipscan'),
        ('tasks', 'tasks_parent', '1000000 1000 5 noskipscan'),
        ('tags', 'tags', '10000000 10000 100 1 noskipscan')
"""

_MORE_STATISTICS = """
    INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
        ('tasks', 'tasks_open_newest', '3000000 3000 1 1 noskipscan'),
        ('tasks', 'tasks_completed', '5000000 5000 1 1 noskipscan'),
        ('tasks', 'tasks_start', '2000000 2000 5 1 noskipscan'),
        ('tasks', 'tasks_priority', '3000000 3000 1000 1 noskipscan'),
        ('tasks', 'tasks_updated', '10000000 10000 1 1 noskipscan'),
        ('tasks', 'tasks_project', '5000000 5000 100 1 1 noskipscan')
"""

# One tuple of statements a schema version; what has been released is never edited.
MIGRATIONS: Final = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        """
        CREATE TABLE tasks (
            user_id TEXT NOT NULL CONSTRAINT user_id CHECK (length(user_id) BETWEEN 1 AND 255),
            id TEXT NOT NULL CONSTRAINT id CHECK (length(id) = 36),
            title TEXT NOT NULL CONSTRAINT title CHECK (length(title) BETWEEN 1 AND 200),
            description TEXT CONSTRAINT description CHECK (length(description) <= 1000),
            completed INTEGER NOT NULL CONSTRAINT completed CHECK (completed IN (0, 1)),
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL CONSTRAINT updated_at CHECK (updated_at >= created_at),
            version INTEGER NOT NULL CONSTRAINT version CHECK (version >= 1),
            PRIMARY KEY (user_id, id)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE INDEX tasks_newest ON tasks (user_id, created_at DESC, id DESC)",
    ),
    (
        # SQLite can neither drop a column with a constraint nor add a foreign key of two columns.
        "ALTER TABLE tasks RENAME TO tasks_of_version_1",
        _TABLE_OF_TASKS,
        """
        INSERT INTO tasks (
            user_id, id, title, description, completed_at, created_at, updated_at, version
        )
        SELECT
            user_id, id, title, description, iif(completed, updated_at, NULL), created_at,
            updated_at, version
        FROM tasks_of_version_1
        """,
        "DROP TABLE tasks_of_version_1",
        "CREATE INDEX tasks_newest ON tasks (user_id, created_at DESC, id DESC)",
        # These two are in the order in which the command line lists; with ``completed_at``, though
        # it is always NULL, the second one is enough to count what is open.
        """
        CREATE INDEX tasks_due
        ON tasks (user_id, due_at, priority DESC, created_at DESC, id DESC)
        WHERE due_at IS NOT NULL
        """,
        """
        CREATE INDEX tasks_open
        ON tasks (user_id, due_at, priority DESC, created_at DESC, id DESC, completed_at)
        WHERE completed_at IS NULL
        """,
        """
        CREATE INDEX tasks_project ON tasks (user_id, project, completed_at)
        WHERE project IS NOT NULL
        """,
        "CREATE INDEX tasks_parent ON tasks (user_id, parent_id) WHERE parent_id IS NOT NULL",
        _TABLE_OF_TAGS,
        f"""
        CREATE TRIGGER tags_added AFTER INSERT ON tasks WHEN new.tags IS NOT NULL
        BEGIN {_INSERT_TAGS} END
        """,
        f"""
        CREATE TRIGGER tags_replaced AFTER UPDATE OF tags ON tasks WHEN new.tags IS NOT old.tags
        BEGIN {_DELETE_TAGS} {_INSERT_TAGS} END
        """,
        f"""
        CREATE TRIGGER tags_removed AFTER DELETE ON tasks WHEN old.tags IS NOT NULL
        BEGIN {_DELETE_TAGS} END
        """,
        # The first makes the table, and the second tells this connection what is in it.
        "ANALYZE sqlite_schema",
        _STATISTICS,
        "ANALYZE sqlite_schema",
    ),
    (
        # Behind each of these the key follows, so that they are in order by id.
        """
        CREATE INDEX tasks_open_newest ON tasks (user_id, created_at DESC, id DESC)
        WHERE completed_at IS NULL
        """,
        """
        CREATE INDEX tasks_completed ON tasks (user_id, completed_at)
        WHERE completed_at IS NOT NULL
        """,
        "CREATE INDEX tasks_start ON tasks (user_id, start_at) WHERE start_at IS NOT NULL",
        "CREATE INDEX tasks_priority ON tasks (user_id, priority) WHERE priority IS NOT NULL",
        "CREATE INDEX tasks_updated ON tasks (user_id, updated_at)",
        # In order by id as well, and still enough to count what is open.
        "DROP INDEX tasks_project",
        """
        CREATE INDEX tasks_project ON tasks (user_id, project, id, completed_at)
        WHERE project IS NOT NULL
        """,
        _MORE_STATISTICS,
        "ANALYZE sqlite_schema",
    ),
)
SCHEMA_VERSION: Final = len(MIGRATIONS)
"""The schema version that this taskcore reads and writes."""

# In one statement, as another process may be making the schema.
_IDENTITY = """
    SELECT
        (SELECT application_id FROM pragma_application_id),
        (SELECT user_version FROM pragma_user_version),
        (SELECT count(*) FROM sqlite_master)
"""


def schema_status(path: str | PathLike[str]) -> SchemaStatus:
    """Return what schema the file ``path`` has; it is only read, and not made.

    Raises ``RepositoryUnavailable`` if it cannot be read or is not one of taskcore's.
    """
    from attrs import evolve  # seldom needed

    require_strict_tables()
    try:
        os.stat(path)  # noqa: PTH116  # pathlib starts slowly
    except FileNotFoundError:
        return status_of(path, 0)
    except OSError as error:
        raise RepositoryUnavailable(f"SQLite {path}: {error.strerror}") from error
    with translated_errors(path), closing(connect_to_read(path)) as connection:
        status = status_of(path, version_of(connection, path))
    return evolve(status, read_only=not may_use(path))


def require_strict_tables() -> None:
    """Raise ``RepositoryUnavailable`` if this Python's SQLite is too old for us."""
    if (found := sqlite3.sqlite_version_info) < (3, 37):
        version = ".".join(map(str, found))
        raise RepositoryUnavailable(f"this Python has SQLite {version}; 3.37 or newer is needed")


def require_directory(path: str | PathLike[str]) -> None:
    """Raise ``RepositoryUnavailable`` if there is no directory that the file could be in."""
    directory = os.path.dirname(path) or "."  # noqa: PTH120  # pathlib starts slowly
    if not os.path.isdir(directory):  # noqa: PTH112  # likewise
        raise RepositoryUnavailable(f"SQLite {path}: there is no directory {directory}")


def version_of(connection: sqlite3.Connection, path: str | PathLike[str]) -> int:
    """Return the schema version of the file, 0 if it is empty.

    Raises ``RepositoryUnavailable`` if another program made it.
    """
    application, version, tables = connection.execute(_IDENTITY).fetchone()
    if application != APPLICATION_ID and (application or version or tables):
        raise RepositoryUnavailable(
            f"SQLite {path}: the database of another program, not of taskcore; left as it is"
        )
    return int(version)


def status_of(path: str | PathLike[str], version: int) -> SchemaStatus:
    """Return what it means that the file ``path`` has this schema version."""
    from taskcore.adapters.schema import SchemaStatus  # seldom needed

    return SchemaStatus(f"SQLite {path}", version or None, SCHEMA_VERSION)


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring the schema from that version up to date, in the transaction that there is."""
    for number, statements in enumerate(MIGRATIONS[version:], version + 1):
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
