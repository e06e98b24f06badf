"""Where a fold can go on: what each day left behind, and the facts of the days after.

What a day left behind is kept with the last event that bears on the days up to it, so it is known when it held: at any
sequence from there on, until a later fact of those days or a retraction. It must not know how a fold works.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

import msgspec
from sqlalchemy import ColumnElement, Connection, FromClause, Table, and_, func, select

from domain.positions import CAP, Change, Fact, Held, State, Told, restored, tail, told
from workers.store import schema as t
from workers.store.rows import keyed

Key = tuple[str, str]
_FACT = msgspec.json.Decoder(Fact)
_HELD = msgspec.json.Decoder(Held)
_CHANGE = msgspec.json.Decoder(Change)


class Tables(msgspec.Struct, frozen=True, kw_only=True):
    """Where a projection keeps what it knows; `name`: its checkpoint's."""

    name: str
    facts: Table
    positions: Table
    changes: Table
    days: Table


LIVE = Tables(name="positions", facts=t.position_facts, positions=t.positions, changes=t.changes, days=t.position_days)
REBUILD = Tables(
    name="positions.rebuild",
    facts=t.rebuild_facts,
    positions=t.rebuild_positions,
    changes=t.rebuild_changes,
    days=t.rebuild_days,
)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What a day left behind. `settled`: the last event that bears on the days up to it."""

    held: Held
    settled: int


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """A fact of a later day. `fact`: None for one that was taken back; `retracted`: by which event, 0 for none."""

    day: str
    sequence: int
    retracted: int
    fact: Fact | None


class Resumed(msgspec.Struct, frozen=True, kw_only=True):
    """Where the fold of a key goes on (None: from its beginning), with which facts.

    `settled`: for each later day with facts, standing or not, the last event that bears on the days up to it.
    """

    start: State | None
    later: list[Fact]
    settled: dict[str, int]


def resume(connection: Connection, tables: Tables, stale: Mapping[Key, str]) -> dict[Key, Resumed]:
    """For each key, given the first day whose fold is stale."""
    found = places(connection, tables, {key: day_before(day) for key, day in stale.items()})
    after = {key: found[key].held.day if key in found else "" for key in stale}
    later = later_facts(connection, tables, after)
    standing = {key: [one.fact for one in rows if one.fact is not None] for key, rows in later.items()}
    start = states(connection, tables, found, {key: speakers(facts) for key, facts in standing.items()})
    return {
        key: Resumed(
            start=start.get(key),
            later=standing.get(key, []),
            settled=_settled(found[key].settled if key in found else 0, later.get(key, ())),
        )
        for key in stale
    }


def places(
    connection: Connection, tables: Tables, upto: Mapping[Key, str], *, sequence: int | None = None
) -> dict[Key, Place]:
    """For each key the last day up to the given one, of those that are as they were at a sequence; may lack some."""
    d, x = tables.days, tables.days.alias("x")
    k = keyed(connection, [(*key, day) for key, day in upto.items()], "actor", "issue", "upto")
    last = select(x.c.day).where(_of_key(x, k), x.c.day <= k.c.upto).order_by(x.c.day.desc()).limit(1)
    if sequence is not None:
        last = last.where(x.c.settled <= sequence)
    query = select(d.c.actor, d.c.issue, d.c.settled, d.c.data)
    query = query.join_from(k, d, and_(_of_key(d, k), d.c.day == last.scalar_subquery()))
    return {
        (actor, issue): Place(held=_HELD.decode(data), settled=settled)
        for actor, issue, settled, data in connection.execute(query)
    }


def later_facts(
    connection: Connection,
    tables: Tables,
    after: Mapping[Key, str],
    *,
    upto: Mapping[Key, str] | None = None,
    sequence: int | None = None,
) -> dict[Key, list[Later]]:
    """The facts of each key on the days after the given one, by day; with `sequence`, those recorded by then."""
    f = tables.facts
    rows = [(*key, day, "" if upto is None else upto[key]) for key, day in after.items()]
    k = keyed(connection, rows, "actor", "issue", "after", "upto")
    query = select(f.c.actor, f.c.issue, f.c.occurred_on, f.c.sequence, f.c.retracted_sequence, f.c.data)
    query = query.join_from(k, f, and_(_of_key(f, k), f.c.occurred_on > k.c.after))
    if upto is not None:
        query = query.where(f.c.occurred_on <= k.c.upto)
    if sequence is not None:
        query = query.where(f.c.sequence <= sequence)
    found: dict[Key, list[Later]] = defaultdict(list)
    for actor, issue, day, number, retracted, data in connection.execute(query):
        stands = retracted is None or (sequence is not None and retracted > sequence)
        fact = _FACT.decode(data) if stands else None
        found[actor, issue].append(Later(day=day, sequence=number, retracted=retracted or 0, fact=fact))
    return found


def states(
    connection: Connection, tables: Tables, found: Mapping[Key, Place], asked: Mapping[Key, Iterable[str]]
) -> dict[Key, State]:
    """The states of these days, as far as they are needed. `asked`: the keys with later facts, and the speakers whose
    words may be those of a known condition.
    """
    held = {key: place.held for key, place in found.items()}
    tails = {key: [ref.event_id for ref in tail(changes)] for key, changes in runs(connection, tables, held).items()}
    reports = _told(connection, tables, {key: held[key].day for key in held if asked.get(key)}, asked)
    ids = {i for known in tails.values() for i in known} | {i for one in held.values() for i in one.anonymous}
    ids |= {one.run.best for one in held.values() if one.run is not None}
    facts = {fact.event_id: fact for fact in map(_FACT.decode, _data(connection, tables.facts, ids))}
    return {key: restored(one, tails.get(key, ()), reports.get(key, ()), facts) for key, one in held.items()}


def runs(connection: Connection, tables: Tables, held: Mapping[Key, Held]) -> dict[Key, list[Change]]:
    """The changes whose evidence is that of a position, newest first."""
    spans = [(*key, one.run.back_to, one.run.day) for key, one in held.items() if one.run is not None]
    return changes_between(connection, tables, spans)


def changes_between(
    connection: Connection, tables: Tables, spans: Sequence[tuple[str, str, str, str]]
) -> dict[Key, list[Change]]:
    """The standing changes of keys from one day to another, newest first: actor, issue, first and last day each."""
    c = tables.changes
    k = keyed(connection, spans, "actor", "issue", "first", "last")
    within = and_(_of_key(c, k), c.c.on_day >= k.c.first, c.c.on_day <= k.c.last)
    query = select(c.c.actor, c.c.issue, c.c.data).join_from(k, c, within).where(c.c.withdrawn_at.is_(None))
    found: dict[Key, list[Change]] = defaultdict(list)
    for actor, issue, data in connection.execute(query.order_by(c.c.on_day.desc())):
        found[actor, issue].append(_CHANGE.decode(data))
    return found


def standing(connection: Connection, tables: Tables, key: Key) -> list[Fact]:
    """The facts of a key that stand."""
    rows = later_facts(connection, tables, {key: ""}).get(key, [])
    return [row.fact for row in rows if row.fact is not None]


def speakers(facts: Iterable[Fact]) -> set[str]:
    """Whose words among facts may leave a condition out."""
    return {
        fact.speaker
        for fact in facts
        if fact.speaker is not None and fact.stance != "conditional" and fact.attribution != "anonymous"
    }


def day_before(day: str) -> str:
    """The ISO day before; empty where there is none."""
    try:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return ""


def _told(
    connection: Connection, tables: Tables, upto: Mapping[Key, str], asked: Mapping[Key, Iterable[str]]
) -> dict[Key, list[Told]]:
    """The reports of conditions that are remembered, with the words of the speakers asked for, oldest first."""
    c, x = tables.changes, tables.changes.alias("x")
    k = keyed(connection, [(*key, day) for key, day in upto.items()], "actor", "issue", "upto")
    # so many changes hold at least as many reports
    first = select(x.c.on_day).where(_of_key(x, k), *_conditional(x), x.c.on_day <= k.c.upto)
    first = first.order_by(x.c.on_day.desc()).limit(1).offset(CAP - 1)
    since = func.coalesce(first.scalar_subquery(), "")
    within = and_(_of_key(c, k), c.c.on_day.between(since, k.c.upto), *_conditional(c))
    query = select(c.c.actor, c.c.issue, c.c.data).join_from(k, c, within).order_by(c.c.on_day)
    changes: dict[Key, list[Change]] = defaultdict(list)
    for actor, issue, data in connection.execute(query):
        changes[actor, issue].append(_CHANGE.decode(data))
    known = {key: told(found) for key, found in changes.items()}
    ids = {i for key, reports in known.items() for i, speaker in reports if speaker in set(asked[key])}
    words = {one.event_id: one.sketches for one in map(_FACT.decode, _data(connection, tables.facts, ids))}
    return {
        key: [Told(event_id=i, speaker=speaker, sketches=words.get(i, ())) for i, speaker in reports]
        for key, reports in known.items()
    }


def _settled(base: int, later: Iterable[Later]) -> dict[str, int]:
    last: dict[str, int] = {}
    for one in later:
        last[one.day] = max(last.get(one.day, 0), one.sequence, one.retracted)
    found: dict[str, int] = {}
    for day in sorted(last):
        base = max(base, last[day])
        found[day] = base
    return found


def _data(connection: Connection, facts: Table, event_ids: Iterable[str]) -> Iterable[str]:
    rows = [(event_id,) for event_id in sorted(event_ids)]
    if not rows:
        return ()
    k = keyed(connection, rows, "event_id")
    return connection.execute(select(facts.c.data).join_from(k, facts, facts.c.event_id == k.c.event_id)).scalars()


def _of_key(table: FromClause, k: FromClause) -> ColumnElement[bool]:
    return and_(table.c.actor == k.c.actor, table.c.issue == k.c.issue)


def _conditional(table: FromClause) -> tuple[ColumnElement[bool], ...]:
    return (table.c.after_stance == "conditional", table.c.withdrawn_at.is_(None))
