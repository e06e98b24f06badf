"""What may happen to a fleet: each function hurts it for a while, and says how.

Afterwards everything that was ended runs again, as a supervisor sees to. It must not know what has to come out.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import psycopg

from tests.support.fleet import Fleet
from tests.support.postgres import Cluster
from workers.tasks import Bell, make_broker

_IN_TRANSACTION = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND {}"
)


def kills(made: Fleet, draw: random.Random, *, times: int, pause: tuple[float, float]) -> str:
    """kill -9 at random moments, of a process that is at work where there is one soon; each is started again at once.

    Workers are killed more often.
    """
    killed: Counter[str] = Counter()
    at_work = 0
    for _ in range(times):
        made.tended(draw.uniform(*pause))
        names, busy = sorted(made.processes), _at_work(made, 3.0)
        at_work += bool(busy)
        chosen = busy or names
        (victim,) = draw.choices(chosen, [3 if name.startswith("worker") else 1 for name in chosen])
        made.kill(victim)
        made.start(victim)
        killed[victim.split("-")[0]] += 1
    return f"kill -9 of {', '.join(f'{count} {role}s' for role, count in sorted(killed.items()))}; {at_work} at work"


def _at_work(made: Fleet, seconds: float) -> list[str]:
    """The processes that have said that they are; waits for one so long."""
    deadline = time.monotonic() + seconds
    while True:
        found = [name for name in sorted(made.processes) if f"{name.split('-')[0]}: " in made.said(name)]
        if found or time.monotonic() > deadline:
            return found
        made.tended(0.2)


def queue_killed(made: Fleet, *, times: int, seconds: float) -> str:
    """The queue's server killed, what it held is lost; started again after so many seconds."""
    for _ in range(times):
        made.queue.kill()
        time.sleep(seconds)
        made.queue.start()
        made.tended(seconds)
    return f"killed {times} times, away for {seconds:g} s"


def queue_flushed(made: Fleet, *, times: int, pause: float) -> str:
    """Everything in the queue deleted, the server's scripts too."""
    with made.queue.client() as client:
        for _ in range(times):
            client.flushall()
            client.script_flush()
            made.tended(pause)
    return f"FLUSHALL and SCRIPT FLUSH {times} times"


def queue_evicting(made: Fleet, *, seconds: float) -> str:
    """The queue's server throws messages away for want of memory, without an error; then it is set up as it should."""
    with made.queue.client() as client:
        client.config_set("maxmemory-policy", "allkeys-random")
        client.config_set("maxmemory", "1mb")
        made.tended(seconds)
        evicted = client.info("stats")["evicted_keys"]
        client.config_set("maxmemory", "0")
        client.config_set("maxmemory-policy", "noeviction")
    return f"evicting for {seconds:g} s, {evicted} keys lost"


def queue_stopped(made: Fleet, *, seconds: float) -> str:
    """The queue's server hangs: connections stand, nothing answers."""
    os.kill(made.queue.pid, signal.SIGSTOP)
    try:
        made.tended(seconds)
    finally:
        os.kill(made.queue.pid, signal.SIGCONT)
    return f"SIGSTOP for {seconds:g} s"


def database_ended(made: Fleet, server: Cluster, *, times: int, pause: float) -> str:
    """PostgreSQL restarted, in turn by its own shutdown and by kill -9 of all its processes."""
    for number in range(times):
        if number % 2 == 0:
            server.stop()
        else:
            server.kill()
        time.sleep(1)
        server.start()
        made.tended(pause)
    return f"{times} times, by a shutdown and by kill -9 in turn"


def connections_cut(made: Fleet, draw: random.Random, *, seconds: float) -> str:
    """Connections to the database ended in the midst of transactions, now and then all of them."""
    cut, deadline = 0, time.monotonic() + seconds
    with psycopg.connect(made.database, autocommit=True) as connection:
        while time.monotonic() < deadline:
            which = "xact_start IS NOT NULL" if draw.random() < 0.9 else "true"
            row = connection.execute(_IN_TRANSACTION.format(which).encode()).fetchone()
            cut += row[0] if row is not None else 0
            made.tended(draw.uniform(0.02, 0.3))
    return f"{cut} connections cut in {seconds:g} s, most in a transaction"


def disk_filled(made: Fleet, server: Cluster, disk: Path, *, seconds: float) -> str:
    """The database's disk filled to the last byte; after a while there is room again."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1_000_000, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(b"\0" * size):
                    pass
    made.tended(seconds)
    down = not server.is_running
    ballast.unlink()
    server.start()
    return f"no byte free for {seconds:g} s" + (", the server gave up and was started again" if down else "")


def hung(made: Fleet, names: Sequence[str], *, seconds: float) -> str:
    """SIGSTOP for longer than the leases; then each goes on where it was."""
    stopped = [made.processes[name] for name in names]
    for process in stopped:
        process.send_signal(signal.SIGSTOP)
    try:
        made.tended(seconds)
    finally:
        for process in stopped:
            process.send_signal(signal.SIGCONT)
    return f"SIGSTOP of {', '.join(names)} for {seconds:g} s"


def rung_many_times(made: Fleet, *, seconds: float) -> str:
    """Several bells at once for each piece of work, so that all workers take up the same."""

    class Nothing:
        """Rings only."""

    bell = Bell(make_broker(made.queue.url), Nothing())  # type: ignore[arg-type] # it answers nothing
    rung, deadline = 0, time.monotonic() + seconds
    while time.monotonic() < deadline:
        for item in made.store.due(made.store.turns.now(), limit=50):
            for _ in range(4):
                bell.ring(item.kind, item.subject)
                rung += 1
        made.tended(0.05)
    bell.broker.close()
    return f"{rung} bells in {seconds:g} s by nobody's order, four for each piece of work"


def clocks_jumping(made: Fleet, draw: random.Random, *, times: int, pause: float) -> str:
    """The clock of every machine jumps to and fro by up to a day, each by itself."""
    jumps = (-86400, -3600, -60, 0, 60, 3600, 86400)
    for _ in range(times):
        made.jump(draw.choice(sorted(made.processes)), draw.choice(jumps))
        made.tended(pause)
    return f"{times} jumps of one process's clock, by up to a day"


def taken_over(made: Fleet, role: str) -> float:
    """Kill the active one of two that were just started; seconds until the other is active."""
    active, waiting = (f"{role}-1", f"{role}-2")
    for name in (active, waiting):
        made.wait_for(name, f"{role}: ")
    if f"{role}: active" not in made.said(active):
        active, waiting = waiting, active
    made.kill(active)
    start = time.monotonic()
    made.wait_for(waiting, f"{role}: active", seconds=30)
    seconds = time.monotonic() - start
    made.start(active)
    return seconds
