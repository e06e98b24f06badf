"""Fixtures that give a fresh store on each database: `database_url`, `store`; a test runs once on each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import Server, cluster
from workers.store.engine import make_engine
from workers.store.schema_version import upgrade
from workers.store.store import Store


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One PostgreSQL for the whole run (one for each process of a parallel run)."""
    with cluster() as address:
        yield Server(address, upgrade)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A SQLite file with our schema, as bytes."""
    path = tmp_path_factory.mktemp("template") / "marsad.db"
    upgrade(f"sqlite:///{path}")
    return path.read_bytes()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh database with our schema."""
    if request.param == "sqlite":
        path = tmp_path / "marsad.db"
        path.write_bytes(request.getfixturevalue("sqlite_template"))
        yield f"sqlite:///{path}"
        return
    server: Server = request.getfixturevalue("postgres_server")
    url = server.database()
    yield url
    server.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'marsad.db'}"
        return
    server: Server = request.getfixturevalue("postgres_server")
    url = server.database(empty=True)
    yield url
    server.drop(url)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store on a fresh database."""
    engine = make_engine(database_url)
    yield Store(engine)
    engine.dispose()


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The address of a fresh PostgreSQL database with our schema, its user a superuser."""
    url = postgres_server.database()
    yield url
    postgres_server.drop(url)
