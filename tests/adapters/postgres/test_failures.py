"""What Postgres refuses, and what becomes of it at the port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from taskcore import RepositoryUnavailable, StaleTask, TaskNotFound, Tasks
from taskcore.adapters.postgres.answering import answer
from taskcore.ports import Remove

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from taskcore.adapters.postgres import PostgresRepository


def test_a_statement_that_cannot_be_right_is_a_bug_and_keeps_its_cause(
    engine: Engine, repository: PostgresRepository
) -> None:
    tasks = Tasks(repository, "alice")
    tasks.find()
    with engine.connect() as connection:
        connection.execute(text("ALTER TABLE taskcore.tasks RENAME COLUMN title TO headline"))

    with pytest.raises(RuntimeError, match="title") as caught:
        tasks.add("Buy milk")

    assert isinstance(caught.value.__cause__, psycopg.errors.UndefinedColumn)


@pytest.mark.parametrize(
    "change",
    ["DROP TABLE taskcore.tasks", "CREATE ROLE {role}; SET ROLE {role}"],
    ids=["no table", "no privilege"],
)
def test_what_an_operator_can_mend_is_unavailable(
    engine: Engine, repository: PostgresRepository, change: str
) -> None:
    tasks = Tasks(repository, "alice")
    tasks.find()
    with engine.connect() as connection:
        # A role belongs to the whole server, which other tests use at the same time.
        role = f"{engine.url.database or 'test'}_{id(change)}"
        for statement in change.format(role=role).split("; "):
            connection.execute(text(statement))

    with pytest.raises(RepositoryUnavailable, match="taskcore"):
        tasks.add("Buy milk")

    with engine.connect() as connection:
        if "ROLE" in change:
            connection.execute(text("RESET ROLE"))
            connection.execute(text(f"DROP ROLE {role}"))


def test_many_that_cannot_be_removed_are_looked_up_by_one_statement(
    repository: PostgresRepository,
) -> None:
    stale = Tasks(repository, "alice").add("Buy milk")
    operations = [
        *(Remove("alice", UUID(int=number), expected=1) for number in range(50)),
        Remove("alice", stale.id, expected=7),
        Remove("alice", UUID(int=99)),
    ]
    statements = []

    with repository._session() as fetch:  # to see what is sent

        def counted(statement: Any, parameters: Any) -> Any:
            statements.append(statement)
            return fetch(statement, parameters)

        answers = answer(operations, counted)

    assert [type(one) for one in answers] == [TaskNotFound] * 50 + [StaleTask, TaskNotFound]
    assert len(statements) == 2
