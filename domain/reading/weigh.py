"""From candidates to events: repeats merged, the senior voice and the fuller report kept, codes and confidence given.

One event per type, actor and issue, as the ontology asks. It must not read texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from domain.events import Commitment, Event, Statement, Summit, Threat
from domain.reading.candidates import Candidate, Meeting
from domain.reading.trust import Article, Trust, of_group, of_meeting

_SENIOR = {"head": 0, "minister": 1, "spokesman": 2, "other": 3}
_OWN = {"self": 0, "anonymous": 1, "outlet": 2, "third-party": 3}
_FULL = {"conditional": 0, "supports": 1, "opposes": 1, "undecided": 2, None: 3}
_ATTRIBUTION_WEIGHT = {"self": 1.0, "outlet": 0.8, "anonymous": 0.85, "third-party": 0.6}

Traced = tuple[Event, dict[str, str]]


class Weighed(msgspec.Struct, frozen=True):
    """An event with what the model of trust sees of it, and how its fields came out."""

    event: Event
    features: tuple[str, ...]
    trace: dict[str, str]


class Weigher:
    """Makes events of what was read. `trust`: the trained model of confidence; None trusts by rule."""

    def __init__(self, extractor: str, trust: Trust | None = None) -> None:
        self._extractor = extractor
        self._trust = trust

    def events(self, candidates: Sequence[Candidate], meetings: Sequence[Meeting], article: Article) -> list[Traced]:
        """One event for each type, actor and issue, and one for each meeting."""
        return [self._trusted(weighed) for weighed in self.all(candidates, meetings, article)]

    def _trusted(self, weighed: Weighed) -> Traced:
        if self._trust is None:
            return weighed.event, weighed.trace
        confidence = self._trust.confidence(weighed.features)
        event = msgspec.structs.replace(weighed.event, confidence=confidence)
        return event, {**weighed.trace, "confidence": f"{confidence} by the model of trust"}

    def all(self, candidates: Sequence[Candidate], meetings: Sequence[Meeting], article: Article) -> list[Weighed]:
        """The same, with confidence by rule."""
        found: list[Weighed] = []
        for group in _groups(candidates):
            leading = min(group, key=_precedence)
            event = _event(group, leading, self._extractor)
            found.append(Weighed(event, tuple(of_group(group, leading, article)), leading.trace))
        for meeting in meetings:
            event = _summit(meeting, self._extractor)
            found.append(Weighed(event, tuple(of_meeting(meeting, article)), meeting.trace))
        return found


def _groups(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    groups: dict[tuple[str | None, ...], list[Candidate]] = {}
    for candidate in _absorbed(candidates):
        other = None if candidate.issue else candidate.beneficiary or candidate.target
        groups.setdefault((candidate.type, candidate.actor, candidate.issue, other), []).append(candidate)
    return list(groups.values())


def _absorbed(candidates: Sequence[Candidate]) -> list[Candidate]:
    """A speaker's favourable words beside his own commitment on the issue belong to it."""
    pledged = {(c.speaker, c.issue) for c in candidates if c.type == "commitment"}
    return [
        msgspec.structs.replace(c, type="commitment")
        if c.type == "statement" and c.stance in ("supports", "conditional") and (c.speaker, c.issue) in pledged
        else c
        for c in candidates
    ]


def _event(group: Sequence[Candidate], leading: Candidate, extractor: str) -> Event:
    agreeing = [c for c in group if c.stance == leading.stance or c.stance is None]
    evidence = tuple(sorted({c.evidence for c in agreeing}))
    cameo, plover = codes(leading)
    common: dict[str, Any] = {
        "issue": leading.issue, "stance": leading.stance, "speaker": leading.speaker,
        "attribution": leading.attribution, "seniority": leading.seniority, "quote": any(c.quote for c in agreeing),
        "evidence": evidence, "cue": leading.cue, "occurred_on": leading.moment.occurred_on,
        "precision": leading.moment.precision, "inferred": leading.moment.inferred, "cameo": cameo, "plover": plover,
        "confidence": _confidence(leading, len(evidence)), "extractor": extractor, "actor": leading.actor,
    }  # fmt: skip
    return _typed(leading, agreeing, common)


def _typed(leading: Candidate, agreeing: Sequence[Candidate], common: dict[str, Any]) -> Event:
    condition = leading.condition or next((c.condition for c in agreeing if c.condition), None)
    if leading.type == "threat":
        return Threat(**common, target=leading.target, condition=condition, means=leading.means)
    if leading.type == "commitment":
        quantity = leading.quantity or next((c.quantity for c in agreeing if c.quantity), None)
        beneficiary = leading.beneficiary or ("UKR" if (leading.issue or "").startswith("ukraine.") else None)
        return Commitment(**common, beneficiary=beneficiary, condition=condition, quantity=quantity)
    return Statement(**common)


def _precedence(candidate: Candidate) -> tuple[int, int, int, bool, float, int]:
    """Own words first, then seniority, the fuller report, an issue named, the stronger reading, order in the text."""
    return (
        _OWN[candidate.attribution], _SENIOR[candidate.seniority], _FULL[candidate.stance],
        candidate.topic == "words", -candidate.strength, candidate.order,
    )  # fmt: skip


def _confidence(candidate: Candidate, repeats: int) -> float:
    base = 0.45 + 0.4 * candidate.strength
    return round(min(0.97, base * _ATTRIBUTION_WEIGHT[candidate.attribution] + 0.03 * (repeats - 1)), 3)


_THREATS = {"economic": "1312", "military": "1384", "diplomatic": "134"}
_PLEDGES = {
    "ukraine.foreign-troops": "0312", "ukraine.security-guarantees": "0312", "ukraine.arms-supplies": "0332",
    "russia.us-dialogue": "036", "ukraine.peace-talks": "036", "ukraine.ceasefire": "0356", "gaza.ceasefire": "0356",
    "syria.sanctions-relief": "0354", "russia.sanctions": "163", "palestine.recognition": "0311",
}  # fmt: skip


def codes(candidate: Candidate) -> tuple[str, str]:
    """CAMEO and PLOVER codes by content (CAMEO codebook 1.1b3, PLOVER 2023)."""
    if candidate.type == "threat":
        if candidate.cue_kind == "threat" and candidate.condition and candidate.means is None:
            return "139", "THREATEN"
        return _THREATS.get(candidate.means or "", "130"), "THREATEN"
    if candidate.type == "commitment":
        return _PLEDGES.get(candidate.issue or "", "030"), "AGREE"
    if candidate.cue_kind == "accuse":
        return "112", "ACCUSE"
    if candidate.stance == "opposes":
        return "120", "REJECT"
    if candidate.cue_kind == "demand":
        return "102", "REQUEST"
    return ("051", "SUPPORT") if candidate.stance == "supports" else ("010", "AGREE")


_SUMMIT_CODES = {
    "held": ("040", "CONSULT"), "under-way": ("040", "CONSULT"), "scheduled": ("036", "AGREE"),
    "proposed": ("106", "REQUEST"), "postponed": ("036", "AGREE"), "cancelled": ("125", "REJECT"),
    "ruled-out": ("125", "REJECT"),
}  # fmt: skip
_HELD_CODES = {"telephone": "041", "online": "046"}


def _summit(meeting: Meeting, extractor: str) -> Summit:
    cameo, plover = _SUMMIT_CODES[meeting.status]
    if meeting.status in ("held", "under-way"):
        cameo = _HELD_CODES.get(meeting.format or "", "046")
    return Summit(
        issue=meeting.issue, participants=tuple(sorted(meeting.participants)), status=meeting.status,
        place=meeting.place, format=meeting.format, level=meeting.level, speaker=meeting.speaker,  # type: ignore[arg-type]
        attribution=meeting.attribution, evidence=meeting.evidence, cue=meeting.cue,
        occurred_on=meeting.moment.occurred_on, quote=meeting.quote, precision=meeting.moment.precision,
        inferred=meeting.moment.inferred, cameo=cameo, plover=plover,
        confidence=0.7 if len(meeting.evidence) > 1 else 0.6, extractor=extractor,
    )  # fmt: skip
