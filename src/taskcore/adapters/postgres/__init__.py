"""Tasks in Postgres, by SQLAlchemy Core and psycopg; needs the extra ``taskcore[postgres]``."""

from taskcore.adapters.postgres.engine import create_engine
from taskcore.adapters.postgres.protection import protect, unprotect
from taskcore.adapters.postgres.repository import PostgresRepository
from taskcore.adapters.postgres.schema import schema_status, upgrade
from taskcore.adapters.postgres.tables import metadata
from taskcore.adapters.schema import SchemaStatus

__all__ = [
    "PostgresRepository",
    "SchemaStatus",
    "create_engine",
    "metadata",
    "protect",
    "schema_status",
    "unprotect",
    "upgrade",
]
