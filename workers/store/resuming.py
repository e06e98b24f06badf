"""Where a fold can go on: the states of earlier days, which of them still hold, and the facts of the days after.

A state holds at a sequence where no fact of its days was recorded or taken back between that and its own; so it serves
the live projection and questions about the past alike. It must not know how a fold works.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import BindParameter, ColumnElement, Connection, Select, Table, and_, bindparam, func, or_, select

from domain.positions import Fact, State
from domain.positions.fold import Run
from workers.store import schema as t

Key = tuple[str, str]
_FACT = msgspec.json.Decoder(Fact)


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """Where a projection keeps what it knows; `name`: its checkpoint's."""

    name: str
    facts: Table
    positions: Table
    changes: Table


LIVE = Tables(name="positions", facts=t.position_facts, positions=t.positions, changes=t.changes)
REBUILD = Tables(
    name="positions.rebuild", facts=t.rebuild_facts, positions=t.rebuild_positions, changes=t.rebuild_changes
)


class _PackedRun(msgspec.Struct, frozen=True, kw_only=True):
    stance: str
    since: str
    established_by: str | None
    best: str
    day: str
    shown: str
    contested: bool
    tail: tuple[str, ...]


class _Packed(msgspec.Struct, frozen=True, kw_only=True):
    """A state with the ids of its facts in their place."""

    day: str
    run: _PackedRun | None
    previous: str | None
    previous_since: str | None
    told: tuple[str, ...]
    anonymous: tuple[str, ...]
    until: dict[str, str]
    said: dict[str, str]


_PACKED = msgspec.json.Decoder(_Packed)


def pack(state: State) -> _Packed:
    """A state as it is stored."""
    run = state.run
    return _Packed(
        day=state.day,
        run=None
        if run is None
        else _PackedRun(
            stance=run.stance, since=run.since, established_by=run.established_by, best=run.best.event_id, day=run.day,
            shown=run.shown, contested=run.contested, tail=_ids(run.tail),
        ),
        previous=state.previous,
        previous_since=state.previous_since,
        told=_ids(state.told),
        anonymous=_ids(state.anonymous),
        until=state.until,
        said=state.said,
    )  # fmt: skip


def keys(connection: Connection, *, actor: str | None = None, issue: str | None = None) -> list[Key]:
    """Every key that has or had facts, by actor and issue."""
    table = t.position_keys
    query = select(table.c.actor, table.c.issue).where(table.c.projection == LIVE.name)
    if actor is not None:
        query = query.where(table.c.actor == actor)
    if issue is not None:
        query = query.where(table.c.issue == issue)
    return [(row.actor, row.issue) for row in connection.execute(query.order_by(table.c.actor, table.c.issue))]


def sequence_at(connection: Connection, known_at: datetime | None) -> int | None:
    """The last event recorded at a time, found by halving, as the log is in order of time; None for no time."""
    if known_at is None:
        return None
    low, high = 0, int(connection.execute(select(func.coalesce(func.max(t.log_head.c.sequence), 0))).scalar_one())
    query = select(t.events.c.recorded_at)
    while low < high:
        middle = (low + high + 1) // 2
        recorded_at = connection.execute(query.where(t.events.c.sequence == middle)).scalar_one()
        low, high = (middle, high) if recorded_at <= known_at else (low, middle - 1)
    return low


@cache
def _standing_query(table: Table, *, sequence: bool, as_of: bool, after: bool) -> Select[Any]:
    query = select(table.c.data).where(_of_key(table))
    if sequence:
        at: BindParameter[int] = bindparam("at")
        still = or_(table.c.retracted_sequence.is_(None), table.c.retracted_sequence > at)
        query = query.where(table.c.sequence <= at, still)
    else:
        query = query.where(table.c.retracted_sequence.is_(None))
    if as_of:
        query = query.where(table.c.occurred_on <= bindparam("as_of"))
    if after:
        query = query.where(table.c.occurred_on > bindparam("after"))
    return query


def standing(
    connection: Connection,
    tables: Tables,
    key: Key,
    *,
    sequence: int | None = None,
    as_of: str | None = None,
    after: str = "",
) -> list[Fact]:
    """The facts of a key that stand, or stood at a sequence; on days after `after`, up to `as_of`."""
    query = _standing_query(tables.facts, sequence=sequence is not None, as_of=as_of is not None, after=bool(after))
    said: dict[str, Any] = {"actor_": key[0], "issue_": key[1]}
    said |= {} if sequence is None else {"at": sequence}
    said |= {} if as_of is None else {"as_of": as_of}
    said |= {"after": after} if after else {}
    return [_FACT.decode(data) for data in connection.execute(query, said).scalars()]


def resume(
    connection: Connection, tables: Tables, key: Key, *, sequence: int | None = None, as_of: str | None = None
) -> tuple[State | None, list[Fact]]:
    """The latest state of a key that holds (None: fold from the start), and the facts that stand on the days after."""
    start, _ = latest(connection, tables, key, sequence=sequence, as_of=as_of)
    after = "" if start is None else start.day
    return start, standing(connection, tables, key, sequence=sequence, as_of=as_of, after=after)


def latest(
    connection: Connection, tables: Tables, key: Key, *, sequence: int | None = None, as_of: str | None = None
) -> tuple[State | None, bool]:
    """The latest state of a key that holds, and whether there are later ones, which do not."""
    said = {"projection_": tables.name, "actor_": key[0], "issue_": key[1]}
    found = connection.execute(
        _STATES if as_of is None else _STATES_AS_OF, said | ({"as_of": as_of} if as_of else {})
    ).all()
    if not found:
        return None, False
    at = sequence if sequence is not None else 2**62
    # a state that holds vouches for the days before it, so halving finds the last, or one near it that holds as well
    low, high = 0, len(found)
    if _holds(connection, tables.facts, key, day=found[-1].day, since=found[-1].sequence, at=at):
        low = high
    while low < high:
        middle = (low + high) // 2
        if _holds(connection, tables.facts, key, day=found[middle].day, since=found[middle].sequence, at=at):
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return None, True
    data = connection.execute(_STATE, said | {"day_": found[low - 1].day}).scalar_one()
    return _unpack(connection, tables.facts, _PACKED.decode(data)), low < len(found)


def _holds(connection: Connection, table: Table, key: Key, *, day: str, since: int, at: int) -> bool:
    """Whether nothing on the days up to one was recorded or taken back between two sequences."""
    first, last = sorted((since, at))
    said = {"actor_": key[0], "issue_": key[1], "first": first, "last": last, "day_": day}
    return all(
        connection.execute(_disturbing(table, name), said).first() is None
        for name in ("sequence", "retracted_sequence")
    )


def _of_key(table: Table) -> ColumnElement[bool]:
    return and_(table.c.actor == bindparam("actor_"), table.c.issue == bindparam("issue_"))


@cache
def _disturbing(table: Table, column: str) -> Select[Any]:
    between = and_(table.c[column] > bindparam("first"), table.c[column] <= bindparam("last"))
    query = select(table.c.event_id).where(_of_key(table), between, table.c.occurred_on <= bindparam("day_"))
    return query.limit(1)


_S = t.position_states
_OF_STATES = and_(_S.c.projection == bindparam("projection_"), _of_key(_S))
_STATES = select(_S.c.day, _S.c.sequence).where(_OF_STATES).order_by(_S.c.day)
_STATES_AS_OF = _STATES.where(_S.c.day <= bindparam("as_of"))
_STATE = select(_S.c.data).where(_OF_STATES, _S.c.day == bindparam("day_"))


def _unpack(connection: Connection, table: Table, packed: _Packed) -> State:
    run = packed.run
    ids = [*packed.told, *packed.anonymous, *(() if run is None else (run.best, *run.tail))]
    facts = {f.event_id: f for f in _by_id(connection, table, sorted(set(ids)))}
    return State(
        day=packed.day,
        run=None
        if run is None
        else Run(
            stance=run.stance, since=run.since, established_by=run.established_by, best=facts[run.best], day=run.day,
            shown=run.shown, contested=run.contested, tail=tuple(facts[i] for i in run.tail),
        ),
        previous=packed.previous,
        previous_since=packed.previous_since,
        told=tuple(facts[i] for i in packed.told),
        anonymous=tuple(facts[i] for i in packed.anonymous),
        until=packed.until,
        said=packed.said,
    )  # fmt: skip


def _by_id(connection: Connection, table: Table, ids: Sequence[str]) -> list[Fact]:
    query = select(table.c.data).where(table.c.event_id.in_(ids))
    return [_FACT.decode(data) for data in connection.execute(query).scalars()]


def _ids(facts: Iterable[Fact]) -> tuple[str, ...]:
    return tuple(fact.event_id for fact in facts)
