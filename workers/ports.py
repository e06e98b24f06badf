"""What the tasks, the commands and the pages ask of the store, and the types that travel between the stages.

Work to do is a row with a status, attempts and a lease; a message is only a doorbell. Every method that finishes work
commits its result together with the next step's row, fenced by the lease. It must not know a database, a queue
or a web library.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

import msgspec

from domain.alerts.matching import Wanted
from domain.alerts.message import Composed, Item
from domain.alerts.terms import Terms
from domain.events import Record
from domain.log import Log, NewEvent, RecordedEvent

WorkKind = Literal["poll", "fetch", "read", "project", "deliver"]
WorkStatus = Literal["waiting", "leased", "done", "quarantined"]


class FeedSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One feed as the list of feeds names it. `time_zone`: an IANA name."""

    url: str
    outlet: str
    title: str = ""
    country: str = ""
    time_zone: str = "UTC"


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed and its state. `interval`: seconds between polls; `failures`: in a row.

    `listed_url`: its address in the list of feeds; `url` follows permanent moves. `pushed_until`: its hub tells of news
    until then; filled where a list is asked for.
    """

    id: int
    url: str
    listed_url: str = ""
    outlet: str
    title: str
    country: str
    time_zone: str
    etag: str | None = None
    last_modified: str | None = None
    interval: float = 900.0
    next_poll_at: datetime
    failures: int = 0
    last_error: str | None = None
    last_polled_at: datetime | None = None
    last_new_at: datetime | None = None
    pushed_until: datetime | None = None


class FeedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a feed. `url`: the cleaned address of the article, which is its identity.

    `updated_at`: when the feed says that it last changed.
    """

    url: str
    title: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    summary: str = ""


class PollOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a poll of a feed gave. `error`: None where it went well, else one line for people.

    `hub`: who would push the feed, under the name `topic`. `quiet`: next poll and interval if no entry is new.
    """

    status: Literal["new", "unchanged", "failed"]
    entries: tuple[FeedEntry, ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None
    hub: str | None = None
    topic: str | None = None
    error: str | None = None
    next_poll_at: datetime
    interval: float
    quiet: tuple[datetime, float] | None = None


class Hub(msgspec.Struct, frozen=True, kw_only=True):
    """Who pushes a feed. `token`: names the callback; `secret`: signs pushes; `active_until`: None: it does not."""

    feed_id: int
    hub: str
    topic: str
    token: str
    secret: str
    active_until: datetime | None = None
    error: str | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry waiting to be fetched, with what its feed knows."""

    id: int
    url: str
    title: str
    published_at: datetime | None
    feed: Feed


class CleanArticle(msgspec.Struct, frozen=True, kw_only=True):
    """A page after cleaning. `published`: the day in the outlet's zone, ISO, or None where nobody can know.

    `published_at`: the moment, where the page or the feed names one.
    """

    url: str
    outlet: str
    title: str
    text: str
    published: str | None
    published_at: datetime | None = None
    author: str = ""
    language: str = "ar"


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """A stored article version. `id`: 32 hexadecimal digits of its address; `version`: 1, 2, …"""

    id: str
    version: int
    url: str
    outlet: str
    title: str
    text: str
    text_sha256: str
    published: str | None
    fetched_at: datetime


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """The right to do one piece of work until a time. `subject`: the id of the feed, entry, article or delivery."""

    work_id: int
    kind: WorkKind
    subject: str
    token: str
    attempts: int
    lease_until: datetime


class WorkItem(msgspec.Struct, frozen=True, kw_only=True):
    """A row of work as operators see it."""

    id: int
    kind: WorkKind
    subject: str
    status: WorkStatus
    attempts: int
    next_attempt_at: datetime
    error: str | None = None


class Channel(msgspec.Struct, frozen=True, kw_only=True):
    """Where alerts go. `secrets`: Standard Webhooks secrets, newest first; several while rotating.

    `secrets_until`: from then on the first alone signs; None: all do. `failing_since`: None where the last message
    got through.
    """

    id: int
    kind: str
    target: str
    secrets: tuple[str, ...] = ()
    secrets_until: datetime | None = None
    disabled: str | None = None
    failing_since: datetime | None = None

    def signing(self, now: datetime) -> tuple[str, ...]:
        """The secrets that sign at this time."""
        return self.secrets if self.secrets_until is None or now < self.secrets_until else self.secrets[:1]


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants to know what. Empty filters match everything; `changes` empty means all but `reaffirmed`.

    `channels`: one or more, oldest first. `owner`: the token that made it; 0: a command.
    """

    id: int
    channels: tuple[Channel, ...]
    actors: tuple[str, ...] = ()
    issues: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    terms: Terms = Terms()
    owner: int = 0
    created_at: datetime


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One change for one subscription by one channel. `key`: the stable idempotency key; `body`: empty until it goes.

    `carried_by`: the delivery whose message tells this one too. `dropped`: nothing was left to tell when it would go.
    """

    id: int
    key: str
    subscription: Subscription
    channel: Channel
    body: str
    status: Literal["waiting", "delivered", "dead", "dropped"]
    attempts: int
    error: str | None = None
    carried_by: int | None = None


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt to send a delivery."""

    attempt: int
    at: datetime
    status: str
    http_status: int | None
    error: str | None


Compose = Callable[[Subscription, str, Sequence[Item]], Composed | None]
Clock = Callable[[], datetime]


class WorkStore(Protocol):
    """Rows of work: leases, attempts, back-off, quarantine.

    The row `project`/`positions` is due whenever the log is ahead of the projection. Every `save_…`, and `finish`,
    raises Conflict where the lease was lost, and then has saved nothing.
    """

    def due(self, now: datetime, *, limit: int = 100, kinds: Collection[WorkKind] = ()) -> list[WorkItem]:
        """Work that is waiting and due, or whose lease ran out, oldest first; of these kinds, of all where none is."""
        ...

    def take(self, kind: WorkKind, subject: str, *, now: datetime, seconds: float) -> Lease | None:
        """The lease on a piece of work, its attempt counted and committed; None where it is not due or somebody's."""
        ...

    def extend(self, lease: Lease, *, now: datetime, seconds: float) -> bool:
        """Hold on to work that takes longer; False where the lease was lost."""
        ...

    def finish(self, lease: Lease, *, now: datetime) -> None:
        """Mark work done that leaves no other row (a projection's)."""
        ...

    def fail(self, lease: Lease, error: str, *, now: datetime, retry_at: datetime | None) -> None:
        """Give the work back, to be tried at `retry_at`; None quarantines it. Nothing happens if the lease was lost."""
        ...

    def postpone(self, lease: Lease, *, until: datetime, now: datetime) -> None:
        """Give work back that was not tried: the attempt does not count. Nothing happens if the lease was lost."""
        ...

    def end_waiting(self, now: datetime, *, within: timedelta) -> int:
        """Make messages due that wait for others of their position alone, `within` at most. Returns how many."""
        ...

    def next_due(self, kinds: Collection[WorkKind] = ()) -> datetime | None:
        """When the next waiting work falls due, or the next lease runs out; None where nothing waits."""
        ...

    def quarantined(self) -> list[WorkItem]:
        """What was given up, newest first."""
        ...

    def drop(self, work_id: int, *, now: datetime) -> bool:
        """Give quarantined work up for good, its error kept; False where there is none of that id."""
        ...

    def retry(self, work_id: int, *, now: datetime) -> bool:
        """Put quarantined work back; False where there is none of that id."""
        ...


class SourceStore(Protocol):
    """Feeds, entries and articles: what is fetched and cleaned."""

    def load_feeds(self, feeds: Sequence[FeedSpec], *, now: datetime) -> int:
        """Make the list of feeds the present one; new ones are due at once. Returns how many are new."""
        ...

    def feeds(self) -> list[Feed]:
        """Every feed, by outlet."""
        ...

    def feed(self, feed_id: int) -> Feed | None: ...

    def entry(self, entry_id: int) -> Entry | None: ...

    def article(self, article_id: str, *, version: int | None = None) -> Article | None:
        """A stored version; the newest by default."""
        ...

    def enqueue_due_polls(self, now: datetime) -> int:
        """Make a `poll` row for every feed that is due and has none. Returns how many."""
        ...

    def save_poll(self, lease: Lease, outcome: PollOutcome, *, now: datetime) -> int:
        """Finish a poll: the feed's state, and a `fetch` row for each entry that is unseen or was edited.

        Returns how many are new.
        """
        ...

    def save_article(self, lease: Lease, article: CleanArticle, *, now: datetime) -> Article | None:
        """Finish a fetch: a new version with a `read` row, or None where the text is unchanged."""
        ...

    def skip_entry(self, lease: Lease, why: str, *, language: str | None = None, now: datetime) -> None:
        """Finish a fetch that yields no article for good (404, a page without text), with the reason.

        `language`: of an article that is set aside since it is not in Arabic.
        """
        ...

    def link_copies(self, article_id: str, *, now: datetime) -> str | None:
        """Find the copies of a stored article within a month; the article that it is a copy of, or None."""
        ...


class ReadingStore(Protocol):
    """From an article version to facts in the log."""

    @property
    def log(self) -> Log: ...

    def standing(self, stream: str) -> dict[str, Record]:
        """The events of a stream that no retraction has taken back, by event id."""
        ...

    def save_reading(self, lease: Lease, stream: str, events: Sequence[NewEvent], *, now: datetime) -> int:
        """Finish a reading: append and mark the work done, in one transaction. Returns how many events are new."""
        ...

    def retract(self, event_id: str, *, why: str, who: str, now: datetime) -> RecordedEvent | None:
        """Take an event back, in its own stream; None where that was done before; InputError for an unknown id."""
        ...


class DeliveryOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one attempt to send gave.

    `retry_at`: with `retry`, when to try again. `disable`: why the channel is to take no more messages (410).
    """

    status: Literal["delivered", "retry", "dead"]
    http_status: int | None = None
    error: str | None = None
    retry_at: datetime | None = None
    disable: str | None = None


class Sender(Protocol):
    """One kind of channel; see `workers.channels`."""

    def send(self, delivery: Delivery, *, now: datetime) -> DeliveryOutcome:
        """One attempt. Its failures are outcomes, never errors."""
        ...


class SubscriptionStore(Protocol):
    """Channels, subscriptions and deliveries."""

    def add_channel(
        self, kind: str, target: str, *, secrets: Sequence[str] = (), owner: int = 0, now: datetime
    ) -> Channel:
        """A channel of that kind, target and owner; the present one with its secrets, if any, enabled again."""
        ...

    def channels(self) -> list[Channel]: ...

    def add_subscription(
        self,
        channel_ids: Sequence[int],
        *,
        actors: Sequence[str] = (),
        issues: Sequence[str] = (),
        changes: Sequence[str] = (),
        terms: Terms = Terms(),  # noqa: B008 -- frozen
        owner: int = 0,
        now: datetime,
    ) -> Subscription:
        """Who wants to know what, from now on; InputError where there is no channel, or no such one."""
        ...

    def edit_subscription(self, subscription_id: int, wanted: Wanted, *, due: datetime) -> bool:
        """Other filters and terms, from now on; what waits without words goes at `due`. False where there is none."""
        ...

    def set_channels(self, subscription_id: int, channel_ids: Sequence[int], *, now: datetime) -> None:
        """Other channels, from now on; what waits for one that is left out is given up. InputError where none is."""
        ...

    def rotate(self, channel_id: int, secret: str, *, until: datetime | None) -> Channel:
        """A new secret that signs first; the present ones sign beside it until then, at least until the next rotation.

        InputError where there is no such channel.
        """
        ...

    def subscriptions(self) -> list[Subscription]:
        """Every subscription that was not removed, oldest first."""
        ...

    def remove_subscription(self, subscription_id: int, *, now: datetime) -> bool:
        """End a subscription; its waiting deliveries are given up. False where there is none of that id."""
        ...

    def delivery(self, delivery_id: int) -> Delivery | None: ...

    def seal_delivery(self, lease: Lease, compose: Compose, *, now: datetime) -> Delivery | None:
        """The delivery with its words, fixed now if they were not; None where nothing is left to tell: it is settled.

        NotYet while an earlier message of the same change is on its way.
        """
        ...

    def deliveries(
        self,
        *,
        status: str | None = None,
        limit: int = 100,
        subscription: int | None = None,
        owner: int | None = None,
        below: int | None = None,
    ) -> list[Delivery]:
        """Deliveries, newest first; of one subscription, of one owner's, of a smaller id."""
        ...

    def save_delivery(self, lease: Lease, outcome: DeliveryOutcome, *, now: datetime) -> None:
        """Record an attempt and what follows: delivered, tried again, or dead (its work is quarantined)."""
        ...

    def resend(self, delivery_id: int, *, now: datetime) -> bool:
        """Send a dead delivery again, with the same key; False where there is no dead one of that id."""
        ...
