"""`make bench-copies`: how well copies of a story are told, and what finding them costs among a month's articles.

Sketches are made up, with phrases that many articles share; the store is a real one on SQLite. It must not know how
articles are compared.
"""

from __future__ import annotations

import random
import statistics
import struct
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from domain import stories
from domain.copies import Sketch
from tests.gold.copies import ARTICLES, figures
from workers.store import schema as t
from workers.store.engine import Database, make_engine
from workers.store.schema_version import upgrade
from workers.store.store import Store

NOW = datetime(2025, 9, 30, tzinfo=UTC)
_PORTION = 5000
_LOOKUPS = 300
_PHRASES = [n * 71_003 for n in range(2000)]  # hashes of phrases that everybody writes
_SHINGLES = 220


def _sketch(draw: random.Random) -> Sketch:
    common = draw.sample(_PHRASES, _SHINGLES // 10)
    own = [draw.getrandbits(32) for _ in range(_SHINGLES - len(common))]
    return tuple(sorted({*common, *own}))[: stories.SIZE]


def fill(database: Database, first: int, last: int, draw: random.Random) -> None:
    """Articles of these numbers, spread over a month."""
    for start in range(first, last, _PORTION):
        numbers = range(start, min(last, start + _PORTION))
        articles, sketches, keys = [], [], []
        for n in numbers:
            hashes, seen = _sketch(draw), NOW - timedelta(days=30) * (1 - n / last)
            articles.append({"id": f"{n:032x}", "url": f"https://a.example/{n}", "outlet": "x"})
            packed = struct.pack(f"<{len(hashes)}I", *hashes)
            sketches.append({"id": n + 1, "article_id": f"{n:032x}", "hashes": packed, "moment": seen, "seen_at": seen})
            keys += [{"hash": key, "sketch": n + 1} for key in stories.keys(hashes)]
        with database.write() as connection:
            for table, rows in ((t.articles, articles), (t.story_sketches, sketches), (t.story_keys, keys)):
                connection.execute(insert(table), rows)


def lookups(store: Store, count: int, draw: random.Random) -> list[float]:
    """Seconds of finding the copies of articles among so many."""
    took = []
    for _ in range(_LOOKUPS):
        article = f"{draw.randrange(count):032x}"
        start = time.perf_counter()
        store.link_copies(article, now=NOW)
        took.append(time.perf_counter() - start)
    return sorted(took)


def main() -> None:
    """Print the figures; arguments: how many articles, ascending."""
    if ARTICLES.is_dir():
        got = figures()
        sys.stdout.write(
            f"{got.pairs} judged pairs: precision {got.precision:.3f}, recall {got.recall:.3f}, "
            f"of the copies {got.keyed:.3f} share a key\n"
        )
    draw = random.Random(7)  # noqa: S311 -- the same draw in every run
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "marsad.db"
        upgrade(f"sqlite:///{path}")
        engine = make_engine(f"sqlite:///{path}")
        store, database, before = Store(engine), Database(engine), 0
        for count in [int(argument) for argument in sys.argv[1:]] or [10_000, 100_000]:
            fill(database, before, count, draw)
            before = count
            took = lookups(store, count, draw)
            sys.stdout.write(
                f"{count:>9,} articles: {1000 * statistics.median(took):.1f} ms a look-up (median), "
                f"{1000 * took[-len(took) // 100]:.1f} ms (99 of 100), {path.stat().st_size / 1e6:,.0f} MB\n"
            )
            sys.stdout.flush()
        store.close()


if __name__ == "__main__":
    main()
