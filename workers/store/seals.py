"""Seals over the log: how ranges are sealed, and how rows and seals are read back as they are stored.

It must not know how a hash is made, or what a difference means: that is `domain.seals`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from domain.seals import GENESIS, LEAF, Entry, Sealed, leaf, seal
from workers.store import schema as t
from workers.store.log import head
from workers.store.rows import Part

RANGE = 1000  # events a seal covers at most
_PATIENCE = timedelta(hours=1)  # how long fewer events than that wait for a seal
_ROWS = 1000


class SealRows(Part):
    """What `marsad verify` and the projection ask of the store."""

    def seal(self, *, now: datetime, force: bool = False) -> int:
        """Seal what is due: full ranges, and what is left where the last seal is an hour old, or `force`.

        Returns how many seals are new. Several processes may do so at once.
        """
        made = 0
        while self._seal_one(now=now, force=force):
            made += 1
        return made

    def last_seal(self) -> Sealed | None:
        """The newest seal."""
        with self._db.read() as connection:
            row = connection.execute(_SEALS.order_by(t.log_seals.c.number.desc()).limit(1)).one_or_none()
        return None if row is None else _sealed(row)

    def _seal_one(self, *, now: datetime, force: bool) -> bool:
        if not self._due(now=now, force=force):
            return False
        with self._db.write() as connection:
            # the head's row is the lock of all who seal; nobody appends meanwhile, and the work is short
            connection.execute(select(t.log_head.c.sequence).with_for_update())
            last = _last(connection)
            first = 1 if last is None else last.last_sequence + 1
            entries = list(_entries(connection, first, first + RANGE - 1))
            if not entries or [e.sequence for e in entries] != list(range(first, first + len(entries))):
                return False  # a hole is corruption, and not to be sealed over: `marsad verify` names it
            made = seal(
                1 if last is None else last.number + 1, first, [leaf(e) for e in entries],
                GENESIS if last is None else last.hash,
            )  # fmt: skip
            connection.execute(
                t.log_seals.insert().values(
                    number=made.number, first_sequence=made.first, last_sequence=made.last, leaves="".join(made.leaves),
                    previous_hash=made.previous, hash=made.hash, sealed_at=now,
                )
            )  # fmt: skip
        return True

    def _due(self, *, now: datetime, force: bool) -> bool:
        with self._db.read() as connection:
            last = _last(connection)
            waiting = head(connection) - (0 if last is None else last.last_sequence)
        if waiting <= 0:
            return False
        return force or waiting >= RANGE or last is None or now - last.sealed_at >= _PATIENCE


def seals(connection: Connection) -> Iterator[Sealed]:
    """Every seal in order, in bounded memory."""
    after = -(2**62)
    while True:
        query = _SEALS.where(t.log_seals.c.number > after).order_by(t.log_seals.c.number).limit(50)
        rows = connection.execute(query).all()
        yield from map(_sealed, rows)
        if not rows:
            return
        after = rows[-1].number


def entries(connection: Connection) -> Iterator[Entry]:
    """Every row of the log as it is stored, by sequence, in bounded memory; holes and all."""
    after = -(2**62)
    while True:
        query = select(t.events).where(t.events.c.sequence > after).order_by(t.events.c.sequence).limit(_ROWS)
        rows = connection.execute(query).all()
        yield from map(_entry, rows)
        if not rows:
            return
        after = rows[-1].sequence


_SEALS = select(t.log_seals)


def _last(connection: Connection) -> Any:
    return connection.execute(_SEALS.order_by(t.log_seals.c.number.desc()).limit(1)).one_or_none()


def _entries(connection: Connection, first: int, last: int) -> Iterator[Entry]:
    query = select(t.events).where(t.events.c.sequence.between(first, last)).order_by(t.events.c.sequence)
    return map(_entry, connection.execute(query).all())


def _entry(row: Any) -> Entry:
    return Entry(**dict(zip(Entry.__struct_fields__, row, strict=True)))  # fields and columns stand in one order


def _sealed(row: Any) -> Sealed:
    leaves = tuple(row.leaves[i : i + LEAF] for i in range(0, len(row.leaves), LEAF))
    return Sealed(
        number=row.number,
        first=row.first_sequence,
        last=row.last_sequence,
        leaves=leaves,
        previous=row.previous_hash,
        hash=row.hash,
    )
