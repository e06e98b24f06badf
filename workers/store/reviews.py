"""What analysts make of events: which wait for a look, confirmations, and what a retraction would do to a position.

It must not know who may do so.
"""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import select

from domain.errors import InputError
from domain.positions import Change, Position, fold_on
from workers.store import schema as t
from workers.store.resuming import LIVE, resume
from workers.store.rows import Part, insert


class Confirmation(msgspec.Struct, frozen=True, kw_only=True):
    """That an analyst vouches for an event."""

    who: str
    why: str
    at: datetime


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What a retraction would do. `gone`: changes that would no longer stand; `new`: those that would come instead."""

    before: Position | None
    after: Position | None
    gone: tuple[Change, ...]
    new: tuple[Change, ...]


class ReviewRows(Part):
    """What the page of reviews asks of the store."""

    def to_review(self, limit: int = 40) -> list[str]:
        """Ids of the newest events that bear on a position, that stand, and that nobody confirmed."""
        f = t.position_facts.c
        seen = select(t.confirmations.c.event_id).where(t.confirmations.c.event_id == f.event_id).exists()
        newest = select(t.events.c.event_id).order_by(t.events.c.sequence.desc()).limit(50 * limit).subquery()
        query = (
            select(f.event_id)
            .join(newest, newest.c.event_id == f.event_id)
            .where(f.retracted_sequence.is_(None), ~seen)
            .order_by(f.sequence.desc())
            .limit(limit)
        )
        with self._db.read() as connection:
            return list(connection.execute(query).scalars())

    def confirm(self, event_id: str, *, who: str, why: str, now: datetime) -> None:
        """Vouch for an event; a later confirmation takes the place of an earlier one.

        Raises:
            InputError: no position rests on such an event, or it was taken back.
        """
        f = t.position_facts.c
        query = select(f.event_id).where(f.event_id == event_id, f.retracted_sequence.is_(None))
        values = {"event_id": event_id, "who": who, "why": why, "at": now}
        with self._db.write() as connection:
            if connection.execute(query).scalar() is None:
                raise InputError(f"no event {event_id} stands: it may have been taken back")
            statement = insert(connection, t.confirmations).values(values)
            connection.execute(statement.on_conflict_do_update(index_elements=["event_id"], set_=values))

    def confirmation(self, event_id: str) -> Confirmation | None:
        """Who vouches for an event."""
        query = select(t.confirmations).where(t.confirmations.c.event_id == event_id)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else Confirmation(who=row.who, why=row.why, at=row.at)

    def effect_of_retracting(self, event_id: str) -> Effect | None:
        """What would become of the position that an event bears on; None where it bears on none or no longer stands."""
        f = t.position_facts.c
        query = select(f.actor, f.issue, f.occurred_on)
        query = query.where(f.event_id == event_id, f.retracted_sequence.is_(None))
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
            if row is None:
                return None
            key = (row.actor, row.issue)
            found = resume(connection, LIVE, {key: row.occurred_on})[key]  # the days before stay as they are
        now = fold_on(found.later, found.start).outcome
        then = fold_on((fact for fact in found.later if fact.event_id != event_id), found.start).outcome
        kept = {change.key: change for change in then.changes}
        present = {change.key: change for change in now.changes}
        return Effect(
            before=now.position,
            after=then.position,
            gone=tuple(change for name, change in present.items() if name not in kept),
            new=tuple(change for name, change in kept.items() if name not in present),
        )
