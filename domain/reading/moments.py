"""When a clause's words were said: from the dates of its sentence, the scene it belongs to, or the publication day.

It must not know how expressions are parsed; `dates` does that.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from domain.reading.candidates import Moment
from domain.reading.clauses import Clause
from domain.reading.dates import DateMention
from domain.reading.text import Sentence

STATEMENT_DAYS = 14
MEETING_DAYS = 30
_EARLIER = frozenset({"سابقا", "السابق"})
_COMING = ("coming", "to come", "next", "tomorrow")
UNKNOWN = Moment(
    occurred_on=None, precision="unknown", inferred=False, how="the text does not say, and no reader can know"
)


class Scene:
    """The day of the scene that each speaker is in, while one text is read."""

    def __init__(self, published: date | None) -> None:
        self._published = published
        self._days: dict[str, Moment] = {}

    def of(self, clause: Clause, sentence: Sentence, dates: Sequence[DateMention]) -> Moment:
        """When a clause was said; remembers it for the speaker's later clauses."""
        speaker = clause.speaker.id if clause.speaker is not None else ""
        own = self._own(clause, sentence, dates)
        if own is not None:
            if own.precision != "unknown":
                self._days[speaker] = own
            return own
        if speaker in self._days:
            known = self._days[speaker]
            return Moment(occurred_on=known.occurred_on, precision=known.precision, inferred=known.inferred,
                          how=f"the scene's day: {known.how}")  # fmt: skip
        return self.default()

    def default(self) -> Moment:
        """The publication day, as inferred; unknown where that is not known."""
        if self._published is None:
            return UNKNOWN
        return Moment(
            occurred_on=self._published.isoformat(), precision="day", inferred=True, how="the publication day"
        )

    def _own(self, clause: Clause, sentence: Sentence, dates: Sequence[DateMention]) -> Moment | None:
        limit = sentence.end
        if clause.cue is not None and sentence.words:
            reach = min(clause.first + 3, len(sentence.words) - 1)
            limit = sentence.words[max(reach, min(clause.cue.index + 7, len(sentence.words) - 1))].end
            content = _content_start(clause, sentence)
            limit = min(limit, content) if content is not None else limit
        usable = [d for d in dates if sentence.start <= d.start and d.start < limit and _is_saying(d)]
        if not usable:
            return None
        start = sentence.words[clause.cue.index].start if clause.cue is not None else sentence.start
        nearest = min(usable, key=lambda d: abs(d.start - start))
        return moment(nearest)


def _is_saying(mention: DateMention) -> bool:
    return mention.precision == "day" or mention.kind in ("earlier_today", "previously")


def _content_start(clause: Clause, sentence: Sentence) -> int | None:
    """Where the reported words begin: behind إن, a colon or a quotation mark."""
    for index in range(clause.first, min(clause.last, clause.first + 14)):
        if sentence.words[index].text in ("ان", "انه", "انها", "بان", "بانه", "بانها", "انهم"):
            return sentence.words[index].start
    quotes = [
        q[0] for q in sentence.quotes if clause.first < clause.last and q[0] >= sentence.words[clause.first].start
    ]
    return min(quotes) if quotes else None


def moment(mention: DateMention) -> Moment:
    """The moment that a date expression names."""
    silent = mention.kind == "earlier_today" and mention.rule == "earlier"
    return Moment(
        occurred_on=mention.occurred_on,
        precision=mention.precision,
        inferred=silent,
        how=f"{mention.kind}: {mention.rule}",
    )


def meeting_moment(dates: Sequence[DateMention], start: int, published: date | None, *, ahead: bool) -> Moment | None:
    """When a meeting named at `start` is or was, by the nearest date expression that fits; None where none does."""
    usable = [d for d in dates if d.kind not in ("earlier_today", "previously")]
    fitting: list[tuple[int, Moment]] = []
    for mention in usable:
        if not ahead and mention.occurred_on is None and any(word in mention.rule for word in _COMING):
            continue
        day = (mention.ahead or mention.occurred_on) if ahead else mention.occurred_on
        when = msgspec.structs.replace(moment(mention), occurred_on=day)
        if published is not None and day is not None and mention.precision == "day":
            if ahead and day < published.isoformat():
                continue
            if not ahead and day > published.isoformat():
                continue
        fitting.append((abs(mention.start - start), when))
    return min(fitting, key=lambda pair: pair[0])[1] if fitting else None


def is_recent(when: Moment, published: date | None, days: int) -> bool:
    """Whether a moment lies within so many days before publication; a moment that nobody knows does."""
    if published is None or when.occurred_on is None:
        return True
    parts = [int(p) for p in when.occurred_on.split("-")]
    if len(parts) == 1:
        return parts[0] >= published.year
    last = date(parts[0], parts[1], parts[2] if len(parts) == 3 else calendar.monthrange(parts[0], parts[1])[1])
    return last >= published - timedelta(days=days)
