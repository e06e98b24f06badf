"""The proof that the database holds what was written: the log against its seals, the projection against a fresh fold.

One read transaction sees one state; memory stays flat, since the projection is compared fact by fact and key by key.
It must not know who asks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from domain.errors import InputError
from domain.events import Read, Retraction, decode
from domain.log import RecordedEvent
from domain.positions import Position, fold_on
from domain.positions import facts as facts_of
from domain.seals import Entry, Finding, Sealed, broken_chain, differences, leaf, misnamed
from workers.store import schema as t
from workers.store.log import head
from workers.store.resuming import LIVE, Key, resume
from workers.store.rows import Part, to_json
from workers.store.seals import entries, seals

_PORTION = 500


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at, and what is wrong with it; `anchor`: the newest seal's hash, to be noted elsewhere."""

    events: int
    sealed: int
    seals: int
    anchor: str | None
    positions: int
    findings: tuple[Finding, ...]


class Verifying(Part):
    """What `marsad verify` asks of the store."""

    def verify(self, *, expect: str | None = None) -> Verified:
        """Compare everything. `expect`: the hash of a seal that was noted at some time."""
        with self._db.snapshot() as connection:
            check = _Check(connection)
            check.log()
            if expect is not None and expect not in check.hashes:
                check.found.append(
                    Finding(
                        kind="seal", sequence=None, message=f"no seal has the hash {expect}: the chain was rewritten"
                    )
                )
            positions = check.positions()
            return Verified(
                events=check.events,
                sealed=0 if check.last is None else check.last.last,
                seals=len(check.hashes),
                anchor=None if check.last is None else check.last.hash,
                positions=positions,
                findings=tuple(check.found),
            )


class _Check:
    """One pass over the log, and one over the positions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._seen = int(
            connection.execute(select(t.checkpoints.c.seq).where(t.checkpoints.c.projection == LIVE.name)).scalar_one()
        )
        self._facts = 0
        self.found: list[Finding] = []
        self.hashes: set[str] = set()
        self.events = 0
        self.last: Sealed | None = None

    def log(self) -> None:
        """The rows of the log against the seals, each other, and the facts that the projection keeps."""
        chain = self._chain()
        current = next(chain, None)
        present: dict[int, str] = {}
        expected = 1
        portion: list[Entry] = []
        for entry in entries(self._connection):
            while current is not None and entry.sequence > current.last:
                self.found += differences(current, present)
                present, current = {}, next(chain, None)
            if current is not None and current.first <= entry.sequence:
                present[entry.sequence] = leaf(entry)
            elif entry.sequence < 1:
                self._tell("inserted", entry.sequence, f"event {entry.sequence} was inserted before the first")
            elif entry.sequence > expected:
                self._tell("missing", expected, f"event {expected} is missing: {entry.sequence} comes next")
            expected = max(expected, entry.sequence + 1)
            self.found += misnamed(entry)
            self.events += 1
            portion.append(entry)
            if len(portion) == _PORTION:
                self._compare_facts(portion)
                portion = []
        self._compare_facts(portion)
        while current is not None:
            self.found += differences(current, present)
            present, current = {}, next(chain, None)
        self._end(expected - 1)

    def _chain(self) -> Iterator[Sealed]:
        for found in seals(self._connection):
            self.found += broken_chain(found, self.last)
            self.last = found
            self.hashes.add(found.hash)
            yield found

    def _end(self, last: int) -> None:
        top = head(self._connection)
        if last > top:
            self._tell("inserted", last, f"event {last} stands beyond the head of the log, {top}: it was inserted")
        sealed = 0 if self.last is None else self.last.last
        if last < top and top > sealed:
            self._tell(
                "missing", top, f"the head of the log is {top}, but its last event is {last}: events are missing"
            )

    def _tell(self, kind: str, sequence: int | None, message: str) -> None:
        self.found.append(Finding(kind=kind, sequence=sequence, message=message))

    def _compare_facts(self, portion: Sequence[Entry]) -> None:
        """The facts of events against the rows that the projection keeps of them."""
        events = [e for e in map(_readable, portion) if e is not None and e.sequence <= self._seen]
        wanted = {f.event_id: f for f in facts_of(e for e in events if isinstance(e.record, Read))}
        self._facts += len(wanted)
        table = t.position_facts
        taken_back = {e.record.event_id: e.sequence for e in events if isinstance(e.record, Retraction)}
        query = select(table.c.event_id, table.c.data, table.c.retracted_sequence)
        ids = [*wanted, *taken_back]
        rows = {r.event_id: r for r in self._connection.execute(query.where(table.c.event_id.in_(ids)))} if ids else {}
        for event_id, fact in wanted.items():
            row = rows.get(event_id)
            if row is None or row.data != to_json(fact):
                what = "is missing" if row is None else "was changed"
                self._tell("projection", fact.sequence, f"the fact of event {fact.sequence} {what} in the projection")
        for event_id, sequence in taken_back.items():
            row = rows.get(event_id)
            if row is not None and row.retracted_sequence is None:
                self._tell("projection", sequence, f"event {event_id} was taken back by {sequence}, its fact was not")

    def positions(self) -> int:
        """The stored positions and changes against a fresh fold, key by key. Returns how many positions there are."""
        table = t.position_facts
        stored = int(self._connection.execute(select(func.count()).select_from(table)).scalar_one())
        if stored > self._facts:
            self._tell("projection", None, f"the projection keeps {stored} facts, the log holds {self._facts}")
        pairs = (table, t.positions, t.changes, t.position_days)
        keys: set[Key] = set()
        for source in pairs:
            query = select(source.c.actor, source.c.issue).distinct()
            keys |= {(row.actor, row.issue) for row in self._connection.execute(query)}
        waiting = select(t.position_keys.c.actor, t.position_keys.c.issue).where(
            t.position_keys.c.projection == LIVE.name, t.position_keys.c.stale.is_not(None)
        )
        keys -= {(row.actor, row.issue) for row in self._connection.execute(waiting)}
        deque(map(self._compare_key, sorted(keys)), maxlen=0)
        return len(keys)

    def _compare_key(self, key: Key) -> None:
        actor, issue = key
        fresh = resume(self._connection, LIVE, {key: ""})[key]
        folded = fold_on(fresh.later)
        self._compare_position(key, folded.outcome.position)
        table = t.changes
        query = select(table.c.change_key, table.c.data).where(
            table.c.actor == actor, table.c.issue == issue, table.c.withdrawn_at.is_(None)
        )
        known = {r.change_key: r.data for r in self._connection.execute(query)}
        if known != {change.key: to_json(change) for change in folded.outcome.changes}:
            self._tell("change", None, f"the changes of {actor} on {issue} are not what the log gives")
        d = t.position_days
        query = select(d.c.day, d.c.settled, d.c.data).where(d.c.actor == actor, d.c.issue == issue)
        days = {(r.day, r.settled, r.data) for r in self._connection.execute(query)}
        if days != {(held.day, fresh.settled[held.day], to_json(held)) for held in folded.days}:
            self._tell("day", None, f"what {actor} held on {issue} on past days is not what the log gives")

    def _compare_position(self, key: Key, position: Position | None) -> None:
        table = t.positions
        query = select(table).where(table.c.actor == key[0], table.c.issue == key[1])
        row: Any = self._connection.execute(query).one_or_none()
        wanted = None if position is None else to_json(position)
        shown = ("stance", "speaker", "since", "sources")
        if (None if row is None else row.data) != wanted or (
            row is not None and position is not None and any(getattr(row, c) != getattr(position, c) for c in shown)
        ):
            self._tell("position", None, f"the position of {key[0]} on {key[1]} is not what the log gives")


def _readable(entry: Entry) -> RecordedEvent | None:
    try:
        record = decode(entry.data, entry.schema_version)
    except InputError:
        return None  # named by `misnamed`
    return RecordedEvent(
        sequence=entry.sequence,
        event_id=entry.event_id,
        type=entry.type,
        schema_version=entry.schema_version,
        stream=entry.stream,
        version=entry.version,
        record=record,
        recorded_at=entry.recorded_at,
        correlation_id=entry.correlation_id,
        causation_id=entry.causation_id,
    )
