"""The API, measured: requests a second and the 99th percentile of positions, changes and history on a long log.

PostgreSQL, real HTTP with a token, four clients in a process of their own. It must not know what is answered.
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import statistics
import threading
import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

from domain.reading.registry import FILES, load_registry
from tests.bench.__main__ import databases
from tests.bench.pages import _KEY, _fill
from tests.support.site import serving
from workers.settings import SEEDS
from workers.store.engine import make_engine
from workers.store.store import Store
from workers.tokens import digest, new_secret, scopes, written
from workers.web.app import make_app

_CLIENTS = 4
_ACTOR, _ISSUE = _KEY
QUESTIONS = {
    "position": f"/positions?actor={_ACTOR}&issue={_ISSUE}",
    "positions, 20": "/positions?limit=20",
    "changes, newest 100": "/changes?limit=100",
    "changes after N, 100": "/changes?after=1000&limit=100",
    "history, 100": f"/positions/{_ACTOR}/{_ISSUE}/history?limit=100",
    "nothing new": "/changes?after=9000000000000",
}
_SPAWN = multiprocessing.get_context("spawn")


def main() -> None:
    """Fill, ask, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=100_000)
    options.add_argument("--seconds", type=float, default=5.0)
    chosen, _ = options.parse_known_args()
    with databases("postgresql") as fresh:
        url = fresh()
        _fill(url, chosen.events)
        store = Store(make_engine(url))
        secret, now = new_secret(), datetime.now(UTC)
        made = store.tokens.add("bench", scopes(["read"]), sha256=digest(secret), expires_at=None, now=now)
        registry = load_registry({name: (SEEDS / "registry" / name).read_text("utf-8") for name in FILES})
        app = make_app(store.queries, registry=registry, store=store, api_is_open=False)
        with serving(app) as site, _SPAWN.Pool(1) as clients:
            for name, path in QUESTIONS.items():
                asked = (site, f"/api/v1{path}", written(made.id, secret), chosen.seconds)
                waits, size = clients.apply(ask, asked)
                rate = len(waits) / chosen.seconds
                figures = f"{rate:7.0f}/s, median {statistics.median(waits) * 1000:6.1f} ms, 99% {_at(waits):6.1f} ms"
                print(f"api         {name:<22}{figures}, {size:>9,} bytes", flush=True)
        store.close()


def ask(site: str, path: str, token: str, seconds: float) -> tuple[list[float], int]:
    """How long each answer took that some clients got in so many seconds, sorted, and the size of one."""
    waits: list[float] = []
    sizes: list[int] = []
    headers = {"authorization": f"Bearer {token}"}

    def client() -> None:
        connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=60)
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            sizes.append(len(answer.read()))
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status}")
            waits.append(time.perf_counter() - start)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(_CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(waits), sizes[0]


def _at(waits: list[float]) -> float:
    return waits[min(int(len(waits) * 0.99), len(waits) - 1)] * 1000


if __name__ == "__main__":
    main()
