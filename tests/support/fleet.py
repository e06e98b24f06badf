"""A fleet of real processes on a real PostgreSQL and Valkey, reading the shipped corpus from a site on the loopback.

`Fleet` starts, ends and restarts the processes; `outcome` is what must come out whatever happened to them. It must not
know what happens.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
from sqlalchemy import select

from tests.support.command import MARSAD, environment, marsad
from tests.support.valkey import Valkey
from workers.channels.webhook import new_secret
from workers.demo.play import Demo
from workers.demo.site import ALERTS
from workers.ports import WorkItem
from workers.projections.runner import NAME
from workers.store import schema as t
from workers.store.engine import utc_now
from workers.store.queries import PositionView
from workers.store.store import Store, open_store

LEASE_SECONDS = 3
_LOOK = 0.2


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run leaves. `events`: how often each one stands in the log, by stream and id."""

    articles: tuple[str, ...]
    events: dict[tuple[str, str], int]
    positions: tuple[PositionView, ...]


def outcome(store: Store) -> Outcome:
    """What stands in a database."""
    with store._db.read() as connection:
        articles = connection.execute(select(t.article_versions.c.article_id)).scalars().all()
    counted = Counter((event.stream, event.event_id) for event in store.log.all())
    positions = sorted(store.queries.positions(), key=lambda p: (p.actor, p.issue))
    return Outcome(articles=tuple(sorted(articles)), events=dict(counted), positions=tuple(positions))


def undisturbed(site: Demo, folder: Path) -> Outcome:
    """What one process gives, to which nothing happens."""
    done = marsad(folder, "run", "--once", MARSAD_FEEDS=str(site.feeds), MARSAD_HOST_DELAY="0")
    assert done.returncode == 0, done.stderr
    with contextlib.closing(open_store(f"sqlite:///{folder / 'data' / 'marsad.db'}")) as store:
        return outcome(store)


class Fleet:
    """The processes of one run, by a name each: `worker-1`, `scheduler-2`."""

    def __init__(self, folder: Path, site: Demo, database: str, queue: Valkey, *, lease: float = LEASE_SECONDS) -> None:
        self._folder = folder
        self.site = site
        self.queue = queue
        self.database = database
        self.store = open_store(database)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.env = environment(
            folder, MARSAD_FEEDS=str(site.feeds), MARSAD_HOST_DELAY="0", MARSAD_DATABASE_URL=database, MARSAD_PORT="0",
            MARSAD_REDIS_URL=queue.url, MARSAD_LEASE_SECONDS=str(lease), MARSAD_ATTEMPTS="90", MARSAD_THREADS="4",
            MARSAD_FETCH_TIMEOUT="3",
            MARSAD_ALERT_WAIT="0",
        )  # fmt: skip
        channel = self.store.add_channel("webhook", site.url + ALERTS, secrets=(new_secret(),), now=utc_now())
        site.inbox.secrets = channel.secrets
        site.inbox.forget()
        self.store.add_subscription([channel.id], now=utc_now())

    def start(self, *names: str) -> None:
        """Start processes; a name's first part is the role."""
        for name in names:
            with (self._folder / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    [MARSAD, "--verbose", name.split("-")[0]], cwd=self._folder, env=self.env, stdin=subprocess.DEVNULL,
                    stdout=log, stderr=log,
                )  # fmt: skip

    def kill(self, name: str) -> None:
        """kill -9, and wait until it is gone."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def tend(self) -> None:
        """Start again what ended by itself, as a supervisor does."""
        for name, process in list(self.processes.items()):
            if process.poll() is not None:
                self.start(name)

    def said(self, name: str) -> str:
        """Everything that a process of that name wrote."""
        path = self._folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for(self, name: str, words: str, seconds: float = 60) -> None:
        """Until a process has said something."""
        deadline = time.monotonic() + seconds
        while words not in self.said(name):
            assert time.monotonic() < deadline, f"{name} did not say {words!r}: {self.said(name)[-2000:]}"
            time.sleep(0.05)

    def open_work(self) -> int:
        """Articles, readings and alerts that are not done yet, and events not seen by the projection."""
        kinds = self.store.queries.work()
        waiting = sum(n for kind in ("fetch", "read", "deliver") for s, n in kinds.get(kind, {}).items() if s != "done")
        polled = all(feed.last_polled_at is not None for feed in self.store.feeds())
        return waiting + self.store.behind(NAME) + (0 if polled and self.store.feeds() else 1)

    def settle(self, seconds: float = 120) -> float:
        """Wait until everything is done, without a human; how long it took."""
        start = time.monotonic()
        while self.open_work():
            assert time.monotonic() - start < seconds, f"still open: {self.unfinished()}\n{self._tails()}"
            self.tend()
            time.sleep(_LOOK)
        return time.monotonic() - start

    def unfinished(self) -> list[WorkItem]:
        """Some of the work that is open."""
        with self.store._db.read() as connection:
            rows = connection.execute(select(t.work).where(t.work.c.status != "done").limit(20)).all()
        return [
            WorkItem(
                id=row.id, kind=row.kind, subject=row.subject, status=row.status, attempts=row.attempts,
                next_attempt_at=row.next_attempt_at, error=row.error,
            ) for row in rows
        ]  # fmt: skip

    def stop(self) -> dict[str, int]:
        """SIGTERM to all; their exit codes."""
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        codes = {name: process.wait(timeout=60) for name, process in self.processes.items()}
        self.processes.clear()
        return codes

    def end(self) -> None:
        """Leave nothing running."""
        for process in self.processes.values():
            process.kill()
            process.wait()
        self.store.close()

    def check(self, wanted: Outcome) -> None:
        """The same as undisturbed, proven sound, and each alert received under one key."""
        found = outcome(self.store)
        assert found.articles == wanted.articles
        assert found.events == wanted.events
        assert set(found.events.values()) <= {1}
        assert found.positions == wanted.positions
        assert self.store.verify().findings == ()
        assert self.store.quarantined() == []
        with self.store._db.read() as connection:
            rows = connection.execute(select(t.deliveries.c.idempotency_key, t.deliveries.c.status)).all()
        assert {row.status for row in rows} - {"dropped"} == {"delivered"}  # dropped: withdrawn before it was sent
        assert {row.idempotency_key for row in rows if row.status == "delivered"} == self.site.inbox.keys

    def _tails(self) -> str:
        return "\n".join(f"--- {name}\n{self.said(name)[-800:]}" for name in self.processes)


@contextlib.contextmanager
def fleet(folder: Path, site: Demo, database: str, queue: Valkey, *names: str) -> Iterator[Fleet]:
    """A running fleet; every process of it has ended afterwards."""
    made = Fleet(folder, site, database, queue)
    try:
        made.start(*names)
        yield made
    finally:
        made.end()


def stopped(process: subprocess.Popen[bytes], seconds: float) -> None:
    """SIGSTOP, and SIGCONT after so many seconds."""
    os.kill(process.pid, signal.SIGSTOP)
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGCONT)


def seeded(number: int) -> random.Random:
    """The same chances in every run."""
    return random.Random(number)  # noqa: S311 -- chances of a test
