"""Fixtures around the made-up world of `tests.support.scene`: a database that holds it, its application, its site."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from domain.reading.registry import FILES, Registry, load_registry
from tests.support.scene import NOW, tell
from tests.support.site import serving
from workers.settings import SEEDS
from workers.store.store import Store, open_store
from workers.titles import FILE, Titles
from workers.web.app import make_app

_DATA = SEEDS / "registry"


@pytest.fixture(scope="session")
def registry() -> Registry:
    """The shipped registry."""
    return load_registry({name: (_DATA / name).read_text("utf-8") for name in FILES})


@pytest.fixture(scope="session")
def titles(registry: Registry) -> Titles:
    """The shipped names for people."""
    return Titles(registry, (_DATA / FILE).read_text("utf-8"))


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the world in it; tests that write take a copy."""
    folder = tmp_path_factory.mktemp("told")
    store = open_store(f"sqlite:///{folder / 'live.db'}")
    tell(store)
    with sqlite3.connect(folder / "live.db") as source, sqlite3.connect(folder / "marsad.db") as target:
        source.backup(target)  # the log beside a live file is not part of it
    store.close()
    return folder / "marsad.db"


@pytest.fixture
def data(told: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own with the world, named by the environment."""
    (tmp_path / "marsad.db").write_bytes(told.read_bytes())
    monkeypatch.setenv("MARSAD_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def world(told: Path) -> Iterator[Store]:
    """A store on the world, to be read only."""
    store = open_store(f"sqlite:///{told}")
    yield store
    store.close()


@pytest.fixture(scope="session")
def app(world: Store, registry: Registry, titles: Titles) -> Starlette:
    """The application on the world, its clock standing still."""
    return make_app(world.queries, registry=registry, titles=titles, clock=lambda: NOW, hosts=["marsad.example"])


@pytest.fixture(scope="session")
def site(app: Starlette) -> Iterator[str]:
    """The address of the world's site."""
    with serving(app) as address:
        yield address
