"""The roles of a fleet, each until told to stop: worker, scheduler, projector, web.

Any number of processes of each may run. Of schedulers and projectors one is active; what it does is safe to be done
twice, so a wrong guess for a moment does no harm. It must not know what the steps do.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from domain.errors import Conflict, SettingError, TemporaryFailure
from workers.fleet.leader import LEASE_SECONDS, Leader
from workers.ports import WorkKind

if TYPE_CHECKING:
    from workers.bootstrap import App

log = structlog.get_logger()
WORKER_KINDS: tuple[WorkKind, ...] = ("poll", "fetch", "read", "deliver")
_LOOK_SECONDS = 0.2
_LONGEST_PAUSE = 10.0
Tell = Callable[[str], None]


def check_fleet(app: App, role: str, *, queue: bool) -> None:
    """Refuse what cannot be a fleet.

    Raises:
        SettingError: the settings name no database server, or no queue where the role needs one.
    """
    if app.settings.on_sqlite:
        raise SettingError(
            f"MARSAD_DATABASE_URL: marsad {role} shares its work with other processes and needs PostgreSQL; "
            "marsad run does everything in one process on SQLite"
        )
    if queue and app.settings.redis_url is None:
        raise SettingError(f"MARSAD_REDIS_URL: marsad {role} needs a Redis or Valkey, such as redis://host:6379/0")


def work(app: App, told: threading.Event, tell: Tell) -> None:
    """Answer bells: poll, fetch, read, deliver."""
    from workers.service import STOP_MILLISECONDS

    check_fleet(app, "worker", queue=True)
    app.stages  # noqa: B018 -- made before the first bell, so that what is wrong shows now
    worker = app.bell.worker(app.settings.threads, WORKER_KINDS)
    tell(f"worker: {app.settings.threads} pieces of work at a time")
    told.wait()
    worker.stop(timeout=STOP_MILLISECONDS)


def schedule(app: App, told: threading.Event, tell: Tell) -> None:
    """Keep the list of feeds, make polls due and ring, while this process is the active scheduler."""
    from workers.schedule import SWEEP_SECONDS, Scheduling

    check_fleet(app, "scheduler", queue=True)
    scheduling = Scheduling(app)
    app.feeds()
    app.sweeper  # noqa: B018
    _lead(app, "scheduler", told, tell, scheduling.turn, pause=SWEEP_SECONDS)


def project(app: App, told: threading.Event, tell: Tell) -> None:
    """Keep the positions up with the log, while this process is the active projector."""
    from workers.projections.runner import NAME

    check_fleet(app, "projector", queue=False)

    def turn() -> int:
        now = app.clock()
        if app.store.behind(NAME) == 0:
            return 0
        step = app.projector.step(now=now)
        if app.store.behind(NAME) == 0:
            app.store.seal(now=now)
        return step.events + step.keys

    _lead(app, "projector", told, tell, turn)


def serve(app: App, told: threading.Event, tell: Tell) -> None:
    """Show the pages and answer the API."""
    from workers.service import WebServer

    web = app.web()
    server = WebServer(web, app.settings.host, app.settings.port)
    server.start()
    tell(f"web: {server.page}")
    while not told.wait(_LOOK_SECONDS) and server.is_alive():
        pass
    server.stop()


def _lead(
    app: App, role: str, told: threading.Event, tell: Tell, turn: Callable[[], int], *, pause: float = _LOOK_SECONDS
) -> None:
    """Turn after turn while active, without a pause while there is something to do; wait for the role otherwise."""
    leader = Leader(app.store.turns, role, seconds=min(LEASE_SECONDS, app.settings.lease_seconds))
    was: bool | None = None
    failures = 0
    try:
        while not told.is_set():
            active = leader.check()
            if active != was:
                tell(f"{role}: active" if active else f"{role}: waiting, another one is active")
                was = active
            done = 0
            try:
                done = turn() if active else 0
                failures = 0
            except (TemporaryFailure, Conflict) as exc:
                failures += 1
                log.warning("to_be_tried_again", role=role, why=str(exc))
            told.wait(min(pause * 2**failures, _LONGEST_PAUSE) if done == 0 or failures else 0)
    finally:
        leader.leave()
