"""How Alembic runs the shop's migrations: all in one transaction."""

import os

from alembic import context
from sqlalchemy import create_engine

from shop.models import Base
from shop.transactions import engine_url

engine = create_engine(engine_url(os.environ["DATABASE_URL"]))
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
