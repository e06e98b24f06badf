"""The service in one process: scheduler, workers, projections, alerts and web, until told to stop; or one pass.

It must not know what the steps do.
"""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType

import msgspec
import structlog
import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler
from starlette.applications import Starlette

from domain.errors import SettingError, TemporaryFailure
from workers.bootstrap import App
from workers.ports import Feed, WorkKind
from workers.store.queries import Failure, Summary
from workers.tasks import KINDS, Sweeper

log = structlog.get_logger()
SWEEP_SECONDS = 0.5
POLL_CHECK_SECONDS = 5.0
FORGET_SECONDS = 60.0
SOON_SECONDS = 2.0
STOP_MILLISECONDS = 30_000
READING: tuple[WorkKind, ...] = ("poll", "fetch", "read", "project")
_PROGRESS_SECONDS = 2.0
_WEB_STOP_SECONDS = 10


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass brought: the counts before and after, the feeds as they stand, and what failed.

    `stopped`: it was told to end before everything was done; what is left waits in the database.
    """

    before: Summary
    after: Summary
    feeds: tuple[Feed, ...]
    failures: tuple[Failure, ...]
    polled: int
    waiting: int
    quarantined: int
    stopped: bool


@contextmanager
def until_told() -> Iterator[threading.Event]:
    """An event that SIGTERM or Ctrl-C sets; a second Ctrl-C ends the process at once."""
    told = threading.Event()

    def stop(number: int, _: FrameType | None) -> None:
        if told.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        told.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield told
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_once(app: App, progress: Callable[[str], None], told: threading.Event) -> Pass:
    """Poll every due feed and work until nothing is left to do now, or `told` is set."""
    store, start = app.store, app.clock()
    store.load_feeds(app.feeds(), now=start)
    before = store.queries.summary()
    polled = store.enqueue_due_polls(start)
    worker = app.bell.worker(app.settings.threads)
    tell = _Progress(app, before, progress)

    def until_done(sweeper: Sweeper, kinds: tuple[WorkKind, ...]) -> None:
        while not told.is_set() and (sweeper.sweep() or _soon(app, kinds) or _leased(app)):
            told.wait(0.05)
            tell.now_and_then()

    try:
        # messages go last: what a pass brings of one position is one message, and what it took back is none
        until_done(app.sweeping(READING), READING)
        store.end_waiting(app.clock(), within=timedelta(seconds=app.settings.alert_wait))
        until_done(app.sweeper, KINDS)
    finally:
        worker.stop(timeout=STOP_MILLISECONDS)
    work = store.queries.work()
    return Pass(
        before=before, after=store.queries.summary(), feeds=tuple(store.feeds()), polled=polled,
        failures=tuple(store.queries.failures(start)), stopped=told.is_set(),
        waiting=sum(states.get("waiting", 0) for states in work.values()),
        quarantined=sum(states.get("quarantined", 0) for states in work.values()),
    )  # fmt: skip


def _soon(app: App, kinds: tuple[WorkKind, ...]) -> bool:
    """Whether work falls due in a moment: messages that wait for their channel's turn."""
    due = app.store.next_due(kinds)
    return due is not None and due <= app.clock() + timedelta(seconds=SOON_SECONDS)


def _leased(app: App) -> int:
    return sum(states.get("leased", 0) for states in app.store.queries.work().values())


class _Progress:
    """A line on how far the work is, when it has changed, and not too often."""

    def __init__(self, app: App, before: Summary, tell: Callable[[str], None]) -> None:
        self._app = app
        self._before = before
        self._tell = tell
        self._last = ""
        self._at = time.monotonic()

    def now_and_then(self) -> None:
        if time.monotonic() - self._at < _PROGRESS_SECONDS:
            return
        self._at = time.monotonic()
        line = self._line(self._app.store.queries.summary())
        if line != self._last:
            self._tell(line)
            self._last = line

    def _line(self, now: Summary) -> str:
        before = self._before
        articles = now.versions - before.versions
        events = sum(now.events.values()) - sum(before.events.values())
        changes = sum(now.changes.values()) - sum(before.changes.values())
        failing = f", {now.feeds_failing} of {now.feeds} feeds failing" if now.feeds_failing else ""
        return f"{articles} new articles, {events} events, {changes} changes{failing}"


class WebServer:
    """The page in a thread of its own.

    Raises:
        SettingError: the page's address cannot be listened on.
    """

    def __init__(self, web: Starlette, host: str, port: int) -> None:
        self._web = web
        self._socket = _listen(host, port)
        shown = f"[{host}]" if ":" in host else host
        self.page = f"http://{shown}:{self._socket.getsockname()[1]}/"
        self._server = uvicorn.Server(
            uvicorn.Config(
                web, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=_WEB_STOP_SECONDS
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="web", daemon=True
        )

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def is_alive(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Let running answers end, close."""
        self._web.state.closing.set()
        self._server.should_exit = True
        self._thread.join(timeout=2 * _WEB_STOP_SECONDS)
        self._socket.close()


class Service:
    """Every role in this process. `start`, then `stop`; stopping lets each step end.

    Raises:
        SettingError: the page's address cannot be listened on.
    """

    def __init__(self, app: App, web: Starlette) -> None:
        self._app = app
        self._web = WebServer(web, app.settings.host, app.settings.port)
        self.page = self._web.page
        self._schedule = BackgroundScheduler(timezone="UTC")

    def start(self) -> None:
        """Load the list of feeds and start every role."""
        app = self._app
        app.store.load_feeds(app.feeds(), now=app.clock())
        self._before = app.store.queries.summary()
        self._worker = app.bell.worker(app.settings.threads)
        self._every(POLL_CHECK_SECONDS, lambda: app.store.enqueue_due_polls(app.clock()))
        self._every(SWEEP_SECONDS, app.sweeper.sweep)
        self._every(FORGET_SECONDS, lambda: app.store.forget_stories(app.clock()))
        self._schedule.start()
        self._web.start()
        log.info("started", page=self.page, feeds=self._before.feeds)

    def wait(self, told: threading.Event, progress: Callable[[str], None]) -> None:
        """Until `told` is set, or the web server ends by itself."""
        tell = _Progress(self._app, self._before, progress)
        while not told.wait(0.2) and self._web.is_alive():
            tell.now_and_then()

    def stop(self) -> None:
        """Stop taking work, let what runs end, close."""
        self._schedule.shutdown(wait=True)
        self._worker.stop(timeout=STOP_MILLISECONDS)
        self._web.stop()
        log.info("stopped")

    def _every(self, seconds: float, do: Callable[[], object]) -> None:
        def quietly() -> None:
            try:
                do()
            except TemporaryFailure as exc:
                log.warning("to_be_tried_again", why=str(exc))

        self._schedule.add_job(
            quietly, "interval", seconds=seconds, next_run_time=self._app.clock(), coalesce=True, max_instances=1,
            misfire_grace_time=60,
        )  # fmt: skip


def _listen(host: str, port: int) -> socket.socket:
    """The page's socket, bound before anything else starts."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=128)
    except socket.gaierror as exc:
        raise SettingError(f"MARSAD_HOST: {host!r} is no address of this machine: {exc.strerror}") from exc
    except OSError as exc:
        raise SettingError(
            f"MARSAD_PORT: nothing can listen on {host}:{port} ({exc.strerror}): end what uses it, or name another"
        ) from exc
