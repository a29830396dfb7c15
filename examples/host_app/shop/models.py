"""The shop's own tables. taskcore's are in a schema of their own, and no business of these."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """What the shop's migrations are made from."""


class Product(Base):
    """Something to sell, and how many of it are there."""

    __tablename__ = "products"
    __table_args__ = (CheckConstraint("stock >= 0", name="stock"),)

    sku: Mapped[str] = mapped_column(primary_key=True)
    stock: Mapped[int]


class Order(Base):
    """What a customer wants, and the task that the warehouse has for it: none once it has left."""

    __tablename__ = "orders"

    number: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
    task_id: Mapped[UUID | None]
    lines: Mapped[list[OrderLine]] = relationship(cascade="all, delete-orphan")


class OrderLine(Base):
    """So many of one product."""

    __tablename__ = "order_lines"

    order_number: Mapped[int] = mapped_column(ForeignKey("orders.number"), primary_key=True)
    sku: Mapped[str] = mapped_column(ForeignKey("products.sku"), primary_key=True)
    quantity: Mapped[int]
