"""The fold: from the facts of one actor on one issue to its position, day by day in valid time.

It must not know recorded time: facts in any order, recorded whenever, give the same outcome. What later days need of
the days before is a `State` of bounded size, from which the fold goes on; so its cost follows the days that are new.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from domain.copies import FEW, Sentences, Ties
from domain.positions.day import Verdict, Weight, decide, in_order, voice, weigh, weigh_tied
from domain.positions.facts import Fact, shown_day, valid_day
from domain.positions.outcome import Change, EvidenceRef, Outcome, Unconfirmed
from domain.positions.state import CAP, Held, HeldRun, Run, State, Told

_NEVER = "9999-99"

Timeline = dict[str, list[Fact]]


class Folded(msgspec.Struct, frozen=True, kw_only=True):
    """What a fold gives, and what each day with facts left behind, oldest first."""

    outcome: Outcome
    days: tuple[Held, ...]


def fold(facts: Iterable[Fact]) -> Outcome:
    """The outcome of the facts of one actor on one issue, in any order, doubles among them or none at all."""
    return fold_on(facts).outcome


def fold_on(facts: Iterable[Fact], start: State | None = None, *, omitting: Collection[str] | None = None) -> Folded:
    """Go on from a state with the facts of later days; earlier ones must not be among them.

    Gives the outcome, its changes those of the later days alone. `omitting`: the event ids of the reports that leave a
    known condition out, where that is known; the state then needs not tell of conditions, and one day may follow.
    """
    named, anonymous = _timelines(facts)
    folding = _Folding(start or State(), omitting)
    days: list[Held] = []
    for day in sorted(named.keys() | anonymous.keys()):
        folding.take(day, named.get(day, ()), anonymous.get(day, ()))
        days.append(folding.held())
    return Folded(outcome=folding.outcome(), days=tuple(days))


def _timelines(facts: Iterable[Fact]) -> tuple[Timeline, Timeline]:
    """The facts that count, by valid day: those with a voice of their own, and the anonymous; no day is left out."""
    newest: dict[str, Fact] = {}
    for fact in facts:
        known = newest.get(fact.event_id)
        if known is None or _reading(fact) > _reading(known):
            newest[fact.event_id] = fact
    named: Timeline = {}
    anonymous: Timeline = {}
    for fact in newest.values():
        day = valid_day(fact.occurred_on, fact.precision)
        if day is None:
            continue
        said = (anonymous if fact.attribution == "anonymous" else named).setdefault(day, [])
        if fact.attribution != "third-party":
            said.append(fact)
    return named, anonymous


def _reading(fact: Fact) -> tuple[int, float, tuple[tuple[int, ...], ...]]:
    """What may differ between two recordings of one event (see `domain.events.event_identity`)."""
    return (fact.version, fact.confidence, fact.sketches)


class _Folding:
    """A fold at work: `take` day after day, then ask."""

    def __init__(self, start: State, omitting: Collection[str] | None) -> None:
        self._day = start.day
        self._run = start.run
        self._ties: Ties | None = None  # of the run's tail, once that is long
        self._previous = (start.previous, start.previous_since)
        self._told = _Conditions(start.told)
        self._omitting = omitting
        self._omitted: tuple[str, ...] = ()
        self._anonymous = start.anonymous
        self._until = dict(start.until)
        self._said = dict(start.said)
        self._changes: list[Change] = []

    def take(self, day: str, words: Sequence[Fact], whispers: Sequence[Fact]) -> None:
        """What was said on a day later than all before; `whispers`: by anonymous sources."""
        self._day, self._omitted = day, ()
        if whispers:
            self._anonymous = tuple([*in_order(whispers), *self._anonymous][:CAP])
        if not words:
            return
        self._said.update((fact.stance, day) for fact in words if fact.attribution == "self")
        self._omitted = tuple(sorted(fact.event_id for fact in words if self._leaves_out(fact)))
        held = None if self._run is None else self._run.stance
        verdict = decide([fact for fact in words if fact.event_id not in self._omitted], held)
        if verdict is not None:
            self._bear(day, verdict, held)
        # what is borne out once stays so
        if self._anonymous:
            self._anonymous = tuple(f for f in self._anonymous if _is_unborne(f, self._until, self._said))

    def held(self) -> Held:
        """What the days so far leave behind."""
        run = self._run
        return Held(
            day=self._day,
            run=None if run is None else _held_run(run),
            previous=self._previous[0],
            previous_since=self._previous[1],
            anonymous=tuple(fact.event_id for fact in self._anonymous),
            until=dict(self._until),
            said=dict(self._said),
            unconfirmed=run is not None and self._unconfirmed(run),
            omitted=self._omitted,
        )

    def outcome(self) -> Outcome:
        """What the days so far come to."""
        run = self._run
        position = None
        if run is not None:
            position = self.held().position(run.best.actor, run.best.issue, _evidence(run.tail))
        unborne = _unborne(self._anonymous, self._until, self._said)
        return Outcome(position=position, changes=tuple(self._changes), unconfirmed=_unconfirmed(unborne))

    def _leaves_out(self, fact: Fact) -> bool:
        return self._told.omitted(fact) if self._omitting is None else fact.event_id in self._omitting

    def _bear(self, day: str, verdict: Verdict, held: str | None) -> None:
        if verdict.stance == "conditional":
            self._told.add(_told(verdict.support))
        weight = weigh(verdict.support)
        self._changes.append(_change(day, verdict, weight, held))
        if self._run is not None and held == verdict.stance:
            self._go_on(self._run, day, verdict)
        else:
            self._begin(day, verdict, weight)

    def _begin(self, day: str, verdict: Verdict, weight: Weight) -> None:
        lead = verdict.support[0]
        if self._run is not None:
            self._previous = (self._run.stance, self._run.since)
            self._until[self._run.stance] = day
        self._until[verdict.stance] = _NEVER
        tail = verdict.support[:CAP]
        self._run = Run(
            stance=verdict.stance,
            since=shown_day(lead, day),
            established_by=lead.speaker,
            best=lead,
            day=day,
            shown=shown_day(lead, day),
            contested=verdict.contested,
            tail=tail,
            weight=weight if len(tail) == len(verdict.support) else weigh(tail),
        )
        self._ties = None

    def _go_on(self, run: Run, day: str, verdict: Verdict) -> None:
        lead = verdict.support[0]
        tail = (*verdict.support, *run.tail)[:CAP]
        self._run = msgspec.structs.replace(
            run,
            best=lead if voice(lead) <= voice(run.best) else run.best,  # of equals the newest
            day=day,
            shown=shown_day(lead, day),
            contested=verdict.contested,
            tail=tail,
            weight=weigh(tail) if len(tail) <= FEW else self._weigh_on(tail, verdict.support[:CAP], run.tail),
        )

    def _weigh_on(self, tail: Sequence[Fact], come: Sequence[Fact], before: Sequence[Fact]) -> Weight:
        """The weight of a tail of which most was weighed before: only what came is compared with the others."""
        ties = self._ties or _ties(before)
        for fact in come:
            ties.add(fact.event_id, fact.article, fact.sketches)
        for fact in before[len(tail) - len(come) :]:
            ties.drop(fact.event_id)
        self._ties = ties
        return weigh_tied(tail, ties.groups())

    def _unconfirmed(self, run: Run) -> bool:
        return any(
            (valid_day(fact.occurred_on, fact.precision) or "") > run.day
            for fact in self._anonymous
            if _is_unborne(fact, self._until, self._said)
        )


class _Conditions:
    """The words by which each speaker set a condition, to know a later report of them that leaves it out."""

    def __init__(self, told: Iterable[Told]) -> None:
        self._reports: deque[Told] = deque()
        self._said: dict[str, Sentences] = {}
        self.add(told)

    def add(self, told: Iterable[Told]) -> None:
        for report in told:
            said = self._said.setdefault(report.speaker, Sentences())
            for sketch in report.sketches:
                said.add(sketch)
            self._reports.append(report)
            if len(self._reports) > CAP:
                oldest = self._reports.popleft()
                for sketch in oldest.sketches:
                    self._said[oldest.speaker].discard(sketch)

    def omitted(self, fact: Fact) -> bool:
        """Whether every sentence of the fact is one of those words, and yet no condition was read."""
        said = None if fact.speaker is None else self._said.get(fact.speaker)
        if said is None or fact.stance == "conditional":
            return False
        words = [sketch for sketch in fact.sketches if sketch]
        return bool(words) and all(sketch in said for sketch in words)


def _told(facts: Iterable[Fact]) -> list[Told]:
    return [
        Told(event_id=fact.event_id, speaker=fact.speaker, sketches=fact.sketches)
        for fact in facts
        if fact.speaker is not None
    ]


def _ties(facts: Iterable[Fact]) -> Ties:
    made = Ties()
    for fact in facts:
        made.add(fact.event_id, fact.article, fact.sketches)
    return made


def _held_run(run: Run) -> HeldRun:
    oldest = run.tail[-1]
    return HeldRun(
        stance=run.stance,
        since=run.since,
        established_by=run.established_by,
        best=run.best.event_id,
        speaker=run.best.speaker,
        day=run.day,
        shown=run.shown,
        contested=run.contested,
        # the shortest form in which the day may be shown (see `shown_day`)
        back_to=(valid_day(oldest.occurred_on, oldest.precision) or "").removesuffix("-01").removesuffix("-01"),
        weight=run.weight,
    )


def _change(day: str, verdict: Verdict, weight: Weight, before: str | None) -> Change:
    lead = verdict.support[0]
    kind = _kind(before, verdict.stance)
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
    """By stance and day, the anonymous words that nobody's own word bears out."""
    found: dict[str, Timeline] = {}
    for fact in anonymous:
        if _is_unborne(fact, until, said):
            day = valid_day(fact.occurred_on, fact.precision) or ""
            found.setdefault(fact.stance, {}).setdefault(day, []).append(fact)
    return found


def _is_unborne(fact: Fact, until: Mapping[str, str], said: Mapping[str, str]) -> bool:
    """Borne out is what was held on that day or came to be held later, and what the actor itself said then or later."""
    day = valid_day(fact.occurred_on, fact.precision) or ""
    return day >= until.get(fact.stance, "") and day > said.get(fact.stance, "")


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
