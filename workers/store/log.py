"""The append-only log on SQLite and PostgreSQL: the `Log` of `domain.log`.

The one-row head is advanced by the very statement that inserts (on SQLite within one BEGIN IMMEDIATE), so numbers are
gapless and in the order of commits, and a reader that has seen n has seen everything up to n. Callers make the append
the last thing in their transaction, since it holds the head until commit. It must not know projections.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select
from sqlalchemy.exc import IntegrityError

from domain.errors import Conflict
from domain.events import SCHEMA_VERSION, decode, encode, record_type
from domain.log import NewEvent, RecordedEvent
from workers.store import schema as t
from workers.store.engine import Database
from workers.store.rows import sqlite_time

_ATTEMPTS = 20  # another writer of the same stream can win only as often as there are other writers
_COLUMNS = ", ".join(c.name for c in t.events.c)
_SQLITE_VERSION = "SELECT coalesce(max(version), 0) FROM events WHERE stream = ?"
_SQLITE_HEAD = "UPDATE log_head SET sequence = sequence + ? RETURNING sequence"
_SQLITE_INSERT = f"INSERT INTO events ({_COLUMNS}) VALUES ({', '.join('?' for _ in t.events.c)})"
_POSTGRES_APPEND = """
WITH present AS (SELECT coalesce(max(version), 0) AS version FROM events WHERE stream = %(stream)s::text),
     head AS (UPDATE log_head SET sequence = sequence + %(count)s::int
              WHERE id = 1 AND (%(expected)s::int < 0 OR %(expected)s::int = (SELECT version FROM present))
              RETURNING sequence - %(count)s::int AS base),
     written AS (
         INSERT INTO events (sequence, event_id, type, schema_version, stream, version, data, recorded_at,
                             correlation_id, causation_id)
         SELECT head.base + e.ord, e.event_id, e.type, %(schema_version)s::int, %(stream)s::text,
                present.version + e.ord, e.data, %(recorded_at)s::timestamptz, e.correlation_id, e.causation_id
         FROM head, present, unnest(%(event_id)s::text[], %(type)s::text[], %(data)s::text[],
                                    %(correlation_id)s::text[], %(causation_id)s::text[])
                             WITH ORDINALITY AS e (event_id, type, data, correlation_id, causation_id, ord))
SELECT head.base + 1, present.version + 1 FROM head, present
"""
_READ = f"SELECT {_COLUMNS} FROM events WHERE sequence > {{}} ORDER BY sequence LIMIT {{}}"
_ANY = -1  # no version is expected
_Row = tuple[str, str, str, str, str]  # event id, type, data, correlation id, causation id


class SqlLog:
    """An append-only, totally ordered log in the table `events`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def append(
        self, stream: str, events: Sequence[NewEvent], *, expected_version: int | None = None
    ) -> list[RecordedEvent]:
        """See `domain.log.Log.append`."""
        now = self._db.clock()
        # nearly always everything is new: insert at once, and look up and compare only where that is refused
        if events:
            rows = _rows(events)  # before the transaction, which holds up every other writer
            first = None
            with suppress(IntegrityError), self._db.bare() as cursor:
                first = _insert(cursor, stream, rows, expected=expected_version, now=now, sqlite=self._db.is_sqlite)
            if first is not None:
                return _recorded(first, stream, events, rows, now)
        with self._db.write() as connection:
            return append(connection, stream, events, expected_version=expected_version, now=now)

    def read(self, *, after: int = 0, limit: int = 1000) -> list[RecordedEvent]:
        """See `domain.log.Log.read`."""
        with self._db.read() as connection:
            return read(connection, after=after, limit=limit)

    def stream(self, stream: str) -> list[RecordedEvent]:
        """See `domain.log.Log.stream`."""
        query = select(t.events).where(t.events.c.stream == stream).order_by(t.events.c.version)
        with self._db.read() as connection:
            return [recorded(row) for row in connection.execute(query)]

    def event(self, event_id: str) -> RecordedEvent | None:
        """One event by its id."""
        with self._db.read() as connection:
            row = connection.execute(select(t.events).where(t.events.c.event_id == event_id)).one_or_none()
        return None if row is None else recorded(row)

    def head(self) -> int:
        """See `domain.log.Log.head`."""
        with self._db.read() as connection:
            return head(connection)

    def all(self, *, after: int = 0, batch: int = 1000) -> Iterator[RecordedEvent]:
        """See `domain.log.Log.all`."""
        while portion := self.read(after=after, limit=batch):
            yield from portion
            after = portion[-1].sequence


def head(connection: Connection) -> int:
    """The greatest sequence that is safe to read."""
    return int(connection.execute(select(func.coalesce(func.max(t.log_head.c.sequence), 0))).scalar_one())


def read(connection: Connection, *, after: int, limit: int) -> list[RecordedEvent]:
    """Events in order of sequence, greater than `after`."""
    # the driver's own rows: reading is what a projection does most
    sqlite = connection.dialect.name == "sqlite"
    statement = _READ.format("?", "?") if sqlite else _READ.format("%s", "%s")
    cursor: Any = connection.exec_driver_sql(statement, (after, limit)).cursor
    return list(map(_of_sqlite if sqlite else _event, cursor.fetchall()))


def append(
    connection: Connection,
    stream: str,
    events: Sequence[NewEvent],
    *,
    now: datetime,
    expected_version: int | None = None,
) -> list[RecordedEvent]:
    """Append within a transaction, as its last statement; see `domain.log.Log.append`.

    Raises:
        Conflict: another version than the expected one, or an event's id names a fact of another stream or type.
    """
    for _ in range(_ATTEMPTS):
        present = _version(connection, stream)
        if expected_version is not None and expected_version != present:
            raise Conflict(f"stream {stream} is at version {present}, not {expected_version}: read it again")
        new = _unknown(connection, stream, events)
        if not new:
            return []
        try:
            with connection.begin_nested():  # a violation must not cost the caller's transaction
                rows = _rows(new)
                sqlite = connection.dialect.name == "sqlite"
                first = _insert(_Cursor(connection), stream, rows, expected=present, now=now, sqlite=sqlite)
        except IntegrityError:
            continue  # another writer was first: look what the log holds now, and compare
        if first is not None:
            return _recorded(first, stream, new, rows, now)
    raise Conflict(f"stream {stream} is written by others all the time: try again")


def _version(connection: Connection, stream: str) -> int:
    query = select(func.coalesce(func.max(t.events.c.version), 0)).where(t.events.c.stream == stream)
    return int(connection.execute(query).scalar_one())


def _unknown(connection: Connection, stream: str, events: Sequence[NewEvent]) -> list[NewEvent]:
    """Events whose id the log does not hold, in order, each once."""
    wanted = {event.event_id: event for event in reversed(events)}
    ids = list(wanted)
    for i in range(0, len(ids), 500):
        query = select(t.events.c.event_id, t.events.c.stream, t.events.c.type)
        for row in connection.execute(query.where(t.events.c.event_id.in_(ids[i : i + 500]))):
            event = wanted.pop(row.event_id)
            if (row.stream, row.type) != (stream, record_type(event.record)):
                raise Conflict(f"event id {row.event_id} already names a {row.type} of stream {row.stream}")
    return [wanted[i] for i in dict.fromkeys(e.event_id for e in events) if i in wanted]


def _rows(events: Sequence[NewEvent]) -> list[_Row]:
    return [
        (e.event_id, record_type(e.record), encode(e.record).decode(), e.correlation_id, e.causation_id) for e in events
    ]


def _insert(
    cursor: Any, stream: str, rows: Sequence[_Row], *, expected: int | None, now: datetime, sqlite: bool
) -> tuple[int, int] | None:
    """Write rows down by a driver's cursor: the sequence and version of the first.

    None where the stream is not at the version `expected`, unless that is None.
    """
    return (_insert_sqlite if sqlite else _insert_postgres)(cursor, stream, rows, expected=expected, now=now)


def _recorded(
    first: tuple[int, int], stream: str, events: Sequence[NewEvent], rows: Sequence[_Row], now: datetime
) -> list[RecordedEvent]:
    sequence, version = first
    return [
        RecordedEvent(
            sequence=sequence + i,
            event_id=event.event_id,
            type=row[1],
            schema_version=SCHEMA_VERSION,
            stream=stream,
            version=version + i,
            record=event.record,
            recorded_at=now,
            correlation_id=event.correlation_id,
            causation_id=event.causation_id,
        )
        for i, (event, row) in enumerate(zip(events, rows, strict=True))
    ]


def _insert_sqlite(
    cursor: Any, stream: str, rows: Sequence[_Row], *, expected: int | None, now: datetime
) -> tuple[int, int] | None:
    """See `_insert`; within a transaction that began as a writer's."""
    (present,) = cursor.execute(_SQLITE_VERSION, (stream,)).fetchone()
    if expected is not None and expected != present:
        return None
    count = len(rows)
    ((head,),) = cursor.execute(_SQLITE_HEAD, (count,)).fetchall()
    base = head - count
    at = sqlite_time(now)
    said = [
        (base + i, event_id, type_, SCHEMA_VERSION, stream, present + i, data, at, correlation_id, causation_id)
        for i, (event_id, type_, data, correlation_id, causation_id) in enumerate(rows, start=1)
    ]
    cursor.executemany(_SQLITE_INSERT, said)
    return base + 1, present + 1


def _insert_postgres(
    cursor: Any, stream: str, rows: Sequence[_Row], *, expected: int | None, now: datetime
) -> tuple[int, int] | None:
    """See `_insert`; one statement."""
    event_id, type_, data, correlation_id, causation_id = map(list, zip(*rows, strict=True))
    said = {
        "count": len(rows),
        "expected": _ANY if expected is None else expected,
        "schema_version": SCHEMA_VERSION,
        "stream": stream,
        "recorded_at": now,
        "event_id": event_id,
        "type": type_,
        "data": data,
        "correlation_id": correlation_id,
        "causation_id": causation_id,
    }
    first: tuple[int, int] | None = cursor.execute(_POSTGRES_APPEND, said).fetchone()
    return first


class _Cursor:
    """A connection of SQLAlchemy with the driver's words, so that its errors are SQLAlchemy's."""

    def __init__(self, connection: Connection) -> None:
        self.execute = self.executemany = connection.exec_driver_sql


def recorded(row: Row[Any]) -> RecordedEvent:
    """A row of the log as an event."""
    return _event(row)


def _event(row: Sequence[Any]) -> RecordedEvent:
    """As `recorded`, by the order of the table's columns: this is what reading the log costs."""
    sequence, event_id, type_, schema_version, stream, version, data, recorded_at, correlation_id, causation_id = row
    return RecordedEvent(
        sequence=sequence,
        event_id=event_id,
        type=type_,
        schema_version=schema_version,
        stream=stream,
        version=version,
        record=decode(data, schema_version),
        recorded_at=recorded_at,
        correlation_id=correlation_id,
        causation_id=causation_id,
    )


def _of_sqlite(row: Sequence[Any]) -> RecordedEvent:
    return _event((*row[:7], datetime.fromisoformat(row[7]).replace(tzinfo=UTC), *row[8:]))
