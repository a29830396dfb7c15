"""Hosts' transactions meet, fail and are cut off: tasks stand or fall with what hosts wrote."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from threading import Event, Thread
from typing import TYPE_CHECKING

import psycopg
import pytest
import sqlalchemy
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from taskcore import DuplicateTask, RepositoryUnavailable, StaleTask, TaskDraft, Tasks
from taskcore.adapters.postgres import PostgresRepository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from faults.conftest import Report, Times
    from sqlalchemy import Engine

HOSTS = 6
LEVELS = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]
ATTEMPTS = 200


def code_of(error: BaseException) -> str | None:
    """Return Postgres' code, from an error of SQLAlchemy's or from the cause of one of ours."""
    original = getattr(error if isinstance(error, DBAPIError) else error.__cause__, "orig", None)
    return getattr(original, "sqlstate", None)


def must_begin_again(error: BaseException) -> bool:
    return code_of(error) in {"40001", "40P01"} or isinstance(error, StaleTask)


def tasks_on(connection: Connection) -> Tasks:
    return Tasks(PostgresRepository(connection), "shop")


@pytest.fixture
def host(postgres_url: str) -> Iterator[Engine]:
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", creator=partial(psycopg.connect, postgres_url), pool_size=HOSTS
    )
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE orders (id int PRIMARY KEY)"))
    yield engine
    engine.dispose()


@contextmanager
def transaction(host: Engine, level: str = "READ COMMITTED") -> Iterator[Connection]:
    with host.connect().execution_options(isolation_level=level) as connection, connection.begin():
        yield connection


@pytest.mark.parametrize("level", LEVELS[1:])
def test_whose_snapshot_is_old_is_told_to_begin_again_and_by_which_code(
    host: Engine, level: str
) -> None:
    with transaction(host) as connection:
        task = tasks_on(connection).add("Count the stock")

    def count(meanwhile: Callable[[], object]) -> None:
        with transaction(host, level) as connection:
            tasks = tasks_on(connection)
            tasks.get(task.id)
            meanwhile()
            connection.execute(text("INSERT INTO orders VALUES (1)"))
            tasks.edit(task.id, description="counted")

    def another() -> None:
        with transaction(host) as connection:
            tasks_on(connection).complete(task.id)

    with pytest.raises(RepositoryUnavailable, match="begin the transaction again") as caught:
        count(another)
    assert code_of(caught.value) == "40001"
    count(bool)

    with transaction(host) as connection:
        after = tasks_on(connection).get(task.id)
        assert (after.version, after.completed, after.description) == (3, True, "counted")
        assert connection.execute(text("SELECT id FROM orders")).scalars().all() == [1]


def test_hosts_that_wait_for_each_other_are_told_to_begin_again_and_both_end(host: Engine) -> None:
    with transaction(host) as connection:
        ids = [tasks_on(connection).add(title).id for title in "ab"]
    reached = [Event(), Event()]
    told = []

    def edit_both(mine: int) -> None:
        while True:
            try:
                with transaction(host) as connection:
                    tasks = tasks_on(connection)
                    tasks.edit(ids[mine], description=f"{mine}")
                    reached[mine].set()
                    reached[1 - mine].wait(10)
                    tasks.edit(ids[1 - mine], description=f"{mine}")
            except RepositoryUnavailable as error:
                told.append(code_of(error))
            else:
                return

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(edit_both, range(2)))

    assert told == ["40P01"]
    with transaction(host) as connection:
        assert [tasks_on(connection).get(id).version for id in ids] == [3, 3]


def test_a_transaction_that_is_cut_off_is_not_taken_for_committed(host: Engine) -> None:
    with host.connect() as connection, host.connect() as other:
        connection.execute(text("INSERT INTO orders VALUES (1)"))
        tasks = tasks_on(connection)
        tasks.add("goes")
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})

        for _ in range(2):
            with pytest.raises(RepositoryUnavailable) as caught:
                tasks.add("never")
            assert isinstance(caught.value.__cause__, SQLAlchemyError)
        with pytest.raises(SQLAlchemyError, match="rolled back"):
            connection.commit()
        connection.rollback()

        assert tasks.find() == []
        assert tasks.add("The host has another connection").version == 1
        assert connection.execute(text("SELECT count(*) FROM orders")).scalar() == 0


class OutOfStockError(Exception):
    """The host's own reason to roll back."""


class Shop:
    """Takes orders in transactions that may fail anywhere, and notes what became of each."""

    def __init__(self, host: Engine) -> None:
        self._host = host
        self.outcomes: dict[int, str] = {}
        self.told: Counter[str] = Counter()
        with transaction(host) as connection:
            self._counter = tasks_on(connection).add("Orders", extra={"count": 0}).id

    def order(self, number: int) -> None:
        """Place an order as any host would: again, where that is what it is told."""
        chance = random.Random(number)  # noqa: S311  # the same orders each time
        for _ in range(ATTEMPTS):
            try:
                with transaction(self._host, chance.choice(LEVELS)) as connection:
                    self._place(number, connection, chance)
            except OutOfStockError:
                self.outcomes[number] = "rolled back"
                return
            except (RepositoryUnavailable, StaleTask, SQLAlchemyError) as error:
                self.told[code_of(error) or type(error).__name__] += 1
                # Whoever commits as the connection goes cannot know, and looks.
                if must_begin_again(error) or not self._is_there(number):
                    continue
            self.outcomes[number] = "placed"
            return

    def _is_there(self, number: int) -> bool:
        there = text("SELECT EXISTS (SELECT FROM orders WHERE id = :n)")
        while True:
            with suppress(SQLAlchemyError), transaction(self._host) as connection:
                return bool(connection.execute(there, {"n": number}).scalar())

    def _place(self, number: int, connection: Connection, chance: random.Random) -> None:
        tasks = tasks_on(connection)
        connection.execute(text("INSERT INTO orders VALUES (:n)"), {"n": number})
        pack = tasks.add_once(f"Pack {number}", key=f"pack {number}").task
        with pytest.raises(DuplicateTask):
            tasks.add(f"Pack {number}", id=pack.id)
        savepoint = connection.begin_nested()
        tasks.add_all([f"Gift {number}", f"Card {number}"])
        savepoint.rollback()
        added = tasks.add_all([TaskDraft(f"Ship {number}", parent_id=pack.id), "x" * 201])
        if isinstance(added[0], Exception):
            raise added[0]
        counter = tasks.get(self._counter)
        count = counter.extra["count"] + 1
        if chance.random() < 0.2:
            raise OutOfStockError
        tasks.edit(self._counter, extra={"count": count}, expected=counter.version)


@contextmanager
def backends_ending(url: str, every: float) -> Iterator[list[int]]:
    """Terminate one of the hosts' connections again and again; return how many there were."""
    ended: list[int] = []
    over = Event()
    one = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL ORDER BY random() LIMIT 1"
    )

    def end() -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            while not over.wait(every):
                for (pid,) in connection.execute(one).fetchall():
                    connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
                    ended.append(pid)

    thread = Thread(target=end)
    thread.start()
    try:
        yield ended
    finally:
        over.set()
        thread.join()


def test_tasks_are_there_exactly_with_the_orders_that_hosts_committed(
    host: Engine, postgres_url: str, times: Times, report: Report
) -> None:
    orders = times(100, 2000)
    shop = Shop(host)
    with backends_ending(postgres_url, 0.1) as ended, ThreadPoolExecutor(HOSTS) as pool:
        list(pool.map(shop.order, range(orders)))

    with transaction(host) as connection:
        placed = set(connection.execute(text("SELECT id FROM orders")).scalars())
        tasks = tasks_on(connection)
        found = Counter(task.title for task in tasks.find())
        [counter] = tasks.find("title = 'Orders'")
    acknowledged = {number for number, outcome in shop.outcomes.items() if outcome == "placed"}
    expected = Counter(f"{verb} {number}" for number in placed for verb in ("Pack", "Ship"))
    expected["Orders"] = 1
    counted = {
        "acknowledged": len(acknowledged),
        "lost": len(acknowledged - placed) + (expected - found).total(),
        "duplicated": sum(count > 1 for count in found.values()),
        "wrong": len(placed - acknowledged)
        + (found - expected).total()
        + abs(counter.extra["count"] - len(placed)),
    }
    fault = "a host's transaction conflicts, fails or loses its connection"
    report(fault=fault, times=orders, **counted, cut_off=len(ended), **shop.told)
    assert counted == {"acknowledged": len(placed), "lost": 0, "duplicated": 0, "wrong": 0}
    assert len(ended) >= times(3, 50)
    assert shop.told["40001"]
    assert "rolled back" in shop.outcomes.values()
    assert len(shop.outcomes) == orders
