"""Orders and the warehouse's tasks stand or fall together."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from shop import orders, transactions
from shop.models import Order, Product
from shop.transactions import ISOLATION, engine_url, transact, transact_async

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session, sessionmaker


def to_do(sessions: sessionmaker[Session]) -> list[str]:
    with sessions() as session:
        found = orders.warehouse(session).find("completed = false")
        return sorted(task.title for task in found)


def in_stock(sessions: sessionmaker[Session], sku: str) -> int:
    with sessions() as session:
        return session.get_one(Product, sku).stock


def test_an_order_brings_its_tasks(sessions: sessionmaker[Session]) -> None:
    order = transact(sessions, orders.place, "ada", {"tea": 2})

    assert (order.number, in_stock(sessions, "tea")) == (1, 8)
    with sessions() as session:
        tasks = orders.warehouse(session)
        [ship, pack] = tasks.find()
    today = datetime.now(UTC).date()
    assert (pack.title, pack.id, pack.extra) == ("Pack order 1", order.task_id, {"order": 1})
    assert (ship.title, ship.parent_id) == ("Ship order 1", pack.id)
    assert pack.due in (today, today + timedelta(days=1))
    assert ship.due == pack.due + timedelta(days=1)


def test_an_order_that_cannot_be_filled_leaves_nothing(sessions: sessionmaker[Session]) -> None:
    with pytest.raises(orders.OutOfStock, match="tea"):
        transact(sessions, orders.place, "ada", {"pot": 1, "tea": 11})

    assert to_do(sessions) == []
    assert (in_stock(sessions, "tea"), in_stock(sessions, "pot")) == (10, 1)
    with sessions() as session:
        assert session.scalar(select(func.count()).select_from(Order)) == 0


def test_a_canceled_order_takes_its_tasks_along(sessions: sessionmaker[Session]) -> None:
    first, second = (transact(sessions, orders.place, "ada", {"tea": 2}) for _ in range(2))

    transact(sessions, orders.cancel, first.number)

    assert to_do(sessions) == ["Pack order 2", "Ship order 2"]
    assert in_stock(sessions, "tea") == 8
    with sessions() as session:
        assert session.get(Order, first.number) is None
        assert session.get(Order, second.number) is not None


def test_of_an_order_that_has_left_nothing_is_to_do(sessions: sessionmaker[Session]) -> None:
    order = transact(sessions, orders.place, "ada", {"tea": 2})

    transact(sessions, orders.ship, order.number)

    assert to_do(sessions) == []


def test_an_order_that_has_left_is_not_canceled(sessions: sessionmaker[Session]) -> None:
    order = transact(sessions, orders.place, "ada", {"tea": 2})
    for _ in range(2):
        transact(sessions, orders.ship, order.number)

    with pytest.raises(orders.AlreadyShipped, match=str(order.number)):
        transact(sessions, orders.cancel, order.number)

    assert in_stock(sessions, "tea") == 8


@pytest.mark.parametrize(("end", "stock"), [(orders.cancel, 10), (orders.ship, 8)])
def test_tasks_that_the_warehouse_removed_are_in_nobodys_way(
    sessions: sessionmaker[Session], end: Callable[[Session, int], None], stock: int
) -> None:
    order = transact(sessions, orders.place, "ada", {"tea": 2})
    with sessions.begin() as session:
        orders.warehouse(session).remove(order.task_id, subtree=True)

    transact(sessions, end, order.number)

    assert in_stock(sessions, "tea") == stock


def test_many_orders_that_leave_few_ask_for_more_once(sessions: sessionmaker[Session]) -> None:
    for _ in range(3):
        transact(sessions, orders.place, "ada", {"tea": 3})
    transact(sessions, orders.place, "bob", {"tea": 1})

    assert [title for title in to_do(sessions) if "Restock" in title] == ["Restock tea"]


def test_orders_of_the_same_moment_each_have_their_tasks(sessions: sessionmaker[Session]) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: transact(sessions, orders.place, "ada", {"tea": 1}), range(6)))

    assert in_stock(sessions, "tea") == 4
    with sessions() as session:
        numbers = session.scalars(select(Order.number)).all()
    packing = [f"Pack order {number}" for number in numbers]
    assert len(packing) == 6
    assert [title for title in to_do(sessions) if "Pack" in title] == sorted(packing)


def test_who_always_meets_others_is_told_what_the_last_one_did(
    sessions: sessionmaker[Session], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "ATTEMPTS", 2)

    def collide(session: Session) -> None:
        session.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

    async def collide_async() -> None:
        engine = create_async_engine(engine_url(url))
        try:
            await transact_async(async_sessionmaker(engine), collide)
        finally:
            await engine.dispose()

    for meet in (lambda: transact(sessions, collide), lambda: asyncio.run(collide_async())):
        with pytest.raises(TimeoutError, match="2 attempts") as caught:
            meet()
        assert isinstance(caught.value.__cause__, DBAPIError)


def test_the_same_functions_serve_on_asyncio(sessions: sessionmaker[Session], url: str) -> None:
    async def place_two() -> None:
        engine = create_async_engine(engine_url(url), isolation_level=ISOLATION)
        async_sessions = async_sessionmaker(engine)
        placing = (
            transact_async(async_sessions, orders.place, who, {"tea": 4}) for who in ("ada", "bob")
        )
        await asyncio.gather(*placing)
        with pytest.raises(orders.OutOfStock):
            await transact_async(async_sessions, orders.place, "eve", {"tea": 4})
        await engine.dispose()

    asyncio.run(place_two())

    assert in_stock(sessions, "tea") == 2
    assert sum("Pack" in title for title in to_do(sessions)) == 2
