"""Channels, subscriptions, and deliveries with their attempts.

It must not know how a message is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from domain.alerts.backtest import Past
from domain.alerts.matching import Wanted
from domain.alerts.terms import Terms
from domain.errors import Conflict, InputError, NotYet
from workers.ports import Attempt, Channel, Compose, Delivery, DeliveryOutcome, Lease, Subscription
from workers.store import schema as t
from workers.store.rows import Part, finish, insert, ring, strings, to_json
from workers.store.sealing import past_changes, seal
from workers.store.work import fail

_TERMS = msgspec.json.Decoder(Terms)
_EARLIER_SECONDS = 1.0


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
            stamp(connection)
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
        terms: Terms = Terms(),  # noqa: B008 -- frozen
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
                    terms=to_json(terms),
                    created_at=now,
                )
                .returning(t.subscriptions.c.id)
            ).scalar_one()
            stamp(connection)
            row = connection.execute(_SUBSCRIPTIONS.where(t.subscriptions.c.id == added)).one()
        return _subscription(row)

    def edit_subscription(self, subscription_id: int, wanted: Wanted, *, due: datetime) -> bool:
        """Other filters and terms, from now on; what waits without words goes at `due`. False where there is none."""
        with self._db.write() as connection:
            edited = connection.execute(
                t.subscriptions.update()
                .where(t.subscriptions.c.id == subscription_id, t.subscriptions.c.removed_at.is_(None))
                .values(
                    actors=to_json(wanted.actors),
                    issues=to_json(wanted.issues),
                    changes=to_json(wanted.changes),
                    terms=to_json(wanted.terms),
                )
            )
            stamp(connection)
            d = t.deliveries.c
            waiting = select(d.id).where(d.subscription_id == subscription_id, d.status == "waiting")
            waiting = waiting.where(d.sealed_at.is_(None), d.carried_by.is_(None))
            ring(connection, "deliver", [str(i) for i in connection.execute(waiting).scalars()], now=due)
            return edited.rowcount == 1

    def rotate(self, channel_id: int, secret: str, *, until: datetime | None) -> Channel:
        """A new secret that signs first; the newest of the present ones signs beside it until then.

        Raises:
            InputError: there is no such channel.
        """
        with self._db.write() as connection:
            where = t.channels.c.id == channel_id
            present = connection.execute(select(t.channels.c.secrets).where(where)).scalar()
            if present is None:
                raise InputError(f"there is no channel {channel_id}")
            secrets = to_json((secret, *strings(present)[:1]))
            row = connection.execute(
                t.channels.update().where(where).values(secrets=secrets, secrets_until=until).returning(t.channels)
            ).one()
            stamp(connection)
        return _channel(row)

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
            stamp(connection)
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

    def seal_delivery(self, lease: Lease, compose: Compose, *, now: datetime) -> Delivery | None:
        """The delivery with its words, fixed now if they were not; None where nothing is left to tell: it is settled.

        Raises:
            NotYet: an earlier message of the same change is on its way.
        """
        where = t.deliveries.c.id == int(lease.subject)
        with self._db.write() as connection:
            row = connection.execute(_DELIVERIES.where(where)).one()
            found = _delivery(row)
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


_CHANNEL = (
    t.channels.c.id.label("channel_id"),
    t.channels.c.kind.label("channel_kind"),
    t.channels.c.target,
    t.channels.c.secrets,
    t.channels.c.secrets_until,
    t.channels.c.disabled,
    t.channels.c.failing_since,
)
_SUBSCRIPTION = (
    t.subscriptions.c.id.label("subscription_id"),
    t.subscriptions.c.actors,
    t.subscriptions.c.issues,
    t.subscriptions.c.changes,
    t.subscriptions.c.terms,
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
        t.deliveries.c.carried_by,
        t.deliveries.c.sealed_at,
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


def stamp(connection: Connection) -> None:
    """Note that a subscription or a channel changed."""
    number = t.subscription_stamp.c.number
    connection.execute(t.subscription_stamp.update().values(number=number + 1))


def _of_message(delivery_id: int) -> ColumnElement[bool]:
    """A delivery and those that its message tells; what was dropped from it stays so."""
    d = t.deliveries.c
    return and_(or_(d.id == delivery_id, d.carried_by == delivery_id), d.status != "dropped")


def _earlier_waits(connection: Connection, delivery_id: int) -> datetime | None:
    """When an earlier message of a change that this delivery tells is tried again, if one has words and no end yet."""
    mine, earlier = t.deliveries.alias("mine"), t.deliveries.alias("earlier")
    same = and_(
        mine.c.subscription_id == earlier.c.subscription_id,
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
    channel = (
        select(t.subscriptions.c.channel_id)
        .join(t.deliveries, t.deliveries.c.subscription_id == t.subscriptions.c.id)
        .where(t.deliveries.c.id == delivery_id)
        .scalar_subquery()
    )
    c = t.channels
    if outcome.disable is not None:
        connection.execute(c.update().where(c.c.id == channel).values(disabled=outcome.disable))
        stamp(connection)
    if outcome.status == "delivered":
        working = c.update().where(c.c.id == channel, c.c.failing_since.is_not(None))
        connection.execute(working.values(failing_since=None))
    else:
        connection.execute(c.update().where(c.c.id == channel, c.c.failing_since.is_(None)).values(failing_since=now))


def _channel(row: Row[Any]) -> Channel:
    return Channel(
        id=row.id,
        kind=row.kind,
        target=row.target,
        secrets=strings(row.secrets),
        secrets_until=row.secrets_until,
        disabled=row.disabled,
        failing_since=row.failing_since,
    )


def _subscription(row: Row[Any]) -> Subscription:
    channel = Channel(
        id=row.channel_id,
        kind=row.channel_kind,
        target=row.target,
        secrets=strings(row.secrets),
        secrets_until=row.secrets_until,
        disabled=row.disabled,
        failing_since=row.failing_since,
    )
    return Subscription(
        id=row.subscription_id,
        channel=channel,
        actors=strings(row.actors),
        issues=strings(row.issues),
        changes=strings(row.changes),
        terms=_TERMS.decode(row.terms),
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
        carried_by=row.carried_by,
    )
