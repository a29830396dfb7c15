"""Make the shop's tables, and taskcore's with them."""

import sqlalchemy as sa
from alembic import op

from taskcore.adapters.postgres import upgrade as upgrade_taskcore

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables; a later taskcore may want another migration with its upgrade."""
    upgrade_taskcore(op.get_bind())
    op.create_table(
        "products",
        sa.Column("sku", sa.String, primary_key=True),
        sa.Column("stock", sa.Integer, nullable=False),
        sa.CheckConstraint("stock >= 0", name="stock"),
    )
    op.create_table(
        "orders",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("customer", sa.String, nullable=False),
        sa.Column("task_id", sa.Uuid),
    )
    op.create_table(
        "order_lines",
        sa.Column("order_number", sa.Integer, sa.ForeignKey("orders.number"), primary_key=True),
        sa.Column("sku", sa.String, sa.ForeignKey("products.sku"), primary_key=True),
        sa.Column("quantity", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Drop the shop's tables; taskcore's stay, as others may use them."""
    for table in ("order_lines", "orders", "products"):
        op.drop_table(table)
