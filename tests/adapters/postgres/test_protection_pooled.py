"""Row-level security through a pooler: whom one transaction named, the next does not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from adapters.postgres.test_connections import pooled_url  # noqa: F401  # a fixture

from taskcore import Tasks
from taskcore.adapters.postgres import PostgresRepository, create_engine

SEEN = "SELECT count(*), current_setting('taskcore.owners', true) FROM taskcore.tasks"


@pytest.fixture
def postgres_url(shared_protected_postgres_url: tuple[str, str]) -> str:
    """Return what the pooler is to connect to, as whom."""
    return shared_protected_postgres_url[1]


def test_through_a_transaction_pooler_each_sees_its_own_and_leaves_no_name_behind(
    pooled_url: str,  # noqa: F811  # the fixture
) -> None:
    engine = create_engine(pooled_url)
    repository = PostgresRepository(engine)

    def work(client: int) -> None:
        tasks = Tasks(repository, f"user-{client}")
        top, *added = [tasks.add(f"{client}.{number}") for number in range(8)]
        for task in added:
            assert tasks.edit(task.id, parent_id=top.id).version == 2
        assert len(tasks.find()) == 8
        assert tasks.remove(top.id, subtree=True)
        assert tasks.find() == []

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
        Tasks(repository, "alice").add("Buy milk")
    with psycopg.connect(pooled_url, autocommit=True) as connection:
        for _ in range(20):
            assert connection.execute(SEEN).fetchone() in {(0, ""), (0, None)}
    [task] = Tasks(repository, "alice").find()
    Tasks(repository, "alice").remove(task.id)
    engine.dispose()
