"""`make bench`: events a second, on SQLite and PostgreSQL, beside the `eventsourcing` library and the bare driver.

Absolutes drift with the machine, ratios hold: contenders take turns, the best of some rounds counts, and each line
tells the machine's load when it was measured. All are equally durable (see `tests.bench.contenders`).

    python -m tests.bench [--quick] [--rounds 3] [--scale 10000,100000,1000000] [--only sqlite|postgresql] [--full]
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import resource
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from domain.events import decode, encode
from domain.log import RecordedEvent
from domain.positions import Fact, facts, fold_on
from tests.bench.contenders import CONTENDERS, Contender, Ours, commits_wait, record
from tests.support.postgres import cluster
from workers.projections.rebuild import Rebuild
from workers.store.rows import to_json

WRITERS = 8
_BUSY = 3.0  # load of the machine above which a line waits for quieter times, for a minute at most
_FORK = multiprocessing.get_context("fork")
Row = tuple[str, dict[str, float], str]


def main() -> None:
    """Measure, and print as it comes."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--quick", action="store_true", help="a tenth of the events")
    options.add_argument("--scale", default="10000,100000", help="sizes of the log for the second table")
    options.add_argument("--rounds", type=int, default=3, help="the best of so many counts")
    options.add_argument("--only", choices=("sqlite", "postgresql"))
    options.add_argument("--full", action="store_true", help="on SQLite, too, every commit waits for the disk")
    said = options.parse_args()
    if said.full:
        commits_wait()
    disk()
    in_memory()
    for name in ("sqlite", "postgresql"):
        if said.only in (None, name):
            with databases(name) as fresh:
                compare(name, fresh, 10 if said.quick else 1, said.rounds)
                scale(name, fresh, [int(n) for n in said.scale.split(",") if n])


def disk() -> None:
    """What a commit that waits for the disk costs here at least."""
    with tempfile.TemporaryFile(prefix="marsad-bench-") as file:

        def sync() -> None:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())

        took = sorted(lasting(sync) for _ in range(200))
    print(f"the disk: 4 KB written and synced in {took[100] * 1e6:,.0f} µs (the slowest of 200: {took[-1] * 1e6:,.0f})")


def in_memory(events: int = 4000, rounds: int = 5) -> None:
    """What projecting costs without a database: the limit of whoever computes the same positions in this language."""
    data = [encode(record(f"m-{i // 100}", i)) for i in range(events)]
    rates = [events / lasting(lambda: _project_in_memory(data)) for _ in range(rounds)]
    print(f"decoded, folded and encoded in memory, no database: {max(rates):,.0f} events/s")


def _project_in_memory(data: list[bytes]) -> None:
    now = datetime.now(UTC)
    log = [
        RecordedEvent(
            sequence=i, event_id=f"{i:032}", type="statement", schema_version=1, stream="m", version=i,
            record=decode(one), recorded_at=now,
        )
        for i, one in enumerate(data, start=1)
    ]  # fmt: skip
    found: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts(log):
        found[fact.actor, fact.issue].append(fact)
        to_json(fact)
    for of_key in found.values():
        folded = fold_on(of_key)
        for made in (folded.outcome.position, *folded.outcome.changes, *folded.days):
            to_json(made)


@contextlib.contextmanager
def databases(name: str) -> Iterator[Callable[[], str]]:
    """A function that gives the address of a fresh, empty database."""
    count = iter(range(1, 1000))
    if name == "sqlite":
        with tempfile.TemporaryDirectory(prefix="marsad-bench-") as folder:
            yield lambda: f"sqlite:///{Path(folder) / f'{next(count)}.db'}"
        return
    with cluster(durable=True) as address:

        def fresh() -> str:
            database = f"bench_{next(count)}"
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {database} TEMPLATE template0".encode())
            return address.rsplit("/", 1)[0] + "/" + database

        yield fresh


def compare(name: str, fresh: Callable[[], str], less: int, rounds: int) -> None:
    """The first table: each kind of work, each contender."""

    def best(measure: Callable[[str], tuple[float, int]]) -> tuple[dict[str, float], dict[str, int]]:
        return best_of(rounds, measure)

    print(f"\n{name}: events a second{'':<21}" + "".join(f"{c:>16}" for c in CONTENDERS) + "   ÷ peer   ÷ bare   load")
    each = 1_000 if name == "postgresql" else 2_000
    alone: list[tuple[str, int, int]] = [
        ("append one by one", each // less, 1),
        ("append in batches of 100", 20_000 // less, 100),
    ]
    for what, events, batch in alone:
        tell(what, best(lambda c, events=events, batch=batch: (one_writer(c, fresh(), events, batch), 0))[0])  # type: ignore[misc]
    crowd = [
        ("eight writers one by one, tailed", 2_000 // less, 1),
        ("eight writers, batches of 100, tailed", 20_000 // less, 100),
    ]
    for what, events, batch in crowd:
        rates, lost = best(lambda c, events=events, batch=batch: many_writers(c, fresh(), events, batch))  # type: ignore[misc]
        tell(what, rates, "skipped: " + ", ".join(f"{c} {n}" for c, n in lost.items()))
    events = 10_000 // less
    urls = {c: filled(c, fresh(), events) for c in CONTENDERS}
    tell("read and decode the log", best(lambda c: (timed(c, urls[c], lambda x: x.read()), 0))[0])
    tell(
        "project, exactly once",
        best(lambda c: (timed(c, filled(c, fresh(), events), lambda x: x.project()), 0))[0],
    )


def best_of(rounds: int, measure: Callable[[str], tuple[float, int]]) -> tuple[dict[str, float], dict[str, int]]:
    """The best of some rounds, in turns, so that a busy moment of the machine hits nobody alone; losses add up."""
    wait = time.monotonic() + 60
    while os.getloadavg()[0] > _BUSY and time.monotonic() < wait:
        time.sleep(1)
    rates, lost = dict.fromkeys(CONTENDERS, 0.0), dict.fromkeys(CONTENDERS, 0)
    for _ in range(rounds):
        for contender in CONTENDERS:
            rate, skipped = measure(contender)
            rates[contender] = max(rates[contender], rate)
            lost[contender] += skipped
    return rates, lost


def tell(what: str, rates: dict[str, float], more: str = "") -> None:
    """One line of the table."""
    ours, peer, bare = rates.values()
    figures = "".join(f"{rate:>16,.0f}" for rate in rates.values())
    print(
        f"{what:<45}{figures}   {ours / peer:>5.1f}×   {ours / bare:>5.2f}×   {os.getloadavg()[0]:>4.1f}  {more}",
        flush=True,
    )


def one_writer(name: str, url: str, events: int, batch: int) -> float:
    """Events a second of one writer."""
    prepared(name, url)
    contender = CONTENDERS[name](url)
    work = portions(contender, "w", events, batch)
    contender.tail(0)  # connected before the clock runs
    started = time.perf_counter()
    for stream, portion in work:
        contender.append(stream, portion)
    took = time.perf_counter() - started
    contender.close()
    return events / took


def many_writers(name: str, url: str, events: int, batch: int) -> tuple[float, int]:
    """Events a second of eight writers, and how many a tailing reader skipped."""
    prepared(name, url)
    start, answers = _FORK.Barrier(WRITERS + 2), _FORK.Queue()
    reader = _FORK.Process(target=follow, args=(name, url, events, start, answers))
    writers = [
        _FORK.Process(target=hurry, args=(name, url, i, (events // WRITERS, batch), start)) for i in range(WRITERS)
    ]
    for process in (reader, *writers):
        process.start()
    start.wait()
    started = time.perf_counter()
    for process in writers:
        process.join()
    took = time.perf_counter() - started
    skipped = int(answers.get(timeout=60))
    reader.join()
    return events / took, skipped


def hurry(name: str, url: str, writer: int, work: tuple[int, int], start: Any) -> None:
    """One of many writers; `work`: how many events, in batches of how many."""
    contender = CONTENDERS[name](url)
    made = portions(contender, f"w{writer}", *work)
    contender.tail(0)  # connected before the clock runs
    start.wait()
    for stream, portion in made:
        while True:
            try:
                contender.append(stream, portion)
                break
            except Exception as exc:  # a peer gives up where the database is locked: it tries again
                if "locked" not in str(exc):
                    raise
    contender.close()


def follow(name: str, url: str, events: int, start: Any, answers: Any) -> None:
    """Read behind the writers, never twice; answer with how many events never came."""
    contender = CONTENDERS[name](url)
    contender.tail(0)
    start.wait()
    seen, last, idle = 0, 0, time.monotonic()
    while seen < events and time.monotonic() - idle < 5:
        numbers = contender.tail(last)
        if numbers:
            seen, last, idle = seen + len(numbers), numbers[-1], time.monotonic()
        else:
            time.sleep(0.005)
    answers.put(events - seen)
    contender.close()


def filled(name: str, url: str, events: int) -> str:
    """A database with so many events."""
    one_writer(name, url, events, 100)
    return url


def timed(name: str, url: str, work: Callable[[Contender], int]) -> float:
    """Events a second of one piece of work."""
    contender = CONTENDERS[name](url)
    contender.tail(0)
    started = time.perf_counter()
    count = work(contender)
    took = time.perf_counter() - started
    contender.close()
    return count / took


def prepared(name: str, url: str) -> None:
    """Make the tables."""
    contender = CONTENDERS[name](url)
    contender.prepare()
    contender.close()


def portions(contender: Contender, prefix: str, events: int, batch: int) -> list[tuple[str, Any]]:
    """What to append, made beforehand."""
    starts = range(0, events, batch)
    return [(f"{prefix}-{i}", contender.make(f"{prefix}-{i}", i, min(batch, events - i))) for i in starts]


def scale(name: str, fresh: Callable[[], str], sizes: list[int]) -> None:
    """The second table: one log that grows, and what each step costs at each size."""
    if not sizes:
        return
    print(f"\n{name}: as the log grows{'':<10}" + "".join(f"{n:>14,}" for n in sizes))
    url = fresh()
    prepared("marsad", url)
    ours = Ours(url)
    columns: list[dict[str, str]] = []
    size = 0
    for wanted in sizes:
        columns.append(grow(ours, size, wanted))
        size = wanted
    for what in columns[0]:
        print(f"{what:<38}" + "".join(f"{column[what]:>14}" for column in columns), flush=True)
    ours.close()


def grow(ours: Ours, size: int, wanted: int) -> dict[str, str]:
    """Bring the log to a size, and measure there."""
    now = datetime.now(UTC)
    known_at: datetime | None = None
    appended = projected = 0.0
    for first in range(size, wanted, 10_000):
        work = [(f"g-{i}", ours.make(f"g-{i}", i, 100)) for i in range(first, min(first + 10_000, wanted), 100)]
        appended -= time.perf_counter()
        for stream, portion in work:
            ours.append(stream, portion)
        appended += time.perf_counter()
        if first < wanted // 2:
            known_at = datetime.now(UTC)
    projected = lasting(ours.project)
    events = wanted - size
    few = [(f"l-{wanted}-{i}", ours.make(f"l-{wanted}-{i}", wanted, 10)) for i in range(20)]
    live = 0.0
    for stream, portion in few:
        ours.append(stream, portion)
        live += lasting(ours.project)
    rebuilt = lasting(lambda: Rebuild(ours.store).run(now=now, swap=True))
    day = record("x", wanted // 2).event.occurred_on
    ask = ours.store.queries.positions
    return {
        "append, batches of 100, events/s": f"{events / appended:,.0f}",
        "project from behind, events/s": f"{events / projected:,.0f}",
        "project as they come (10), ms": f"{live / 20 * 1000:,.1f}",
        "rebuild and compare, s": f"{rebuilt:,.1f}",
        "positions of one key, as-of, ms": ms(lambda: ask("A07", "subject.issue-11", as_of=day)),
        "positions of one key, known-at, ms": ms(lambda: ask("A07", "subject.issue-11", known_at=known_at)),
        "positions of one actor, as-of, ms": ms(lambda: ask("A07", as_of=day)),
        "positions of one actor, known-at, ms": ms(lambda: ask("A07", known_at=known_at)),
        "all positions, as-of, ms": ms(lambda: ask(as_of=day)),
        "all positions, known-at, ms": ms(lambda: ask(known_at=known_at)),
        "all positions, by both clocks, ms": ms(lambda: ask(as_of=day, known_at=known_at)),
        "all positions now, ms": ms(ask),
        "most memory so far, MB": f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f}",
    }


def lasting(work: Callable[[], object]) -> float:
    """Seconds that something takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def ms(work: Callable[[], object]) -> str:
    """The median of five, in milliseconds."""
    return f"{sorted(lasting(work) for _ in range(5))[2] * 1000:,.1f}"


if __name__ == "__main__":
    main()
