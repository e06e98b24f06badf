"""What the projection `positions` reads and writes, in one open transaction that nobody shares.

The lock is the transaction's own, so it dies with its holder; the checkpoint moves only from where it was read. It
must not know how a position follows from facts: that is `domain.positions`, called by `workers.projections`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, and_, func, select, text, tuple_, update

from domain.alerts.heirs import heirs
from domain.errors import Conflict
from domain.log import RecordedEvent
from domain.positions import Change, Fact, Folded, Position, valid_day
from workers.store import schema as t
from workers.store.alerting import AlertRows, Moved
from workers.store.log import head, read
from workers.store.resuming import LIVE, REBUILD, Key, Resumed, Tables, resume, standing
from workers.store.rows import Part, keyed, put, to_json

_POSITION = msgspec.json.Decoder(Position)
_CHANGE = msgspec.json.Decoder(Change)
_LOCK = 0x6D617200  # PostgreSQL's advisory locks are numbers; the projection's name is hashed beside it


_BY_NAME = {tables.name: tables for tables in (LIVE, REBUILD)}


class Projecting:
    """The open transaction of one projection.

    Raises:
        Conflict: it has no checkpoint, since another rebuild took its room.
    """

    def __init__(self, connection: Connection, tables: Tables) -> None:
        self._connection = connection
        self._t = tables
        self._name = tables.name
        self._changes: int | None = None
        self._newest: dict[Key, str] = {}
        self.alerts = AlertRows(connection)
        self.moved: list[Moved] = []  # what `put_changes` found otherwise than it was
        self.heirs: list[tuple[Change, Change]] = []  # changes that go on as another (see `domain.alerts.heirs`)
        where = t.checkpoints.c.projection == tables.name
        seen = connection.execute(select(t.checkpoints.c.seq).where(where)).scalar()
        if seen is None:
            raise Conflict(f"the projection {tables.name} is not set up: another rebuild ended it")
        self.checkpoint = int(seen)

    def events(self, limit: int, *, until: int | None = None) -> list[RecordedEvent]:
        """The events after the checkpoint, in order, at most so many, none above `until`."""
        if until is not None:
            limit = min(limit, until - self.checkpoint)
        return read(self._connection, after=self.checkpoint, limit=limit) if limit > 0 else []

    def mark(self, days: Mapping[Key, str]) -> None:
        """Remember keys that are to be folded afresh, each from the first day that is no longer as it was."""
        table = t.position_keys
        newest = self._newest_days(days)
        rows = [(self._name, *key, day, newest[key]) for key, day in sorted(days.items())]
        # of two days the earlier one; null is none
        first = "CASE WHEN position_keys.stale < excluded.stale THEN position_keys.stale ELSE excluded.stale END"
        put(self._connection, table, rows, over={"stale": first, "newest": "excluded.newest"})

    def marked(self, limit: int) -> dict[Key, str]:
        """Keys that wait to be folded afresh, at most so many, with the day from which."""
        table = t.position_keys
        query = select(table.c.actor, table.c.issue, table.c.stale)
        query = query.where(table.c.projection == self._name, table.c.stale.is_not(None))
        query = query.order_by(table.c.actor, table.c.issue).limit(limit)
        return {(row.actor, row.issue): row.stale for row in self._connection.execute(query)}

    def unmark(self, keys: Collection[Key]) -> None:
        """Keys that were folded wait no more."""
        table = t.position_keys
        if keys:
            of_keys = self._of_keys(table, sorted(keys))
            statement = table.update().where(table.c.projection == self._name, of_keys).values(stale=None)
            self._connection.execute(statement)

    def add_facts(self, facts: Sequence[Fact]) -> None:
        """Keep what can set a position."""
        newest = self._newest_days({(fact.actor, fact.issue) for fact in facts})
        rows = []
        for fact in facts:
            key, day = (fact.actor, fact.issue), valid_day(fact.occurred_on, fact.precision) or ""
            newest[key] = max(newest[key], day)
            rows.append(
                (
                    *(fact.event_id, fact.sequence, fact.recorded_at, fact.actor, fact.issue, day, newest[key]),
                    *(to_json(fact), None, None),
                )
            )
        put(self._connection, self._t.facts, rows)

    def _newest_days(self, keys: Collection[Key]) -> dict[Key, str]:
        """The newest day of all facts of these keys, as far as they were taken in; kept for the transaction."""
        unknown = sorted(key for key in keys if key not in self._newest)
        if unknown:
            table = t.position_keys
            # a projection that is no constant leaves SQLite one way only: by each key
            k = keyed(self._connection, [(self._name, *key) for key in unknown], "projection", "actor", "issue")
            of_key = and_(*(table.c[name] == k.c[name] for name in ("projection", "actor", "issue")))
            query = select(table.c.actor, table.c.issue, table.c.newest).join_from(k, table, of_key)
            self._newest |= dict.fromkeys(unknown, "")
            self._newest |= {(row.actor, row.issue): row.newest for row in self._connection.execute(query)}
        return self._newest

    def retract(self, event_id: str, by: RecordedEvent) -> tuple[Key, str] | None:
        """Mark a fact as taken back; the key and the day it counted for, or None where it counted for none."""
        table = self._t.facts
        row = self._connection.execute(
            table.update()
            .where(table.c.event_id == event_id, table.c.retracted_sequence.is_(None))
            .values(retracted_sequence=by.sequence, retracted_at=by.recorded_at)
            .returning(table.c.actor, table.c.issue, table.c.occurred_on)
        ).one_or_none()
        return None if row is None else ((row.actor, row.issue), row.occurred_on)

    def counts(self, stale: Mapping[Key, str]) -> dict[Key, int]:
        """How many facts keys have on the days from the given ones on."""
        f = self._t.facts
        k = keyed(self._connection, [(*key, day) for key, day in stale.items()], "actor", "issue", "day")
        later = and_(f.c.actor == k.c.actor, f.c.issue == k.c.issue, f.c.occurred_on >= k.c.day)
        query = select(f.c.actor, f.c.issue, func.count().label("n")).join_from(k, f, later)
        rows = self._connection.execute(query.group_by(f.c.actor, f.c.issue))
        return {(row.actor, row.issue): row.n for row in rows}

    def resume(self, stale: Mapping[Key, str]) -> dict[Key, Resumed]:
        """Where the folds of keys go on, given the first days that are no longer as they were."""
        return resume(self._connection, self._t, stale)

    def put(self, folds: Mapping[Key, tuple[Resumed, Folded]], *, now: datetime) -> list[Change]:
        """Write the folds of keys down: positions, what the days left behind, changes. Returns the new changes."""
        self._put_positions({key: folded.outcome.position for key, (_, folded) in folds.items()})
        self._put_days(folds)
        after = {key: "" if resumed.start is None else resumed.start.day for key, (resumed, _) in folds.items()}
        changes = {key: folded.outcome.changes for key, (_, folded) in folds.items()}
        return self.put_changes(changes, after=after, now=now)

    def _put_positions(self, positions: Mapping[Key, Position | None]) -> None:
        table = self._t.positions
        gone = [key for key, position in positions.items() if position is None]
        if gone:
            self._connection.execute(table.delete().where(self._of_keys(table, gone)))
        rows = [_position_row(position, self.checkpoint) for position in positions.values() if position is not None]
        put(self._connection, table, rows, over=_excluded(table, "actor", "issue"))

    def _put_days(self, folds: Mapping[Key, tuple[Resumed, Folded]]) -> None:
        table = self._t.days
        spans = [(*key, "" if resumed.start is None else resumed.start.day) for key, (resumed, _) in folds.items()]
        k = keyed(self._connection, spans, "actor", "issue", "after")
        x = table.alias("x")
        later = and_(x.c.actor == k.c.actor, x.c.issue == k.c.issue, x.c.day > k.c.after)
        stale = select(x.c.actor, x.c.issue, x.c.day).join_from(k, x, later)
        self._connection.execute(table.delete().where(tuple_(table.c.actor, table.c.issue, table.c.day).in_(stale)))
        rows = [
            (*key, held.day, resumed.settled[held.day], to_json(held))
            for key, (resumed, folded) in folds.items()
            for held in folded.days
        ]
        put(self._connection, table, rows)

    def _of_keys(self, table: Table, keys: Sequence[Key]) -> ColumnElement[bool]:
        k = keyed(self._connection, keys, "actor", "issue")
        return tuple_(table.c.actor, table.c.issue).in_(select(k.c.actor, k.c.issue))

    def put_changes(
        self, changes: Mapping[Key, Sequence[Change]], *, after: Mapping[Key, str], now: datetime
    ) -> list[Change]:
        """Write the changes of keys on the days after `after` as they are now; returns the new ones, in order.

        A change that no longer follows is marked withdrawn, never deleted, and one that follows again stands again.
        """
        stored, already = self._stored_changes(after), len(self.moved)
        present = {change.key: change for of_key in changes.values() for change in of_key}
        rows = []
        for row in stored.values():
            change, was_withdrawn = present.get(row.change_key), row.withdrawn_at is not None
            if change is None and was_withdrawn:
                continue
            if change is not None and not was_withdrawn and row.data == to_json(change):
                continue
            before = _CHANGE.decode(row.data)
            moved = Moved(before=before, change=change or before, was_withdrawn=was_withdrawn, withdrawn=change is None)
            self.moved.append(moved)
            rows.append(_change_row(row.sequence, moved.change, now, self.checkpoint, now if change is None else None))
        table = self._t.changes
        put(self._connection, table, rows, over=_excluded(table, "sequence", "recorded_at", "log_sequence"))
        new = [change for change_key, change in present.items() if change_key not in stored]
        self.heirs += _heirs(self.moved[already:], new)
        if new:
            # gapless without a head of its own: only the holder of the projection's lock writes here
            last = self._last_change()
            numbered = enumerate(new, start=last + 1)
            put(self._connection, table, [_change_row(i, change, now, self.checkpoint, None) for i, change in numbered])
            self._changes = last + len(new)
        return new

    def _stored_changes(self, after: Mapping[Key, str]) -> dict[str, Any]:
        """The changes of keys on days after the given ones, by their keys, in order; withdrawn ones too."""
        c = self._t.changes
        k = keyed(self._connection, [(*key, day) for key, day in after.items()], "actor", "issue", "after")
        later = and_(c.c.actor == k.c.actor, c.c.issue == k.c.issue, c.c.on_day > k.c.after)
        query = select(c.c.sequence, c.c.change_key, c.c.data, c.c.withdrawn_at).join_from(k, c, later)
        return {row.change_key: row for row in self._connection.execute(query.order_by(c.c.sequence))}

    def _last_change(self) -> int:
        """The number of the newest change; asked once a transaction."""
        if self._changes is None:
            query = select(func.coalesce(func.max(self._t.changes.c.sequence), 0))
            self._changes = int(self._connection.execute(query).scalar_one())
        return self._changes

    def advance(self, to: int, *, now: datetime) -> None:
        """Move the checkpoint.

        Raises:
            Conflict: somebody else moved it meanwhile; nothing of this transaction may stand.
        """
        moved = self._connection.execute(
            update(t.checkpoints)
            .where(t.checkpoints.c.projection == self._name, t.checkpoints.c.seq == self.checkpoint)
            .values(seq=to, moved_at=now)
        )
        if moved.rowcount != 1:
            raise Conflict(f"the projection {self._name} runs elsewhere: its checkpoint is no longer {self.checkpoint}")
        self.checkpoint = to


def _heirs(moved: Sequence[Moved], new: Sequence[Change]) -> list[tuple[Change, Change]]:
    gone = [m.before for m in moved if m.withdrawn and not m.was_withdrawn]
    back = [m.change for m in moved if m.was_withdrawn and not m.withdrawn]
    return heirs(gone, [*new, *back]) if gone else []


class PositionRows(Part):
    """What `workers.projections` asks of the store."""

    def behind(self, name: str) -> int:
        """How many events the projection has not seen, and keys it has not folded since."""
        waiting = select(func.count()).where(t.position_keys.c.projection == name, t.position_keys.c.stale.is_not(None))
        with self._db.read() as connection:
            seen = connection.execute(select(t.checkpoints.c.seq).where(t.checkpoints.c.projection == name)).scalar()
            return head(connection) - int(seen or 0) + int(connection.execute(waiting).scalar_one())

    def standing_facts(self, key: Key) -> list[Fact]:
        """The standing facts of one actor on one issue, as far as they were projected."""
        with self._db.read() as connection:
            return standing(connection, LIVE, key)

    def held(self, key: Key) -> Position | None:
        """The stored position of one actor on one issue."""
        table = t.positions
        query = select(table.c.data).where(table.c.actor == key[0], table.c.issue == key[1])
        with self._db.read() as connection:
            data = connection.execute(query).scalar()
        return None if data is None else _POSITION.decode(data)

    def keys_of(self, event_ids: Sequence[str]) -> dict[str, Key]:
        """The keys that events count for; those that count for none are left out."""
        table = t.position_facts
        query = select(table.c.event_id, table.c.actor, table.c.issue)
        found: dict[str, Key] = {}
        with self._db.read() as connection:
            for i in range(0, len(event_ids), 500):
                for row in connection.execute(query.where(table.c.event_id.in_(event_ids[i : i + 500]))):
                    found[row.event_id] = (row.actor, row.issue)
        return found

    @contextmanager
    def projecting(self, name: str) -> Iterator[Projecting | None]:
        """The transaction of a projection, committed at the end of the block; None while another runner holds it."""
        with self._db.write() as connection:
            yield Projecting(connection, _BY_NAME[name]) if lock(connection, name) else None


def lock(connection: Connection, name: str) -> bool:
    """Take a projection's lock until the transaction ends; False where another runner holds it."""
    if connection.dialect.name == "sqlite":  # the write lock that the transaction began with is the lock
        return True
    statement = text("SELECT pg_try_advisory_xact_lock(:room, hashtext(:name))")
    return bool(connection.execute(statement, {"room": _LOCK, "name": name}).scalar_one())


def _excluded(table: Table, *kept: str) -> dict[str, str]:
    """What an upsert sets: everything but these columns."""
    return {c.name: f"excluded.{c.name}" for c in table.c if c.name not in kept}


def _position_row(position: Position, log_sequence: int) -> tuple[Any, ...]:
    return (
        *(position.actor, position.issue, position.stance, position.speaker, position.since, position.last_confirmed),
        *(position.sources, position.confidence, position.contested, position.unconfirmed, to_json(position)),
        log_sequence,
    )


def _change_row(
    sequence: int, change: Change, recorded_at: datetime, log_sequence: int, withdrawn_at: datetime | None
) -> tuple[Any, ...]:
    return (
        *(sequence, change.key, change.actor, change.issue, change.kind, change.before, change.after, change.on),
        *(change.speaker, to_json(change), recorded_at, log_sequence, withdrawn_at),
    )
