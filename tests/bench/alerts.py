"""Alerts, measured: from commit to receipt, 10,000 deliveries with and without failing endpoints, the cost of matching.

Real HTTP on the loopback, the embedded database, the service's own threads. The clock is the machine's until all that
can be delivered is; then it jumps from one due time to the next, the failing endpoints answering again, save one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from domain.alerts.matching import Index
from domain.alerts.terms import Terms
from domain.log import NewEvent
from tests.bench.latency import measure
from tests.support.facts import new, read
from tests.support.rogue import Rogue, misbehaving
from tests.support.told import change
from workers.bootstrap import App
from workers.channels.webhook import new_secret
from workers.ports import Channel, Subscription
from workers.settings import load_settings

FAULTS = ("hang", "reset", "500")
_THREADS = 8
_HUNG_SECONDS = "2"
_PATIENCE = 300.0


class Clock:
    """The machine's time, and what was jumped over."""

    def __init__(self) -> None:
        self.jumped = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.jumped


def main() -> int:
    """Print what was measured; 1 where a delivery was lost or doubled."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--endpoints", type=int, default=99)
    options.add_argument("--changes", type=int, default=102)
    options.add_argument("--matching", default="100,1000,10000,100000")
    options.add_argument("--latency", default="1,100,10000")
    chosen = options.parse_args()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory(), processors=[lambda *_: ""])
    for count in map(int, chosen.matching.split(",")):
        print(f"matching    {count:>7} subscriptions: {_matching(count):7.1f} µs a change")
    measure([int(size) for size in chosen.latency.split(",") if size])
    code = 0
    for failing in (0, chosen.endpoints // 3):
        with tempfile.TemporaryDirectory() as folder, misbehaving() as rogue:
            code |= _deliver(Path(folder), rogue, chosen.endpoints, chosen.changes, failing)
    return code


def _matching(count: int) -> float:
    """Microseconds for a change that ten of so many subscriptions want."""
    channel, now = Channel(id=1, kind="webhook", target="t"), datetime.now(UTC)
    found = [
        Subscription(
            id=i, channels=(channel,), actors=(f"A{i // 10}",), issues=("ukraine.foreign-troops",), terms=Terms(),
            created_at=now,
        )
        for i in range(count)
    ]  # fmt: skip
    index, wanted = Index(found), change(actor="A3")
    start, rounds = time.perf_counter(), 2000
    for _ in range(rounds):
        assert len(index.wanting(wanted)) == 10
    return (time.perf_counter() - start) / rounds * 1e6


def _deliver(folder: Path, rogue: Rogue, endpoints: int, changes: int, failing: int) -> int:
    clock = Clock()
    settings = load_settings({
        "MARSAD_DATA": str(folder), "MARSAD_FETCH_ALLOW_NETWORKS": "127.0.0.0/8", "MARSAD_ALERT_WAIT": "0",
        "MARSAD_FETCH_TIMEOUT": _HUNG_SECONDS, "MARSAD_THREADS": str(_THREADS),
    })  # fmt: skip
    app = App(settings, clock=clock)
    names = [f"{FAULTS[i % 3]}-{i}" if i < failing else f"ok-{i}" for i in range(endpoints)]
    for name in names:
        channel = app.store.add_channel("webhook", f"{rogue.url}/{name}", secrets=(new_secret(),), now=clock())
        app.store.add_subscription([channel.id], now=clock())
    news: list[NewEvent] = [new(f"a{i}", read(f"a{i}", issue=f"issue.{i}")) for i in range(changes)]
    for i, event in enumerate(news):
        app.store.log.append(f"a{i}", [event])
    begun = time.perf_counter()
    app.projector.catch_up(now=clock())
    committed, start = time.time(), time.perf_counter()
    total = endpoints * changes
    print(f"written     {total} deliveries of {changes} changes in {start - begun:.1f} s")
    worker = app.bell.worker(_THREADS)
    healthy = (endpoints - failing) * changes
    while len(rogue.taken) < healthy and time.perf_counter() - start < _PATIENCE:
        app.sweeper.sweep()
        time.sleep(0.02)
    seconds = time.perf_counter() - start
    waits = sorted(taken.at - committed for taken in rogue.taken)
    rate = len(waits) / seconds
    print(
        f"healthy     {len(waits)} of {healthy} in {seconds:.1f} s: {rate:.0f}/s with {failing} of {endpoints} failing"
    )
    print(f"            from commit to receipt: median {statistics.median(waits):.1f} s, 99% {_at(waits, 0.99):.1f} s")
    first = {
        name: min((t.at for t in rogue.taken if t.name == name), default=0.0) - committed for name in names[failing:]
    }
    print(f"            first message of each healthy endpoint: latest after {max(first.values()):.1f} s")
    # one goes on failing until its deliveries are dead
    rogue.healed = set(names[:1] + names[2:]) if failing else set()
    _settle(app, clock)
    worker.stop(timeout=10_000)
    code = _verdict(app, rogue, total)
    app.close()
    return code


def _settle(app: App, clock: Clock) -> None:
    """Jump from one due time to the next until nothing waits."""
    start = time.perf_counter()
    while (due := app.store.next_due()) is not None and time.perf_counter() - start < _PATIENCE:
        if not app.sweeper.sweep() and due > clock():
            clock.jumped += due - clock() + timedelta(seconds=1)
        time.sleep(0.02)


def _verdict(app: App, rogue: Rogue, total: int) -> int:
    kinds = app.store.queries.summary().deliveries
    keys = Counter(taken.key for taken in rogue.taken)
    doubled = sum(n - 1 for n in keys.values())
    print(f"settled     {kinds} of {total}; messages taken {len(rogue.taken)}, keys {len(keys)}, doubled {doubled}")
    whole = sum(kinds.values()) == total and not kinds.get("waiting") and kinds.get("delivered") == len(keys)
    print("all settled, none doubled" if whole and not doubled else "NOT all settled, or some doubled")
    return 0 if whole and not doubled else 1


def _at(values: list[float], share: float) -> float:
    return values[min(int(len(values) * share), len(values) - 1)]


if __name__ == "__main__":
    sys.exit(main())
