"""The words that a message gets when it goes: what a delivery and those it carries could tell, and what they told.

It must not know what the words are, nor who is subscribed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, or_, select

from domain.alerts.backtest import Past
from domain.alerts.message import Composed, Item, Memory, Quote
from domain.positions import Change, Fact
from workers.store import schema as t
from workers.store.rows import to_json
from workers.store.texts import Texts

_CHANGE = msgspec.json.Decoder(Change)
_FACT = msgspec.json.Decoder(Fact)
_MEMORY = msgspec.json.Decoder(Memory)
_PORTION = 500
_DROPPED = {"status": "dropped", "error": "nothing was left to tell"}


def seal(
    connection: Connection, delivery_id: int, compose: Callable[[Sequence[Item]], Composed | None], *, now: datetime
) -> str | None:
    """Fix the words of a delivery and of all that it carries; None where nothing is left to tell, and all is dropped.

    The caller's transaction must have begun as a writing one.
    """
    d = t.deliveries
    sealed = connection.execute(
        d.update().where(d.c.id == delivery_id, d.c.sealed_at.is_(None)).values(sealed_at=now).returning(d.c.id)
    ).one_or_none()
    if sealed is None:
        return connection.execute(select(d.c.body).where(d.c.id == delivery_id)).scalar_one() or None
    connection.execute(d.update().where(d.c.carried_by == delivery_id).values(sealed_at=now))
    items = list(_items(connection, delivery_id))
    composed = compose(items)
    memories = {} if composed is None else composed.memories
    dropped = [item.delivery for item in items if item.delivery not in memories]
    for ids in portions(dropped):
        connection.execute(d.update().where(d.c.id.in_(ids), d.c.id != delivery_id).values(**_DROPPED))
    if memories:
        statement = d.update().where(d.c.id == bindparam("of")).values(told=bindparam("memory"))
        connection.execute(statement, [{"of": of, "memory": to_json(memory)} for of, memory in memories.items()])
    if composed is None:
        connection.execute(d.update().where(d.c.id == delivery_id).values(**_DROPPED))
        return None
    connection.execute(d.update().where(d.c.id == delivery_id).values(body=composed.body))
    return composed.body


def _items(connection: Connection, delivery_id: int) -> Iterator[Item]:
    """What a delivery could tell of: its own change and those it carries, in the order they became known."""
    d, c = t.deliveries.c, t.changes.c
    query = (
        select(d.id, d.subscription_id, d.channel_id, d.change_key, d.turn, c.data, c.withdrawn_at)
        .join(t.changes, c.change_key == d.change_key)
        .where(or_(d.id == delivery_id, d.carried_by == delivery_id))
        .order_by(c.sequence, d.id)
    )
    rows = connection.execute(query).all()
    changes = {row.id: _CHANGE.decode(row.data) for row in rows}
    words = quotes(connection, list(changes.values()))
    gone = fallen(connection, [changes[row.id] for row in rows if row.withdrawn_at is not None])
    for row in rows:
        memory, first = _memory(connection, row)
        yield Item(
            delivery=row.id,
            change=changes[row.id],
            withdrawn=row.withdrawn_at is not None,
            borne=gone.isdisjoint(changes[row.id].event_ids),
            quotes=words.get(row.change_key, ()),
            memory=memory,
            first_key=first,
        )


def fallen(connection: Connection, changes: Sequence[Change]) -> set[str]:
    """Those of the events behind changes that were taken back."""
    f = t.position_facts.c
    query = select(f.event_id).where(f.retracted_sequence.is_not(None))
    found: set[str] = set()
    for ids in portions(sorted({event_id for change in changes for event_id in change.event_ids})):
        found.update(connection.execute(query.where(f.event_id.in_(ids))).scalars())
    return found


def _memory(connection: Connection, row: Any) -> tuple[Memory | None, str]:
    """What the subscription was last told of the change, and the id of the first message that told it."""
    if row.turn == 0:
        return None, ""
    d = t.deliveries
    same = and_(d.c.subscription_id == row.subscription_id, d.c.channel_id == row.channel_id)
    earlier = and_(same, d.c.change_key == row.change_key, d.c.turn < row.turn)
    query = select(d.c.told, d.c.idempotency_key, d.c.carried_by).where(earlier, d.c.told.is_not(None))
    told = connection.execute(query.where(d.c.status != "dead").order_by(d.c.turn)).all()
    if not told:
        return None, ""
    carrier = told[0].carried_by
    first: str = told[0].idempotency_key
    if carrier is not None:
        first = connection.execute(select(d.c.idempotency_key).where(d.c.id == carrier)).scalar_one()
    return _MEMORY.decode(told[-1].told), first


def quotes(connection: Connection, changes: Sequence[Change]) -> dict[str, tuple[Quote, ...]]:
    """The words of the evidence of changes, by the changes' keys, in the evidence's order."""
    ids = sorted({event_id for change in changes for event_id in change.event_ids})
    known: dict[str, Fact] = {}
    for portion in portions(ids):
        query = select(t.position_facts.c.data).where(t.position_facts.c.event_id.in_(portion))
        known |= {fact.event_id: fact for fact in map(_FACT.decode, connection.execute(query).scalars())}
    texts = Texts(connection)
    texts.load({fact.article for fact in known.values()})
    return {
        change.key: tuple(_quote(known[event_id], texts) for event_id in change.event_ids if event_id in known)
        for change in changes
    }


def _quote(fact: Fact, texts: Texts) -> Quote:
    return Quote(
        text=texts.words(fact.article, fact.evidence, sha256=fact.text_sha256),
        url=fact.url,
        outlet=fact.outlet,
        title=fact.title,
        speaker=fact.speaker,
        occurred_on=fact.occurred_on,
    )


def past_changes(connection: Connection, since: datetime) -> list[Past]:
    """Changes that became known at that time or later, in that order, those taken back among them."""
    c = t.changes.c
    query = select(c.data, c.recorded_at, c.withdrawn_at).where(c.recorded_at >= since).order_by(c.sequence)
    return [
        Past(change=_CHANGE.decode(row.data), recorded_at=row.recorded_at, withdrawn_at=row.withdrawn_at)
        for row in connection.execute(query)
    ]


def portions(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Values in portions that fit one IN."""
    return (values[i : i + _PORTION] for i in range(0, len(values), _PORTION))
