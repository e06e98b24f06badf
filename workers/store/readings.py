"""From an article version to facts in the log: what stands, and how a reading is saved.

It must not know how a text is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from domain.errors import InputError
from domain.events import Record, Retraction, event_identity
from domain.log import NewEvent, RecordedEvent
from workers.ports import Lease
from workers.store import schema as t
from workers.store.engine import Database
from workers.store.log import SqlLog, append, recorded
from workers.store.rows import Part, finish


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
            return len(append(connection, stream, events, now=now))

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
            earlier = connection.execute(
                select(t.events.c.data).where(t.events.c.stream == event.stream, t.events.c.type == "retraction")
            ).scalars()
            if any(event_id in data for data in earlier):
                return None
            record = Retraction(event_id=event_id, why=why, who=who)
            new = NewEvent(event_id=event_identity(event.stream, record), record=record, causation_id=event_id)
            return append(connection, event.stream, [new], now=now)[0]
