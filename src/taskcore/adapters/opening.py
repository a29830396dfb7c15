"""From a URL to the repository that it names, to the schema there, and to what may be shown."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taskcore.adapters.schema import SchemaStatus
    from taskcore.ports import TaskRepository

_SQLITE: Final = "sqlite:///"
_POSTGRES: Final = re.compile(r"postgres(ql)?(\+\w+)?://")
_EXTRA: Final = {"alembic", "psycopg", "sqlalchemy"}


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
    if not isinstance(url, str):
        raise TypeError(f"a URL must be text, not {type(url).__name__}")
    if url == "memory:":
        from taskcore.adapters.memory import MemoryRepository

        return MemoryRepository()
    if path := _sqlite_path(url):
        from taskcore.adapters.sqlite import SqliteRepository

        return SqliteRepository(path)
    _require_postgres(url)
    with _missing_extra_named():
        from taskcore.adapters import postgres

        engine = postgres.create_engine(url)
        repository = postgres.PostgresRepository(engine, dispose=True)
        if upgrade:
            try:
                postgres.upgrade(engine)
            except BaseException:
                repository.close()
                raise
        return repository


def schema_status(url: str) -> SchemaStatus:
    """Return what schema the database has that the URL names; it is only read, and not made.

    Raises what ``open_repository`` does.
    """
    if url in {"memory:", f"{_SQLITE}:memory:"}:
        from taskcore.adapters.schema import SchemaStatus

        return SchemaStatus("memory", None, None)
    if path := _sqlite_path(url):
        from taskcore.adapters import sqlite

        return sqlite.schema_status(path)
    _require_postgres(url)
    with _missing_extra_named():
        from taskcore.adapters import postgres

        engine = postgres.create_engine(url)
        try:
            return postgres.schema_status(engine)
        finally:
            engine.dispose()


def protect(url: str, role: str | None) -> None:
    """Put row-level security on the Postgres that the URL names, for a role; None takes it away.

    Raises ``ValueError`` for any other URL and for a role that cannot be, and else what
    ``open_repository`` does.
    """
    if url == "memory:" or url.startswith(_SQLITE):
        raise ValueError(f"only a Postgres has row-level security, not {url}")
    _require_postgres(url)
    with _missing_extra_named():
        from taskcore.adapters import postgres

        engine = postgres.create_engine(url)
        try:
            if role is None:
                postgres.unprotect(engine)
            else:
                postgres.protect(engine, role=role)
        finally:
            engine.dispose()


def shown_url(url: str) -> str:
    """Return a URL of a database as it may be shown: without password and parameters."""
    if url == "memory:" or url.startswith(_SQLITE):
        return url
    scheme, _, rest = url.partition("://")
    place, *parameters = re.split("[?#]", rest, maxsplit=1)
    if not _POSTGRES.match(url) or "@" in "".join(parameters):
        # What would be taken for the host may be a part of the password.
        return f"{scheme.partition(':')[0]}:..."
    user, at, host = place.rpartition("@")
    return f"{scheme}://{user.partition(':')[0]}{at}{host}"


def _sqlite_path(url: str) -> str:
    """Return the path in a URL of SQLite, and nothing for any other URL."""
    path = url.removeprefix(_SQLITE) if url.startswith(_SQLITE) else ""
    if "?" in path:
        raise ValueError("a URL of SQLite takes no parameters: write sqlite:///PATH")
    return path


def _require_postgres(url: str) -> None:
    """Raise ``ValueError`` for what is no URL of Postgres, with how the others are written."""
    if _POSTGRES.match(url):
        return
    scheme = re.split("[:+]", url, maxsplit=1)[0]
    if scheme == "memory" or url.endswith(":memory:"):
        raise ValueError("for tasks in memory, write memory:")
    if scheme == "sqlite":
        raise ValueError(
            "a SQLite file is written sqlite:///tasks.db, or sqlite:////var/tasks.db if its path "
            "is absolute"
        )
    # Only its scheme is repeated: the rest may hold a password.
    is_scheme = re.fullmatch(r"[A-Za-z][A-Za-z0-9.-]*", scheme) and scheme != url
    wrong = f"starts with {scheme[:20]!r}" if is_scheme else "has no scheme"
    raise ValueError(
        f"no storage has a URL that {wrong}; "
        "there are memory:, sqlite:///PATH and postgresql://HOST/DATABASE"
    )


@contextmanager
def _missing_extra_named() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        raise ImportError("Postgres needs an extra: pip install 'taskcore[postgres]'") from error
