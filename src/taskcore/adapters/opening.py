"""From a URL to the repository that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskcore.ports import TaskRepository

POSTGRES_SCHEMES = ("postgres", "postgresql")


def open_repository(url: str, *, upgrade: bool = False) -> TaskRepository:
    """Open the repository that the URL names; a context manager that closes it.

    - ``memory:``
    - ``sqlite:///tasks.db`` (relative), ``sqlite:////var/tasks.db`` (absolute),
      ``sqlite:///:memory:``
    - ``postgres://user:password@host/database?sslmode=require``, and the same with
      ``postgresql://`` or a driver (``postgresql+asyncpg://``), as providers print it

    A SQLite file is made and its schema brought up to date on opening. A Postgres is connected to
    when it is first needed, and its schema is left as it is; with ``upgrade`` it is connected to at
    once, and brought up to date as well.

    Raises ``ValueError`` for any other URL, ``ImportError`` when the extra for it is not installed,
    and ``RepositoryUnavailable`` when what it opens or upgrades cannot be used.
    """
    scheme = url.partition(":")[0].partition("+")[0]
    if url == "memory:":
        from taskcore.adapters.memory import MemoryRepository

        return MemoryRepository()
    if url.startswith("sqlite:///") and url != "sqlite:///":
        from taskcore.adapters.sqlite import SqliteRepository

        return SqliteRepository(url.removeprefix("sqlite:///"))
    if scheme in POSTGRES_SCHEMES:
        try:
            from taskcore.adapters import postgres
        except ImportError as error:
            raise ImportError(
                "Postgres needs an extra: pip install 'taskcore[postgres]'"
            ) from error
        engine = postgres.create_engine(url)
        if upgrade:
            postgres.upgrade(engine)
        return postgres.PostgresRepository(engine, dispose=True)
    # Only its scheme is repeated: the rest may hold a password.
    raise ValueError(
        f"no storage has a URL that starts with {scheme[:20]!r}; "
        "there are memory:, sqlite:///PATH and postgresql://HOST/DATABASE"
    )
