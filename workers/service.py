"""The service in one process: scheduler, workers, projections, alerts and web, until told to stop; or one pass.

It must not know what the steps do.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import msgspec
import structlog
import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler
from starlette.applications import Starlette

from workers.bootstrap import App
from workers.ports import Feed
from workers.store.queries import Summary

log = structlog.get_logger()
SWEEP_SECONDS = 0.5
POLL_CHECK_SECONDS = 5.0
_STOP_SECONDS = 30_000
_PROGRESS_SECONDS = 2.0


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass brought: the counts before and after, and the feeds as they stand."""

    before: Summary
    after: Summary
    feeds: tuple[Feed, ...]
    polled: int
    waiting: int
    quarantined: int


def run_once(app: App, progress: Callable[[str], None]) -> Pass:
    """Poll every due feed and work until nothing is left to do now."""
    store = app.store
    store.load_feeds(app.feeds(), now=app.clock())
    before = store.queries.summary()
    polled = store.enqueue_due_polls(app.clock())
    worker = app.bell.worker(app.settings.threads)
    told = time.monotonic()
    try:
        while app.sweeper.sweep() or store.due(app.clock(), limit=1) or _leased(app):
            time.sleep(0.05)
            if time.monotonic() - told > _PROGRESS_SECONDS:
                told = time.monotonic()
                progress(_line(store.queries.summary(), before))
    finally:
        worker.stop(timeout=_STOP_SECONDS)
        app.bell.broker.close()
    work = store.queries.work()
    return Pass(
        before=before, after=store.queries.summary(), feeds=tuple(store.feeds()), polled=polled,
        waiting=sum(states.get("waiting", 0) for states in work.values()),
        quarantined=sum(states.get("quarantined", 0) for states in work.values()),
    )  # fmt: skip


def _leased(app: App) -> int:
    return sum(states.get("leased", 0) for states in app.store.queries.work().values())


def _line(now: Summary, before: Summary) -> str:
    events = sum(now.events.values()) - sum(before.events.values())
    return f"articles {now.versions - before.versions} new, events {events}, changes {sum(now.changes.values())}"


class Service:
    """Every role in this process. `start`, then `stop`; stopping lets each step end."""

    def __init__(self, app: App, web: Starlette) -> None:
        self._app = app
        self._web = uvicorn.Server(
            uvicorn.Config(web, host=app.settings.host, port=app.settings.port, log_config=None, access_log=False)
        )
        self._web.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._web.run, name="web", daemon=True)
        self._schedule = BackgroundScheduler(timezone="UTC")
        self.stopped = threading.Event()

    def start(self) -> None:
        """Load the list of feeds and start every role."""
        app = self._app
        app.store.load_feeds(app.feeds(), now=app.clock())
        self._worker = app.bell.worker(app.settings.threads)
        self._schedule.add_job(
            self._poll_due,
            "interval",
            seconds=POLL_CHECK_SECONDS,
            next_run_time=app.clock(),
            coalesce=True,
            max_instances=1,
        )
        self._schedule.add_job(
            self._sweep, "interval", seconds=SWEEP_SECONDS, coalesce=True, max_instances=1, misfire_grace_time=60
        )
        self._schedule.start()
        self._thread.start()
        log.info("started", page=f"http://{app.settings.host}:{app.settings.port}/", feeds=len(app.store.feeds()))

    def wait(self) -> None:
        """Until `stopped` is set or the web server ends."""
        while not self.stopped.wait(0.2):
            if not self._thread.is_alive():
                break

    def stop(self) -> None:
        """Stop taking work, let what runs end, close."""
        if self._schedule.running:
            self._schedule.shutdown(wait=True)
        self._worker.stop(timeout=_STOP_SECONDS)
        self._app.bell.broker.close()
        self._web.should_exit = True
        self._thread.join(timeout=10)
        log.info("stopped")

    @property
    def web_failed(self) -> bool:
        """Whether the web server could not listen."""
        return not self._thread.is_alive() and not self._web.should_exit

    def _poll_due(self) -> None:
        self._app.store.enqueue_due_polls(self._app.clock())

    def _sweep(self) -> None:
        self._app.sweeper.sweep()


def until(service: Service, seconds: float | None) -> None:
    """Wait for the end, at most so many seconds."""
    limit = None if seconds is None else time.monotonic() + timedelta(seconds=seconds).total_seconds()
    while not service.stopped.wait(0.2):
        if limit is not None and time.monotonic() > limit:
            return
