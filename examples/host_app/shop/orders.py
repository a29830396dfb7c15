"""What the shop does with orders. Each function works in its session's transaction."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from shop.models import Order, OrderLine, Product
from taskcore import TaskcoreError, TaskNotFound, Tasks
from taskcore.adapters.postgres import PostgresRepository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

FEW = 3
"""How many of a product are so few that somebody should see to it."""


class OutOfStock(Exception):
    """There are not as many of ``sku`` as were ordered."""


class AlreadyShipped(Exception):
    """The order of this number has left: there is nothing to cancel any more."""


def warehouse(session: Session) -> Tasks:
    """Return the warehouse's tasks, in the transaction of this session."""
    return Tasks(PostgresRepository(session.connection()), user_id="warehouse")


def place(session: Session, customer: str, quantities: Mapping[str, int]) -> Order:
    """Place an order of so many of each SKU, and tell the warehouse. Raises ``OutOfStock``."""
    today = datetime.now(UTC).date()
    order = Order(customer=customer)
    session.add(order)
    session.flush()  # the database gives it its number
    tasks = warehouse(session)
    pack = tasks.add(
        f"Pack order {order.number}",
        due=today + timedelta(days=1),
        tags=["orders"],
        extra={"order": order.number},
    )
    tasks.add(f"Ship order {order.number}", due=today + timedelta(days=2), parent_id=pack.id)
    order.task_id = pack.id
    for sku, quantity in sorted(quantities.items()):  # one order of locks for all
        order.lines.append(OrderLine(sku=sku, quantity=quantity))
        if _take(session, sku, quantity) < FEW:
            # However many orders find so few of it today, it is one task.
            tasks.add_once(f"Restock {sku}", key=f"restock {sku} {today}", priority="high")
    return order


def cancel(session: Session, number: int) -> None:
    """Cancel an order: its products are back in stock, no task left. Raises ``AlreadyShipped``."""
    order = session.get_one(Order, number, with_for_update=True)
    if order.task_id is None:
        raise AlreadyShipped(number)
    for line in sorted(order.lines, key=lambda line: line.sku):
        _take(session, line.sku, -line.quantity)
    with suppress(TaskNotFound):  # the warehouse may have removed it
        warehouse(session).remove(order.task_id, subtree=True)
    session.delete(order)


def ship(session: Session, number: int) -> None:
    """Note that an order has left, once or again: whatever there is to do for it is done."""
    order = session.get_one(Order, number, with_for_update=True)
    if order.task_id is None:
        return
    tasks = warehouse(session)
    found = tasks.find(f'id = "{order.task_id}" OR parent_id = "{order.task_id}"')
    for outcome in tasks.complete_all(task.id for task in found):
        if isinstance(outcome, TaskcoreError):  # such a method returns them
            raise outcome
    order.task_id = None


def _take(session: Session, sku: str, quantity: int) -> int:
    product = session.get_one(Product, sku, with_for_update=True)
    if product.stock < quantity:
        raise OutOfStock(sku)
    product.stock -= quantity
    return product.stock
