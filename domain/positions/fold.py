"""The fold: from the facts of one actor on one issue to its position, day by day in valid time.

It must not know recorded time: facts in any order, recorded whenever, give the same outcome. What later days need of
the days before is a `State` of bounded size, from which the fold goes on; so its cost follows the days that are new.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from domain.copies import Sentences, rarity
from domain.positions.day import Verdict, decide, in_order, voice, weigh
from domain.positions.facts import Fact, shown_day, valid_day
from domain.positions.outcome import Change, EvidenceRef, Outcome, Position, Unconfirmed

CAP = (
    100  # newest confirmations of a stance that are weighed and shown, newest conditions and anonymous words remembered
)
_NEVER = "9999-99"

Timeline = dict[str, list[Fact]]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The days in a row that bore one stance. `day`, `shown`: the last; `tail`: the newest facts, newest day first."""

    stance: str
    since: str
    established_by: str | None
    best: Fact
    day: str
    shown: str
    contested: bool
    tail: tuple[Fact, ...]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What all days up to `day` leave behind.

    `told`: the newest reports of a condition; `until`: the first day on which a stance was held no more; `said`: the
    last day on which the actor itself said it.
    """

    day: str = ""
    run: Run | None = None
    previous: str | None = None
    previous_since: str | None = None
    told: tuple[Fact, ...] = ()
    anonymous: tuple[Fact, ...] = ()
    until: dict[str, str] = {}
    said: dict[str, str] = {}


def fold(facts: Iterable[Fact]) -> Outcome:
    """The outcome of the facts of one actor on one issue, in any order, doubles among them or none at all."""
    return fold_on(facts)[0]


def fold_on(
    facts: Iterable[Fact], start: State | None = None, *, every: int | None = None
) -> tuple[Outcome, list[State]]:
    """Go on from a state with the facts of later days; earlier ones must not be among them.

    Gives the outcome, its changes those of the later days alone, and with `every` the states on the way: one each time
    that so many facts were folded and as many are still to come, oldest first.
    """
    named, anonymous = _timelines(facts)
    folding = _Folding(start or State(), named)
    states: list[State] = []
    left, passed = sum(map(len, named.values())) + sum(map(len, anonymous.values())), 0
    for day in sorted(named.keys() | anonymous.keys()):
        words, whispers = named.get(day, []), anonymous.get(day, [])
        folding.take(day, words, whispers)
        passed += len(words) + len(whispers)
        left -= len(words) + len(whispers)
        if every is not None and passed >= every and left >= every:
            states.append(folding.state(day))
            passed = 0
    return folding.outcome(), states


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


class _Folding:
    """A fold at work: `take` day after day, then ask."""

    def __init__(self, start: State, named: Timeline) -> None:
        self._run = start.run
        self._previous = (start.previous, start.previous_since)
        self._told = _Conditions(start.told, named)
        self._anonymous = start.anonymous
        self._until = dict(start.until)
        self._said = dict(start.said)
        self._changes: list[Change] = []

    def take(self, day: str, words: Sequence[Fact], whispers: Sequence[Fact]) -> None:
        """What was said on a day later than all before; `whispers`: by anonymous sources."""
        if whispers:
            self._anonymous = tuple([*in_order(whispers), *self._anonymous][:CAP])
        self._said.update((fact.stance, day) for fact in words if fact.attribution == "self")
        held = None if self._run is None else self._run.stance
        verdict = decide([fact for fact in words if not self._told.omitted(fact)], held) if words else None
        if verdict is None:
            return
        if verdict.stance == "conditional":
            self._told.add(verdict.support)
        self._changes.append(_change(day, verdict, held))
        if held is not None and held == verdict.stance:
            self._go_on(day, verdict)
        else:
            self._begin(day, verdict)

    def state(self, day: str) -> State:
        """What the days so far leave behind."""
        return State(
            day=day,
            run=self._run,
            previous=self._previous[0],
            previous_since=self._previous[1],
            told=self._told.facts(),
            anonymous=self._anonymous,
            until=dict(self._until),
            said=dict(self._said),
        )

    def outcome(self) -> Outcome:
        """What the days so far come to."""
        unborne = _unborne(self._anonymous, self._until, self._said)
        position = None if self._run is None else _position(self._run, self._previous, unborne)
        return Outcome(position=position, changes=tuple(self._changes), unconfirmed=_unconfirmed(unborne))

    def _begin(self, day: str, verdict: Verdict) -> None:
        lead = verdict.support[0]
        if self._run is not None:
            self._previous = (self._run.stance, self._run.since)
            self._until[self._run.stance] = day
        self._until[verdict.stance] = _NEVER
        self._run = Run(
            stance=verdict.stance,
            since=shown_day(lead, day),
            established_by=lead.speaker,
            best=lead,
            day=day,
            shown=shown_day(lead, day),
            contested=verdict.contested,
            tail=verdict.support[:CAP],
        )

    def _go_on(self, day: str, verdict: Verdict) -> None:
        run, lead = self._run, verdict.support[0]
        if run is not None:
            self._run = msgspec.structs.replace(
                run,
                best=lead if voice(lead) <= voice(run.best) else run.best,  # of equals the newest
                day=day,
                shown=shown_day(lead, day),
                contested=verdict.contested,
                tail=(*verdict.support, *run.tail)[:CAP],
            )


class _Conditions:
    """The words by which each speaker set a condition, to know a later report of them that leaves it out."""

    def __init__(self, told: Sequence[Fact], named: Timeline) -> None:
        facts = [fact for day in named.values() for fact in day]
        conditional = bool(told) or any(fact.stance == "conditional" for fact in facts)
        self._rarity = rarity(s for fact in (*told, *facts) for s in fact.sketches) if conditional else {}
        self._facts: deque[Fact] = deque()
        self._said: dict[str, Sentences] = {}
        self.add(told)

    def facts(self) -> tuple[Fact, ...]:
        """The reports that are remembered, oldest first."""
        return tuple(self._facts)

    def add(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            if fact.speaker is None:
                continue
            said = self._said.setdefault(fact.speaker, Sentences(self._rarity))
            for sketch in fact.sketches:
                said.add(sketch)
            self._facts.append(fact)
            if len(self._facts) > CAP:
                oldest = self._facts.popleft()
                for sketch in oldest.sketches:
                    self._said[oldest.speaker or ""].discard(sketch)

    def omitted(self, fact: Fact) -> bool:
        """Whether every sentence of the fact is one of those words, and yet no condition was read."""
        said = None if fact.speaker is None else self._said.get(fact.speaker)
        if said is None or fact.stance == "conditional":
            return False
        words = [sketch for sketch in fact.sketches if sketch]
        return bool(words) and all(sketch in said for sketch in words)


def _position(run: Run, previous: tuple[str | None, str | None], unborne: Mapping[str, Timeline]) -> Position:
    weight = weigh(run.tail)
    return Position(
        actor=run.best.actor,
        issue=run.best.issue,
        stance=run.stance,
        speaker=run.best.speaker,
        established_by=run.established_by,
        since=run.since,
        last_confirmed=run.shown,
        sources=weight.sources,
        articles=weight.articles,
        confidence=weight.confidence,
        contested=run.contested,
        unconfirmed=any(day > run.day for days in unborne.values() for day in days),
        previous=previous[0],
        previous_since=previous[1],
        evidence=_evidence(run.tail),
    )


def _change(day: str, verdict: Verdict, before: str | None) -> Change:
    lead = verdict.support[0]
    kind = _kind(before, verdict.stance)
    weight = weigh(verdict.support)
    return Change(
        key=_key(lead.actor, lead.issue, kind, before or "", verdict.stance, day),
        actor=lead.actor,
        issue=lead.issue,
        kind=kind,
        before=before,
        after=verdict.stance,
        on=shown_day(lead, day),
        speaker=lead.speaker,
        event_ids=tuple(fact.event_id for fact in verdict.support),
        sources=weight.sources,
        confidence=weight.confidence,
        contested=verdict.contested,
        evidence=_evidence(verdict.support),
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


def _unborne(anonymous: Sequence[Fact], until: Mapping[str, str], said: Mapping[str, str]) -> dict[str, Timeline]:
    """By stance and day, the anonymous words that nobody's own word bears out.

    Borne out is what was held on that day or came to be held later, and what the actor itself said then or later.
    """
    found: dict[str, Timeline] = {}
    for fact in anonymous:
        day = valid_day(fact.occurred_on, fact.precision) or ""
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
