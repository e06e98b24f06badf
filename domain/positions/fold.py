"""The fold: from the facts of one actor on one issue to its position, day by day in valid time.

It must not know recorded time: facts in any order, recorded whenever, give the same outcome. Cost is about linear.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec

from domain.copies import Sentences, rarity
from domain.positions.day import decide, in_order, voice, weigh
from domain.positions.facts import Fact, valid_day
from domain.positions.outcome import Change, EvidenceRef, Outcome, Position, Unconfirmed

Timeline = dict[str, list[Fact]]


class _Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day that bore on the position. `support`: never empty, the best voice first."""

    day: str
    stance: str
    contested: bool
    support: tuple[Fact, ...]

    @property
    def lead(self) -> Fact:
        return self.support[0]

    @property
    def shown(self) -> str:
        return self.lead.occurred_on or self.day


Run = list[_Day]  # days in order, of one stance, with no other between


def fold(facts: Iterable[Fact]) -> Outcome:
    """The outcome of the facts of one actor on one issue, in any order, doubles among them or none at all."""
    named, anonymous = _timelines(facts)
    runs = _runs(_days(named))
    unborne = _unborne(anonymous, runs, named)
    return Outcome(
        position=_position(runs, unborne) if runs else None,
        changes=tuple(_changes(runs)),
        unconfirmed=_unconfirmed(unborne),
    )


def _timelines(facts: Iterable[Fact]) -> tuple[Timeline, Timeline]:
    """The facts that count, by valid day: those with a voice of their own, and the anonymous."""
    newest: dict[str, Fact] = {}
    for fact in facts:
        known = newest.get(fact.event_id)
        if known is None or _reading(fact) > _reading(known):
            newest[fact.event_id] = fact
    named: Timeline = {}
    anonymous: Timeline = {}
    for fact in newest.values():
        day = valid_day(fact.occurred_on, fact.precision)
        if day is None or fact.attribution == "third-party":
            continue
        (anonymous if fact.attribution == "anonymous" else named).setdefault(day, []).append(fact)
    return named, anonymous


def _reading(fact: Fact) -> tuple[int, float, tuple[tuple[int, ...], ...]]:
    """What may differ between two recordings of one event (see `domain.events.event_identity`)."""
    return (fact.version, fact.confidence, fact.sketches)


def _days(named: Timeline) -> Iterable[_Day]:
    told = _Conditions(named)
    held: str | None = None
    for day in sorted(named):
        verdict = decide([fact for fact in named[day] if not told.omitted(fact)], held)
        if verdict is None:
            continue
        held = verdict.stance
        if held == "conditional":
            told.add(verdict.support)
        yield _Day(day=day, stance=held, contested=verdict.contested, support=verdict.support)


class _Conditions:
    """The words by which each speaker set a condition, to know a later report of them that leaves it out."""

    def __init__(self, named: Timeline) -> None:
        facts = [fact for day in named.values() for fact in day]
        conditional = any(fact.stance == "conditional" for fact in facts)
        self._rarity = rarity(s for fact in facts for s in fact.sketches) if conditional else {}
        self._said: dict[str, Sentences] = {}

    def add(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            if fact.speaker is not None:
                said = self._said.setdefault(fact.speaker, Sentences(self._rarity))
                for sketch in fact.sketches:
                    said.add(sketch)

    def omitted(self, fact: Fact) -> bool:
        """Whether every sentence of the fact is one of those words, and yet no condition was read."""
        said = None if fact.speaker is None else self._said.get(fact.speaker)
        if said is None or fact.stance == "conditional":
            return False
        words = [sketch for sketch in fact.sketches if sketch]
        return bool(words) and all(sketch in said for sketch in words)


def _runs(days: Iterable[_Day]) -> list[Run]:
    runs: list[Run] = []
    for day in days:
        if runs and runs[-1][-1].stance == day.stance:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _position(runs: Sequence[Run], unborne: Mapping[str, Timeline]) -> Position:
    run = runs[-1]
    before = runs[-2][0] if len(runs) > 1 else None
    first, last = run[0], run[-1]
    support = [fact for day in reversed(run) for fact in day.support]
    weight = weigh(support)
    # min keeps the first of equals: the newest
    spokesman = min((day.lead for day in reversed(run)), key=voice)
    return Position(
        actor=first.lead.actor,
        issue=first.lead.issue,
        stance=first.stance,
        speaker=spokesman.speaker,
        established_by=first.lead.speaker,
        since=first.shown,
        last_confirmed=last.shown,
        sources=weight.sources,
        articles=weight.articles,
        confidence=weight.confidence,
        contested=last.contested,
        unconfirmed=any(day > last.day for days in unborne.values() for day in days),
        previous=None if before is None else before.stance,
        previous_since=None if before is None else before.shown,
        evidence=_evidence(support),
    )


def _changes(runs: Sequence[Run]) -> Iterable[Change]:
    before: str | None = None
    for run in runs:
        for day in run:
            yield _change(day, before)
            before = day.stance


def _change(day: _Day, before: str | None) -> Change:
    lead = day.lead
    kind = _kind(before, day.stance)
    weight = weigh(day.support)
    return Change(
        key=_key(lead.actor, lead.issue, kind, before or "", day.stance, day.day),
        actor=lead.actor,
        issue=lead.issue,
        kind=kind,
        before=before,
        after=day.stance,
        on=day.shown,
        speaker=lead.speaker,
        event_ids=tuple(fact.event_id for fact in day.support),
        sources=weight.sources,
        confidence=weight.confidence,
        contested=day.contested,
        evidence=_evidence(day.support),
    )


def _kind(before: str | None, after: str) -> str:
    if before is None:
        return "established"
    if before == after:
        return "reaffirmed"
    return "reversed" if {before, after} == {"supports", "opposes"} else "shifted"


def _key(*parts: str) -> str:
    """The name of a change: what changed and on which day, never by which event, so that later evidence keeps it."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]


def _unborne(anonymous: Timeline, runs: Sequence[Run], named: Timeline) -> dict[str, Timeline]:
    """By stance and day, the anonymous words that nobody's own word bears out.

    Borne out is what was held on that day or came to be held later, and what the actor itself said then or later.
    """
    until: dict[str, str] = {}  # the first day on which a stance was held no more
    for run, after in pairwise([*runs, None]):
        if run is not None:
            until[run[0].stance] = "9999-99" if after is None else after[0].day
    said: dict[str, str] = {}
    for day in sorted(named):
        said.update((fact.stance, day) for fact in named[day] if fact.attribution == "self")
    found: dict[str, Timeline] = {}
    for day, facts in anonymous.items():
        for fact in facts:
            if day >= until.get(fact.stance, "") and day > said.get(fact.stance, ""):
                found.setdefault(fact.stance, {}).setdefault(day, []).append(fact)
    return found


def _unconfirmed(unborne: Mapping[str, Timeline]) -> tuple[Unconfirmed, ...]:
    """One entry a stance, the newest first."""
    entries: list[tuple[str, Unconfirmed]] = []
    for stance, days in sorted(unborne.items()):
        newest = max(days)
        facts = [fact for day in sorted(days, reverse=True) for fact in in_order(days[day])]
        entry = Unconfirmed(
            actor=facts[0].actor,
            issue=facts[0].issue,
            stance=stance,
            speaker=min(facts, key=voice).speaker,
            occurred_on=facts[0].occurred_on or newest,
            sources=weigh(facts).sources,
            evidence=_evidence(facts),
        )
        entries.append((newest, entry))
    return tuple(entry for _, entry in sorted(entries, key=lambda pair: pair[0], reverse=True))


def _evidence(facts: Iterable[Fact]) -> tuple[EvidenceRef, ...]:
    return tuple(
        EvidenceRef(
            event_id=fact.event_id,
            article=fact.article,
            version=fact.version,
            url=fact.url,
            outlet=fact.outlet,
            title=fact.title,
            spans=fact.evidence,
            speaker=fact.speaker,
            occurred_on=fact.occurred_on,
            attribution=fact.attribution,
        )
        for fact in facts
    )
