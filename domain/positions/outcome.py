"""What a fold gives: a position, the changes that led to it, and what only anonymous sources say.

It must not know the rules. Days are printed as the evidence knows them: `2025-09-05`, `2025-09` or `2025`. Nothing here
depends on when or in which order facts were recorded.
"""

from __future__ import annotations

import msgspec

from domain.events import Span


class EvidenceRef(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where the words of one event stand. `spans`: offsets in that version of the article's cleaned text."""

    event_id: str
    article: str
    version: int
    url: str
    outlet: str
    title: str
    spans: tuple[Span, ...]
    speaker: str | None
    occurred_on: str | None
    attribution: str


class Position(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one actor holds on one issue.

    `speaker`: the most senior voice since `since`, the newest of equals; `established_by`: who began it. `sources`:
    independent ones, at most `articles`. `confidence`: that one source at least is read right, in [0, 0.99].
    `contested`: equals contradicted each other on the last day. `unconfirmed`: an anonymous source has said otherwise
    since. `evidence`: never empty; the newest day first, within it the most senior voice.
    """

    actor: str
    issue: str
    stance: str
    speaker: str | None
    established_by: str | None
    since: str
    last_confirmed: str
    sources: int
    articles: int
    confidence: float
    contested: bool
    unconfirmed: bool
    previous: str | None
    previous_since: str | None
    evidence: tuple[EvidenceRef, ...]


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one day did to a position.

    `key`: its name, the same on every rebuild. `kind`: established, shifted, reversed or reaffirmed. The rest tells of
    that day alone; `evidence` and `event_ids` run in one order, the most senior voice first.
    """

    key: str
    actor: str
    issue: str
    kind: str
    before: str | None
    after: str
    on: str
    speaker: str | None
    event_ids: tuple[str, ...]
    sources: int
    confidence: float
    contested: bool
    evidence: tuple[EvidenceRef, ...]


class Unconfirmed(msgspec.Struct, frozen=True, kw_only=True):
    """A stance that anonymous sources alone report. `occurred_on`: the newest such word."""

    actor: str
    issue: str
    stance: str
    speaker: str | None
    occurred_on: str
    sources: int
    evidence: tuple[EvidenceRef, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The whole history of one actor on one issue. `changes`: in order of valid time; one a day at most."""

    position: Position | None = None
    changes: tuple[Change, ...] = ()
    unconfirmed: tuple[Unconfirmed, ...] = ()
