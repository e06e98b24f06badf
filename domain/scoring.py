"""How well events that were read agree with annotated ones, by the ontology's rules: figures, and every miss.

Events are matched article by article: type, actor and issue agree (of a summit: status, half or more of the tracked
participants, and no contradicting day). It must not know where annotations, texts or events come from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Literal, cast

import msgspec

from domain.events import Event as ReadEvent
from domain.events import Precision, Span, Summit

Type = Literal["statement", "summit", "threat", "commitment"]
TYPES: tuple[Type, ...] = ("statement", "summit", "threat", "commitment")
MissKind = Literal["missed", "spurious", "stance", "speaker", "day"]
_SHOWN = {"day": 10, "month": 7, "year": 4}
_FIELDS = ("type", "actor", "participants", "speaker", "issue", "stance", "status", "attribution", "occurred_on")


class _Offsets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Evidence in its longer form."""

    start: int
    end: int


class Coded(msgspec.Struct, frozen=True, kw_only=True):
    """The scored fields of one event; fields that scoring does not read are passed over."""

    type: Type
    actor: str | None = None
    participants: tuple[str, ...] | None = None
    issue: str | None = None
    stance: str | None = None
    speaker: str | None = None
    attribution: str | None = None
    status: str | None = None
    occurred_on: str | None = None
    precision: Precision = "unknown"
    evidence: tuple[Span | _Offsets, ...] | None = None

    def __post_init__(self) -> None:
        if self.precision == "day" and self.occurred_on is not None:
            try:
                date.fromisoformat(self.occurred_on[:10])
            except ValueError:
                raise ValueError(f"occurred_on {self.occurred_on!r} is no day") from None

    @property
    def spans(self) -> tuple[Span, ...]:
        """The evidence as pairs of offsets."""
        return tuple((s.start, s.end) if isinstance(s, _Offsets) else s for s in self.evidence or ())

    def in_scope(self, tracked: Collection[str]) -> bool:
        """Whether the actor is tracked; of a summit, a participant."""
        if self.type == "summit":
            return any(p in tracked for p in self.participants or ())
        return self.actor in tracked

    def day(self) -> date | None:
        """The day, where it is known to the day."""
        if self.precision != "day" or not self.occurred_on:
            return None
        return date.fromisoformat(self.occurred_on[:10])

    def shown(self) -> dict[str, object]:
        """The fields that tell one event from another, without the empty ones."""
        return {name: value for name in _FIELDS if (value := getattr(self, name))}


class Annotated(Coded, frozen=True, kw_only=True):
    """An annotated event. Not `sure`: neither rewarded nor punished. `alt`: other acceptable values, by field."""

    sure: bool = True
    alt: dict[str, tuple[str | None, ...]] | None = None

    def accepts(self, field: str, value: str | None) -> bool:
        """Whether a value of a field is the annotated one or an alternative."""
        return value == getattr(self, field) or value in (self.alt or {}).get(field, ())

    def accepts_speaker(self, value: str | None) -> bool:
        """As `accepts`, whatever the case of the letters; nobody and an empty name are one."""
        wanted = (self.speaker, *(self.alt or {}).get("speaker", ()))
        return (value or "").lower() in {(v or "").lower() for v in wanted}


class Found(Coded, frozen=True, kw_only=True):
    """An event that an extractor gave."""

    confidence: float = 0.5


def found_of(event: ReadEvent) -> Found:
    """The scored fields of an event."""
    summit = isinstance(event, Summit)
    return Found(
        type=cast("Type", event.__struct_config__.tag),
        actor=None if summit else event.actor,  # type: ignore[union-attr]
        participants=event.participants if isinstance(event, Summit) else None,
        status=event.status if isinstance(event, Summit) else None,
        issue=event.issue, stance=event.stance, speaker=event.speaker, attribution=event.attribution,
        occurred_on=event.occurred_on, precision=event.precision, evidence=event.evidence, confidence=event.confidence,
    )  # fmt: skip


class Article(msgspec.Struct, frozen=True, kw_only=True):
    """One annotated text. `chars` and `sha256` are of the text, where the line tells them."""

    id: str
    events: tuple[Annotated, ...]
    published: str | None = None
    sha256: str | None = None
    chars: int | None = None


class Pair(msgspec.Struct, frozen=True):
    """An annotated event with what was found for it; one of the two may be lacking."""

    article: str
    gold: Annotated | None
    found: Found | None

    @property
    def counts(self) -> bool:
        """Whether it is rewarded or punished."""
        return self.gold is None or self.gold.sure

    @property
    def right(self) -> bool:
        """Matched, and with an acceptable stance."""
        return self.gold is not None and self.found is not None and stance_agrees(self.gold, self.found)


class Miss(msgspec.Struct, frozen=True):
    """One thing that is not as annotated."""

    kind: MissKind
    pair: Pair


class Row(msgspec.Struct, frozen=True):
    """Precision, recall and F1; None where nothing was there to be found or given. `n`: annotated events."""

    precision: float | None
    recall: float | None
    f1: float
    n: int


class OnMatches(msgspec.Struct, frozen=True):
    """Shares of the matched events whose field is right; None where none was matched."""

    stance: float | None
    speaker: float | None
    attribution: float | None
    day: float | None
    evidence: float | None


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What the shares are made of. `with_stance`: matched events other than summits, the base of the first three."""

    matched: int
    matched_stance: int
    with_stance: int
    stance: int
    speaker: int
    attribution: int
    day: int
    evidence: int
    missed: int
    spurious: int
    empty_articles: int
    empty_articles_clean: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of one set of annotations."""

    articles: int
    precision: float | None
    recall: float | None
    f1: float
    f1_stance: float
    by_type: dict[Type, Row]
    on_matches: OnMatches
    empty_articles_kept_empty: float | None
    counts: Counts


class Scored(msgspec.Struct, frozen=True):
    """The figures, and the pairs behind them."""

    report: Report
    pairs: tuple[Pair, ...]

    def misses(self) -> Iterator[Miss]:
        """What is not as annotated, in the order of the texts; one event may be wrong in more than one field."""
        for pair in self.pairs:
            if pair.counts:
                yield from (Miss(kind, pair) for kind in _faults(pair))


def score(gold: Sequence[Article], found: Mapping[str, Sequence[Found]], tracked: Collection[str]) -> Scored:
    """Compare the events found, by article id, with the annotated ones. Only events of tracked actors are scored."""
    pairs: list[Pair] = []
    for article in gold:
        pairs += _pair(article, found.get(article.id, ()), tracked)
    empty = [a for a in gold if not a.events]
    clean = sum(not any(f.in_scope(tracked) for f in found.get(a.id, ())) for a in empty)
    counts = _count([p for p in pairs if p.counts], len(empty), clean)
    return Scored(_report(len(gold), pairs, counts), tuple(pairs))


def stance_agrees(gold: Annotated, found: Found) -> bool:
    """Whether the stance is acceptable; a summit has none."""
    return gold.type == "summit" or gold.accepts("stance", found.stance)


def _pair(article: Article, found: Sequence[Found], tracked: Collection[str]) -> Iterator[Pair]:
    """Sure annotations choose first, each the best that fits it; what is left over is spurious."""
    left = [f for f in found if f.in_scope(tracked)]
    annotated = sorted((e for e in article.events if e.in_scope(tracked)), key=lambda e: not e.sure)
    for gold in annotated:
        fitting = [i for i, f in enumerate(left) if _matches(gold, f, tracked)]
        best = min(fitting, key=lambda i: _distance(gold, left[i]), default=None)
        yield Pair(article.id, gold, None if best is None else left.pop(best))
    yield from (Pair(article.id, None, extra) for extra in left)


def _distance(gold: Annotated, found: Found) -> tuple[bool, bool, bool]:
    return (not gold.accepts("stance", found.stance), not _overlap(gold, found), not _days_agree(gold, found))


def _matches(gold: Annotated, found: Found, tracked: Collection[str]) -> bool:
    if not gold.accepts("type", found.type):
        return False
    if gold.type != "summit":
        return gold.accepts("actor", found.actor) and gold.accepts("issue", found.issue)
    wanted = {p for p in gold.participants or () if p in tracked}
    given = {p for p in found.participants or () if p in tracked}
    if len(wanted & given) * 2 < len(wanted | given) or not gold.accepts("status", found.status):
        return False
    one, other = gold.day(), found.day()
    return one is None or other is None or abs((one - other).days) <= 1


def _days_agree(gold: Annotated, found: Found) -> bool:
    if gold.precision == "unknown" or gold.occurred_on is None:
        return found.occurred_on is None or found.precision == "unknown"
    shown = _SHOWN[gold.precision]
    return (found.occurred_on or "")[:shown] == gold.occurred_on[:shown]


def _overlap(gold: Annotated, found: Found) -> bool:
    return any(a < d and c < b for a, b in gold.spans for c, d in found.spans)


def _faults(pair: Pair) -> Iterator[MissKind]:
    gold, found = pair.gold, pair.found
    if gold is None:
        yield "spurious"
    elif found is None:
        yield "missed"
    else:
        if not stance_agrees(gold, found):
            yield "stance"
        if gold.type != "summit" and not gold.accepts_speaker(found.speaker):
            yield "speaker"
        if not _days_agree(gold, found):
            yield "day"


def _count(pairs: Sequence[Pair], empty: int, clean: int) -> Counts:
    both = [(p.gold, p.found) for p in pairs if p.gold is not None and p.found is not None]
    said = [(g, f) for g, f in both if g.type != "summit"]
    return Counts(
        matched=len(both),
        matched_stance=sum(stance_agrees(g, f) for g, f in both),
        with_stance=len(said),
        stance=sum(g.accepts("stance", f.stance) for g, f in said),
        speaker=sum(g.accepts_speaker(f.speaker) for g, f in said),
        attribution=sum(g.accepts("attribution", f.attribution) for g, f in said),
        day=sum(_days_agree(g, f) for g, f in both),
        evidence=sum(_overlap(g, f) for g, f in both),
        missed=sum(p.found is None for p in pairs),
        spurious=sum(p.gold is None for p in pairs),
        empty_articles=empty,
        empty_articles_clean=clean,
    )


def _report(articles: int, pairs: Iterable[Pair], c: Counts) -> Report:
    whole = _row(c.matched, c.missed, c.spurious)
    by_type = {}
    for kind in TYPES:
        of = [p for p in pairs if p.counts and kind == (p.gold.type if p.gold else p.found and p.found.type)]
        missed, spurious = sum(p.found is None for p in of), sum(p.gold is None for p in of)
        by_type[kind] = _row(len(of) - missed - spurious, missed, spurious)
    return Report(
        articles=articles, precision=whole.precision, recall=whole.recall, f1=whole.f1,
        f1_stance=_f1(ratio(c.matched_stance, c.matched + c.spurious), ratio(c.matched_stance, c.matched + c.missed)),
        by_type=by_type,
        on_matches=OnMatches(
            stance=ratio(c.stance, c.with_stance), speaker=ratio(c.speaker, c.with_stance),
            attribution=ratio(c.attribution, c.with_stance), day=ratio(c.day, c.matched),
            evidence=ratio(c.evidence, c.matched),
        ),
        empty_articles_kept_empty=ratio(c.empty_articles_clean, c.empty_articles), counts=c,
    )  # fmt: skip


def _row(matched: int, missed: int, spurious: int) -> Row:
    precision, recall = ratio(matched, matched + spurious), ratio(matched, matched + missed)
    return Row(precision, recall, _f1(precision, recall), matched + missed)


def _f1(precision: float | None, recall: float | None) -> float:
    if not precision or not recall:
        return 0.0
    return round(2 * precision * recall / (precision + recall), 3)


def ratio(part: int, whole: int) -> float | None:
    """A share to three places; None of nothing."""
    return round(part / whole, 3) if whole else None
