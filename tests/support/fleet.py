"""A fleet of real processes on a real PostgreSQL and Valkey, reading the shipped corpus from a site on the loopback.

`Fleet` starts, ends and restarts the processes; `outcome` is what must come out whatever happened to them. It must not
know what happens.
"""

from __future__ import annotations

import contextlib
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from sqlalchemy import func, select

from domain.errors import StoreAway
from tests.support.command import MARSAD, environment, marsad
from tests.support.valkey import Valkey
from workers.channels.webhook import new_secret
from workers.demo.corpus import Article
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
_START_SECONDS = 180


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

    def __init__(
        self,
        folder: Path,
        site: Demo,
        database: str,
        queue: Valkey,
        *,
        lease: float = LEASE_SECONDS,
        skewed: bool = False,
    ) -> None:
        """`skewed`: the processes run on clocks that can `jump`."""
        self._folder = folder
        self._skewed = skewed
        self._wanted = 0
        self._begun: dict[str, int] = {}
        self.site = site
        self.queue = queue
        self.database = database
        self.store = open_store(database)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.env = environment(
            folder, MARSAD_FEEDS=str(site.feeds), MARSAD_HOST_DELAY="0", MARSAD_DATABASE_URL=database, MARSAD_PORT="0",
            MARSAD_REDIS_URL=queue.url, MARSAD_LEASE_SECONDS=str(lease), MARSAD_ATTEMPTS="90", MARSAD_THREADS="4",
            MARSAD_FETCH_TIMEOUT="3",
            MARSAD_ALERT_WAIT="0", PYTHONPATH=str(Path(__file__).parents[2]),
        )  # fmt: skip
        channel = self.store.add_channel("webhook", site.url + ALERTS, secrets=(new_secret(),), now=utc_now())
        site.inbox.secrets = channel.secrets
        site.inbox.forget()
        self.store.add_subscription([channel.id], now=utc_now())

    def start(self, *names: str) -> None:
        """Start processes; a name's first part is the role."""
        for name in names:
            command = (
                [MARSAD] if not self._skewed else [sys.executable, "-m", "tests.support.skewed", self._clock(name)]
            )
            with (self._folder / f"{name}.log").open("ab") as log:
                self._begun[name] = log.tell()
                self.processes[name] = subprocess.Popen(
                    [*command, "--verbose", name.split("-")[0]], cwd=self._folder, env=self.env,
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                )  # fmt: skip

    def jump(self, name: str, seconds: float) -> None:
        """Set a process's clock wrong by so much."""
        Path(self._clock(name)).write_text(str(seconds))

    def _clock(self, name: str) -> str:
        return str(self._folder / f"{name}.clock")

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

    def tended(self, seconds: float) -> None:
        """A while in which what ends by itself is started again."""
        deadline = time.monotonic() + seconds
        self.tend()
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK))
            self.tend()

    def publish(self, articles: Sequence[Article]) -> None:
        """Let the site list these articles; the feeds are polled until all have come."""
        self._wanted = len(articles)
        self.site.publish(articles)
        self._poll_soon()

    def _poll_soon(self) -> None:
        with contextlib.suppress(StoreAway), self.store._db.write() as connection:
            connection.execute(t.feeds.update().values(next_poll_at=func.now()))

    @contextlib.contextmanager
    def supplied(self, articles: Sequence[Article], seconds: float) -> Iterator[None]:
        """The site lists more and more of these articles, all of them after so many seconds, or at the block's end."""
        ended = threading.Event()

        def supply() -> None:
            start = time.monotonic()
            while not ended.wait(1.0):
                share = min(1.0, (time.monotonic() - start) / seconds)
                self.publish(articles[: max(1, int(len(articles) * share))])

        thread = threading.Thread(target=supply)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.publish(articles)

    def said(self, name: str) -> str:
        """Everything that the present process of that name wrote."""
        with (self._folder / f"{name}.log").open("rb") as log:
            log.seek(self._begun[name])
            return log.read().decode(errors="replace")

    def wait_for(self, name: str, words: str, seconds: float = _START_SECONDS) -> None:
        """Until a process has said something."""
        deadline = time.monotonic() + seconds
        while words not in self.said(name):
            assert time.monotonic() < deadline, f"{name} did not say {words!r}: {self.said(name)[-2000:]}"
            time.sleep(0.05)

    def await_articles(self, articles: int = 1) -> None:
        """Wait until so many are stored, however busy the machine is with starting the processes."""
        deadline = time.monotonic() + _START_SECONDS
        while self.store.queries.summary().articles < articles:
            assert time.monotonic() < deadline, f"{self.unfinished()}\n{self._tails()}"
            time.sleep(0.05)

    def open_work(self) -> int:
        """Articles, readings and alerts that are not done yet, and events not seen by the projection."""
        missing = self._wanted - sum(self.store.queries.summary().entries.values())
        if missing > 0:
            self._poll_soon()
        kinds = self.store.queries.work()
        waiting = sum(n for kind in ("fetch", "read", "deliver") for s, n in kinds.get(kind, {}).items() if s != "done")
        polled = all(feed.last_polled_at is not None for feed in self.store.feeds())
        return max(0, missing) + waiting + self.store.behind(NAME) + (0 if polled and self.store.feeds() else 1)

    def settle(self, seconds: float = 120) -> float:
        """Wait until everything is done, without a human; how long it took."""
        start = time.monotonic()
        while self._is_working():
            assert time.monotonic() - start < seconds, f"still open: {self.unfinished()}\n{self._tails()}"
            self.tend()
            time.sleep(_LOOK)
        return time.monotonic() - start

    def _is_working(self) -> bool:
        try:
            return self.open_work() > 0
        except StoreAway:
            return True

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
        """SIGTERM to all, once they are at work; their exit codes."""
        for name in self.processes:
            self.wait_for(name, f"{name.split('-')[0]}: ")
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
        self._check_alerts()

    def _check_alerts(self) -> None:
        """Each delivery's message came, its own or the one that carried it, and none came that was never written."""
        with self.store._db.read() as connection:
            rows = {row.id: row for row in connection.execute(select(t.deliveries))}
        assert {row.status for row in rows.values()} - {"dropped"} == {"delivered"}  # dropped: withdrawn before it went
        keys = {row.id: row.idempotency_key for row in rows.values()}
        received = self.site.inbox.keys
        assert received <= set(keys.values())
        for row in rows.values():
            if row.status == "delivered":
                assert {keys[row.id], keys.get(row.carried_by)} & received, f"never received: {tuple(row)}"

    def _tails(self) -> str:
        return "\n".join(f"--- {name}\n{self.said(name)[-800:]}" for name in self.processes)


@contextlib.contextmanager
def fleet(
    folder: Path,
    site: Demo,
    database: str,
    queue: Valkey,
    *names: str,
    lease: float = LEASE_SECONDS,
    skewed: bool = False,
) -> Iterator[Fleet]:
    """A running fleet; every process of it has ended afterwards."""
    made = Fleet(folder, site, database, queue, lease=lease, skewed=skewed)
    try:
        made.start(*names)
        yield made
    finally:
        made.end()


def seeded(number: int) -> random.Random:
    """The same chances in every run."""
    return random.Random(number)  # noqa: S311 -- chances of a test
