"""One day of one actor on one issue: which stance its words make, and whose words bear it.

It must not know other days, save the stance held when the day begins.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence

import msgspec

from domain.copies import groups
from domain.positions.facts import Fact

_RANK = {"head": 0, "minister": 1, "spokesman": 2, "other": 3}
_MOST = 0.99  # no number of sources makes a reading certain
Voice = tuple[int, bool, bool]


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a day's words come to. `support`: the facts that bear the stance, never empty, the best voice first."""

    stance: str
    contested: bool
    support: tuple[Fact, ...]


class Weight(msgspec.Struct, frozen=True, kw_only=True, gc=False, array_like=True):
    """How well facts are carried: independent sources, articles, and the confidence that they give."""

    sources: int
    articles: int
    confidence: float


def voice(fact: Fact) -> Voice:
    """Whose word counts first: the smaller. Seniority, then a named speaker, then own words before the outlet's."""
    return (_RANK.get(fact.seniority, _RANK["other"]), fact.speaker is None, fact.attribution != "self")


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """Facts of one day, the best voice first; the smaller event id settles the rest."""
    return sorted(facts, key=lambda fact: (voice(fact), fact.event_id))


def decide(words: Sequence[Fact], held: str | None) -> Verdict | None:
    """The stance that a day's words make, of attribution `self` and `outlet`; None where they change nothing.

    `held`: the stance when the day begins, None where there is none.
    """
    # the outlet alone establishes or confirms, so against a stance that is held it has no voice
    able = [f for f in words if f.attribution == "self" or held in (None, f.stance)]
    if not able:
        return None
    if len(words) == 1:
        return Verdict(stance=able[0].stance, contested=False, support=tuple(able))
    omitting = _omitting(able)
    able = [f for f in able if f.event_id not in omitting]
    words = [f for f in words if f.event_id not in omitting]
    best = min(_standing(f) for f in able)
    equals = [f for f in able if _standing(f) == best]
    stances = _best_corroborated({f.stance for f in equals}, words)
    if {"supports", "opposes"} <= stances:
        support = [f for f in equals if f.stance in ("supports", "opposes")]
        support += [f for f in words if f.stance == "undecided"]
        return Verdict(stance="undecided", contested=True, support=tuple(in_order(support)))
    stance = min((f for f in equals if f.stance in stances), key=lambda f: f.event_id).stance
    return Verdict(stance=stance, contested=False, support=tuple(in_order(f for f in words if f.stance == stance)))


def weigh(facts: Sequence[Fact]) -> Weight:
    """How many independent sources facts have, and how sure they make.

    The confidence is the noisy-or of the sources, 1 - Π(1 - c), where c is the best confidence in a source: copies of
    one story add nothing. At most 0.99, to four places.
    """
    best: dict[str, float] = {}
    for fact in facts:
        best[fact.article] = max(best.get(fact.article, 0.0), fact.confidence)
    if len(best) == 1:
        return _weight(best.values(), 1)
    found = groups((fact.article, fact.sketches) for fact in facts)
    return _weight([max(best[article] for article in group) for group in found], len(best))


def weigh_tied(facts: Sequence[Fact], sources: Iterable[Iterable[str]]) -> Weight:
    """As `weigh`, where it is known which event ids are of one source."""
    sure = {fact.event_id: fact.confidence for fact in facts}
    return _weight([max(sure[i] for i in source) for source in sources], len({fact.article for fact in facts}))


def _weight(sure: Collection[float], articles: int) -> Weight:
    """`sure`: the best confidence of each source; sorted, so that their order does not tell in the last digit."""
    doubt = math.prod([1.0 - min(max(confidence, 0.0), 1.0) for confidence in sorted(sure)])
    return Weight(sources=len(sure), articles=articles, confidence=round(min(1.0 - doubt, _MOST), 4))


def _standing(fact: Fact) -> tuple[int, bool]:
    rank, _, narrated = voice(fact)
    return (rank, narrated)


def _omitting(facts: Sequence[Fact]) -> set[str]:
    """Ids of the reports that leave out a condition which another report of the same speaker gives."""
    fuller = {f.speaker for f in facts if f.stance == "conditional" and f.speaker is not None}
    return {f.event_id for f in facts if f.speaker in fuller and f.stance != "conditional"}


def _best_corroborated(stances: set[str], words: Sequence[Fact]) -> set[str]:
    """Those of the stances that most independent sources carried on the day, whoever spoke."""
    if len(stances) == 1:
        return stances
    sources = {stance: weigh([f for f in words if f.stance == stance]).sources for stance in stances}
    most = max(sources.values())
    return {stance for stance, n in sources.items() if n == most}
