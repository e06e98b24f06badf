"""What days leave behind: the state from which a fold goes on, and the same by the names of the facts, to be kept.

It must not know the rules, nor where anything is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from domain.positions.day import Weight
from domain.positions.facts import Fact
from domain.positions.outcome import Change, EvidenceRef, Position

CAP = (
    100  # newest confirmations of a stance that are weighed and shown, newest conditions and anonymous words remembered
)


class Told(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A report of a condition. `sketches` may be left empty where nothing will be asked of this speaker."""

    event_id: str
    speaker: str
    sketches: tuple[tuple[int, ...], ...]


class Run(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The days in a row that bore one stance. `day`, `shown`: the last; `tail`: the newest facts, newest day first.

    `weight`: that of the tail.
    """

    stance: str
    since: str
    established_by: str | None
    best: Fact
    day: str
    shown: str
    contested: bool
    tail: tuple[Fact, ...]
    weight: Weight


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What all days up to `day` leave behind.

    `told`: the newest reports of a condition, oldest first; `anonymous`: whispers that nothing has borne out, newest
    day first; `until`: the first day on which a stance was held no more; `said`: the last day on which the actor
    itself said it.
    """

    day: str = ""
    run: Run | None = None
    previous: str | None = None
    previous_since: str | None = None
    told: tuple[Told, ...] = ()
    anonymous: tuple[Fact, ...] = ()
    until: dict[str, str] = {}
    said: dict[str, str] = {}


class HeldRun(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """As `Run`, by event ids. `back_to`: no later than any form in which the day of the tail's oldest fact is shown,
    and later than every day before it, so that the tail is the evidence of the changes from there on.
    """

    stance: str
    since: str
    established_by: str | None
    best: str
    speaker: str | None
    day: str
    shown: str
    contested: bool
    back_to: str
    weight: Weight


class Held(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """As `State`, by event ids; the reports of conditions are the evidence of the conditional changes.

    `unconfirmed`: as in `Position`; `omitted`: reports of that day which leave a known condition out.
    """

    day: str
    run: HeldRun | None
    previous: str | None
    previous_since: str | None
    anonymous: tuple[str, ...]
    until: dict[str, str]
    said: dict[str, str]
    unconfirmed: bool
    omitted: tuple[str, ...]

    def position(self, actor: str, issue: str, evidence: tuple[EvidenceRef, ...]) -> Position | None:
        """The position after that day, with its evidence; None where nothing is held."""
        run = self.run
        if run is None:
            return None
        return Position(
            actor=actor,
            issue=issue,
            stance=run.stance,
            speaker=run.speaker,
            established_by=run.established_by,
            since=run.since,
            last_confirmed=run.shown,
            sources=run.weight.sources,
            articles=run.weight.articles,
            confidence=run.weight.confidence,
            contested=run.contested,
            unconfirmed=self.unconfirmed,
            previous=self.previous,
            previous_since=self.previous_since,
            evidence=evidence,
        )


def tail(changes: Iterable[Change]) -> tuple[EvidenceRef, ...]:
    """The evidence of a run out of its changes, newest first."""
    return tuple(ref for change in changes for ref in change.evidence)[:CAP]


def told(changes: Iterable[Change]) -> list[tuple[str, str]]:
    """The reports of conditions that are remembered out of the conditional changes, oldest first: event id, speaker."""
    found = [(ref.event_id, ref.speaker) for change in changes for ref in change.evidence if ref.speaker is not None]
    return found[-CAP:]


def restored(held: Held, tail_ids: Sequence[str], told: Sequence[Told], facts: Mapping[str, Fact]) -> State:
    """The state that was kept. `facts`: by event id those of the tail, the best voice's, and the anonymous."""
    run = held.run
    return State(
        day=held.day,
        run=None
        if run is None
        else Run(
            stance=run.stance, since=run.since, established_by=run.established_by, best=facts[run.best], day=run.day,
            shown=run.shown, contested=run.contested, tail=tuple(facts[i] for i in tail_ids), weight=run.weight,
        ),
        previous=held.previous,
        previous_since=held.previous_since,
        told=tuple(told),
        anonymous=tuple(facts[i] for i in held.anonymous),
        until=held.until,
        said=held.said,
    )  # fmt: skip
