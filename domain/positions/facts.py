"""Facts: the events of the log that can bear on a position, flat, and the keys that new events touch.

It must not know how a position follows from facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import lru_cache

import msgspec

from domain.events import POSITIONAL, Read, Retraction, Span, record_type
from domain.log import RecordedEvent

Key = tuple[str, str]
_SHOWN = {"month": 7, "year": 4}  # characters of an ISO day that a precision vouches for


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event with a stance and a day, with what the log says of its source. See `domain.events` for the fields."""

    event_id: str
    sequence: int
    recorded_at: datetime
    type: str
    actor: str
    issue: str
    stance: str
    speaker: str | None
    seniority: str
    attribution: str
    occurred_on: str | None
    precision: str
    condition: str | None
    confidence: float
    article: str
    version: int
    url: str
    outlet: str
    title: str
    published: str | None
    text_sha256: str = ""
    evidence: tuple[Span, ...]
    sketches: tuple[tuple[int, ...], ...]


@lru_cache(maxsize=4096)
def valid_day(occurred_on: str | None, precision: str = "day") -> str | None:
    """The ISO day at which a date counts: a month or a year at its first day. None where there is no real date."""
    if occurred_on is None or precision == "unknown":
        return None
    known = occurred_on[: _SHOWN.get(precision, 10)]
    full = known + "-01" * {4: 2, 7: 1}.get(len(known), 0)
    try:
        return date.fromisoformat(full).isoformat()
    except ValueError:
        return None


def shown_day(fact: Fact, day: str) -> str:
    """A fact's date as precise as it is known: `2025-09-05`, `2025-09` or `2025`; `day` where it has none."""
    return (fact.occurred_on or day)[: _SHOWN.get(fact.precision, 10)]


def facts(events: Iterable[RecordedEvent]) -> list[Fact]:
    """The facts of events, in their order; may be empty.

    Left out: events without actor, issue, stance or date, summits, and what a retraction among the events takes back,
    whether that comes before it or after.
    """
    found: list[Fact] = []
    retracted: set[str] = set()
    for event in events:
        if isinstance(event.record, Retraction):
            retracted.add(event.record.event_id)
        elif (fact := _fact(event, event.record)) is not None:
            found.append(fact)
    return [fact for fact in found if fact.event_id not in retracted]


def affected(events: Iterable[RecordedEvent], lookup: Callable[[str], Key | None]) -> set[Key]:
    """The keys (actor, issue) to fold afresh once these events are in the log.

    `lookup`: the key of an event id that a retraction names, None where it counts for no position.
    """
    keys: set[Key] = set()
    for event in events:
        if isinstance(event.record, Retraction):
            key = lookup(event.record.event_id)
            if key is not None:
                keys.add(key)
        elif (fact := _fact(event, event.record)) is not None:
            keys.add((fact.actor, fact.issue))
    return keys


def _fact(recorded: RecordedEvent, record: Read) -> Fact | None:
    event, source = record.event, record.source
    if not isinstance(event, POSITIONAL) or not event.actor or event.issue is None or event.stance is None:
        return None
    if valid_day(event.occurred_on, event.precision) is None:
        return None
    return Fact(
        event_id=recorded.event_id,
        sequence=recorded.sequence,
        recorded_at=recorded.recorded_at,
        type=record_type(record),
        actor=event.actor,
        issue=event.issue,
        stance=event.stance,
        speaker=event.speaker,
        seniority=event.seniority,
        attribution=event.attribution,
        occurred_on=event.occurred_on,
        precision=event.precision,
        condition=getattr(event, "condition", None),
        confidence=event.confidence,
        article=source.article,
        version=source.version,
        url=source.url,
        outlet=source.outlet,
        title=source.title,
        published=source.published,
        text_sha256=source.text_sha256,
        evidence=event.evidence,
        sketches=source.sketches,
    )
