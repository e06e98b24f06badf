"""Deliveries as the projection writes them, in the transaction of the change.

A delivery is one change for one subscription. The first that waits carries those that come for the same group until it
is sealed (see `workers.store.sealing`). It must not know who wants what.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, and_, case, func, select

from domain.alerts.message import Memory, memory_of
from domain.positions import Change
from domain.subscriptions import idempotency_key
from workers.ports import Subscription
from workers.store import schema as t
from workers.store.rows import chunks, insert, ring, to_json
from workers.store.sealing import fallen, portions
from workers.store.subscriptions import active

Lane = tuple[int, int, str]
Told = tuple[int, int, str]  # subscription, channel, change
_MEMORY = msgspec.json.Decoder(Memory)
_CHANGE = msgspec.json.Decoder(Change)


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A change that was there and is otherwise now. `before`: as it was; `withdrawn`, `was_withdrawn`: taken back."""

    before: Change
    change: Change
    was_withdrawn: bool
    withdrawn: bool


class NewDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """A change to tell. `group`: those of one group that wait go in one message; `dead`: why it is not to be sent."""

    subscription_id: int
    channel_id: int
    change_key: str
    group: str
    due: datetime
    turn: int = 0
    dead: str | None = None

    @property
    def key(self) -> str:
        """The stable name of its message."""
        return idempotency_key(self.subscription_id, self.channel_id, self.change_key, self.turn)

    @property
    def lane(self) -> Lane:
        """Where it waits for others of its group."""
        return (self.subscription_id, self.channel_id, self.group)


class Rounds(msgspec.Struct, frozen=True, kw_only=True):
    """What a subscription has of a change by a channel. `turn`: the newest delivery's."""

    change_key: str
    subscription_id: int
    channel_id: int
    turn: int


class AlertRows:
    """Deliveries in an open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stamp(self) -> int:
        """A number that moves whenever a subscription or a channel changes."""
        return int(self._connection.execute(select(t.subscription_stamp.c.number)).scalar() or 0)

    def subscriptions(self) -> list[Subscription]:
        """Who is subscribed at this moment."""
        return active(self._connection)

    def told(self, change_keys: Collection[str]) -> list[Rounds]:
        """For each change, subscription and channel that has a delivery of it, none of them still open: the newest."""
        d = t.deliveries.c
        still_open = func.max(case((and_(d.sealed_at.is_(None), d.status == "waiting"), 1), else_=0))
        query = select(d.change_key, d.subscription_id, d.channel_id, func.max(d.turn).label("turn"))
        query = query.group_by(d.change_key, d.subscription_id, d.channel_id).having(still_open == 0)
        found = []
        for keys in portions(sorted(change_keys)):
            rows = self._connection.execute(query.where(d.change_key.in_(keys)))
            found += [Rounds(**r._mapping) for r in rows]
        return found

    def inherit(self, pairs: Sequence[tuple[Change, Change]], *, now: datetime) -> set[Told]:
        """Whoever was told of the first change of a pair was told of the second, which is the same step on another day.

        Nothing is sent. Whose message showed words that were taken back is left out: he has to be told. Returns who
        knows of which changes, both of a pair.
        """
        found: set[Told] = set()
        for old, new in pairs:
            heirs = self._newest(new.key)
            for who, row in self._newest(old.key, dropped=False).items():
                heir = heirs.get(who)
                if row.told is None or row.status == "dead" or (heir is not None and heir.sealed_at is None):
                    continue
                known = _MEMORY.decode(row.told)
                name = known.key or old.key
                if known.standing and not self._fell(name):
                    self._pass_on(row, heir, new, name, now=now)
                    found |= {(*who, old.key), (*who, new.key)}
        return found

    def _fell(self, change_key: str) -> bool:
        """Whether some of the words behind a change were taken back."""
        query = select(t.changes.c.data).where(t.changes.c.change_key == change_key)
        return bool(fallen(self._connection, [_CHANGE.decode(self._connection.execute(query).scalar_one())]))

    def _newest(self, change_key: str, *, dropped: bool = True) -> dict[tuple[int, int], Row[Any]]:
        """The newest delivery of a change by subscription and channel; `dropped`: also one that told nothing."""
        d = t.deliveries
        query = select(d).where(d.c.change_key == change_key).order_by(d.c.turn)
        query = query if dropped else query.where(d.c.status != "dropped")
        return {(row.subscription_id, row.channel_id): row for row in self._connection.execute(query)}

    def _pass_on(self, row: Row[Any], heir: Row[Any] | None, new: Change, name: str, *, now: datetime) -> None:
        """What a delivery told goes over to another change, with the name it was told by; the two exchange names."""
        d = t.deliveries
        carried: dict[str, Any] = {
            "carried_by": row.id if row.carried_by is None else row.carried_by, "status": row.status, "error": None,
            "sealed_at": now, "delivered_at": row.delivered_at,
        }  # fmt: skip
        told = {"told": to_json(memory_of(new, Memory(standing=True, key=name)))}
        theirs = new.key
        if heir is None:
            made = NewDelivery(
                subscription_id=row.subscription_id, channel_id=row.channel_id, change_key=new.key, group="", due=now
            )
            self._connection.execute(d.insert().values(_row(made, None, now) | carried | told))
        else:
            theirs = (_MEMORY.decode(heir.told).key if heir.told is not None else "") or new.key
            more = carried if heir.status == "dropped" else {}
            self._connection.execute(d.update().where(d.c.id == heir.id).values(**more, **told))
        left = to_json(Memory(standing=False, key=theirs))
        self._connection.execute(d.update().where(d.c.id == row.id).values(told=left))

    def add(self, news: Sequence[NewDelivery], *, now: datetime) -> int:
        """Write deliveries down, each carried by what waits for its group, or with a row of work of its own.

        One that is there already is left as it is. Returns how many are new.
        """
        carriers = self._open_carriers({d.subscription_id for d in news if d.dead is None})
        leaders: list[NewDelivery] = []
        followers: list[NewDelivery] = []
        led: set[Lane] = set()
        for delivery in self._unknown(news):
            if delivery.dead is None and (delivery.lane in carriers or delivery.lane in led):
                followers.append(delivery)
            else:
                leaders.append(delivery)
                led |= {delivery.lane} if delivery.dead is None else set()
        count = self._insert(leaders, carriers, now=now, lead=True)
        return count + self._insert(followers, carriers, now=now, lead=False)

    def _insert(self, news: Sequence[NewDelivery], carriers: dict[Lane, int], *, now: datetime, lead: bool) -> int:
        rows = [_row(d, None if lead else carriers.get(d.lane), now) for d in news]
        due: dict[datetime, list[str]] = {}
        by_key = {d.key: d for d in news}
        count = 0
        for chunk in chunks(rows):
            statement = insert(self._connection, t.deliveries).values(list(chunk)).on_conflict_do_nothing()
            added = self._connection.execute(statement.returning(t.deliveries.c.id, t.deliveries.c.idempotency_key))
            for row in added.all():
                count += 1
                delivery = by_key[row.idempotency_key]
                if not lead or delivery.dead is not None:
                    continue
                carriers[delivery.lane] = row.id
                due.setdefault(delivery.due, []).append(str(row.id))
        for moment, ids in due.items():
            ring(self._connection, "deliver", ids, now=moment)
        return count

    def _unknown(self, news: Sequence[NewDelivery]) -> list[NewDelivery]:
        """Those that are not there yet: one that is must lead no others."""
        d = t.deliveries.c
        there: set[str] = set()
        for keys in portions(sorted({delivery.change_key for delivery in news})):
            there.update(self._connection.execute(select(d.idempotency_key).where(d.change_key.in_(keys))).scalars())
        return [delivery for delivery in news if delivery.key not in there]

    def _open_carriers(self, subscription_ids: Collection[int]) -> dict[Lane, int]:
        """The deliveries that wait for others of their group; locked, so that none is sealed meanwhile."""
        d = t.deliveries.c
        query = select(d.id, d.subscription_id, d.channel_id, d.group_key)
        query = query.where(d.sealed_at.is_(None), d.status == "waiting", d.carried_by.is_(None)).with_for_update()
        found: dict[Lane, int] = {}
        for ids in portions(sorted(subscription_ids)):
            for row in self._connection.execute(query.where(d.subscription_id.in_(ids)).order_by(d.id)):
                found[row.subscription_id, row.channel_id, row.group_key] = row.id
        return found


def _row(delivery: NewDelivery, carried_by: int | None, now: datetime) -> dict[str, Any]:
    return {
        "subscription_id": delivery.subscription_id,
        "channel_id": delivery.channel_id,
        "change_key": delivery.change_key,
        "turn": delivery.turn,
        "group_key": delivery.group,
        "carried_by": carried_by,
        "idempotency_key": delivery.key,
        "body": "",
        "status": "waiting" if delivery.dead is None else "dead",
        "error": delivery.dead,
        "created_at": now,
    }
