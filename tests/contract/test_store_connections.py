"""Connections that the server ended while they lay idle are replaced unseen."""

from __future__ import annotations

from typing import Any

import psycopg
from sqlalchemy import event

from workers.store.engine import make_engine
from workers.store.store import Store

pytest_plugins = ["tests.support.stores"]


def test_a_connection_that_went_stale_is_replaced(postgres_url: str) -> None:
    engine = make_engine(postgres_url)

    @event.listens_for(engine, "checkin")
    def long_ago(_connection: Any, record: Any) -> None:
        record.info["used_at"] = -1e9

    store = Store(engine)
    assert store.log.head() == 0
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    assert store.log.head() == 0
    store.close()
