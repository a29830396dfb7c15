"""What the storages are sent, and whether it is about the tasks of its owners alone.

The planners of the databases are the judges, not a reader of SQL: in the plan of a statement, every
way to a table of tasks must begin at the owner. Indexes all do, so where the owner is a condition
that nothing can get around (no part of an OR, say), the plan finds the tasks by it.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias
from unittest import mock

import psycopg
from attrs import evolve, field, frozen
from psycopg.sql import Composable

from taskcore.adapters.sqlite.functions import register
from taskcore.adapters.sqlite.schema import migrate
from taskcore.ports import Add, Operation, Replace, Together

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Sent: TypeAlias = "tuple[str, Any]"
"""A statement, and its parameters."""

# What belongs to no user: the schema's version, and what Postgres itself keeps.
_OF_NOBODY = re.compile("alembic_version|pg_.*")
_OF_THE_SESSION = re.compile(r"(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|show|SHOW)\b")
_OF_THE_FILE = "PRAGMA user_version"
# In a plan of SQLite's, but for what the statement itself makes.
_TO_A_TABLE = re.compile(r"(SEARCH|SCAN) (?!below$|\(|CONSTANT ROW$)")


def owners_of(operation: Operation[Any]) -> set[str]:
    """Return whose tasks an operation is about."""
    if isinstance(operation, Together):
        return {owner for one in operation.operations for owner in owners_of(one)}
    task_or_key: Any = operation.task if isinstance(operation, Add | Replace) else operation
    return {task_or_key.user_id}


def as_of(user_id: str, operation: Any) -> Operation[Any]:
    """Return the operation as another user's."""
    if isinstance(operation, Together):
        return Together(tuple(as_of(user_id, one) for one in operation.operations))
    if isinstance(operation, Add | Replace):
        return evolve(operation, task=evolve(operation.task, user_id=user_id))
    changed: Operation[Any] = evolve(operation, user_id=user_id)
    return changed


@contextmanager
def sent_to_postgres() -> Iterator[list[Sent]]:
    """Collect what psycopg is given to send, from wherever it comes."""
    sent: list[Sent] = []
    execute = psycopg.Cursor.execute

    def capture(cursor: Any, query: Any, params: Any = None, **options: Any) -> Any:
        # SQLAlchemy asks for types when it first connects, in psycopg's own way to write SQL.
        is_made = isinstance(query, Composable)
        sent.append((query.as_string(cursor) if is_made else query, params))
        return execute(cursor, query, params, **options)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nobody looks at what is sent in this way")

    others = dict.fromkeys(("executemany", "stream", "copy"), refuse)
    with mock.patch.multiple(psycopg.Cursor, execute=capture, **others):
        yield sent


@contextmanager
def sent_to_sqlite() -> Iterator[list[Sent]]:
    """Collect what connections execute that are made in the meantime."""
    sent: list[Sent] = []

    class Captured(sqlite3.Connection):
        def execute(self, sql: str, values: Any = ()) -> sqlite3.Cursor:
            sent.append((sql, values))
            return super().execute(sql, values)

        def cursor(self, *_: object, **__: object) -> Any:
            raise AssertionError("nobody looks at what is sent in this way")

        executemany = executescript = cursor

    connect = sqlite3.connect

    def connect_captured(*arguments: Any, **options: Any) -> sqlite3.Connection:
        return connect(*arguments, factory=Captured, **options)

    with mock.patch.object(sqlite3, "connect", connect_captured):
        yield sent


# Enough for Postgres to look tasks up rather than to read them all.
_FILL = """
    INSERT INTO taskcore.tasks (user_id, id, title, created_at, updated_at, version)
    SELECT 'user ' || number % 50, gen_random_uuid(), 'Milk', now(), now(), 1
    FROM generate_series(1, 5000) AS number
"""


@frozen
class PostgresJudge:
    """Judges by the plans of a database that has the tables, and is for this alone."""

    connection: psycopg.Connection[Any]
    _judged: dict[str, bool] = field(factory=dict)

    @classmethod
    @contextmanager
    def at(cls, url: str) -> Iterator[PostgresJudge]:
        """Fill an empty database, and lend a judge who looks at its plans."""
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(_FILL)
            connection.execute("ANALYZE taskcore.tasks")
            yield cls(connection)

    def judge(self, sent: Sequence[Sent], owners: set[str]) -> int:
        """Return how many statements were about tasks; ``AssertionError`` for what is wrong."""
        return sum(self._judge(sql, parameters, owners) for sql, parameters in list(sent))

    def _judge(self, sql: str, parameters: Any, owners: set[str]) -> bool:
        if _OF_THE_SESSION.match(sql):
            return False
        if sql not in self._judged:
            self._judged[sql] = self._is_about_tasks(sql, parameters, owners)
        if self._judged[sql]:
            named = _named(parameters)
            assert named, (sql, parameters)
            assert set(named) <= owners, (sql, parameters)
        return self._judged[sql]

    def _is_about_tasks(self, sql: str, parameters: Any, owners: set[str]) -> bool:
        nodes = self._nodes(sql, parameters)
        relations = {name for name in _relations(nodes[0]) if not _OF_NOBODY.fullmatch(name)}
        assert relations <= {"tasks"}, (sql, relations)
        # What is made from the parameters alone: a set of rows.
        given = {node["Alias"] for node in nodes if "Alias" in node and not _relations(node)}
        for node in nodes:
            if node.get("Relation Name") == "tasks":
                assert _begins_at_owner(node, owners, given), (sql, node)
        return bool(relations)

    def _nodes(self, sql: str, parameters: Any) -> list[dict[str, Any]]:
        """Return the nodes of the plan, which is made so that conditions show at the indexes."""
        with self.connection.transaction(force_rollback=True):
            for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
                self.connection.execute(f"SET LOCAL enable_{way} = off".encode())
            explain = f"EXPLAIN (VERBOSE, FORMAT JSON) {sql}"
            [[[plan]]] = self.connection.execute(explain.encode(), parameters or None).fetchall()
        return list(_below(plan["Plan"]))


def _below(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _below(inner)


def _relations(node: dict[str, Any]) -> set[str]:
    return {one["Relation Name"] for one in _below(node) if "Relation Name" in one}


def _begins_at_owner(node: Mapping[str, Any], owners: set[str], given: set[str]) -> bool:
    if node["Node Type"] == "ModifyTable":
        # What it writes to it finds by the nodes below, and a new row is of whom is named.
        return True
    literals = ["'{}'".format(owner.replace("'", "''")) for owner in owners]
    found = node.get("Index Cond", "")
    return (
        any(f"user_id = {literal}::text" in found for literal in literals)
        or any(f"user_id = {alias}.user_id" in found for alias in given)
        or "user_id = ANY ('{" in found
    )


def _named(parameters: Mapping[str, Any]) -> list[str]:
    """Return the owners that a statement's parameters name."""
    rows = json.loads(parameters.get("b_rows", "[]"))
    single = [parameters[name] for name in ("user_id", "b_user_id") if name in parameters]
    return [*single, *parameters.get("b_user_ids", ()), *(row["user_id"] for row in rows)]


@frozen
class SqliteJudge:
    """Judges by the plans for an empty file."""

    connection: sqlite3.Connection
    users: list[str]

    @classmethod
    @contextmanager
    def of(cls, users: list[str]) -> Iterator[SqliteJudge]:
        """Lend a judge who knows these users, each of whom is nobody's title or tag."""
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            register(connection)
            migrate(connection, 0)
            yield cls(connection, users)

    def judge(self, sent: Sequence[Sent], owners: set[str]) -> int:
        """Return how many statements were about tasks; ``AssertionError`` for what is wrong."""
        return sum(self._judge(sql, values, owners) for sql, values in list(sent))

    def _judge(self, sql: str, values: Sequence[Any], owners: set[str]) -> bool:
        if _OF_THE_SESSION.match(sql) or sql == _OF_THE_FILE:
            return False
        named = {value for value in values if value in self.users}
        assert named, (sql, values)
        assert named <= owners, (sql, values)
        plan = self.connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
        ways = [way for *_, way in plan if _TO_A_TABLE.match(way)]
        for way in ways:
            assert "(user_id=?" in way, (sql, way)
        if not ways:
            assert sql.startswith("INSERT INTO tasks (user_id, id, "), (sql, plan)
            assert values[0] in owners
        return True
