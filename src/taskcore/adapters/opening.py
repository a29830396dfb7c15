"""From a URL to the repository that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskcore.errors import RepositoryUnavailable

if TYPE_CHECKING:
    from taskcore.ports import TaskRepository

POSTGRES_SCHEMES = ("postgres", "postgresql")


def open_repository(url: str) -> TaskRepository:
    """Open the repository that the URL names; a context manager that closes it.

    - ``memory:``
    - ``sqlite:///tasks.db`` (relative), ``sqlite:////var/tasks.db`` (absolute),
      ``sqlite:///:memory:``
    - ``postgres://user:password@host/database?sslmode=require``, and the same with
      ``postgresql://`` or a driver (``postgresql+asyncpg://``), as providers print it

    A SQLite file is made and its schema brought up to date on opening. A Postgres is connected to
    when it is first needed, and its schema is made by ``taskcore.adapters.postgres.upgrade``.

    Raises ``ValueError`` for any other URL, ``ImportError`` when the extra for it is not installed,
    and ``RepositoryUnavailable`` when a SQLite file cannot be used.
    """
    scheme = url.partition(":")[0].partition("+")[0]
    if url == "memory:":
        from taskcore.adapters.memory import MemoryRepository

        return MemoryRepository()
    if url.startswith("sqlite:///"):
        from taskcore.adapters.sqlite import SqliteRepository

        return SqliteRepository(url.removeprefix("sqlite:///"))
    if scheme in POSTGRES_SCHEMES:
        from taskcore.adapters.postgres import PostgresRepository, create_engine

        return PostgresRepository(create_engine(url), disposes=True)
    raise ValueError(
        f"cannot tell where {scheme + ':' if ':' in url else 'it'} keeps tasks; a database URL starts with "
        "memory:, sqlite:/// or postgresql://"
    )
