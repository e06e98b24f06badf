"""A fleet of real processes, hurt while it works: afterwards everything stands as if nothing had happened.

Each test lets a fleet read the shipped corpus, hurts it, and then compares with one undisturbed process: every article
once, the same log and positions, each alert received under one key, within two minutes and without a human.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.support.fleet import LEASE_SECONDS, Fleet, Outcome, fleet, seeded, stopped, undisturbed
from tests.support.valkey import Valkey, valkey
from workers.demo.corpus import shipped
from workers.demo.play import Demo
from workers.tasks import Bell, make_broker

pytest_plugins = ["tests.support.stores"]
ALL = ("scheduler-1", "projector-1", "worker-1", "worker-2")
Wanted = tuple[Demo, Outcome]


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wanted]:
    """The site, and what comes out where nothing happens."""
    outlets, articles = shipped()
    with Demo((outlets, articles[::3])) as site:
        yield site, undisturbed(site, tmp_path_factory.mktemp("undisturbed"))


@pytest.fixture
def queue() -> Iterator[Valkey]:
    with valkey() as server:
        yield server


@contextlib.contextmanager
def running(folder: Path, wanted: Wanted, url: str, queue: Valkey, *names: str) -> Iterator[Fleet]:
    """A fleet in the midst of its work; at the end it must have settled to what is wanted."""
    with fleet(folder, wanted[0], url, queue, *(names or ALL)) as made:
        at_work(made)
        yield made
        made.settle()
        made.check(wanted[1])


def at_work(made: Fleet, articles: int = 1) -> None:
    """Wait until so many articles are stored."""
    deadline = time.monotonic() + 60
    while made.store.queries.summary().articles < articles:
        assert time.monotonic() < deadline, made.unfinished()
        time.sleep(0.02)


def test_killed_processes_and_a_clean_stop(tmp_path: Path, wanted: Wanted, postgres_url: str, queue: Valkey) -> None:
    draw = seeded(4)
    with running(tmp_path, wanted, postgres_url, queue) as made:
        for _ in range(6):
            victim = draw.choice(sorted(made.processes))
            made.kill(victim)
            made.start(victim)
            time.sleep(draw.uniform(0.3, 1.5))
    with fleet(tmp_path, wanted[0], postgres_url, queue, *ALL, "web-1") as made:
        for name, words in (("web-1", "web: http://"), ("worker-1", "worker: 4"), ("scheduler-1", "active")):
            made.wait_for(name, words)
        assert set(made.stop().values()) == {0}


def test_another_takes_over(tmp_path: Path, wanted: Wanted, postgres_url: str, queue: Valkey) -> None:
    twice = ("scheduler-1", "scheduler-2", "projector-1", "projector-2", "worker-1")
    with running(tmp_path, wanted, postgres_url, queue, *twice) as made:
        heirs = {}
        for role in ("scheduler", "projector"):
            active, waiting = (f"{role}-1", f"{role}-2")
            if f"{role}: active" not in made.said(active):
                active, waiting = waiting, active
            made.wait_for(waiting, f"{role}: waiting")
            made.kill(active)
            heirs[role] = waiting
        for role, heir in heirs.items():
            made.wait_for(heir, f"{role}: active", seconds=30)


def test_a_queue_flushed_killed_and_evicting(tmp_path: Path, wanted: Wanted, postgres_url: str, queue: Valkey) -> None:
    with running(tmp_path, wanted, postgres_url, queue) as made:
        with queue.client() as client:
            client.flushall()
            client.script_flush()
        time.sleep(0.5)
        queue.kill()
        time.sleep(1.5)
        queue.start()
        time.sleep(1)
        with queue.client() as client:
            client.config_set("maxmemory-policy", "allkeys-random")
            client.config_set("maxmemory", "1mb")
            time.sleep(0.5)
            client.config_set("maxmemory", "0")
        assert made.open_work() or made.settle() == 0


def test_connections_to_the_database_cut(tmp_path: Path, wanted: Wanted, postgres_url: str, queue: Valkey) -> None:
    draw = seeded(9)
    with running(tmp_path, wanted, postgres_url, queue):
        for _ in range(6):
            with psycopg.connect(postgres_url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            time.sleep(draw.uniform(0.2, 0.8))


def test_stopped_past_the_lease_and_rung_twice(
    tmp_path: Path, wanted: Wanted, postgres_url: str, queue: Valkey
) -> None:
    class Nothing:
        """Rings only."""

    bell = Bell(make_broker(queue.url), Nothing())  # type: ignore[arg-type] # it answers nothing
    with running(tmp_path, wanted, postgres_url, queue) as made:
        made.processes["worker-1"].send_signal(signal.SIGSTOP)
        deadline = time.monotonic() + LEASE_SECONDS + 2
        while time.monotonic() < deadline:  # each piece of work is rung for many times, by nobody's order
            for item in made.store.due(made.store._db.clock(), limit=50):
                bell.ring(item.kind, item.subject)
            time.sleep(0.1)
        made.processes["worker-1"].send_signal(signal.SIGCONT)
        stopped(made.processes["projector-1"], 1)
    bell.broker.close()
