"""One reading of one clause: what would be an event, before repeats are merged.

It must not know how texts are split.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from domain.events import Attribution, Precision, Seniority, Span, Stance, SummitStatus

Means = Literal["military", "economic", "diplomatic"]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """When something was said or happens; `how` for explanations."""

    occurred_on: str | None
    precision: Precision
    inferred: bool
    how: str = ""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A statement, threat or commitment read from one sentence. `trace`: how each field came out.

    `topic`: how the issue was found (rule, short, meant, words).
    """

    type: Literal["statement", "threat", "commitment"]
    actor: str
    issue: str | None
    stance: Stance | None
    speaker: str
    seniority: Seniority
    attribution: Attribution
    evidence: Span
    quote: bool
    cue: str
    cue_kind: str
    moment: Moment
    strength: float
    order: int
    target: str | None = None
    condition: str | None = None
    means: Means | None = None
    quantity: str | None = None
    beneficiary: str | None = None
    topic: str = "rule"
    trace: dict[str, str] = msgspec.field(default_factory=dict)


class Meeting(msgspec.Struct, frozen=True, kw_only=True):
    """A meeting, as one sentence or more tell of it.

    `own`: whether the words date it themselves, rather than by their scene. `blocs`: participants that are no single
    state. `anaphor`: named as one that the text has told of (القمة, الاجتماع).
    """

    participants: frozenset[str]
    status: SummitStatus
    moment: Moment
    evidence: tuple[Span, ...]
    place: str | None
    format: str | None
    level: str | None
    issue: str | None
    speaker: str | None
    attribution: Attribution
    cue: str
    order: int
    quote: bool = False
    own: bool = False
    blocs: frozenset[str] = frozenset()
    anaphor: bool = False
    trace: dict[str, str] = msgspec.field(default_factory=dict)
