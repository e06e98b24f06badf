"""`make bench-fleet`: a fleet of real processes on a durable PostgreSQL and a Valkey, measured.

Articles a second through the whole path against bare trafilatura on the same pages, with one worker and two; seconds
from "entry in the feed" to "alert received"; polls that find nothing new; memory over many articles. Processor time is
read from the kernel, so that what else the machine does changes it little. Linux only.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import func, select
from trafilatura import bare_extraction

from tests.bench.outlets import Outlets, Press, serving
from tests.support.command import MARSAD, environment
from tests.support.postgres import Cluster, Server, running
from tests.support.valkey import valkey
from workers.channels.webhook import new_secret
from workers.demo.corpus import shipped
from workers.demo.play import Demo
from workers.demo.site import ALERTS
from workers.fetch.charset import decode
from workers.projections.runner import NAME
from workers.store import schema as t
from workers.store.engine import utc_now
from workers.store.schema_version import upgrade
from workers.store.store import Store, open_store

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_PATIENCE = 3600.0
_EVERY_SECOND = {"MARSAD_POLL_SECONDS": "1", "MARSAD_POLL_SHORTEST": "1", "MARSAD_POLL_LONGEST": "1"}


class Running:
    """The processes of one measurement, the servers they share, and a store to look at what they did."""

    def __init__(self, folder: Path, server: Cluster, database: str, env: dict[str, str]) -> None:
        self._folder = folder
        self._env = env
        self._server = server
        self.store: Store = open_store(database)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *roles: str) -> None:
        """Start processes, and wait until each says that it is at work."""
        for role in roles:
            name = f"{role}-{len(self.processes)}"
            with (self._folder / f"{name}.log").open("wb") as log:
                self.processes[name] = subprocess.Popen(
                    [MARSAD, role], cwd=self._folder, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
                )
        for name in self.processes:
            _until(lambda name=name: ": " in (self._folder / f"{name}.log").read_text(), 60)  # type: ignore[misc]

    def pids(self, role: str) -> list[int]:
        """The processes of a role; of `postgres`, all that serve it."""
        if role == "postgres":
            return [self._server.pid, *_children(self._server.pid)]
        return [process.pid for name, process in self.processes.items() if name.startswith(role)]

    def seconds(self, role: str) -> float:
        """Processor seconds that a role has used so far."""
        return sum(_processor_seconds(pid) for pid in self.pids(role))

    def articles(self) -> int:
        """How many were read."""
        with self.store._db.read() as connection:
            done = select(func.count()).select_from(t.work).where(t.work.c.kind == "read", t.work.c.status == "done")
            return int(connection.execute(done).scalar_one())

    def end(self) -> None:
        """Leave nothing running."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.wait(timeout=60)
        self.store.close()


@contextmanager
def started(
    *roles: str, feeds: str, threads: int = 8, settings: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Running]:
    """A fleet on servers of its own, reading a list of feeds."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="marsad-bench-")))
        (folder / "feeds.opml").write_text(feeds, "utf-8")
        server = stack.enter_context(running(durable=True))
        queue = stack.enter_context(valkey())
        database = Server(server.address, upgrade).database()
        env = environment(
            folder, MARSAD_FEEDS=str(folder / "feeds.opml"), MARSAD_DATABASE_URL=database, MARSAD_REDIS_URL=queue.url,
            MARSAD_HOST_DELAY="0", MARSAD_THREADS=str(threads), MARSAD_ALERT_WAIT="0", MARSAD_PORT="0", **settings,
        )  # fmt: skip
        made = Running(folder, server, database, env)
        stack.callback(made.end)
        made.start(*roles)
        yield made


def throughput(workers: int, articles: int, *, heavy: bool) -> None:
    """Articles a second, and what each costs, against bare trafilatura on the same pages."""
    outlets = Outlets(feeds=40, articles=articles // 40, heavy=heavy)
    press = Press(outlets)
    count = outlets.feeds * outlets.articles
    pages = [press.page(n) for n in range(0, count, max(1, count // 200))]
    texts = [decode(page.body, page.content_type) for page in pages]
    bare = _bare(texts)
    roles = ("worker",) * workers
    with serving(outlets) as port, started(*roles, "projector", feeds=outlets.listed(port)) as made:
        made.start("scheduler")
        before = {role: made.seconds(role) for role in ("worker", "scheduler", "projector", "postgres")}
        start = time.perf_counter()
        _until(lambda: made.articles() >= count and made.store.behind(NAME) == 0, _PATIENCE)
        wall = time.perf_counter() - start
        cost = {role: (made.seconds(role) - used) / count * 1000 for role, used in before.items()}
    size = statistics.mean(len(page.body) for page in pages) / 1000
    print(
        f"| {workers} | {size:.0f} KB | {count} | {count / wall:.0f} | {bare:.1f} ms | {cost['worker']:.1f} ms "
        f"| {cost['scheduler']:.1f} ms | {cost['projector']:.1f} ms | {cost['postgres']:.1f} ms "
        f"| {cost['worker'] / bare:.2f} | {sum(cost.values()) / bare:.2f} |",
        flush=True,
    )


def _bare(texts: Sequence[str]) -> float:
    """Milliseconds of trafilatura a page, with its own settings, title and date asked for as we need them."""
    bare_extraction(texts[0], with_metadata=True)
    start = time.process_time()
    for text in texts:
        bare_extraction(text, with_metadata=True)
    return (time.process_time() - start) / len(texts) * 1000


def latency(count: int, pause: float) -> None:
    """Seconds from the moment an entry stands in a feed, which is polled every second, to its alert."""
    outlets, articles = shipped()
    articles = sorted(articles, key=lambda a: (a.published or "", a.id))[:count]
    with ExitStack() as stack:
        site = stack.enter_context(Demo((outlets, [])))
        listed = site.feeds.read_text("utf-8")
        made = stack.enter_context(started("worker", "projector", "scheduler", feeds=listed, settings=_EVERY_SECOND))
        channel = made.store.add_channel("webhook", site.url + ALERTS, secrets=(new_secret(),), now=utc_now())
        site.inbox.secrets = channel.secrets
        made.store.add_subscription([channel.id], now=utc_now())
        _until(lambda: all(feed.last_polled_at is not None for feed in made.store.feeds()), 60)
        waits = []
        for number in range(len(articles)):
            known = len(site.inbox.keys)
            site.publish(articles[: number + 1])
            start = time.perf_counter()
            while time.perf_counter() - start < pause:
                if len(site.inbox.keys) > known:
                    waits.append(time.perf_counter() - start)
                    break
                time.sleep(0.005)
            _until(lambda n=number: made.articles() > n, 60)  # type: ignore[misc]
            time.sleep(max(0.0, min(pause, 1.5) - (time.perf_counter() - start)))
    waits.sort()
    print(
        f"| {len(articles)} | {len(waits)} | {statistics.median(waits):.2f} s | {waits[int(len(waits) * 0.9)]:.2f} s "
        f"| {waits[-1]:.2f} s |",
        flush=True,
    )


def idle_polls(feeds: int) -> None:
    """What a poll costs that finds nothing new: every feed is polled once, then once again, answered by 304."""
    outlets = Outlets(feeds=feeds, articles=0, addresses=100)
    with serving(outlets) as port, started("worker", "projector", feeds=outlets.listed(port)) as made:
        made.start("scheduler")
        _until(lambda: all(feed.last_polled_at is not None for feed in made.store.feeds()), _PATIENCE)
        before = {role: made.seconds(role) for role in ("worker", "scheduler", "postgres")}
        with made.store._db.write() as connection:
            connection.execute(t.feeds.update().values(next_poll_at=func.now()))
            since = connection.execute(select(func.now())).scalar_one()
        start = time.perf_counter()
        polled = select(func.count()).select_from(t.feeds).where(t.feeds.c.last_polled_at < since)

        def left() -> int:
            with made.store._db.read() as connection:
                return int(connection.execute(polled).scalar_one())

        _until(lambda: left() == 0, _PATIENCE)
        wall = time.perf_counter() - start
        cost = {role: (made.seconds(role) - used) / feeds * 1000 for role, used in before.items()}
        idle = {role: made.seconds(role) for role in before}
        time.sleep(10)
        rest = {role: (made.seconds(role) - used) / 10 * 100 for role, used in idle.items()}
    print(
        f"| {feeds} | {wall:.0f} s | {feeds / wall:.0f} | {cost['worker']:.1f} ms | {cost['scheduler']:.2f} ms "
        f"| {cost['postgres']:.1f} ms | {rest['worker']:.1f} % | {rest['scheduler']:.1f} % "
        f"| {rest['postgres']:.1f} % |",
        flush=True,
    )


def memory(articles: int) -> None:
    """The resident memory of a worker while it does so many articles."""
    outlets = Outlets(feeds=200, articles=articles // 200, heavy=False)
    with serving(outlets) as port, started("worker", "projector", feeds=outlets.listed(port)) as made:
        made.start("scheduler")
        (pid,) = made.pids("worker")
        for share in range(1, 11):
            wanted = articles * share // 10
            _until(lambda wanted=wanted: made.articles() >= wanted, _PATIENCE)  # type: ignore[misc]
            print(f"| {wanted} | {_resident(pid) / 1e6:.0f} MB |", flush=True)


def _processor_seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS  # its own and of its children that ended


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _resident(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES


def _until(true: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("the fleet did not come to its end in time")
        time.sleep(0.1)


def main() -> int:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", default="throughput,latency,polls,memory")
    options.add_argument("--articles", type=int, default=2000)
    options.add_argument("--alerts", type=int, default=60)
    options.add_argument("--feeds", type=int, default=10_000)
    options.add_argument("--long", type=int, default=50_000)
    chosen = options.parse_args()
    parts = chosen.only.split(",")
    if "throughput" in parts:
        print("| workers | page | articles | a second | bare trafilatura | worker | scheduler | projector | PostgreSQL "
              "| worker / bare | all / bare |\n|---|---|---|---|---|---|---|---|---|---|---|")  # fmt: skip
        for workers, heavy in ((1, True), (2, True), (1, False)):
            throughput(workers, chosen.articles, heavy=heavy)
    if "latency" in parts:
        print("\n| articles | with an alert | median | 90% | longest |\n|---|---|---|---|---|")
        latency(chosen.alerts, 5.0)
    if "polls" in parts:
        print("\n| feeds | all polled in | a second | worker | scheduler | PostgreSQL | idle: worker | scheduler "
              "| PostgreSQL |\n|---|---|---|---|---|---|---|---|---|")  # fmt: skip
        idle_polls(chosen.feeds)
    if "memory" in parts:
        print("\n| articles | resident memory of the worker |\n|---|---|")
        memory(chosen.long)
    return 0


if __name__ == "__main__":
    sys.exit(main())
