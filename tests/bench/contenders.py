"""Who is measured: Marsad's log, the recorders of the `eventsourcing` library, and the bare driver as the limit.

All take the same records, encode them as they append and decode them as they read: one kilobyte each, into the same
database, with the same durability (PostgreSQL: fsync and synchronous_commit on; SQLite: WAL, synchronous=NORMAL, the
library too, whose default waits for the disk; after `commits_wait` all wait for it). Each worker makes a contender of
its own. It must not know how anything is timed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID, uuid5

import msgspec
import psycopg
from eventsourcing.persistence import ProcessRecorder, StoredEvent, Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresProcessRecorder
from eventsourcing.sqlite import SQLiteConnection, SQLiteConnectionPool, SQLiteDatastore, SQLiteProcessRecorder
from sqlalchemy import event

from domain.events import Read, Source, Statement, encode
from domain.log import NewEvent
from workers.projections.runner import PositionsRunner
from workers.store.engine import make_engine
from workers.store.schema_version import upgrade
from workers.store.store import Store

SIZE = 1000  # bytes of an event's data
_SPACE = UUID(int=7)
_ISSUES = 18
_ACTORS = 40
_DECODE = msgspec.json.Decoder(Read).decode
_STANCES = ("supports", "opposes", "conditional", "undecided")


_synchronous = "NORMAL"


def commits_wait() -> None:
    """From now on every commit on SQLite waits for the disk, whoever makes it."""
    global _synchronous  # noqa: PLW0603 -- the contenders are made by forked workers, too
    _synchronous = "FULL"


class Contender(Protocol):
    """One way to keep a log. `tail`: the sequences after one, in order; `read`: decode everything, how many."""

    def prepare(self) -> None: ...

    def append(self, stream: str, events: Sequence[Any]) -> None: ...

    def make(self, stream: str, first: int, count: int) -> Sequence[Any]: ...

    def tail(self, after: int) -> list[int]: ...

    def read(self) -> int: ...

    def project(self) -> int: ...

    def close(self) -> None: ...


def record(stream: str, number: int) -> Read:
    """A made-up fact of about `SIZE` bytes: forty actors, eighteen issues, four new days every hundred facts."""
    day = datetime.fromordinal(730_000 + number // 500 % 4000).date().isoformat()
    said = Statement(
        actor=f"A{number * 7 % _ACTORS:02}",
        issue=f"subject.issue-{number * 11 % _ISSUES:02}",
        stance=_STANCES[number * 13 % 97 % 4],  # type: ignore[arg-type]
        speaker=f"speaker-{number % 5}",
        evidence=((0, 120), (121, 260)),
        occurred_on=day,
        precision="day",
        cue="said",
        extractor="bench 1",
    )
    # numbers that look like hashes, the same in every run
    sketches = tuple(tuple((number * 2_654_435_761 + i * 40_503 + s) % 2**32 for i in range(16)) for s in range(2))
    source = Source(
        article=stream, version=1, url=f"https://one.example/{stream}", outlet="outlet", published=day,
        text_sha256="0" * 64, sketches=tuple(tuple(sorted(s)) for s in sketches),
    )  # fmt: skip
    made = Read(event=said, source=source)
    padding = SIZE - len(encode(made))
    return Read(event=said, source=msgspec.structs.replace(source, title="x" * max(0, padding)))


class Ours:
    """Marsad."""

    def __init__(self, url: str) -> None:
        self._url = url
        engine = make_engine(url)
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", lambda made, _: made.execute(f"PRAGMA synchronous={_synchronous}").close())
        self.store = Store(engine)

    def prepare(self) -> None:
        upgrade(self._url)

    def make(self, stream: str, first: int, count: int) -> Sequence[NewEvent]:
        return [
            NewEvent(event_id=uuid5(_SPACE, f"{stream}/{i}").hex, record=record(stream, i))
            for i in range(first, first + count)
        ]

    def append(self, stream: str, events: Sequence[NewEvent]) -> None:
        self.store.log.append(stream, events)

    def tail(self, after: int) -> list[int]:
        return [event.sequence for event in self.store.log.read(after=after, limit=500)]

    def read(self) -> int:
        return sum(1 for _ in self.store.log.all())

    def project(self) -> int:
        return PositionsRunner(self.store).catch_up(now=datetime.now(UTC)).events

    def close(self) -> None:
        self.store.close()


class _Pool(SQLiteConnectionPool):
    """The library's connections, as durable as ours."""

    def _create_connection(self) -> SQLiteConnection:
        made = super()._create_connection()
        made.cursor().execute(f"PRAGMA synchronous={_synchronous}")
        return made


class Peer:
    """The process recorder of the `eventsourcing` library, with its defaults."""

    def __init__(self, url: str) -> None:
        self.recorder: ProcessRecorder
        if url.startswith("sqlite"):
            self._store: Any = SQLiteDatastore(url.removeprefix("sqlite:///"))
            self._store.pool = _Pool(db_name=url.removeprefix("sqlite:///"))
            self.recorder = SQLiteProcessRecorder(self._store)
        else:
            parts = psycopg.conninfo.conninfo_to_dict(url)
            self._store = PostgresDatastore(
                str(parts["dbname"]), str(parts["host"]), str(parts["port"]), str(parts["user"]), "", pool_size=1
            )
            self.recorder = PostgresProcessRecorder(self._store)

    def prepare(self) -> None:
        self.recorder.create_table()  # type: ignore[attr-defined]

    def make(self, stream: str, first: int, count: int) -> Sequence[tuple[UUID, int, Read]]:
        originator = uuid5(_SPACE, stream)
        return [(originator, i - first + 1, record(stream, i)) for i in range(first, first + count)]

    def append(self, stream: str, events: Sequence[tuple[UUID, int, Read]]) -> None:
        self.recorder.insert_events([StoredEvent(i, version, "bench:Read", encode(r)) for i, version, r in events])

    def tail(self, after: int) -> list[int]:
        return [(n.id, _DECODE(n.state))[0] for n in self.recorder.select_notifications(after + 1, 500)]

    def read(self) -> int:
        return sum(1 for _ in self._decoded())

    def project(self) -> int:
        count, last = 0, self.recorder.max_notification_id() or 0
        for number, _ in self._decoded(last):
            # exactly once: what the event leads to, and how far was read, in one transaction
            made = StoredEvent(uuid5(_SPACE, f"projected/{number}"), 1, "bench:Projected", b"{}")
            self.recorder.insert_events([made], tracking=Tracking("upstream", number))
            count += 1
            if count == 2000:  # its cost is that of the commits: it stays the same
                break
        return count

    def close(self) -> None:
        self._store.close()

    def _decoded(self, last: int | None = None) -> Iterator[tuple[int, Read]]:
        """The events up to `last`: what a projection writes behind it is not for reading."""
        after = 0
        while portion := self.recorder.select_notifications(after + 1, 1000, stop=last):
            for notification in portion:
                yield notification.id, _DECODE(notification.state)
            after = portion[-1].id


_BARE_POSTGRES = """
WITH head AS (UPDATE bare_head SET n = n + %s RETURNING n - %s AS base)
INSERT INTO bare (sequence, id, stream, version, data)
SELECT head.base + e.ord, e.id, %s, e.ord, e.data
FROM head, unnest(%b::text[], %b::text[]) WITH ORDINALITY AS e (id, data, ord)
"""


class Bare:
    """The driver alone: the cheapest statements that keep the log's order, nothing looked up, nothing returned."""

    def __init__(self, url: str) -> None:
        self._sqlite = url.startswith("sqlite")
        if self._sqlite:
            self._db: Any = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60, isolation_level=None)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute(f"PRAGMA synchronous={_synchronous}")
        else:
            self._db = psycopg.connect(url, autocommit=True)

    def prepare(self) -> None:
        self._db.execute("CREATE TABLE bare_head (n bigint NOT NULL)")
        self._db.execute("INSERT INTO bare_head VALUES (0)")
        self._db.execute(
            "CREATE TABLE bare (sequence bigint PRIMARY KEY, id text UNIQUE, stream text, version int, data text, "
            "UNIQUE (stream, version))"
        )
        self._db.execute("CREATE TABLE bare_facts (id text PRIMARY KEY, actor text, issue text, day text, data text)")
        self._db.execute("CREATE TABLE bare_seen (n bigint NOT NULL)")
        self._db.execute("INSERT INTO bare_seen VALUES (0)")

    def make(self, stream: str, first: int, count: int) -> Sequence[tuple[str, Read]]:
        return [(uuid5(_SPACE, f"{stream}/{i}").hex, record(stream, i)) for i in range(first, first + count)]

    def append(self, stream: str, events: Sequence[tuple[str, Read]]) -> None:
        n = len(events)
        encoded = [(event_id, encode(made).decode()) for event_id, made in events]
        if not self._sqlite:
            ids, data = zip(*encoded, strict=True)
            self._db.execute(_BARE_POSTGRES, (n, n, stream, list(ids), list(data)))
            return
        self._db.execute("BEGIN IMMEDIATE")
        base = self._db.execute("UPDATE bare_head SET n = n + ? RETURNING n", (n,)).fetchall()[0][0] - n
        rows = [(base + i, event_id, stream, i, data) for i, (event_id, data) in enumerate(encoded, start=1)]
        self._db.executemany("INSERT INTO bare VALUES (?, ?, ?, ?, ?)", rows)
        self._db.execute("COMMIT")

    def tail(self, after: int) -> list[int]:
        mark = "?" if self._sqlite else "%s"
        query = f"SELECT sequence, id, data FROM bare WHERE sequence > {mark} ORDER BY sequence LIMIT 500"
        return [(row[0], _DECODE(row[2]))[0] for row in self._db.execute(query, (after,)).fetchall()]

    def read(self) -> int:
        return sum(len(portion) for portion in self._portions())

    def project(self) -> int:
        mark = "?" if self._sqlite else "%s"
        insert = f"INSERT INTO bare_facts VALUES ({', '.join([mark] * 5)})"
        count = 0
        for portion in self._portions():
            rows = [(i, r.event.actor, r.event.issue, r.event.occurred_on, d) for i, r, d in portion]  # type: ignore[union-attr]
            self._db.execute("BEGIN")
            (self._db if self._sqlite else self._db.cursor()).executemany(insert, rows)
            self._db.execute(f"UPDATE bare_seen SET n = n + {len(rows)}")
            self._db.execute("COMMIT")
            count += len(rows)
        return count

    def close(self) -> None:
        self._db.close()

    def _portions(self) -> Iterator[list[tuple[str, Read, str]]]:
        mark, after = "?" if self._sqlite else "%s", 0
        query = f"SELECT sequence, id, data FROM bare WHERE sequence > {mark} ORDER BY sequence LIMIT 1000"
        while rows := self._db.execute(query, (after,)).fetchall():
            yield [(row[1], _DECODE(row[2]), row[2]) for row in rows]
            after = rows[-1][0]


CONTENDERS: dict[str, Callable[[str], Contender]] = {"marsad": Ours, "eventsourcing": Peer, "bare driver": Bare}
