"""A hundred thousand events by writers that are slow, that fail and that are killed, read all the while.

Each writer is a process of its own; a killed one dies between insert and commit.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from contextlib import suppress

from domain.errors import TemporaryFailure
from tests.support.facts import T0, statements
from workers.store.engine import Database, make_engine
from workers.store.log import SqlLog, append
from workers.store.store import Store

pytest_plugins = ["tests.support.stores"]
EVENTS = 100_000
WRITERS = 4
BATCH = 100
_PROCESSES = multiprocessing.get_context("spawn")


def write(url: str, writer: int, count: int) -> None:
    """Append `count` events in batches, now and then after a delay inside the open transaction."""
    draw = random.Random(writer)  # noqa: S311 -- the same delays in every run
    database = Database(make_engine(url))
    template = statements("x", BATCH)
    for batch in range(count // BATCH):
        stream = f"{writer}-{batch}"
        # the same record under names of its own: making a hundred thousand different ones is not what is tested
        events = [type(e)(event_id=f"{writer:02}{batch:06}{i:024}", record=e.record) for i, e in enumerate(template)]
        if draw.random() < 0.2:
            with suppress(ZeroDivisionError), database.write() as connection:
                append(connection, stream + "-lost", events, now=T0)
                time.sleep(draw.random() * 0.01)
                raise ZeroDivisionError
        with database.write() as connection:
            append(connection, stream, events, now=T0)
            time.sleep(draw.random() * 0.003)


def die(url: str, writer: int) -> None:
    """Append, and be killed before the commit."""
    database = Database(make_engine(url))
    with database.write() as connection:
        append(connection, f"killed-{writer}", statements(f"killed-{writer}", 20), now=T0)
        os.kill(os.getpid(), signal.SIGKILL)


def tail(url: str, until: int, answer: multiprocessing.Queue[list[int] | str]) -> None:
    """Read to the end; answer with what was wrong, or with nothing."""
    log = SqlLog(Database(make_engine(url)))
    seen = 0
    while seen < until:
        with suppress(TemporaryFailure):
            head = log.head()
            numbers = [event.sequence for event in log.read(after=seen, limit=2000)]
            if numbers != list(range(seen + 1, seen + 1 + len(numbers))):
                answer.put(f"after {seen} came {numbers[:5]}")
                return
            if numbers and numbers[-1] < min(head, seen + 2000):
                answer.put(f"the head is {head}, but reading stopped at {numbers[-1]}")
                return
            seen += len(numbers)
            if not numbers:
                time.sleep(0.005)
    answer.put([])


def test_no_reader_skips_or_reorders_among_killed_and_slow_writers(database_url: str) -> None:
    answers: multiprocessing.Queue[list[int] | str] = _PROCESSES.Queue()
    readers = [_PROCESSES.Process(target=tail, args=(database_url, EVENTS, answers)) for _ in range(2)]
    writers = [_PROCESSES.Process(target=write, args=(database_url, i, EVENTS // WRITERS)) for i in range(WRITERS)]
    for process in [*readers, *writers]:
        process.start()
    killed = 0
    for number in range(3):
        victim = _PROCESSES.Process(target=die, args=(database_url, number))
        victim.start()
        victim.join()
        killed += victim.exitcode == -signal.SIGKILL
    for process in writers:
        process.join()
        assert process.exitcode == 0
    assert [answers.get(timeout=60) for _ in readers] == [[], []]
    for process in readers:
        process.join()
    assert killed == 3
    store = Store(make_engine(database_url))
    assert store.log.head() == EVENTS
    assert store.log.stream("killed-0") == []
    store.close()
