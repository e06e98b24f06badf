"""What the projection `positions` reads and writes, in one open transaction that nobody shares.

The lock is the transaction's own, so it dies with its holder; the checkpoint moves only from where it was read. It
must not know how a position follows from facts: that is `domain.positions`, called by `workers.projections`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Delete, Select, Table, and_, bindparam, func, select, text, update

from domain.errors import Conflict
from domain.log import RecordedEvent
from domain.positions import Change, Fact, Position, State, valid_day
from workers.store import schema as t
from workers.store.alerting import AlertRows, Moved
from workers.store.log import head, read
from workers.store.resuming import LIVE, REBUILD, Key, Tables, latest, pack, standing
from workers.store.rows import Part, insert, to_json

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
        self.alerts = AlertRows(connection)
        self.moved: list[Moved] = []  # what `put_changes` found otherwise than it was
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

    def mark(self, keys: Collection[Key]) -> None:
        """Remember keys that are to be folded afresh."""
        rows = [
            {"projection": self._name, "actor": actor, "issue": issue, "waiting": True} for actor, issue in sorted(keys)
        ]
        upsert = insert(self._connection, t.position_keys).on_conflict_do_update(
            index_elements=["projection", "actor", "issue"], set_={"waiting": True}
        )
        if rows:
            self._connection.execute(upsert, rows)

    def marked(self, limit: int) -> list[Key]:
        """Keys that wait to be folded afresh, at most so many."""
        table = t.position_keys
        query = select(table.c.actor, table.c.issue).where(table.c.projection == self._name, table.c.waiting)
        query = query.order_by(table.c.actor, table.c.issue).limit(limit)
        return [(row.actor, row.issue) for row in self._connection.execute(query)]

    def unmark(self, keys: Collection[Key]) -> None:
        """Keys that were folded wait no more."""
        table = t.position_keys
        statement = (
            table.update()
            .where(
                table.c.projection == self._name,
                table.c.actor == bindparam("key_actor"),
                table.c.issue == bindparam("key_issue"),
            )
            .values(waiting=False)
        )
        if keys:
            self._connection.execute(statement, [{"key_actor": a, "key_issue": i} for a, i in keys])

    def add_facts(self, facts: Sequence[Fact]) -> None:
        """Keep what can set a position."""
        rows = [
            {
                "event_id": fact.event_id,
                "sequence": fact.sequence,
                "recorded_at": fact.recorded_at,
                "actor": fact.actor,
                "issue": fact.issue,
                "occurred_on": valid_day(fact.occurred_on, fact.precision),
                "data": to_json(fact),
            }
            for fact in facts
        ]
        if rows:
            self._connection.execute(self._t.facts.insert(), rows)

    def retract(self, event_id: str, by: RecordedEvent) -> Key | None:
        """Mark a fact as taken back; the key it counted for, or None where it counted for none."""
        table = self._t.facts
        row = self._connection.execute(
            table.update()
            .where(table.c.event_id == event_id, table.c.retracted_sequence.is_(None))
            .values(retracted_sequence=by.sequence, retracted_at=by.recorded_at)
            .returning(table.c.actor, table.c.issue)
        ).one_or_none()
        return None if row is None else (row.actor, row.issue)

    def resume(self, key: Key) -> tuple[State | None, list[Fact]]:
        """Where the fold of a key goes on, and the standing facts of later days; earlier days are as they were."""
        start, stale = latest(self._connection, self._t, key, sequence=self.checkpoint)
        after = "" if start is None else start.day
        if stale:
            table = t.position_states
            of_key = and_(table.c.projection == self._name, table.c.actor == key[0], table.c.issue == key[1])
            self._connection.execute(table.delete().where(of_key, table.c.day > after))
        return start, standing(self._connection, self._t, key, after=after)

    def put_states(self, key: Key, states: Sequence[State]) -> None:
        """Keep where later folds of a key can go on."""
        fixed = {"projection": self._name, "actor": key[0], "issue": key[1], "sequence": self.checkpoint}
        rows = [fixed | {"day": state.day, "data": to_json(pack(state))} for state in states]
        if rows:
            self._connection.execute(t.position_states.insert(), rows)

    def put_position(self, key: Key, position: Position | None, *, sequence: int) -> None:
        """Replace the position of one actor on one issue; None removes it."""
        said = {"actor_": key[0], "issue_": key[1]}
        self._connection.execute(_delete_position(self._t.positions), said)
        if position is not None:
            self._connection.execute(self._t.positions.insert(), _position_row(position) | {"log_sequence": sequence})

    def put_changes(
        self, key: Key, changes: Sequence[Change], *, sequence: int, now: datetime, after: str = ""
    ) -> list[Change]:
        """Write the changes of one key on days after `after` as they are now; returns the new ones, in order.

        A change that no longer follows is marked withdrawn, never deleted, and one that follows again stands again.
        """
        table = self._t.changes
        said = {"actor_": key[0], "issue_": key[1], "after_": after}
        stored = {row.change_key: row for row in self._connection.execute(_stored_changes(table), said)}
        present = {change.key: change for change in changes}
        gone = [k for k, row in stored.items() if k not in present and row.withdrawn_at is None]
        for change_key in gone:
            before = _CHANGE.decode(stored[change_key].data)
            self.moved.append(Moved(before=before, change=before, was_withdrawn=False, withdrawn=True))
            self._update_change(change_key, {"withdrawn_at": now})
        for change_key, change in present.items():
            row = stored.get(change_key)
            if row is not None and (row.withdrawn_at is not None or row.data != to_json(change)):
                before, back = _CHANGE.decode(row.data), row.withdrawn_at is not None
                self.moved.append(Moved(before=before, change=change, was_withdrawn=back, withdrawn=False))
                self._update_change(change_key, _change_row(change) | {"withdrawn_at": None})
        new = [change for change_key, change in present.items() if change_key not in stored]
        if new:
            # gapless without a head of its own: only the holder of the projection's lock writes here
            last = self._last_change()
            rows = [
                {
                    "sequence": last + i,
                    "change_key": change.key,
                    "recorded_at": now,
                    "log_sequence": sequence,
                    **_change_row(change),
                }
                for i, change in enumerate(new, start=1)
            ]
            self._connection.execute(table.insert(), rows)
            self._changes = last + len(rows)
        return new

    def _last_change(self) -> int:
        """The number of the newest change; asked once a transaction."""
        if self._changes is None:
            query = select(func.coalesce(func.max(self._t.changes.c.sequence), 0))
            self._changes = int(self._connection.execute(query).scalar_one())
        return self._changes

    def _update_change(self, change_key: str, values: dict[str, Any]) -> None:
        table = self._t.changes
        self._connection.execute(table.update().where(table.c.change_key == change_key).values(values))

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


class PositionRows(Part):
    """What `workers.projections` asks of the store."""

    def behind(self, name: str) -> int:
        """How many events the projection has not seen, and keys it has not folded since."""
        waiting = select(func.count()).where(t.position_keys.c.projection == name, t.position_keys.c.waiting)
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


@cache
def _delete_position(table: Table) -> Delete:
    return table.delete().where(table.c.actor == bindparam("actor_"), table.c.issue == bindparam("issue_"))


@cache
def _stored_changes(table: Table) -> Select[Any]:
    query = select(table.c.change_key, table.c.data, table.c.withdrawn_at)
    of_key = and_(table.c.actor == bindparam("actor_"), table.c.issue == bindparam("issue_"))
    return query.where(of_key, table.c.on_day > bindparam("after_"))


def _position_row(position: Position) -> dict[str, Any]:
    return {
        "actor": position.actor,
        "issue": position.issue,
        "stance": position.stance,
        "speaker": position.speaker,
        "since": position.since,
        "last_confirmed": position.last_confirmed,
        "sources": position.sources,
        "confidence": position.confidence,
        "contested": position.contested,
        "unconfirmed": position.unconfirmed,
        "data": to_json(position),
    }


def _change_row(change: Change) -> dict[str, Any]:
    return {
        "actor": change.actor,
        "issue": change.issue,
        "kind": change.kind,
        "before_stance": change.before,
        "after_stance": change.after,
        "on_day": change.on,
        "speaker": change.speaker,
        "data": to_json(change),
    }
