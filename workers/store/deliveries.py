"""Deliveries: what is to go, the words it went with, every attempt, and what became of it.

It must not know how a message is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from domain.alerts.backtest import Past
from domain.errors import Conflict, NotYet
from workers.ports import Attempt, Compose, Delivery, DeliveryOutcome, Lease
from workers.store import schema as t
from workers.store.rows import Part, finish, ring
from workers.store.sealing import past_changes, portions, seal
from workers.store.subscriptions import channel, loaded, stamp
from workers.store.work import fail

_EARLIER_SECONDS = 1.0


class DeliveryRows(Part):
    """The deliveries of the `SubscriptionStore` of `workers.ports`."""

    def delivery(self, delivery_id: int) -> Delivery | None:
        """One delivery with its subscription and channel."""
        with self._db.read() as connection:
            return next(
                iter(_loaded(connection, connection.execute(_ALL.where(t.deliveries.c.id == delivery_id)).all())), None
            )

    def seal_delivery(self, lease: Lease, compose: Compose, *, now: datetime) -> Delivery | None:
        """The delivery with its words, fixed now if they were not; None where nothing is left to tell: it is settled.

        Raises:
            NotYet: an earlier message of the same change is on its way.
        """
        where = t.deliveries.c.id == int(lease.subject)
        with self._db.write() as connection:
            row = connection.execute(_ALL.where(where)).one()
            (found,) = _loaded(connection, [row])
            if row.sealed_at is not None and found.body:
                return found
            earlier = _earlier_waits(connection, found.id)
            if earlier is not None:
                pause = max((earlier - now).total_seconds(), _EARLIER_SECONDS)
                raise NotYet("an earlier message of the same change is on its way", seconds=pause)
            body = seal(connection, found.id, lambda items: compose(found.subscription, found.key, items), now=now)
            if body is None:
                finish(connection, lease, now=now, note="nothing was left to tell")
                return None
            return msgspec.structs.replace(found, body=body)

    def end_waiting(self, now: datetime, *, within: timedelta) -> int:
        """Make messages due that wait for others of their position alone, `within` at most. Returns how many."""
        d = t.deliveries.c
        # a digest and what quiet hours hold have no position of their own: they keep their time
        waiting = select(d.id).where(d.status == "waiting", d.sealed_at.is_(None), d.group_key != "")
        of = t.work.c.kind == "deliver", t.work.c.status == "waiting", t.work.c.attempts == 0
        soon = t.work.c.next_attempt_at.between(now, now + within)
        with self._db.write() as connection:
            subjects = [str(number) for number in connection.execute(waiting).scalars()]
            count = 0
            for portion in portions(subjects):
                where = t.work.c.subject.in_(portion)
                ended = t.work.update().where(*of, soon, where).values(next_attempt_at=now, changed_at=now)
                count += connection.execute(ended).rowcount
            return count

    def attempts(self, delivery_id: int) -> list[Attempt]:
        """Every attempt to send a delivery, or the message that tells it, oldest first."""
        a, d = t.delivery_attempts.c, t.deliveries.c
        carrier = select(func.coalesce(d.carried_by, d.id)).where(d.id == delivery_id).scalar_subquery()
        query = select(a.attempt, a.at, a.status, a.http_status, a.error).where(a.delivery_id == carrier)
        with self._db.read() as connection:
            return [Attempt(**row._mapping) for row in connection.execute(query.order_by(a.id))]

    def past_changes(self, since: datetime) -> list[Past]:
        """Changes that became known at that time or later, in that order, those taken back among them."""
        with self._db.read() as connection:
            return past_changes(connection, since)

    def deliveries(
        self,
        *,
        status: str | None = None,
        limit: int = 100,
        subscription: int | None = None,
        owner: int | None = None,
        below: int | None = None,
    ) -> list[Delivery]:
        """Deliveries, newest first; of a status, of one subscription, of one owner's, of a smaller id."""
        c = t.deliveries.c
        query = _ALL.order_by(c.id.desc()).limit(limit)
        query = query if status is None else query.where(c.status == status)
        query = query if subscription is None else query.where(c.subscription_id == subscription)
        query = query if below is None else query.where(c.id < below)
        if owner is not None:
            query = query.where(
                c.subscription_id.in_(select(t.subscriptions.c.id).where(t.subscriptions.c.owner == owner))
            )
        with self._db.read() as connection:
            return _loaded(connection, connection.execute(query).all())

    def save_delivery(self, lease: Lease, outcome: DeliveryOutcome, *, now: datetime) -> None:
        """Record an attempt and what follows: delivered, tried again at `retry_at`, or dead (and quarantined).

        Raises:
            Conflict: the lease was lost; nothing was saved.
        """
        delivery_id = int(lease.subject)
        with self._db.write() as connection:
            retry_at = None if outcome.status == "dead" else outcome.retry_at or now
            if outcome.status == "delivered":
                finish(connection, lease, now=now)
            elif not fail(connection, lease, outcome.error or "not delivered", now=now, retry_at=retry_at):
                raise Conflict(f"the lease on delivery {delivery_id} was lost: its outcome is dropped")
            status = {"delivered": "delivered", "retry": "waiting", "dead": "dead"}[outcome.status]
            attempt = connection.execute(
                t.deliveries.update()
                .where(t.deliveries.c.id == delivery_id)
                .values(attempts=t.deliveries.c.attempts + 1)
                .returning(t.deliveries.c.attempts)
            ).scalar_one()
            delivered_at = now if outcome.status == "delivered" else None
            connection.execute(
                t.deliveries.update()
                .where(_of_message(delivery_id))
                .values(status=status, error=outcome.error, delivered_at=delivered_at)
            )
            connection.execute(
                t.delivery_attempts.insert().values(
                    delivery_id=delivery_id,
                    attempt=attempt,
                    at=now,
                    status=outcome.status,
                    http_status=outcome.http_status,
                    error=outcome.error,
                )
            )
            _note_health(connection, delivery_id, outcome, now)

    def resend(self, delivery_id: int, *, now: datetime) -> bool:
        """Send a dead delivery again, with the same key; False where there is no dead one of that id.

        One that another's message tells is sent again with that message.
        """
        with self._db.write() as connection:
            where = t.deliveries.c.id == delivery_id, t.deliveries.c.status == "dead"
            carrier = connection.execute(select(t.deliveries.c.carried_by).where(*where)).one_or_none()
            if carrier is None:
                return False
            first = delivery_id if carrier.carried_by is None else int(carrier.carried_by)
            again = t.deliveries.update().where(_of_message(first), t.deliveries.c.status == "dead")
            connection.execute(again.values(status="waiting", error=None))
            ring(connection, "deliver", [str(first)], now=now)
            return True


_ALL = select(t.deliveries)


def _loaded(connection: Connection, rows: Sequence[Row[Any]]) -> list[Delivery]:
    """Deliveries with their subscriptions, removed ones too, and channels."""
    wanted = {row.subscription_id for row in rows}
    subscriptions = {s.id: s for s in loaded(connection, t.subscriptions.c.id.in_(wanted))} if wanted else {}
    ways = connection.execute(select(t.channels).where(t.channels.c.id.in_({row.channel_id for row in rows})))
    channels = {row.id: channel(row) for row in ways} if rows else {}
    return [
        Delivery(
            id=row.id,
            key=row.idempotency_key,
            subscription=subscriptions[row.subscription_id],
            channel=channels[row.channel_id],
            body=row.body,
            status=row.status,
            attempts=row.attempts,
            error=row.error,
            carried_by=row.carried_by,
        )
        for row in rows
    ]


def _of_message(delivery_id: int) -> ColumnElement[bool]:
    """A delivery and those that its message tells; what was dropped from it stays so."""
    d = t.deliveries.c
    return and_(or_(d.id == delivery_id, d.carried_by == delivery_id), d.status != "dropped")


def _earlier_waits(connection: Connection, delivery_id: int) -> datetime | None:
    """When an earlier message of a change that this delivery tells is tried again, if one has words and no end yet."""
    mine, earlier = t.deliveries.alias("mine"), t.deliveries.alias("earlier")
    same = and_(
        mine.c.subscription_id == earlier.c.subscription_id,
        mine.c.channel_id == earlier.c.channel_id,
        mine.c.change_key == earlier.c.change_key,
        mine.c.turn > earlier.c.turn,
    )
    query = (
        select(func.coalesce(earlier.c.carried_by, earlier.c.id))
        .join(mine, same)
        .where(or_(mine.c.id == delivery_id, mine.c.carried_by == delivery_id), mine.c.turn > 0)
        .where(earlier.c.status == "waiting", earlier.c.sealed_at.is_not(None))
        .limit(1)
    )
    found = connection.execute(query).scalar()
    if found is None:
        return None
    again = select(t.work.c.next_attempt_at).where(t.work.c.kind == "deliver", t.work.c.subject == str(found))
    return connection.execute(again).scalar() or datetime.min.replace(tzinfo=UTC)


def _note_health(connection: Connection, delivery_id: int, outcome: DeliveryOutcome, now: datetime) -> None:
    """Keep whether a channel fails, and since when; and why it takes no more messages."""
    way = select(t.deliveries.c.channel_id).where(t.deliveries.c.id == delivery_id).scalar_subquery()
    c = t.channels
    if outcome.disable is not None:
        connection.execute(c.update().where(c.c.id == way).values(disabled=outcome.disable))
        stamp(connection)
    if outcome.status == "delivered":
        working = c.update().where(c.c.id == way, c.c.failing_since.is_not(None))
        connection.execute(working.values(failing_since=None))
    else:
        connection.execute(c.update().where(c.c.id == way, c.c.failing_since.is_(None)).values(failing_since=now))
