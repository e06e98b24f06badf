"""Alembic's entry: one transaction, one migrator at a time, on SQLite and PostgreSQL.

It must not know what the migrations do.
"""

from __future__ import annotations

import os

from alembic import context
from sqlalchemy import text

from workers.store.engine import make_engine
from workers.store.schema import metadata
from workers.store.turns import turns  # noqa: F401 -- a table beside the schema's module

_LOCK = 0x6D617273  # the lock of all migrators of one PostgreSQL database


def _migrate() -> None:
    url = context.config.attributes.get("url") or os.environ["MARSAD_DATABASE_URL"]
    engine = make_engine(url).execution_options(marsad_write=True)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            # on SQLite the transaction began with the write lock, and DDL takes part in transactions
            context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
            context.run_migrations()
    finally:
        engine.dispose()


if context.is_offline_mode():
    context.configure(
        dialect_name=os.environ.get("MARSAD_SQL_DIALECT", "postgresql"), target_metadata=metadata, as_sql=True
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    _migrate()
