"""What was held on a day, as known at a time: positions and their changes by the two clocks.

Answered from what the days left behind; only facts of days that were half known at the time are folded. It must not
know who asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import Connection, and_, bindparam, func, select, text

from domain.positions import Change, Folded, Held, Position, fold_on, tail
from workers.store import schema as t
from workers.store.resuming import (
    LIVE,
    Key,
    changes_between,
    day_before,
    later_facts,
    places,
    runs,
    speakers,
    states,
)
from workers.store.rows import keyed

_HELD = msgspec.json.Decoder(Held)
_ALWAYS = "9999-12-31"


def positions_at(
    connection: Connection, actor: str | None, issue: str | None, *, as_of: str | None, known_at: datetime | None
) -> list[Position]:
    """The positions by actor and issue that were held on an ISO day, as known at a time."""
    asked = _Asked(connection, actor, issue, as_of=as_of, known_at=known_at)
    still = {key: place.held for key, place in asked.places.items() if key not in asked.later}
    evidence = {key: tail(changes) for key, changes in runs(connection, LIVE, still).items()}
    found = {key: held.position(*key, evidence.get(key, ())) for key, held in still.items()}
    found |= {key: folded.outcome.position for key, folded in asked.folded().items()}
    return [position for _, position in sorted(found.items()) if position is not None]


def changes_at(
    connection: Connection, actor: str, issue: str, *, as_of: str | None, known_at: datetime | None
) -> list[Change]:
    """The changes of one position up to an ISO day, as known at a time, oldest first."""
    asked = _Asked(connection, actor, issue, as_of=as_of, known_at=known_at)
    found: list[Change] = []
    for key, place in asked.places.items():
        found += changes_between(connection, LIVE, [(*key, "", place.held.day)])[key][::-1]
    for folded in asked.folded().values():
        found += folded.outcome.changes
    return found


class _Asked:
    """One question: for each key the last day that is as it was, and the facts after it that were known."""

    def __init__(
        self,
        connection: Connection,
        actor: str | None,
        issue: str | None,
        *,
        as_of: str | None,
        known_at: datetime | None,
    ) -> None:
        self._connection = connection
        self._stale = _keys(connection, actor, issue)
        self._sequence = sequence_at(connection, known_at)
        upto = dict.fromkeys(self._stale, as_of or _ALWAYS)
        if self._sequence is not None:
            newest = _newest(connection, list(upto), self._sequence)
            upto = {key: min(upto[key], day) for key, day in newest.items()}
        sound = {
            key: day if (stale := self._stale[key]) is None else min(day, day_before(stale))
            for key, day in upto.items()
        }
        self.places = places(connection, LIVE, sound, sequence=self._sequence)
        after = {key: place.held.day if (place := self.places.get(key)) else "" for key in upto}
        known = later_facts(connection, LIVE, after, upto=upto, sequence=self._sequence)
        self.later = {
            key: standing for key, rows in known.items() if (standing := [row for row in rows if row.fact is not None])
        }

    def folded(self) -> dict[Key, Folded]:
        """The folds of the keys with later facts."""
        omitting = self._omitting()
        facts = {key: [row.fact for row in rows if row.fact is not None] for key, rows in self.later.items()}
        asked = {key: speakers(found) if key not in omitting else set() for key, found in facts.items()}
        found = {key: place for key, place in self.places.items() if key in self.later}
        start = states(self._connection, LIVE, found, asked)
        return {key: fold_on(known, start.get(key), omitting=omitting.get(key)) for key, known in facts.items()}

    def _omitting(self) -> dict[Key, tuple[str, ...]]:
        """What a day's reports leave out, where the present knows: nothing came between that day and the last sound
        one, and all that was known of it still stands.
        """
        candidates: dict[Key, tuple[str, str]] = {}
        for key, rows in self.later.items():
            day, stale = rows[0].day, self._stale[key]
            whole = all(row.day == day and not row.retracted for row in rows) and (stale is None or day < stale)
            if whole:
                place = self.places.get(key)
                candidates[key] = ("" if place is None else place.held.day, day)
        return {key: days[0].omitted for key, days in _days(self._connection, candidates).items() if len(days) == 1}


def _days(connection: Connection, spans: Mapping[Key, tuple[str, str]]) -> dict[Key, list[Held]]:
    """What the days after one and up to another left behind."""
    d = LIVE.days
    k = keyed(connection, [(*key, *span) for key, span in spans.items()], "actor", "issue", "after", "upto")
    within = and_(d.c.actor == k.c.actor, d.c.issue == k.c.issue, d.c.day > k.c.after, d.c.day <= k.c.upto)
    found: dict[Key, list[Held]] = {}
    for actor, issue, data in connection.execute(select(d.c.actor, d.c.issue, d.c.data).join_from(k, d, within)):
        found.setdefault((actor, issue), []).append(_HELD.decode(data))
    return found


def _keys(connection: Connection, actor: str | None, issue: str | None) -> dict[Key, str | None]:
    """Every key that has or had facts, with the first day whose fold is stale."""
    table = t.position_keys
    query = select(table.c.actor, table.c.issue, table.c.stale).where(table.c.projection == LIVE.name)
    if actor is not None:
        query = query.where(table.c.actor == actor)
    if issue is not None:
        query = query.where(table.c.issue == issue)
    return {(row.actor, row.issue): row.stale for row in connection.execute(query)}


def _newest(connection: Connection, keys: list[Key], sequence: int) -> dict[Key, str]:
    """The newest day among the facts of each key that were recorded by then; keys without any are left out."""
    f = LIVE.facts
    k = keyed(connection, keys, "actor", "issue")
    newest = select(f.c.newest).where(f.c.actor == k.c.actor, f.c.issue == k.c.issue, f.c.sequence <= sequence)
    newest = newest.order_by(f.c.sequence.desc()).limit(1)
    rows = connection.execute(select(k.c.actor, k.c.issue, newest.scalar_subquery().label("newest")))
    return {(row.actor, row.issue): row.newest for row in rows if row.newest is not None}


def sequence_at(connection: Connection, known_at: datetime | None) -> int | None:
    """The last event recorded at a time; None for no time."""
    if known_at is None:
        return None
    head = int(connection.execute(select(func.coalesce(func.max(t.log_head.c.sequence), 0))).scalar_one())
    return sequence_between(connection, known_at, 0, head)


def sequence_between(connection: Connection, known_at: datetime, low: int, high: int) -> int:
    """The last event recorded at a time, where it is known to be one of these; nothing is asked where they are one."""
    if low >= high:
        return low
    return int(connection.execute(_HALVING, {"known_at": known_at, "low": low, "high": high}).scalar_one())


# the log is in order of time; one statement, as each step would cost a round trip
_HALVING = text(
    """
    WITH RECURSIVE span (low, high) AS (
        SELECT :low, :high
        UNION ALL
        SELECT CASE WHEN e.recorded_at <= :known_at THEN e.sequence ELSE low END,
               CASE WHEN e.recorded_at <= :known_at THEN high ELSE e.sequence - 1 END
        FROM span JOIN events e ON e.sequence = (low + high + 1) / 2 WHERE low < high)
    SELECT low FROM span WHERE low = high
    """
).bindparams(bindparam("known_at", type_=t.Utc), bindparam("low", type_=t.Big), bindparam("high", type_=t.Big))
