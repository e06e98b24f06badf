"""How far an event that was read is to be trusted: from how it was read, and in what kind of text.

A small trained regression with three outcomes: right, right but for the side, no event. It gives the confidence and
leaves nothing out: what else a text holds may lower an event's confidence, and must not take the event away. It must
not see the words: those were weighed before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from domain.reading.candidates import Candidate, Meeting
from domain.reading.regression import Weights

Outcome = Literal["right", "side", "none"]
OUTCOMES: tuple[Outcome, ...] = ("right", "side", "none")


class Article(msgspec.Struct, frozen=True):
    """What kind of text it is: its sentences, and how many of them report what registered members say."""

    sentences: int
    reporting: int
    dated: bool


class Trust:
    """A model ready for use."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights

    def confidence(self, features: Iterable[str]) -> float:
        """The probability that an event is right."""
        return round(min(0.99, max(0.01, self._weights.odds(features)[0])), 3)


def of_group(group: Sequence[Candidate], leading: Candidate, article: Article) -> list[str]:
    """What the model sees of the candidates that make one event."""
    sentences = {c.evidence for c in group}
    agree = sum(c.stance == leading.stance for c in group) / len(group)
    return [
        f"type:{leading.type}", f"cue:{leading.cue_kind}", f"by:{leading.attribution}",
        f"by:{leading.attribution} {leading.type}", f"rank:{leading.seniority}", f"stance:{leading.stance}",
        f"times:{min(3, len(sentences))}", f"agree:{agree > 0.7}", f"sure:{_bin(leading.strength)}",
        f"topic:{leading.topic}", f"quote:{leading.quote}", f"issue:{leading.issue}", f"at:{_place(leading.order)}",
        f"when:{leading.moment.precision} {leading.moment.inferred}", f"type:{leading.type} {leading.cue_kind}",
        f"topic:{leading.topic} {_bin(leading.strength)}", *_of_article(article, leading.attribution),
    ]  # fmt: skip


def of_meeting(meeting: Meeting, article: Article) -> list[str]:
    """What the model sees of a meeting."""
    return [
        "type:summit", f"status:{meeting.status}", f"parties:{min(4, len(meeting.participants))}",
        f"times:{min(3, len(meeting.evidence))}", f"level:{meeting.level}", f"place:{meeting.place is not None}",
        f"when:{meeting.moment.precision} {meeting.moment.inferred} {meeting.status}", f"form:{meeting.format}",
        f"at:{_place(meeting.order)}", f"by:{meeting.attribution} summit", f"head:{meeting.cue}",
        *_of_article(article, "summit"),
    ]  # fmt: skip


def _of_article(article: Article, kind: str) -> Iterable[str]:
    share = article.reporting / max(1, article.sentences)
    yield f"reports:{int(share * 5)}"
    yield f"reports:{int(share * 5)} {kind}"
    yield f"length:{min(4, article.sentences // 8)}"
    yield f"dated:{article.dated}"


def _bin(value: float) -> int:
    return int(value * 5)


def _place(order: int) -> str:
    return "lead" if order <= 1 else "early" if order <= 4 else "late"
