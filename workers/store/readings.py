"""From an article version to facts in the log: what stands, and how a reading is saved.

It must not know how a text is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select

from domain.errors import InputError
from domain.events import MACHINE, Record, Retraction, event_identity, renewed_identity
from domain.log import NewEvent, RecordedEvent
from workers.ports import Article, Lease
from workers.store import schema as t
from workers.store.engine import Database
from workers.store.log import SqlLog, append, recorded
from workers.store.rows import Part, finish
from workers.store.sources import article, articles


class ReadingRows(Part):
    """The `ReadingStore` of `workers.ports`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.log = SqlLog(database)

    def standing(self, stream: str) -> dict[str, Record]:
        """The events of a stream that no retraction has taken back, by event id."""
        records = {event.event_id: event.record for event in self.log.stream(stream)}
        taken_back = {r.event_id for r in records.values() if isinstance(r, Retraction)}
        return {i: r for i, r in records.items() if not isinstance(r, Retraction) and i not in taken_back}

    def save_reading(self, lease: Lease, stream: str, events: Sequence[NewEvent], *, now: datetime) -> int:
        """Finish a reading: append and mark the work done, in one transaction. Returns how many events are new.

        Raises:
            Conflict: the lease was lost; nothing was saved.
        """
        with self._db.write() as connection:
            finish(connection, lease, now=now)
            return len(append(connection, stream, _renewed(connection, events), now=now))

    def renewed(self, events: Sequence[NewEvent]) -> list[NewEvent]:
        """What of a reading is to be appended.

        A fact that an earlier reading took back comes under a new id; one that a person took back stays away.
        """
        with self._db.read() as connection:
            return _renewed(connection, events)

    def reread(self, stream: str, events: Sequence[NewEvent], *, expected_version: int, now: datetime) -> int:
        """Append the difference of a second reading; returns how many events are new.

        Raises:
            Conflict: the stream was written to meanwhile: read it again.
        """
        with self._db.write() as connection:
            new = _renewed(connection, events)
            return len(append(connection, stream, new, expected_version=expected_version, now=now))

    def stored_articles(self, *, since: str | None = None, batch: int = 100) -> Iterator[Article]:
        """The newest version of every article whose text is there, in bounded memory.

        `since`: only those published on that ISO day or later; where that is unknown, fetched.
        """
        table, after = t.article_versions, ""
        newest = select(func.max(table.c.version)).where(table.c.article_id == t.articles.c.id)
        query = articles().where(table.c.version == newest.correlate(t.articles).scalar_subquery())
        query = query.where(table.c.text.is_not(None)).order_by(t.articles.c.id).limit(batch)
        while True:
            with self._db.read() as connection:
                portion = [article(row) for row in connection.execute(query.where(t.articles.c.id > after))]
            for found in portion:
                if since is None or (found.published or found.fetched_at.date().isoformat()) >= since:
                    yield found
            if len(portion) < batch:
                return
            after = portion[-1].id

    def retract(self, event_id: str, *, why: str, who: str, now: datetime) -> RecordedEvent | None:
        """Take an event back, in its own stream; None where that was done before.

        Raises:
            InputError: the log holds no such event.
        """
        with self._db.write() as connection:
            row = connection.execute(select(t.events).where(t.events.c.event_id == event_id)).one_or_none()
            event = None if row is None else recorded(row)
            if event is None or isinstance(event.record, Retraction):
                raise InputError(f"the log holds no event {event_id}: `marsad events` lists them")
            if _retractions(connection, [event_id]):
                return None
            record = Retraction(event_id=event_id, why=why, who=who)
            new = NewEvent(event_id=event_identity(event.stream, record), record=record, causation_id=event_id)
            return append(connection, event.stream, [new], now=now)[0]

    def named(self, prefix: str) -> str:
        """The id of the one event that begins so; retractions are not looked at.

        Raises:
            InputError: none does, or several do.
        """
        asked = t.events.c.event_id.startswith(prefix, autoescape=True) & (t.events.c.type != "retraction")
        with self._db.read() as connection:
            found = connection.execute(select(t.events.c.event_id).where(asked).limit(2)).scalars().all()
        if not found:
            raise InputError(f"the log holds no event {prefix}: `marsad events --json` lists them")
        if len(found) > 1:
            raise InputError(f"more than one event begins with {prefix}: write more of its id")
        return str(found[0])


def _renewed(connection: Connection, events: Sequence[NewEvent]) -> list[NewEvent]:
    """See `ReadingRows.renewed`."""
    ids = [event.event_id for event in events]
    present: set[str] = set()
    for i in range(0, len(ids), 500):
        query = select(t.events.c.event_id).where(t.events.c.event_id.in_(ids[i : i + 500]))
        present |= set(connection.execute(query).scalars())
    found = (e if e.event_id not in present else _renew(connection, e) for e in events)
    return [event for event in found if event is not None]


def _renew(connection: Connection, event: NewEvent) -> NewEvent | None:
    """An event whose id the log holds, under the id that it may have now; None where it stands, or is not to."""
    event_id = event.event_id
    while True:
        taken_back = _retractions(connection, [event_id])
        if event_id not in taken_back or taken_back[event_id].who != MACHINE:
            return None
        cause = taken_back[event_id].cause
        event_id = renewed_identity(event.event_id, cause)
        if connection.execute(select(t.events.c.sequence).where(t.events.c.event_id == event_id)).scalar() is None:
            return msgspec.structs.replace(event, event_id=event_id, causation_id=cause)


class _TakenBack(msgspec.Struct, frozen=True):
    cause: str
    who: str


def _retractions(connection: Connection, event_ids: Sequence[str]) -> dict[str, _TakenBack]:
    """Who took events back, and the retraction's id; those that stand are left out."""
    query = select(t.events).where(t.events.c.type == "retraction", t.events.c.causation_id.in_(event_ids))
    found = map(recorded, connection.execute(query))
    return {e.record.event_id: _TakenBack(e.event_id, e.record.who) for e in found if isinstance(e.record, Retraction)}
