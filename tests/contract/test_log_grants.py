"""The roles of `deploy/sql`: the service's own cannot change the log, the readers' can read the views alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event

from tests.support.facts import statements
from workers.store.engine import make_engine
from workers.store.store import Store

pytest_plugins = ["tests.support.stores"]
ROLES = Path(__file__).resolve().parents[2] / "deploy" / "sql" / "roles.sql"


@pytest.fixture
def owned(postgres_url: str) -> str:
    """A database whose roles were made, twice as after an upgrade."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        for _ in range(2):
            connection.execute(ROLES.read_bytes())
    return postgres_url


@pytest.fixture
def app_store(owned: str) -> Iterator[Store]:
    """A store whose every connection is the service's role."""
    engine = make_engine(owned)

    @event.listens_for(engine, "connect")
    def become(connection: psycopg.Connection, _record: object) -> None:
        connection.execute("SET ROLE marsad_app")
        connection.commit()

    yield Store(engine)
    engine.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET data = '{}'",
        "DELETE FROM events",
        "TRUNCATE events",
        "TRUNCATE log_head",
        "DELETE FROM log_head",
        "UPDATE log_seals SET hash = ''",
        "TRUNCATE log_seals",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "DROP TABLE events",
        "UPDATE alembic_version SET version_num = 'x'",
    ],
)
def test_the_services_own_role_cannot_change_the_log(app_store: Store, owned: str, statement: str) -> None:
    written = app_store.log.append("a", statements("a", 2))
    with psycopg.connect(owned) as connection:
        connection.execute("SET ROLE marsad_app")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
    assert app_store.log.read() == written


def test_the_owner_is_refused_by_the_triggers(owned: str) -> None:
    for statement in (b"UPDATE events SET data = ''", b"TRUNCATE events", b"UPDATE log_head SET sequence = -1"):
        with psycopg.connect(owned) as connection, pytest.raises(psycopg.errors.IntegrityError, match="append-only"):
            connection.execute(statement)


def test_readers_see_the_views_alone_and_write_nothing(app_store: Store, owned: str) -> None:
    app_store.log.append("a", statements("a", 2))
    with psycopg.connect(owned, autocommit=True) as connection:
        connection.execute("SET ROLE marsad_reader")
        assert connection.execute("SELECT count(*) FROM reporting_v1.events").fetchone() == (2,)
        for statement in (b"SELECT * FROM events", b"SELECT * FROM channels", b"CREATE TABLE x (i int)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
