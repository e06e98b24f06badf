"""The steps of the way of the data: poll, fetch, read, project, deliver; each takes one id, and may be rung twice.

A step takes the lease, works, and commits its result with the next step's row; whatever goes wrong becomes the row's
state. It must not know the queue that rings it, nor a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from domain.alerts.terms import held_until
from domain.copies import sketch
from domain.errors import (
    Conflict,
    MarsadError,
    NotYet,
    PermanentFailure,
    Refused,
    SetAside,
    StoreAway,
)
from domain.events import MACHINE, Event, Read, Record, Retraction, Source, event_identity
from domain.log import NewEvent
from domain.reading.extractor import Extractor
from workers import trail
from workers.pace import failed_poll
from workers.ports import (
    Article,
    Channel,
    CleanArticle,
    Clock,
    Compose,
    Delivery,
    DeliveryOutcome,
    Entry,
    Feed,
    Lease,
    PollOutcome,
    ReadingStore,
    Sender,
    SourceStore,
    SubscriptionStore,
    WorkKind,
    WorkStore,
)

log = structlog.get_logger()

DAY = timedelta(days=1)
_RETRY_SECONDS = (60, 300, 1800, 7200, 21600)
_STORE_SECONDS = (1, 5, 20, 60)  # our own database comes back sooner than a stranger's site
_DELIVERY_SECONDS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)


class Store(WorkStore, SourceStore, ReadingStore, SubscriptionStore, Protocol):
    """All that the steps keep."""


class Polled(Protocol):
    """What reading the web gives; see `workers.fetch`."""

    def poll(self, feed: Feed) -> PollOutcome:
        """The feed's present entries. Its failures are outcomes, never errors."""
        ...

    def article(self, entry: Entry) -> CleanArticle:
        """The cleaned article behind an entry.

        Raises:
            TemporaryFailure: try again later.
            PermanentFailure: there is no article to be had.
        """
        ...


class Lanes(Protocol):
    """How much may be on its way at once; see `workers.lanes`."""

    def turn(self, channel: Channel) -> AbstractContextManager[None]:
        """The right to send to a channel; NotYet where too much is on its way."""
        ...


class Projector(Protocol):
    """What keeps readers' tables up with the log."""

    def catch_up(self, *, now: datetime) -> object: ...


class Stages:
    """Every step, over the parts that bootstrap hands out. Safe to use from many threads.

    `polled`: called after a poll was saved.
    """

    def __init__(
        self,
        store: Store,
        web: Polled,
        extractor: Extractor,
        projector: Projector,
        senders: Mapping[str, Sender],
        *,
        compose: Compose,
        lanes: Lanes,
        clock: Clock,
        lease_seconds: float,
        attempts: int,
        polled: Callable[[Feed, PollOutcome], None] | None = None,
    ) -> None:
        self._store = store
        self._web = web
        self._extractor = extractor
        self._projector = projector
        self._senders = senders
        self._compose = compose
        self._lanes = lanes
        self._clock = clock
        self._lease_seconds = lease_seconds
        self._attempts = attempts
        self._polled = polled
        self._steps: dict[WorkKind, Callable[[Lease], None]] = {
            "poll": self._poll, "fetch": self._fetch, "read": self._read, "project": self._project,
            "deliver": self._deliver,
        }  # fmt: skip

    def run(self, kind: WorkKind, subject: str) -> bool:
        """Do one piece of work, if it is due and nobody holds it. False where there was nothing to do."""
        lease = self._store.take(kind, subject, now=self._clock(), seconds=self._lease_seconds)
        if lease is None:
            return False
        with trail.step(kind, subject):
            self._do(lease)
        return True

    def _do(self, lease: Lease) -> None:
        """A step, and what its failure means for the work."""
        kind, subject = lease.kind, lease.subject
        try:
            if lease.attempts > self._attempts and kind != "deliver":
                self._store.fail(lease, f"given up after {self._attempts} attempts", now=self._clock(), retry_at=None)
            else:
                self._steps[kind](lease)
        except Conflict:
            log.info("lease_lost", kind=kind, subject=subject)
        except NotYet as exc:
            now = self._clock()
            self._store.postpone(lease, until=now + timedelta(seconds=exc.seconds), now=now)
        except PermanentFailure as exc:
            self._give_up(lease, exc)
        except StoreAway as exc:
            self._try_again(lease, str(exc), None, pauses=_STORE_SECONDS)
        except MarsadError as exc:
            self._try_again(lease, str(exc), getattr(exc, "retry_after", None))
        except Exception as exc:  # a fault of ours must not end the worker: it becomes the row's state
            log.exception("step_failed", kind=kind, subject=subject)
            self._try_again(lease, f"{type(exc).__name__}: {exc}", None)

    def _poll(self, lease: Lease) -> None:
        feed = self._store.feed(int(lease.subject))
        if feed is None:
            raise PermanentFailure(f"feed {lease.subject} is no longer in the list")
        outcome = self._outcome(feed)
        new = self._store.save_poll(lease, outcome, now=self._clock())
        log.info("feed_polled", feed=feed.url, status=outcome.status, new=new, error=outcome.error)
        if self._polled is not None:
            self._polled(feed, outcome)

    def _outcome(self, feed: Feed) -> PollOutcome:
        """What a poll gave; a fault of ours is the feed's failure too, seen beside it, and does not end its polls."""
        try:
            return self._web.poll(feed)
        except MarsadError:
            raise
        except Exception as exc:
            log.exception("step_failed", kind="poll", subject=str(feed.id))
            fault = PermanentFailure(f"{feed.url}: {type(exc).__name__}: {exc}")
            return failed_poll(feed, fault, now=self._clock())

    def _fetch(self, lease: Lease) -> None:
        entry = self._store.entry(int(lease.subject))
        if entry is None:
            raise PermanentFailure(f"entry {lease.subject} is gone")
        trail.about([trail.of_address(entry.url)])
        article = self._web.article(entry)
        trail.about([trail.of_address(article.url)])
        stored = self._store.save_article(lease, article, now=self._clock())
        log.info("article_fetched", url=article.url, new=stored is not None)

    def _read(self, lease: Lease) -> None:
        article = self._store.article(lease.subject)
        if article is None:
            raise PermanentFailure(f"article {lease.subject} is gone")
        trail.about([trail.of_address(article.url)])
        origin = self._store.link_copies(article.id, now=self._clock())
        stream = stream_of(article)
        found = self._extractor.read(article.text, published=published_day(article))
        news = difference(stream, article, found, self._store.standing(stream), self._extractor.version)
        added = self._store.save_reading(lease, stream, news, now=self._clock())
        log.info("article_read", url=article.url, events=len(found), appended=added, copy_of=origin)

    def _project(self, lease: Lease) -> None:
        self._projector.catch_up(now=self._clock())
        self._store.finish(lease, now=self._clock())

    def _deliver(self, lease: Lease) -> None:
        delivery = self._store.delivery(int(lease.subject))
        if delivery is None:
            raise PermanentFailure(f"delivery {lease.subject} is gone")
        outcome = self._send(lease, delivery)
        if outcome is None:
            log.info("delivery_dropped", delivery=delivery.id)
            return
        if outcome.status == "retry" and lease.attempts > len(_DELIVERY_SECONDS):
            outcome = DeliveryOutcome(status="dead", http_status=outcome.http_status, error=outcome.error)
        elif outcome.status == "retry" and outcome.retry_at is None:
            wait = timedelta(seconds=_DELIVERY_SECONDS[lease.attempts - 1])
            outcome = DeliveryOutcome(
                status="retry", http_status=outcome.http_status, error=outcome.error, retry_at=self._clock() + wait
            )
        self._store.save_delivery(lease, outcome, now=self._clock())
        log.info("delivery_attempted", delivery=delivery.id, status=outcome.status, error=outcome.error)

    def _send(self, lease: Lease, delivery: Delivery) -> DeliveryOutcome | None:
        """One attempt; None where nothing was left to tell.

        Raises:
            NotYet: quiet hours, a mute, an earlier message of the same change, or a busy channel.
        """
        channel, now = delivery.channel, self._clock()
        if channel.disabled is not None:
            return DeliveryOutcome(status="dead", error=f"the channel is disabled: {channel.disabled}")
        if channel.kind not in self._senders:
            return DeliveryOutcome(status="dead", error=f"no channel of kind {channel.kind!r} is known")
        held = held_until(delivery.subscription.terms, now)
        if held is not None:
            raise NotYet("quiet hours, or muted", seconds=(held - now).total_seconds())
        with self._lanes.turn(channel):
            sealed = self._store.seal_delivery(lease, self._compose, now=now)
            if sealed is None:
                return None
            trail.about(trail.of_message(sealed.body))
            return self._senders[channel.kind].send(sealed, now=self._clock())

    def _give_up(self, lease: Lease, exc: PermanentFailure) -> None:
        if lease.kind == "fetch":
            language = exc.language if isinstance(exc, SetAside) else None
            self._store.skip_entry(lease, str(exc), language=language, now=self._clock())
        else:
            self._store.fail(lease, str(exc), now=self._clock(), retry_at=None)
        log.warning("given_up", kind=lease.kind, subject=lease.subject, why=str(exc))

    def _try_again(
        self, lease: Lease, error: str, retry_after: float | None, *, pauses: tuple[int, ...] = _RETRY_SECONDS
    ) -> None:
        if lease.attempts >= self._attempts:
            self._store.fail(lease, error, now=self._clock(), retry_at=None)
            log.warning("quarantined", kind=lease.kind, subject=lease.subject, why=error)
            return
        pause = pauses[min(lease.attempts, len(pauses)) - 1]
        wait = timedelta(seconds=max(pause, min(retry_after or 0, DAY.total_seconds())))
        self._store.fail(lease, error, now=self._clock(), retry_at=self._clock() + wait)
        log.info("to_be_tried_again", kind=lease.kind, subject=lease.subject, why=error, seconds=wait.total_seconds())


def stream_of(article: Article) -> str:
    """The log's stream of an article."""
    return f"article-{article.id}"


def published_day(article: Article) -> date | None:
    """The publication day in the outlet's own zone, or None where nobody knows."""
    return None if article.published is None else date.fromisoformat(article.published)


def difference(
    stream: str, article: Article, found: Iterable[Event], standing: dict[str, Record], extractor: str
) -> list[NewEvent]:
    """What to append so that the stream stands as the new reading says: retractions, then new events; may be empty."""
    wanted: dict[str, NewEvent] = {}
    for event in found:
        record = Read(event=event, source=source_of(article, event))
        identity = event_identity(stream, record)
        wanted[identity] = NewEvent(event_id=identity, record=record, correlation_id=article.id)
    news = []
    # by what they say: a fact that was taken back and read again has another id than its identity
    known = {event_identity(stream, record): event_id for event_id, record in standing.items()}
    for event_id in sorted(known[identity] for identity in known.keys() - wanted.keys()):
        why = f"version {article.version}, read by {extractor}, does not hold it"
        retraction = Retraction(event_id=event_id, why=why, who=MACHINE)
        identity = event_identity(stream, retraction)
        news.append(NewEvent(event_id=identity, record=retraction, correlation_id=article.id, causation_id=event_id))
    return news + [new for identity, new in wanted.items() if identity not in known]


def source_of(article: Article, event: Event) -> Source:
    """Where an event was read, with the sketches by which copies are known."""
    return Source(
        article=article.id, version=article.version, url=article.url, outlet=article.outlet, title=article.title,
        published=article.published, text_sha256=article.text_sha256,
        sketches=tuple(sketch(article.text[start:end]) for start, end in event.evidence),
    )  # fmt: skip


def local_day(instant: datetime | None, zone: str) -> str | None:
    """The ISO day of an aware instant in a time zone; None for None."""
    return None if instant is None else instant.astimezone(ZoneInfo(zone)).date().isoformat()


def utc_now() -> datetime:
    """The clock of production."""
    return datetime.now(UTC)


__all__ = ["Clock", "Refused", "Stages", "difference", "local_day", "published_day", "stream_of", "utc_now"]
