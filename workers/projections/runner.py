"""The projection `positions`: from the log to positions, changes and deliveries, each event exactly once.

Every step is one transaction of the store: a batch of events taken in with the checkpoint, the keys they touch marked;
marked keys folded, from the last state that new facts leave as it is, with the messages to subscribers. It must not
know a database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Protocol

import msgspec

from domain.events import Read, Retraction
from domain.log import RecordedEvent
from domain.positions import facts, fold_on, valid_day
from workers.projections.alerts import Alerts
from workers.store.positions import Projecting
from workers.store.resuming import Key

NAME = "positions"
PORTION = 5000  # facts that are folded together
_FIRST = 16  # keys that are counted before they are folded; of those after them these tell


class Projectable(Protocol):
    """What the runner asks of the store."""

    def projecting(self, name: str) -> AbstractContextManager[Projecting | None]: ...

    def behind(self, name: str) -> int: ...

    def seal(self, *, now: datetime) -> int: ...


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What a run brought: events read, keys folded, changes and deliveries that are new."""

    events: int = 0
    keys: int = 0
    changes: int = 0
    deliveries: int = 0

    def __add__(self, other: Progress) -> Progress:
        return Progress(
            events=self.events + other.events,
            keys=self.keys + other.keys,
            changes=self.changes + other.changes,
            deliveries=self.deliveries + other.deliveries,
        )


class PositionsRunner:
    """Keeps the positions up with the log. Any number may run, in any process: one works, the others find nothing.

    `batch`: events a transaction; on SQLite nobody else writes meanwhile. `patience`: facts folded a transaction. Far
    behind, facts are taken in first, so that each key is folded once and not once a batch. `alert_wait`: seconds for
    which a message waits for others of its kind.
    """

    def __init__(
        self,
        store: Projectable,
        *,
        batch: int = 1000,
        patience: int = 20_000,
        alert_wait: float = 0.0,
    ) -> None:
        self._store = store
        self._alerts = Alerts(timedelta(seconds=alert_wait))
        self._batch = batch
        self._patience = patience

    def catch_up(self, *, now: datetime) -> Progress:
        """Read the log up to its head; stops early where another runner is at work.

        Raises:
            Conflict: another runner moved the checkpoint; what was committed stands.
            TemporaryFailure: the database is locked or away.
        """
        total = Progress()
        while self._store.behind(NAME) > 0:
            step = self.step(now=now)
            if step.events == 0 and step.keys == 0:
                break
            total += step
        self._store.seal(now=now)  # here, since this runs whenever the log went on
        return total

    def step(self, *, now: datetime) -> Progress:
        """One transaction; nothing where there is nothing to do, or another runner holds the projection."""
        with self._store.projecting(NAME) as unit:
            if unit is None:
                return Progress()
            taken = take_in(unit, self._batch, now=now)
            if taken == self._batch:
                return Progress(events=taken)
            folded = fold_marked(unit, self._patience, now=now, alerts=self._alerts)
            return folded + Progress(events=taken)


def take_in(unit: Projecting, limit: int, *, now: datetime, until: int | None = None) -> int:
    """Take the next events in, mark the keys they touch, move the checkpoint. Returns how many there were."""
    events = unit.events(limit, until=until)
    if events:
        unit.mark(_take_in(unit, events))
        unit.advance(events[-1].sequence, now=now)
    return len(events)


def fold_marked(unit: Projecting, patience: int, *, now: datetime, alerts: Alerts | None = None) -> Progress:
    """Fold keys that wait, until so many facts were folded; what is new or otherwise goes to the subscribers."""
    done: list[Key] = []
    folded = changes = deliveries = 0
    for portion in _portions(unit):
        folds = {key: (found, fold_on(found.later, found.start)) for key, found in unit.resume(portion.keys).items()}
        new = unit.put(folds, now=now)
        if alerts is not None:
            deliveries += alerts.write(unit, new, now=now)
        portion.facts = sum(len(found.later) for found, _ in folds.values())
        changes += len(new)
        done += portion.keys
        folded += portion.facts
        if folded >= patience:
            break
    unit.unmark(done)
    return Progress(keys=len(done), changes=changes, deliveries=deliveries)


class _Portion(msgspec.Struct):
    """Keys to fold together. `facts`: how many these turned out to have."""

    keys: dict[Key, str]
    facts: int = 0


def _portions(unit: Projecting) -> Iterator[_Portion]:
    """The keys that wait, as many at a time as have `PORTION` facts: few statements, and bounded memory."""
    waiting = list(unit.marked(limit=1000).items())
    if not waiting:
        return
    size = _few_enough(unit, dict(waiting[:_FIRST]))
    while waiting:
        portion = _Portion(keys=dict(waiting[:size]))
        yield portion
        waiting = waiting[size:]
        size = max(1, min(8 * size, size * PORTION // max(1, portion.facts)))


def _few_enough(unit: Projecting, stale: Mapping[Key, str]) -> int:
    """How many of the keys, one at least, have no more than `PORTION` facts together."""
    counts = unit.counts(stale)
    together = accumulate(counts.get(key, 0) for key in stale)
    return max(1, sum(facts <= PORTION for facts in together))


def _take_in(unit: Projecting, events: Sequence[RecordedEvent]) -> dict[Key, str]:
    """Keep the facts of a batch, mark what it takes back; the keys to fold afresh, from which day."""
    # facts that are taken back in the same batch are kept too: as-of questions ask what was known before
    new = facts(event for event in events if isinstance(event.record, Read))
    unit.add_facts(new)
    touched = [((fact.actor, fact.issue), valid_day(fact.occurred_on, fact.precision) or "") for fact in new]
    for event in events:
        if isinstance(event.record, Retraction):
            found = unit.retract(event.record.event_id, event)
            if found is not None:
                touched.append(found)
    days: dict[Key, str] = {}
    for key, day in touched:
        days[key] = min(days.get(key, day), day)
    return days
