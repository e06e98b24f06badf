"""Channels and subscriptions: who wants to know what, and by which ways.

It must not know how a message is sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, select

from domain.alerts.matching import Wanted
from domain.alerts.terms import Terms
from domain.errors import InputError
from workers.ports import Channel, Subscription
from workers.store import schema as t
from workers.store.rows import Part, insert, ring, strings, to_json

_TERMS = msgspec.json.Decoder(Terms)


class SubscriptionRows(Part):
    """The `SubscriptionStore` of `workers.ports`."""

    def add_channel(
        self, kind: str, target: str, *, secrets: Sequence[str] = (), owner: int = 0, now: datetime
    ) -> Channel:
        """A channel of that kind, target and owner; the present one with its secrets, if any, enabled again.

        Raises:
            InputError: the target is empty.
        """
        if not target.strip():
            raise InputError("a channel needs a target: name an address")
        with self._db.write() as connection:
            row = connection.execute(
                insert(connection, t.channels)
                .values(kind=kind, target=target, secrets=to_json(tuple(secrets)), owner=owner, created_at=now)
                .on_conflict_do_update(index_elements=["kind", "target", "owner"], set_={"disabled": None})
                .returning(t.channels)
            ).one()
            stamp(connection)
        return channel(row)

    def channels(self) -> list[Channel]:
        """Every channel, oldest first."""
        with self._db.read() as connection:
            return [channel(row) for row in connection.execute(select(t.channels).order_by(t.channels.c.id))]

    def add_subscription(
        self,
        channel_ids: Sequence[int],
        *,
        actors: Sequence[str] = (),
        issues: Sequence[str] = (),
        changes: Sequence[str] = (),
        terms: Terms = Terms(),  # noqa: B008 -- frozen
        owner: int = 0,
        now: datetime,
    ) -> Subscription:
        """Who wants to know what, from now on; empty filters match everything.

        Raises:
            InputError: there is no channel, or none of such an id.
        """
        with self._db.write() as connection:
            added = connection.execute(
                t.subscriptions.insert()
                .values(
                    actors=to_json(tuple(actors)),
                    issues=to_json(tuple(issues)),
                    changes=to_json(tuple(changes)),
                    terms=to_json(terms),
                    owner=owner,
                    created_at=now,
                )
                .returning(t.subscriptions.c.id)
            ).scalar_one()
            _link(connection, added, channel_ids)
            stamp(connection)
            (found,) = loaded(connection, t.subscriptions.c.id == added)
        return found

    def set_channels(self, subscription_id: int, channel_ids: Sequence[int], *, now: datetime) -> None:
        """Other channels, from now on; what waits for one that is left out is given up.

        Raises:
            InputError: there is no channel, or none of such an id.
        """
        link, d = t.subscription_channels, t.deliveries.c
        with self._db.write() as connection:
            connection.execute(link.delete().where(link.c.subscription_id == subscription_id))
            _link(connection, subscription_id, channel_ids)
            left_out = and_(d.subscription_id == subscription_id, d.channel_id.not_in(channel_ids))
            _give_up(connection, left_out, "the channel was taken out of the subscription", now=now)
            stamp(connection)

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
        return channel(row)

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
            of_it = t.deliveries.c.subscription_id == subscription_id
            _give_up(connection, of_it, "the subscription was removed", now=now)
            return True

    def subscription(self, subscription_id: int) -> Subscription | None:
        """One that was not removed."""
        with self._db.read() as connection:
            where = and_(t.subscriptions.c.id == subscription_id, t.subscriptions.c.removed_at.is_(None))
            return next(iter(loaded(connection, where)), None)

    def owned(self, owner: int | None, *, after: int = 0, limit: int = 100) -> list[Subscription]:
        """Those of one owner that were not removed, oldest first, of a greater id than `after`; None: everybody's."""
        s = t.subscriptions.c
        with self._db.read() as connection:
            where = [s.removed_at.is_(None), s.id > after, *([] if owner is None else [s.owner == owner])]
            return loaded(connection, and_(*where), limit=limit)


def active(connection: Connection) -> list[Subscription]:
    """Every subscription that was not removed, oldest first."""
    return loaded(connection, t.subscriptions.c.removed_at.is_(None))


def loaded(connection: Connection, where: ColumnElement[bool], *, limit: int | None = None) -> list[Subscription]:
    """Subscriptions with their channels, oldest first."""
    query = select(t.subscriptions).where(where).order_by(t.subscriptions.c.id).limit(limit)
    rows = connection.execute(query).all()
    link = t.subscription_channels.c
    chosen = select(t.subscriptions.c.id).where(where).order_by(t.subscriptions.c.id).limit(limit).subquery()
    ways = (
        select(link.subscription_id, t.channels)
        .join(t.channels, t.channels.c.id == link.channel_id)
        .join(chosen, chosen.c.id == link.subscription_id)
        .order_by(t.channels.c.id)
    )
    known: dict[int, Channel] = {}
    channels: dict[int, list[Channel]] = {}
    for row in connection.execute(ways):
        way = known.setdefault(row.id, channel(row))
        channels.setdefault(row.subscription_id, []).append(way)
    return [_subscription(row, channels.get(row.id, ())) for row in rows]


def stamp(connection: Connection) -> None:
    """Note that a subscription or a channel changed."""
    number = t.subscription_stamp.c.number
    connection.execute(t.subscription_stamp.update().values(number=number + 1))


def channel(row: Row[Any]) -> Channel:
    """A channel out of a row that has its columns."""
    return Channel(
        id=row.id,
        kind=row.kind,
        target=row.target,
        secrets=strings(row.secrets),
        secrets_until=row.secrets_until,
        disabled=row.disabled,
        failing_since=row.failing_since,
    )


def _link(connection: Connection, subscription_id: int, channel_ids: Sequence[int]) -> None:
    wanted = list(dict.fromkeys(channel_ids))
    there = set(connection.execute(select(t.channels.c.id).where(t.channels.c.id.in_(wanted))).scalars())
    missing = [number for number in wanted if number not in there]
    if missing or not wanted:
        raise InputError(f"there is no channel {missing[0]}" if missing else "a subscription needs a channel")
    rows = [{"subscription_id": subscription_id, "channel_id": number} for number in wanted]
    connection.execute(t.subscription_channels.insert(), rows)


def _give_up(connection: Connection, of: ColumnElement[bool], why: str, *, now: datetime) -> None:
    """Deliveries that wait are dead, and nobody works at them."""
    given_up = connection.execute(
        t.deliveries.update()
        .where(of, t.deliveries.c.status == "waiting")
        .values(status="dead", error=why)
        .returning(t.deliveries.c.id)
    ).scalars()
    subjects = [str(i) for i in given_up]
    for i in range(0, len(subjects), 500):
        connection.execute(
            t.work.update()
            .where(t.work.c.kind == "deliver", t.work.c.subject.in_(subjects[i : i + 500]))
            .values(status="done", lease_token=None, lease_until=None, changed_at=now)
        )


def _subscription(row: Row[Any], channels: Iterable[Channel]) -> Subscription:
    return Subscription(
        id=row.id,
        channels=tuple(channels),
        actors=strings(row.actors),
        issues=strings(row.issues),
        changes=strings(row.changes),
        terms=_TERMS.decode(row.terms),
        owner=row.owner,
        created_at=row.created_at,
    )
