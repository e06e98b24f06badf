"""A projection built anew beside the live one: its room, what differs, and the swap in one transaction.

It must not know how a position follows from facts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, and_, exists, func, select

from domain.errors import Conflict
from domain.positions import Change
from workers.store import schema as t
from workers.store.positions import Projecting, lock
from workers.store.resuming import LIVE, REBUILD, Key
from workers.store.rows import Part

_CHANGE = msgspec.json.Decoder(Change)


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A position that the rebuild has otherwise. `before`: the live stance, None for none; `after`: the rebuilt one."""

    actor: str
    issue: str
    before: str | None
    after: str | None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What a rebuild has otherwise. `changes`: keys (actor, issue) whose changes differ."""

    facts: int
    positions: tuple[Moved, ...]
    changes: tuple[Key, ...]

    @property
    def nothing(self) -> bool:
        """Whether both are the same."""
        return self.facts == 0 and not self.positions and not self.changes


class Rebuilding(Part):
    """What `workers.projections.rebuild` asks of the store."""

    def begin_rebuild(self) -> None:
        """Empty the room of the rebuild; one that runs already finds its checkpoint gone and gives up."""
        with self._db.write() as connection:
            _clear(connection)
            connection.execute(t.checkpoints.insert().values(projection=REBUILD.name, seq=0))

    def end_rebuild(self) -> None:
        """Empty the room of the rebuild."""
        with self._db.write() as connection:
            _clear(connection)

    @contextmanager
    def swapping(self) -> Iterator[Swap | None]:
        """The transaction in which both are compared and swapped; None while either has a runner at work."""
        with self._db.write() as connection:
            held = lock(connection, LIVE.name) and lock(connection, REBUILD.name)
            yield Swap(connection) if held else None


class Swap:
    """Both projections, held still."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.live = Projecting(connection, LIVE)
        self.rebuilt = Projecting(connection, REBUILD)

    def difference(self) -> Difference:
        """What the rebuild has otherwise."""
        facts = self._count(LIVE.facts, REBUILD.facts) + self._count(REBUILD.facts, LIVE.facts)
        before = self._stances(LIVE.positions, REBUILD.positions)
        after = self._stances(REBUILD.positions, LIVE.positions)
        keys = sorted(before.keys() | after.keys())
        moved = (Moved(actor=k[0], issue=k[1], before=before.get(k), after=after.get(k)) for k in keys)
        return Difference(facts=facts, positions=tuple(moved), changes=tuple(sorted(self._keys_of_changes())))

    def swap(self, found: Difference, *, now: datetime) -> None:
        """Make the live tables what the rebuild says; writes what differs, and no message to anybody.

        Raises:
            Conflict: the two have not read the log equally far.
        """
        if self.live.checkpoint != self.rebuilt.checkpoint:
            raise Conflict("the log went on during the rebuild: start it again")
        pairs = ((LIVE.facts, REBUILD.facts), (LIVE.positions, REBUILD.positions), (LIVE.days, REBUILD.days))
        for live, rebuilt in pairs:
            self._connection.execute(live.delete().where(_only_in(live, rebuilt)))
            columns = [column.name for column in live.columns]
            rows = select(*(rebuilt.c[name] for name in columns)).where(_only_in(rebuilt, live))
            self._connection.execute(live.insert().from_select(columns, rows))
        self._move_keys()
        for key in found.changes:
            table = REBUILD.changes
            query = select(table.c.data).where(table.c.actor == key[0], table.c.issue == key[1])
            query = query.where(table.c.withdrawn_at.is_(None)).order_by(table.c.sequence)
            changes = [_CHANGE.decode(data) for data in self._connection.execute(query).scalars()]
            self.live.put_changes({key: changes}, after={key: ""}, now=now)
        self.live.alerts.inherit(self.live.heirs, now=now)

    def _move_keys(self) -> None:
        """The keys of the rebuild become the live ones."""
        table = t.position_keys
        self._connection.execute(table.delete().where(table.c.projection == LIVE.name))
        moved = table.update().where(table.c.projection == REBUILD.name)
        self._connection.execute(moved.values(projection=LIVE.name))

    def _count(self, one: Table, other: Table) -> int:
        query = select(func.count()).select_from(one).where(_only_in(one, other))
        return int(self._connection.execute(query).scalar_one())

    def _stances(self, one: Table, other: Table) -> dict[Key, str]:
        query = select(one.c.actor, one.c.issue, one.c.stance).where(_only_in(one, other))
        return {(row.actor, row.issue): row.stance for row in self._connection.execute(query)}

    def _keys_of_changes(self) -> set[Key]:
        keys: set[Key] = set()
        for one, other in ((LIVE.changes, REBUILD.changes), (REBUILD.changes, LIVE.changes)):
            same = and_(
                other.c.change_key == one.c.change_key, other.c.data == one.c.data, other.c.withdrawn_at.is_(None)
            )
            query = select(one.c.actor, one.c.issue).where(one.c.withdrawn_at.is_(None), ~exists().where(same))
            keys |= {(row.actor, row.issue) for row in self._connection.execute(query.distinct())}
        return keys


def _only_in(one: Table, other: Table) -> ColumnElement[bool]:
    """Rows of a table without their equal in the other; how far the log was read when they were written is no part."""
    primary = {column.name for column in one.primary_key}
    same = [
        other.c[c.name] == c if c.name in primary else other.c[c.name].is_not_distinct_from(c)
        for c in one.columns
        if c.name != "log_sequence"
    ]
    return ~exists().where(and_(*same))


def _clear(connection: Connection) -> None:
    for table in (REBUILD.facts, REBUILD.positions, REBUILD.changes, REBUILD.days):
        connection.execute(table.delete())
    connection.execute(t.position_keys.delete().where(t.position_keys.c.projection == REBUILD.name))
    connection.execute(t.checkpoints.delete().where(t.checkpoints.c.projection == REBUILD.name))
