"""The dramatiq tasks: doorbells with one id, rung for rows of work that are due.

A message may be lost, doubled or late without harm: the row decides (see the ADR on work and facts). Beside the
bootstrap this is the only module that knows dramatiq.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import dramatiq
from dramatiq import Broker, Message, Worker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, Callbacks, ShutdownNotifications

from workers.ports import WorkKind, WorkStore
from workers.stages import Clock, Stages

KINDS: tuple[WorkKind, ...] = ("poll", "fetch", "read", "project", "deliver")
_RING_AGAIN = timedelta(seconds=30)
_PROJECT_AGAIN = timedelta(seconds=1)  # its row is due whenever the log is ahead, and looks the same each time
_MESSAGE_AGE_MS = 10 * 60 * 1000


def make_broker(redis_url: str | None) -> Broker:
    """The in-process broker, or the one on Redis. No retries of its own: waiting lives in the database."""
    middleware = [AgeLimit(max_age=_MESSAGE_AGE_MS), ShutdownNotifications(), Callbacks()]
    if redis_url is None:
        return StubBroker(middleware=middleware)
    from dramatiq.brokers.redis import RedisBroker  # brings the whole of redis along

    return RedisBroker(  # type: ignore[no-untyped-call] # the library declares its options without types
        url=redis_url, middleware=middleware, heartbeat_timeout=15_000, maintenance_chance=10
    )


class Bell:
    """Rings for work, and answers the ring by running the stage. One for each process."""

    def __init__(self, broker: Broker, stages: Stages, *, after: Callable[[], None] | None = None) -> None:
        self.broker = broker
        self._stages = stages
        self._after = after
        for kind in KINDS:
            broker.declare_queue(kind)
            dramatiq.actor(actor_name=kind, queue_name=kind, broker=broker)(self._task(kind))

    def ring(self, kind: WorkKind, subject: str) -> None:
        """Enqueue one message for one row of work."""
        self.broker.enqueue(Message(queue_name=kind, actor_name=kind, args=(subject,), kwargs={}, options={}))

    def worker(self, threads: int) -> Worker:
        """The threads that answer, started."""
        worker = Worker(self.broker, worker_threads=threads, worker_timeout=100)
        worker.start()
        return worker

    def _task(self, kind: WorkKind) -> Callable[[str], None]:
        def run(subject: str) -> None:
            self._stages.run(kind, subject)
            if self._after is not None:
                self._after()

        run.__name__ = kind
        return run


class Sweeper:
    """Rings for whatever is due: new rows, lapsed leases, lost messages. Remembers what it rang for a while."""

    def __init__(
        self, store: WorkStore, ring: Callable[[WorkKind, str], None], *, clock: Clock, batch: int = 500
    ) -> None:
        self._store = store
        self._ring = ring
        self._clock = clock
        self._batch = batch
        self._rung: dict[tuple[str, str], tuple[tuple[int, datetime], datetime]] = {}

    def sweep(self) -> int:
        """Ring once for every due row that was not rung lately. Returns how many rang."""
        now = self._clock()
        count = 0
        due = self._store.due(now, limit=self._batch)
        known = self._rung
        self._rung = {}
        for item in due:
            key = (item.kind, item.subject)
            last = known.get(key)
            state = (item.attempts, item.next_attempt_at)  # a row made due afresh is another ring
            again = _PROJECT_AGAIN if item.kind == "project" else _RING_AGAIN
            if last is not None and last[0] == state and now - last[1] < again:
                self._rung[key] = last
                continue
            self._rung[key] = (state, now)
            self._ring(item.kind, item.subject)
            count += 1
        return count
