"""From candidates to events: repeats merged, the senior voice and the fuller report kept, codes and confidence given.

One event per type, actor and issue, as the ontology asks. It must not read texts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from domain.events import Commitment, Event, Statement, Stance, Summit, Threat
from domain.reading.candidates import Candidate, Meeting

_SENIOR = {"head": 0, "minister": 1, "spokesman": 2, "other": 3}
_OWN = {"self": 0, "anonymous": 1, "outlet": 2, "third-party": 3}
_FULL = {"conditional": 0, "supports": 1, "opposes": 1, "undecided": 2, None: 3}
_ATTRIBUTION_WEIGHT = {"self": 1.0, "outlet": 0.8, "anonymous": 0.85, "third-party": 0.6}

Traced = tuple[Event, dict[str, str]]


def to_events(candidates: Sequence[Candidate], extractor: str) -> list[Traced]:
    """One event for each type, actor and issue, with the trace of the candidate that decided."""
    groups: dict[tuple[str | None, ...], list[Candidate]] = {}
    for candidate in _absorbed(candidates):
        other = None if candidate.issue else candidate.beneficiary or candidate.target
        groups.setdefault((candidate.type, candidate.actor, candidate.issue, other), []).append(candidate)
    return [_event(group, extractor) for group in groups.values()]


def _absorbed(candidates: Sequence[Candidate]) -> list[Candidate]:
    """A speaker's favourable words beside his own commitment on the issue belong to it."""
    pledged = {(c.speaker, c.issue) for c in candidates if c.type == "commitment"}
    return [
        msgspec.structs.replace(c, type="commitment")
        if c.type == "statement" and c.stance in ("supports", "conditional") and (c.speaker, c.issue) in pledged
        else c
        for c in candidates
    ]


def _event(group: Sequence[Candidate], extractor: str) -> Traced:
    leading = min(group, key=_precedence)
    agreeing = [c for c in group if c.stance == leading.stance or c.stance is None]
    evidence = tuple(sorted({c.evidence for c in agreeing}))
    cameo, plover = codes(leading.type, leading.cue_kind, leading.stance, leading.means)
    common: dict[str, Any] = {
        "issue": leading.issue, "stance": leading.stance, "speaker": leading.speaker, "attribution": leading.attribution,
        "seniority": leading.seniority, "quote": any(c.quote for c in agreeing), "evidence": evidence, "cue": leading.cue,
        "occurred_on": leading.moment.occurred_on, "precision": leading.moment.precision,
        "inferred": leading.moment.inferred, "cameo": cameo, "plover": plover,
        "confidence": _confidence(leading, len(evidence)), "extractor": extractor, "actor": leading.actor,
    }  # fmt: skip
    return _typed(leading, agreeing, common), leading.trace


def _typed(leading: Candidate, agreeing: Sequence[Candidate], common: dict[str, Any]) -> Event:
    condition = leading.condition or next((c.condition for c in agreeing if c.condition), None)
    if leading.type == "threat":
        return Threat(**common, target=leading.target, condition=condition, means=leading.means)  # type: ignore[arg-type]
    if leading.type == "commitment":
        quantity = leading.quantity or next((c.quantity for c in agreeing if c.quantity), None)
        beneficiary = leading.beneficiary or ("UKR" if (leading.issue or "").startswith("ukraine.") else None)
        return Commitment(**common, beneficiary=beneficiary, condition=condition, quantity=quantity)
    return Statement(**common)


def _precedence(candidate: Candidate) -> tuple[int, int, int, float, int]:
    """Own words first, then seniority, then the fuller report, then the stronger reading, then order in the text."""
    return (
        _OWN[candidate.attribution], _SENIOR[candidate.seniority], _FULL[candidate.stance], -candidate.strength,
        candidate.order,
    )  # fmt: skip


def _confidence(candidate: Candidate, repeats: int) -> float:
    base = 0.45 + 0.4 * candidate.strength
    return round(min(0.97, base * _ATTRIBUTION_WEIGHT[candidate.attribution] + 0.03 * (repeats - 1)), 3)


def codes(kind: str, cue: str, stance: Stance | None, means: str | None) -> tuple[str, str]:
    """CAMEO and PLOVER codes by content (CAMEO codebook 1.1b3, PLOVER 2023)."""
    if kind == "threat":
        return {"economic": "1312", "military": "1384"}.get(means or "", "130"), "THREATEN"
    if kind == "commitment":
        return "030" if stance != "conditional" else "031", "AGREE"
    if cue == "accuse":
        return "112", "ACCUSE"
    if stance == "opposes":
        return "120", "REJECT"
    if cue == "demand":
        return "020", "REQUEST"
    return ("051", "SUPPORT") if stance == "supports" else ("010", "AGREE")


_SUMMIT_CODES = {
    "held": ("040", "CONSULT"), "under-way": ("040", "CONSULT"), "scheduled": ("036", "AGREE"),
    "proposed": ("106", "REQUEST"), "postponed": ("036", "AGREE"), "cancelled": ("125", "REJECT"), "ruled-out": ("125", "REJECT"),
}  # fmt: skip


def to_summits(meetings: Sequence[Meeting], extractor: str) -> list[Traced]:
    """One event for each distinct meeting."""
    result: list[Traced] = []
    for meeting in meetings:
        cameo, plover = _SUMMIT_CODES[meeting.status]
        event = Summit(
            issue=meeting.issue, participants=tuple(sorted(meeting.participants)), status=meeting.status, place=meeting.place,
            format=meeting.format, level=meeting.level, speaker=meeting.speaker, attribution=meeting.attribution,  # type: ignore[arg-type]
            evidence=meeting.evidence, cue=meeting.cue, occurred_on=meeting.moment.occurred_on, quote=meeting.quote,
            precision=meeting.moment.precision, inferred=meeting.moment.inferred, cameo=cameo, plover=plover,
            confidence=0.7 if len(meeting.evidence) > 1 else 0.6, extractor=extractor,
        )  # fmt: skip
        result.append((event, meeting.trace))
    return result
