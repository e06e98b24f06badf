"""The dramatiq tasks: doorbells with one id, rung for rows of work that are due.

A message may be lost, doubled or late without harm: the row decides (see the ADR on work and facts). Beside the
bootstrap this is the only module that knows dramatiq.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import dramatiq
import structlog
from dramatiq import Broker, Message, Worker
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import BrokerConnectionError
from dramatiq.middleware import Callbacks, ShutdownNotifications

from domain.errors import MarsadError, TemporaryFailure
from workers.ports import WorkItem, WorkKind, WorkStore
from workers.stages import Clock, Stages

log = structlog.get_logger()
KINDS: tuple[WorkKind, ...] = ("poll", "fetch", "read", "project", "deliver")
RING_AGAIN = 30.0
_PROJECT_AGAIN = timedelta(seconds=1)  # its row is due whenever the log is ahead, and looks the same each time
_DEAD_MESSAGE_MS = 10 * 60 * 1000
_UNANSWERED = 500  # messages of a kind: where so many lie, none was lost, and more would only fill the queue
_PRIORITY: dict[WorkKind, int] = {
    "deliver": 0,
    "project": 1,
    "read": 2,
    "fetch": 3,
    "poll": 4,
}  # what is nearly told goes first
# with dramatiq's own values the messages of a killed worker come back after minutes; with these, after seconds
_HEARTBEAT_MS = 5_000
_MAINTENANCE_CHANCE = 100
_REDIS_SECONDS = 10  # for an answer of Redis; without it a stopped server would hold us for ever


def make_broker(redis_url: str | None) -> Broker:
    """The in-process broker, or the one on Redis. No retries of its own: waiting lives in the database.

    No age limit either: it would compare the clocks of two machines, and one that is wrong would answer nothing.
    """
    middleware = [ShutdownNotifications(), Callbacks()]
    if redis_url is None:
        return StubBroker(middleware=middleware)
    import redis  # the whole of it is not needed in one process
    from dramatiq.brokers.redis import RedisBroker

    pool = redis.ConnectionPool.from_url(
        redis_url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS, health_check_interval=15
    )
    return RedisBroker(  # type: ignore[no-untyped-call] # the library declares its options without types
        client=redis.Redis(connection_pool=pool), middleware=middleware, heartbeat_timeout=_HEARTBEAT_MS,
        maintenance_chance=_MAINTENANCE_CHANCE, dead_message_ttl=_DEAD_MESSAGE_MS,
    )  # fmt: skip


class Bell:
    """Rings for work, and answers the ring by running the stage. One for each process."""

    def __init__(self, broker: Broker, stages: Stages, *, after: Callable[[], None] | None = None) -> None:
        self.broker = broker
        self._stages = stages
        self._after = after
        for kind in KINDS:
            broker.declare_queue(kind)
            dramatiq.actor(actor_name=kind, queue_name=kind, priority=_PRIORITY[kind], broker=broker)(self._task(kind))

    def ring(self, kind: WorkKind, subject: str) -> None:
        """Enqueue one message for one row of work.

        Raises:
            TemporaryFailure: the queue is away; the work waits in the database.
        """
        message: Message[None] = Message(queue_name=kind, actor_name=kind, args=(subject,), kwargs={}, options={})
        with _translated():
            self.broker.enqueue(message)

    def is_full(self, kind: WorkKind) -> bool:
        """Whether so many messages of a kind wait that ringing again is of no use.

        Raises:
            TemporaryFailure: the queue is away.
        """
        if isinstance(self.broker, StubBroker):
            return False  # it loses nothing and is of this process: what lies in it is what the sweeper rang
        with _translated():
            # the list itself: the library's own count includes what an eviction left behind, which nobody will get
            client, space = self.broker.client, self.broker.namespace  # type: ignore[attr-defined] # of the one on Redis
            return bool(client.llen(f"{space}:{kind}") >= _UNANSWERED)

    def worker(self, threads: int, kinds: Iterable[WorkKind] = KINDS) -> Worker:
        """The threads that answer rings of these kinds, started."""
        worker = Worker(self.broker, queues=set(kinds), worker_threads=threads, worker_timeout=100)
        worker.start()
        return worker

    def _task(self, kind: WorkKind) -> Callable[[str], None]:
        def run(subject: str) -> None:
            try:
                self._stages.run(kind, subject)
            except MarsadError as exc:  # not even the row's state could be kept: its lease runs out, and it rings again
                log.warning("work_not_recorded", kind=kind, subject=subject, why=str(exc))
                return
            if self._after is not None:
                self._after()

        run.__name__ = kind
        return run


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the queue's errors into ours."""
    try:
        yield
    except (BrokerConnectionError, OSError) as exc:
        raise TemporaryFailure(f"the queue at MARSAD_REDIS_URL is away: {exc}") from exc
    except Exception as exc:
        if not _is_of_redis(exc):
            raise
        raise TemporaryFailure(f"the queue at MARSAD_REDIS_URL does not take messages: {exc}") from exc


def _is_of_redis(exc: Exception) -> bool:
    return any(cls.__module__.startswith("redis.") for cls in type(exc).__mro__)


class Sweeper:
    """Rings for whatever is due: new rows, lapsed leases, lost messages. Remembers what it rang for a while.

    `kinds`: what it rings for. `again`: seconds after which a ring that nobody answered counts as lost, unless the
    queue `is_full` of such rings: then its workers are away or behind, and find all of it when they come.
    """

    def __init__(
        self,
        store: WorkStore,
        ring: Callable[[WorkKind, str], None],
        *,
        clock: Clock,
        batch: int = 500,
        kinds: Iterable[WorkKind] = KINDS,
        again: float = RING_AGAIN,
        is_full: Callable[[WorkKind], bool] = lambda _: False,
    ) -> None:
        self._store = store
        self._ring = ring
        self._clock = clock
        self._batch = batch
        self._kinds = frozenset(kinds)
        self._again = timedelta(seconds=again)
        self._is_full = is_full
        self._rung: dict[tuple[str, str], tuple[tuple[int, datetime], datetime]] = {}

    def sweep(self) -> int:
        """Ring once for every due row that was not rung lately. Returns how many rang.

        Raises:
            TemporaryFailure: the database or the queue is away; what was not rung is rung by a later sweep.
        """
        now = self._clock()
        count = 0
        due = self._due(now)
        known, self._rung = self._rung, {}
        full: dict[WorkKind, bool] = {}
        for item in due:
            key = (item.kind, item.subject)
            last = known.get(key)
            if last is not None and self._was_rung(item, last, now):
                self._rung[key] = last
                continue
            if item.kind not in full:
                full[item.kind] = self._is_full(item.kind)
            if full[item.kind]:
                continue
            self._ring(item.kind, item.subject)
            self._rung[key] = ((item.attempts, item.next_attempt_at), now)
            count += 1
        return count

    def _due(self, now: datetime) -> list[WorkItem]:
        """The oldest; where there is much, the oldest of each kind, so that no kind waits for another."""
        due = self._store.due(now, limit=self._batch, kinds=self._kinds)
        if len(due) < self._batch:
            return due
        return [item for kind in self._kinds for item in self._store.due(now, kinds=(kind,), limit=self._batch)]

    def _was_rung(self, item: WorkItem, last: tuple[tuple[int, datetime], datetime], now: datetime) -> bool:
        again = _PROJECT_AGAIN if item.kind == "project" else self._again
        # a row made due afresh is another ring
        return last[0] == (item.attempts, item.next_attempt_at) and now - last[1] < again
