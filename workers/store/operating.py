"""How the service does, in numbers: open and late work, deliveries and channels, what the last while brought.

Every question is answered from an index or from the newest rows alone, so that it costs the same on a log of millions.
It must not know who asks, nor what is well or not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, case, func, or_, select

from workers.ports import WorkItem
from workers.store import schema as t
from workers.store.clocks import sequence_at, sequence_between
from workers.store.engine import Database
from workers.store.work import item as work_item

RECENT = 5_000  # newest rows that a yield is counted over
_FIRSTS = 500  # newest changes that are asked who reported them first
_HOURS = 24


class Late(msgspec.Struct, frozen=True, kw_only=True):
    """The oldest piece of work that is due and that nobody does."""

    kind: str
    since: datetime


class ChannelState(msgspec.Struct, frozen=True, kw_only=True):
    """A destination of alerts. `disabled`: why it takes no more; `failing_since`: None where the last got through."""

    id: int
    kind: str
    target: str
    disabled: str | None
    failing_since: datetime | None


class DeliveryState(msgspec.Struct, frozen=True, kw_only=True):
    """A message that has not arrived."""

    id: int
    kind: str
    target: str
    status: str
    attempts: int
    error: str | None
    created_at: datetime


class OutletYield(msgspec.Struct, frozen=True, kw_only=True):
    """What an outlet brought. `entries`, `stored`, `skipped`, `events`: of the newest `RECENT` of all outlets.

    `firsts`: of the newest changes, how many it reported before anybody else.
    """

    outlet: str
    entries: int
    stored: int
    skipped: int
    events: int
    firsts: int
    last_article_at: datetime | None


class First(msgspec.Struct, frozen=True, kw_only=True):
    """Who reported a change first."""

    sequence: int
    actor: str
    issue: str
    kind: str
    on: str
    outlet: str
    url: str
    recorded_at: datetime


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """How far a projection is: events it has not read, keys it has not folded since; when it moved last."""

    projection: str
    behind: int
    waiting: int
    moved_at: datetime | None


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """How much there ever was, by the newest numbers: rows that were cleared away count too."""

    entries: int
    events: int
    changes: int


class Operating:
    """Questions about the service itself."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def totals(self) -> Totals:
        """How much there ever was."""
        columns = (t.entries.c.id, t.log_head.c.sequence, t.changes.c.sequence)
        with self._db.read() as connection:
            found = [connection.execute(select(func.coalesce(func.max(c), 0))).scalar_one() for c in columns]
        return Totals(entries=found[0], events=found[1], changes=found[2])

    def open_work(self) -> dict[str, dict[str, int]]:
        """How many rows of work are not done, by kind and status."""
        open_ = t.work.c.status.in_(("waiting", "leased", "quarantined"))
        query = select(t.work.c.kind, t.work.c.status, func.count()).where(open_)
        found: dict[str, dict[str, int]] = {}
        with self._db.read() as connection:
            for kind, status, count in connection.execute(query.group_by(t.work.c.kind, t.work.c.status)):
                found.setdefault(kind, {})[status] = count
        return found

    def late_work(self, now: datetime) -> Late | None:
        """The oldest work that is due, or whose lease ran out; a projection's is told by `checkpoints`."""
        due = case((t.work.c.status == "leased", t.work.c.lease_until), else_=t.work.c.next_attempt_at)
        open_ = or_(t.work.c.status == "waiting", t.work.c.status == "leased")
        query = select(t.work.c.kind, due.label("due")).where(open_, due <= now, t.work.c.kind != "project")
        with self._db.read() as connection:
            row = connection.execute(query.order_by("due").limit(1)).one_or_none()
        return None if row is None else Late(kind=row.kind, since=_aware(row.due))

    def quarantined(self, limit: int = 100) -> list[tuple[WorkItem, str]]:
        """What was given up, newest first, each with an address or a name for people."""
        query = select(t.work).where(t.work.c.status == "quarantined")
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(t.work.c.changed_at.desc(), t.work.c.id.desc()).limit(limit)).all()
            names = _names(connection, [(row.kind, row.subject) for row in rows])
        return [(work_item(row), names.get((row.kind, row.subject), row.subject)) for row in rows]

    def checkpoints(self) -> list[Checkpoint]:
        """Every projection and how far it is."""
        with self._db.read() as connection:
            head = int(connection.execute(select(func.coalesce(func.max(t.log_head.c.sequence), 0))).scalar_one())
            waiting = select(t.position_keys.c.projection, func.count()).where(t.position_keys.c.stale.is_not(None))
            keys = _counted(connection.execute(waiting.group_by(t.position_keys.c.projection)))
            rows = connection.execute(select(t.checkpoints).order_by(t.checkpoints.c.projection)).all()
        return [
            Checkpoint(
                projection=row.projection, behind=head - row.seq, waiting=keys.get(row.projection, 0),
                moved_at=row.moved_at,
            )
            for row in rows
        ]  # fmt: skip

    def channels(self) -> list[ChannelState]:
        """Every destination that somebody subscribed to."""
        link = t.subscription_channels.c
        used = select(link.channel_id).join(t.subscriptions, t.subscriptions.c.id == link.subscription_id)
        used = used.where(t.subscriptions.c.removed_at.is_(None))
        query = select(t.channels).where(t.channels.c.id.in_(used)).order_by(t.channels.c.id)
        with self._db.read() as connection:
            return [
                ChannelState(
                    id=row.id, kind=row.kind, target=row.target, disabled=row.disabled, failing_since=row.failing_since
                )
                for row in connection.execute(query)
            ]

    def deliveries(self) -> dict[str, int]:
        """How many deliveries, by status."""
        query = select(t.deliveries.c.status, func.count()).group_by(t.deliveries.c.status)
        with self._db.read() as connection:
            return _counted(connection.execute(query))

    def undelivered(self, limit: int = 20) -> list[DeliveryState]:
        """Messages that were refused or wait for another try, newest first."""
        d = t.deliveries
        wanted = or_(d.c.status == "dead", (d.c.status == "waiting") & (d.c.attempts > 0))
        query = (
            select(d.c.id, d.c.status, d.c.attempts, d.c.error, d.c.created_at, t.channels.c.kind, t.channels.c.target)
            .join(t.channels, t.channels.c.id == d.c.channel_id)
            .where(wanted, d.c.carried_by.is_(None))
        )
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(d.c.id.desc()).limit(limit)).all()
        return [DeliveryState(**row._mapping) for row in rows]

    def by_hour(self, now: datetime) -> list[tuple[datetime, int]]:
        """How many events each of the last hours brought, oldest first, hours without any among them."""
        top = now.replace(minute=0, second=0, microsecond=0)
        hours = [top - timedelta(hours=i) for i in range(_HOURS - 1, -1, -1)]
        with self._db.read() as connection:
            head = sequence_at(connection, now) or 0
            ends = [*_before(connection, hours, 0, head), head]
        return [(hour, ends[i + 1] - ends[i]) for i, hour in enumerate(hours)]

    def yields(self) -> list[OutletYield]:
        """What each outlet brought of late, by name."""
        with self._db.read() as connection:
            entries = _entries(connection)
            events = _events(connection)
            firsts = Counter(first.outlet for first in _firsts(connection, _FIRSTS))
            query = select(t.feeds.c.outlet, func.max(t.feeds.c.last_new_at)).where(t.feeds.c.listed)
            last = {outlet: _aware(at) for outlet, at in connection.execute(query.group_by(t.feeds.c.outlet))}
        return [
            OutletYield(
                outlet=outlet, entries=sum(entries.get(outlet, {}).values()), events=events[outlet],
                stored=entries.get(outlet, {}).get("stored", 0), skipped=entries.get(outlet, {}).get("skipped", 0),
                firsts=firsts[outlet], last_article_at=last.get(outlet),
            )
            for outlet in sorted(last.keys() | entries.keys() | events.keys() | firsts.keys())
        ]  # fmt: skip

    def firsts(self, limit: int = 20) -> list[First]:
        """Who reported each of the newest changes first; newest change first."""
        with self._db.read() as connection:
            return _firsts(connection, limit)


def _before(connection: Connection, times: Sequence[datetime], low: int, high: int) -> list[int]:
    """The last event before each time, in order, all known to be one of these; where nothing came nothing is asked."""
    if not times or low == high:
        return [low] * len(times)
    middle = len(times) // 2
    found = sequence_between(connection, times[middle] - timedelta(microseconds=1), low, high)
    earlier, later = times[:middle], times[middle + 1 :]
    return [*_before(connection, earlier, low, found), found, *_before(connection, later, found, high)]


def _entries(connection: Connection) -> dict[str, dict[str, int]]:
    newest = select(t.entries.c.feed_id, t.entries.c.outcome).order_by(t.entries.c.id.desc()).limit(RECENT).subquery()
    of_feed = newest.join(t.feeds, t.feeds.c.id == newest.c.feed_id)
    query = select(t.feeds.c.outlet, newest.c.outcome, func.count()).select_from(of_feed)
    found: dict[str, dict[str, int]] = {}
    for outlet, outcome, count in connection.execute(query.group_by(t.feeds.c.outlet, newest.c.outcome)):
        found.setdefault(outlet, {})[outcome] = count
    return found


def _events(connection: Connection) -> Counter[str]:
    read = t.events.c.type != "retraction"
    newest = select(t.events.c.stream).where(read).order_by(t.events.c.sequence.desc()).limit(RECENT).subquery()
    of_article = newest.join(t.articles, t.articles.c.id == newest.c.stream)
    query = select(t.articles.c.outlet, func.count()).select_from(of_article)
    return Counter(_counted(connection.execute(query.group_by(t.articles.c.outlet))))


class _Change(msgspec.Struct, frozen=True):
    event_ids: tuple[str, ...]


class _Fact(msgspec.Struct, frozen=True):
    outlet: str
    url: str


def _firsts(connection: Connection, limit: int) -> list[First]:
    c = t.changes.c
    query = select(c.sequence, c.actor, c.issue, c.kind, c.on_day, c.data)
    query = query.where(c.kind != "reaffirmed", c.withdrawn_at.is_(None)).order_by(c.sequence.desc()).limit(limit)
    rows = connection.execute(query).all()
    ids = {row.sequence: msgspec.json.decode(row.data, type=_Change).event_ids for row in rows}
    facts = _first_facts(connection, sorted({i for of in ids.values() for i in of}))
    found: list[First] = []
    for row in rows:
        told = [facts[i] for i in ids[row.sequence] if i in facts]
        if told:
            _, at, data = min(told)
            fact = msgspec.json.decode(data, type=_Fact)
            first = First(
                sequence=row.sequence, actor=row.actor, issue=row.issue, kind=row.kind, on=row.on_day,
                outlet=fact.outlet, url=fact.url, recorded_at=at,
            )  # fmt: skip
            found.append(first)
    return found


def _first_facts(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[int, datetime, str]]:
    f = t.position_facts.c
    found: dict[str, tuple[int, datetime, str]] = {}
    for i in range(0, len(ids), 500):
        query = select(f.event_id, f.sequence, f.recorded_at, f.data).where(f.event_id.in_(ids[i : i + 500]))
        found |= {row.event_id: (row.sequence, row.recorded_at, row.data) for row in connection.execute(query)}
    return found


def _names(connection: Connection, subjects: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What pieces of work are about, in words: an address, or where a message goes."""
    numbers = {kind: [int(s) for k, s in subjects if k == kind] for kind in ("poll", "fetch", "deliver")}
    articles = [s for k, s in subjects if k == "read"]
    to = select(t.deliveries.c.id, t.channels.c.target).join(t.channels, t.channels.c.id == t.deliveries.c.channel_id)
    queries: tuple[tuple[str, Any], ...] = (
        ("poll", select(t.feeds.c.id, t.feeds.c.url).where(t.feeds.c.id.in_(numbers["poll"]))),
        ("fetch", select(t.entries.c.id, t.entries.c.url).where(t.entries.c.id.in_(numbers["fetch"]))),
        ("read", select(t.articles.c.id, t.articles.c.url).where(t.articles.c.id.in_(articles))),
        ("deliver", to.where(t.deliveries.c.id.in_(numbers["deliver"]))),
    )
    return {(kind, str(id_)): name for kind, query in queries for id_, name in connection.execute(query)}


def _counted(rows: Iterable[Any]) -> dict[str, int]:
    return {row[0]: row[1] for row in rows}


def _aware(at: Any) -> Any:
    """A time out of an expression, which SQLite gives as it stores it."""
    if isinstance(at, str):
        at = datetime.fromisoformat(at)
    return t.as_utc(at)
