"""From "change committed" to "webhook received" as subscriptions grow: where one wants the change, and where all do.

Real HTTP on the loopback, the embedded database, the service's own threads and pauses. It must not know the messages.
"""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.facts import new, read
from tests.support.rogue import Rogue, misbehaving
from workers.bootstrap import App
from workers.channels.webhook import new_secret
from workers.service import SWEEP_SECONDS
from workers.settings import load_settings

_ENDPOINTS = 50
_PATIENCE = 300.0


def measure(sizes: list[int], *, rounds: int = 30) -> None:
    """Print median and 99th percentile at each size."""
    for size in sizes:
        for everybody in (False, True):
            with tempfile.TemporaryDirectory() as folder, misbehaving() as rogue:
                waits = _waits(
                    Path(folder), rogue, size, everybody=everybody, rounds=1 if size * everybody > 1000 else rounds
                )
            who = "all want" if everybody else "one wants"
            print(
                f"latency     {size:>7} subscriptions, {who:<9} it: median {statistics.median(waits):6.2f} s, "
                f"99% {waits[min(int(len(waits) * 0.99), len(waits) - 1)]:6.2f} s ({len(waits)} messages)",
                flush=True,
            )


def _waits(folder: Path, rogue: Rogue, size: int, *, everybody: bool, rounds: int) -> list[float]:
    app = App(load_settings({
        "MARSAD_DATA": str(folder), "MARSAD_FETCH_ALLOW_NETWORKS": "127.0.0.0/8", "MARSAD_ALERT_WAIT": "0",
    }))  # fmt: skip
    channels = [
        app.store.add_channel("webhook", f"{rogue.url}/ok-{i}", secrets=(new_secret(),), now=app.clock()).id
        for i in range(min(size, _ENDPOINTS))
    ]
    for i in range(size):
        ours = tuple(f"issue.{n}" for n in range(rounds) if n % size == i)
        wanted = () if everybody else ours or (f"other.{i}",)
        app.store.add_subscription([channels[i % len(channels)]], issues=wanted, now=app.clock())
    found: list[float] = []
    with _working(app):
        for number in range(rounds):
            before = len(rogue.taken)
            expected = size if everybody else 1
            app.store.log.append(f"a{number}", [new(f"a{number}", read(f"a{number}", issue=f"issue.{number}"))])
            app.projector.catch_up(now=app.clock())
            committed = time.time()
            end = time.monotonic() + _PATIENCE
            while len(rogue.taken) < before + expected and time.monotonic() < end:
                time.sleep(0.005)
            found += [max(taken.at - committed, 0.0) for taken in rogue.taken[before:]]
            time.sleep(0.11 * (number % 7))  # at any moment between two sweeps
    app.close()
    return sorted(found)


@contextmanager
def _working(app: App) -> Iterator[None]:
    """The service's threads and its sweeps."""
    worker, over = app.bell.worker(app.settings.threads), threading.Event()

    def sweep() -> None:
        while not over.wait(SWEEP_SECONDS):
            app.sweeper.sweep()

    thread = threading.Thread(target=sweep)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        worker.stop(timeout=10_000)
