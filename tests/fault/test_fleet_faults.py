"""A fleet of real processes, hurt while it works: afterwards everything stands as if nothing had happened.

The site lists more and more articles while a fleet that reads it is hurt; then it is compared with one undisturbed
process: every article once, the same log and positions, each alert received under one key, within two minutes and
without a human. `make chaos` does the same for longer, and hurts more.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import harm
from tests.support.fleet import LEASE_SECONDS, Fleet, Outcome, fleet, seeded, undisturbed
from tests.support.postgres import Cluster, Server, running
from tests.support.valkey import Valkey, valkey
from workers.demo.corpus import shipped
from workers.demo.play import Demo
from workers.store.schema_version import upgrade

OUTLETS, ARTICLES = shipped()
ARTICLES = ARTICLES[::4]
ALL = ("scheduler-1", "projector-1", "worker-1", "worker-2")


class World(NamedTuple):
    """A PostgreSQL that may be hurt, what makes databases on it, the site, and what comes out where nothing happens."""

    server: Cluster
    databases: Server
    site: Demo
    wanted: Outcome


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(durable=True) as server, Demo((OUTLETS, ARTICLES)) as site:
        wanted = undisturbed(site, tmp_path_factory.mktemp("undisturbed"))
        yield World(server, Server(server.address, upgrade), site, wanted)


@pytest.fixture
def queue() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


@contextlib.contextmanager
def working(
    folder: Path, world: World, queue: Valkey, *, names: tuple[str, ...] = ALL, skewed: bool = False, seconds: float = 6
) -> Iterator[Fleet]:
    """A fleet in the midst of its work; at the end it must have settled to what is wanted, and stop cleanly."""
    with fleet(folder, world.site, world.databases.database(), queue, *names, skewed=skewed) as made:
        made.publish(ARTICLES[:1])
        made.await_articles()
        with made.supplied(ARTICLES, seconds):
            yield made
        made.settle()
        made.check(world.wanted)
        assert set(made.stop().values()) == {0}


def test_processes_killed(tmp_path: Path, world: World, queue: Valkey) -> None:
    with working(tmp_path, world, queue, names=(*ALL, "web-1")) as made:
        harm.kills(made, seeded(4), times=4, pause=(0.3, 1.5))


def test_another_takes_over(tmp_path: Path, world: World, queue: Valkey) -> None:
    twice = ("scheduler-1", "scheduler-2", "projector-1", "projector-2", "worker-1")
    with working(tmp_path, world, queue, names=twice) as made:
        for role in ("scheduler", "projector"):
            harm.taken_over(made, role)


def test_servers_fail_clocks_jump_and_workers_hang(tmp_path: Path, world: World, queue: Valkey) -> None:
    with working(tmp_path, world, queue, skewed=True, seconds=24) as made:
        harm.clocks_jumping(made, seeded(7), times=4, pause=0.3)
        harm.queue_flushed(made, times=2, pause=1)
        harm.hung(made, ["worker-1"], seconds=LEASE_SECONDS + 1)
        harm.queue_killed(made, times=1, seconds=1.5)
        harm.connections_cut(made, seeded(9), seconds=4)
        harm.rung_many_times(made, seconds=2)
        harm.queue_evicting(made, seconds=2)
        harm.database_ended(made, world.server, times=2, pause=1)
        harm.hung(made, ["projector-1"], seconds=1)
