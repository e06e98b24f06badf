"""How long each page and each of its queries takes on a long log on PostgreSQL; the plan of those above 50 ms.

`python -m tests.bench.pages --events 1000000`. It must not know what a page shows.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from sqlalchemy import Engine, event

from domain.reading.registry import FILES, load_registry
from tests.bench.__main__ import databases
from tests.bench.contenders import Ours
from tests.support.site import serving
from workers.settings import SEEDS
from workers.store.engine import make_engine
from workers.store.store import Store
from workers.web.app import make_app

_SLOW = 0.050
_MOST = 1.0  # seconds for a whole page
# the made-up facts are of actors and issues that the registry does not know, so these stand in their place
_KEY = ("RUS", "ukraine.foreign-troops")
PAGES = (
    "/", "/?actors=all", "/positions/RUS/ukraine.foreign-troops", "/positions/RUS/ukraine.foreign-troops?skip=6000",
    "/changes", "/changes?actor=RUS", "/summits", "/sources", "/operations", "/healthz", "/readyz", "/metrics",
)  # fmt: skip

Seen = list[tuple[float, str, Any]]


def main() -> int:
    """Fill, ask, print; 1 where a page or a query takes too long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    events: int = parser.parse_args().events
    with databases("postgresql") as fresh:
        url = fresh()
        _fill(url, events)
        return _ask(url)


def _fill(url: str, events: int) -> None:
    ours = Ours(url)
    ours.prepare()
    start = time.perf_counter()
    for first in range(0, events, 100):
        ours.append(f"g-{first}", ours.make(f"g-{first}", first, 100))
    ours.project()
    ours.close()
    engine = make_engine(url)
    with engine.begin() as connection:  # one key as long as any, under names that the pages know
        for table in ("position_facts", "positions", "changes", "position_keys", "position_days"):
            connection.exec_driver_sql(
                f"UPDATE {table} SET actor = '{_KEY[0]}', issue = '{_KEY[1]}' "
                "WHERE actor = 'A07' AND issue = 'subject.issue-11'"
            )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()
    print(f"{events:,} events appended and projected in {time.perf_counter() - start:,.0f} s", flush=True)


def _ask(url: str) -> int:
    store = Store(make_engine(url))
    registry = load_registry({name: (SEEDS / "registry" / name).read_text("utf-8") for name in FILES})
    worst = 0
    app = make_app(store.queries, registry=registry, clock=lambda: datetime.now(UTC))
    with serving(app) as site, watched(store.log._db.engine) as seen:
        for path in PAGES:
            httpx.get(f"{site}{path}", timeout=120)
            seen.clear()
            start = time.perf_counter()
            answer = httpx.get(f"{site}{path}", timeout=120)
            took = time.perf_counter() - start
            slowest = max(seen, key=lambda s: s[0], default=(0.0, "", None))
            line = f"{path:<55} {answer.status_code} {took * 1000:8,.0f} ms, {len(answer.content):>9,} bytes"
            print(f"{line}; {len(seen):>3} queries, the slowest {slowest[0] * 1000:6,.1f} ms", flush=True)
            worst |= took > _MOST or slowest[0] > _SLOW
            if slowest[0] > _SLOW:
                _explain(store, slowest)
    store.close()
    return worst


def _explain(store: Store, slow: tuple[float, str, Any]) -> None:
    with store.log._db.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {slow[1]}", slow[2])
        print(f"    {slow[1][:300]}", *(f"    {row[0]}" for row in plan), sep="\n", flush=True)


@contextmanager
def watched(engine: Engine) -> Iterator[Seen]:
    """Every statement of an engine, with how long it took."""
    seen: Seen = []

    def before(_connection: Any, _cursor: Any, statement: str, parameters: Any, context: Any, _many: Any) -> None:
        context.marsad_started = (time.perf_counter(), statement, parameters)

    def after(_connection: Any, _cursor: Any, _statement: str, _parameters: Any, context: Any, _many: Any) -> None:
        started, statement, parameters = context.marsad_started
        seen.append((time.perf_counter() - started, statement, parameters))

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    yield seen
    event.remove(engine, "before_cursor_execute", before)
    event.remove(engine, "after_cursor_execute", after)


if __name__ == "__main__":
    sys.exit(main())
