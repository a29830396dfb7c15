"""Where tasks can be kept: in memory, in a SQLite file, in Postgres."""

from taskcore.adapters.opening import open_repository

__all__ = ["open_repository"]
