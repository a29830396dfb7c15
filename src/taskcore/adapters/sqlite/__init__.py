"""Tasks in a SQLite file, through the standard library alone, so that a command starts at once.

Any number of processes and threads may use one file. A batch is one transaction, durable when it
returns (write-ahead log, ``synchronous=FULL``). Read on in ``schema`` for the file, ``rows`` for
how a task is kept in it, ``finding`` and ``predicates`` for how a query becomes statements.
"""

from taskcore.adapters.sqlite.repository import SqliteRepository
from taskcore.adapters.sqlite.schema import APPLICATION_ID, SCHEMA_VERSION, schema_status

__all__ = ["APPLICATION_ID", "SCHEMA_VERSION", "SqliteRepository", "schema_status"]
