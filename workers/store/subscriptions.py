"""Channels, subscriptions, and deliveries with their attempts.

It must not know how a message is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from domain.errors import Conflict, InputError
from workers.ports import Channel, Delivery, DeliveryOutcome, Lease, Subscription
from workers.store import schema as t
from workers.store.rows import Part, finish, insert, ring, strings, to_json
from workers.store.work import fail


class SubscriptionRows(Part):
    """The `SubscriptionStore` of `workers.ports`."""

    def add_channel(self, kind: str, target: str, *, secrets: Sequence[str] = (), now: datetime) -> Channel:
        """A channel of that kind and target; the present one with its secrets, where there is one, enabled again.

        Raises:
            InputError: the target is empty.
        """
        if not target.strip():
            raise InputError("a channel needs a target: name an address")
        with self._db.write() as connection:
            row = connection.execute(
                insert(connection, t.channels)
                .values(kind=kind, target=target, secrets=to_json(tuple(secrets)), created_at=now)
                .on_conflict_do_update(index_elements=["kind", "target"], set_={"disabled": None})
                .returning(t.channels)
            ).one()
        return _channel(row)

    def channels(self) -> list[Channel]:
        """Every channel, oldest first."""
        with self._db.read() as connection:
            return [_channel(row) for row in connection.execute(select(t.channels).order_by(t.channels.c.id))]

    def add_subscription(
        self,
        channel_id: int,
        *,
        actors: Sequence[str] = (),
        issues: Sequence[str] = (),
        changes: Sequence[str] = (),
        now: datetime,
    ) -> Subscription:
        """Who wants to know what, from now on; empty filters match everything.

        Raises:
            InputError: there is no such channel.
        """
        with self._db.write() as connection:
            if connection.execute(select(t.channels.c.id).where(t.channels.c.id == channel_id)).scalar() is None:
                raise InputError(f"there is no channel {channel_id}")
            added = connection.execute(
                t.subscriptions.insert()
                .values(
                    channel_id=channel_id,
                    actors=to_json(tuple(actors)),
                    issues=to_json(tuple(issues)),
                    changes=to_json(tuple(changes)),
                    created_at=now,
                )
                .returning(t.subscriptions.c.id)
            ).scalar_one()
            row = connection.execute(_SUBSCRIPTIONS.where(t.subscriptions.c.id == added)).one()
        return _subscription(row)

    def subscriptions(self) -> list[Subscription]:
        """Every subscription that was not removed, oldest first."""
        with self._db.read() as connection:
            return active(connection)

    def remove_subscription(self, subscription_id: int, *, now: datetime) -> bool:
        """End a subscription; its waiting deliveries are given up. False where there is none of that id."""
        with self._db.write() as connection:
            ended = connection.execute(
                t.subscriptions.update()
                .where(t.subscriptions.c.id == subscription_id, t.subscriptions.c.removed_at.is_(None))
                .values(removed_at=now)
            )
            if ended.rowcount != 1:
                return False
            given_up = connection.execute(
                t.deliveries.update()
                .where(t.deliveries.c.subscription_id == subscription_id, t.deliveries.c.status == "waiting")
                .values(status="dead", error="the subscription was removed")
                .returning(t.deliveries.c.id)
            ).scalars()
            subjects = [str(i) for i in given_up]
            for i in range(0, len(subjects), 500):
                connection.execute(
                    t.work.update()
                    .where(t.work.c.kind == "deliver", t.work.c.subject.in_(subjects[i : i + 500]))
                    .values(status="done", lease_token=None, lease_until=None, changed_at=now)
                )
            return True

    def delivery(self, delivery_id: int) -> Delivery | None:
        """One delivery with its subscription and channel."""
        with self._db.read() as connection:
            row = connection.execute(_DELIVERIES.where(t.deliveries.c.id == delivery_id)).one_or_none()
        return None if row is None else _delivery(row)

    def deliveries(self, *, status: str | None = None, limit: int = 100) -> list[Delivery]:
        """Deliveries, newest first; `status`: waiting, delivered or dead."""
        query = _DELIVERIES.order_by(t.deliveries.c.id.desc()).limit(limit)
        if status is not None:
            query = query.where(t.deliveries.c.status == status)
        with self._db.read() as connection:
            return [_delivery(row) for row in connection.execute(query)]

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
                .values(
                    status=status,
                    attempts=t.deliveries.c.attempts + 1,
                    error=outcome.error,
                    delivered_at=now if outcome.status == "delivered" else None,
                )
                .returning(t.deliveries.c.attempts)
            ).scalar_one()
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
            if outcome.disable is not None:
                _disable(connection, delivery_id, outcome.disable)

    def resend(self, delivery_id: int, *, now: datetime) -> bool:
        """Send a dead delivery again, with the same key; False where there is no dead one of that id."""
        with self._db.write() as connection:
            again = connection.execute(
                t.deliveries.update()
                .where(t.deliveries.c.id == delivery_id, t.deliveries.c.status == "dead")
                .values(status="waiting", error=None)
            )
            if again.rowcount != 1:
                return False
            ring(connection, "deliver", [str(delivery_id)], now=now)
            return True


_CHANNEL = (
    t.channels.c.id.label("channel_id"),
    t.channels.c.kind.label("channel_kind"),
    t.channels.c.target,
    t.channels.c.secrets,
    t.channels.c.disabled,
)
_SUBSCRIPTION = (
    t.subscriptions.c.id.label("subscription_id"),
    t.subscriptions.c.actors,
    t.subscriptions.c.issues,
    t.subscriptions.c.changes,
    t.subscriptions.c.created_at,
)
_SUBSCRIPTIONS: Select[Any] = select(*_SUBSCRIPTION, *_CHANNEL).join(
    t.channels, t.channels.c.id == t.subscriptions.c.channel_id
)
_DELIVERIES: Select[Any] = (
    select(
        t.deliveries.c.id,
        t.deliveries.c.idempotency_key,
        t.deliveries.c.body,
        t.deliveries.c.status,
        t.deliveries.c.attempts,
        t.deliveries.c.error,
        *_SUBSCRIPTION,
        *_CHANNEL,
    )
    .join(t.subscriptions, t.subscriptions.c.id == t.deliveries.c.subscription_id)
    .join(t.channels, t.channels.c.id == t.subscriptions.c.channel_id)
)


def active(connection: Connection) -> list[Subscription]:
    """Every subscription that was not removed, oldest first."""
    query = _SUBSCRIPTIONS.where(t.subscriptions.c.removed_at.is_(None)).order_by(t.subscriptions.c.id)
    return [_subscription(row) for row in connection.execute(query)]


def _disable(connection: Connection, delivery_id: int, why: str) -> None:
    channel = (
        select(t.subscriptions.c.channel_id)
        .join(t.deliveries, t.deliveries.c.subscription_id == t.subscriptions.c.id)
        .where(t.deliveries.c.id == delivery_id)
        .scalar_subquery()
    )
    connection.execute(t.channels.update().where(t.channels.c.id == channel).values(disabled=why))


def _channel(row: Row[Any]) -> Channel:
    return Channel(id=row.id, kind=row.kind, target=row.target, secrets=strings(row.secrets), disabled=row.disabled)


def _subscription(row: Row[Any]) -> Subscription:
    channel = Channel(
        id=row.channel_id,
        kind=row.channel_kind,
        target=row.target,
        secrets=strings(row.secrets),
        disabled=row.disabled,
    )
    return Subscription(
        id=row.subscription_id,
        channel=channel,
        actors=strings(row.actors),
        issues=strings(row.issues),
        changes=strings(row.changes),
        created_at=row.created_at,
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        key=row.idempotency_key,
        subscription=_subscription(row),
        body=row.body,
        status=row.status,
        attempts=row.attempts,
        error=row.error,
    )
