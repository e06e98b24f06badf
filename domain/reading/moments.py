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
from domain.reading.text import Sentence, Word

STATEMENT_DAYS = 14
MEETING_DAYS = 30
_COMING = ("coming", "to come", "next", "tomorrow")
_PAST = ("ago", "last", "past")
_NEAR = 4  # sentences within which a speaker's own date is that of his undated words before it
_REACH = 7  # words behind a cue in which its date stands where no content opens
_OPENINGS = frozenset({"ان", "انه", "انها", "بان", "بانه", "بانها", "انهم", "انهما", "اننا", "القول"})
_EVENTS = frozenset({
    "اجتماع", "اجتماعا", "قمه", "لقاء", "محادثات", "مباحثات", "مكالمه", "اتصالا", "جلسه", "موتمر", "موتمرا", "تصويت",
    "قرار", "قرارا", "مجلس",
})  # fmt: skip
_SCENES = frozenset({
    "الاجتماع", "القمه", "اللقاء", "المحادثات", "المباحثات", "المكالمه", "الاتصال", "الجلسه", "الموتمر", "التصويت",
    "المندوب", "المندوبه", "مندوب", "مندوبه", "مندوبها",
})  # fmt: skip
_STEPS = {
    "يوم": 1, "يوم واحد": 1, "يومين": 2, "ثلاثه ايام": 3, "اربعه ايام": 4, "خمسه ايام": 5, "سته ايام": 6, "اسبوع": 7,
    "عشره ايام": 10, "اسبوعين": 14,
}  # fmt: skip
_TOLD = frozenset({
    "تصريح", "تصريحات", "تصريحاته", "اعلان", "اعلانه", "كلام", "كلمه", "خطاب", "حديث", "قول", "قوله", "تاكيد", "تاكيده",
    "تهديد", "تهديده", "تعهد", "تعهده", "دعوه", "دعوته", "بيان",
})  # fmt: skip
_NAME = 40  # characters; what is shorter between quotation marks is a name
_TOLD_REACH = 8  # words from the noun of saying to the cue that it belongs to
UNKNOWN = Moment(
    occurred_on=None, precision="unknown", inferred=False, how="the text does not say, and no reader can know"
)

Dated = list[tuple[Clause, Moment]]
Passage = tuple[Sentence, Sequence[Clause], Sequence[DateMention]]


def date_clauses(passages: Sequence[Passage], published: date | None) -> list[Dated]:
    """When each clause of each passage was said; undated words take the date that their speaker is given soon after."""
    scene = Scene(published)
    dated: list[Dated] = []
    for sentence, said, dates in passages:
        dated.append([(clause, scene.of(clause, sentence, dates)) for clause in said])
        scene.close(sentence, dates)
    for index, clauses in enumerate(dated):
        for place, (clause, when) in enumerate(clauses):
            if when in (UNKNOWN, scene.default()) and clause.speaker is not None:
                later = _told_later(clause.speaker.id, dated[index + 1 : index + 1 + _NEAR], published)
                clauses[place] = (clause, when if later is None else later)
    return dated


def _told_later(speaker: str, following: Sequence[Dated], published: date | None) -> Moment | None:
    for clauses in following:
        for clause, when in clauses:
            if clause.speaker is None or clause.speaker.id != speaker:
                continue
            if when.precision == "day" and not when.inferred and is_recent(when, published, _NEAR):
                return msgspec.structs.replace(when, how=f"told later: {when.how}")
    return None


class Scene:
    """The day of the scene that each speaker is in, while one text is read."""

    def __init__(self, published: date | None) -> None:
        self._published = published
        self._days: dict[str, Moment] = {}
        self._event: Moment | None = None
        self._latest: Moment | None = None

    def of(self, clause: Clause, sentence: Sentence, dates: Sequence[DateMention]) -> Moment:
        """When a clause was said; remembers it for the speaker's later clauses."""
        speaker = clause.speaker.id if clause.speaker is not None else ""
        own = self._own(clause, sentence, dates) or self._behind(clause, sentence)
        if own is not None:
            if own.precision != "unknown":
                self._days[speaker] = own
            if own.precision == "day":
                self._latest = own
            return own
        event = self._event
        if event is not None and any(w.text.lstrip("وب") in _SCENES for w in sentence.words):
            self._days[speaker] = event
        known = self._days.get(speaker) or (self._latest if self._published is None else None)
        if known is None:
            return self.default()
        how = known.how if known.how.startswith("the scene") else f"the scene's day: {known.how}"
        return msgspec.structs.replace(known, how=how)

    def default(self) -> Moment:
        """The publication day, as inferred; unknown where that is not known."""
        if self._published is None:
            return UNKNOWN
        return Moment(
            occurred_on=self._published.isoformat(), precision="day", inferred=True, how="the publication day"
        )

    def close(self, sentence: Sentence, dates: Sequence[DateMention]) -> None:
        """Remember the day of the event that a sentence tells of, for the sentences behind it."""
        days = [moment(d) for d in dates if d.precision == "day" and d.kind != "earlier_today"]
        days = [m for m in days if self._is_past(m) and is_recent(m, self._published, STATEMENT_DAYS)]
        if days and any(w.text.lstrip("وب").removeprefix("ال") in _EVENTS for w in sentence.words):
            self._event = days[0]

    def _behind(self, clause: Clause, sentence: Sentence) -> Moment | None:
        """بعد يوم من تصريح لفلان ذكر فيه: words that somebody else's words of the day look back at."""
        if clause.cue is None or self._published is None:
            return None
        for index in range(max(0, clause.cue.index - _TOLD_REACH), clause.cue.index + 1):
            steps = days_behind(sentence.words[:index]) if sentence.words[index].text in _TOLD else None
            if steps is not None:
                return days_before(self._published.isoformat(), steps)
        return None

    def _is_past(self, when: Moment) -> bool:
        return self._published is None or (when.occurred_on or "") <= self._published.isoformat()

    def _own(self, clause: Clause, sentence: Sentence, dates: Sequence[DateMention]) -> Moment | None:
        """The date of the saying: before the content where one opens, else a few words from the cue."""
        words = sentence.words
        limit = sentence.end
        if clause.cue is not None and words:
            content = _content_start(clause, sentence)
            reach = words[max(clause.first + 3, clause.cue.index + _REACH) if content is None else -1 :][:1]
            limit = content if content is not None else (reach[0].start if reach else sentence.end)
        inside = [q for q in sentence.quotes if q[1] - q[0] > _NAME]
        usable = [d for d in dates if sentence.start <= d.start and d.start < limit and _is_saying(d)]
        usable = [d for d in usable if not any(start < d.start < end for start, end in inside)]
        usable = [d for d in usable if d.precision != "day" or self._is_past(moment(d))]
        if not usable:
            return None
        start = words[clause.cue.index].start if clause.cue is not None else sentence.start
        nearest = min(usable, key=lambda d: abs(d.start - start))
        return moment(nearest)


def _is_saying(mention: DateMention) -> bool:
    """A day, or a stretch of the past (last week, days ago)."""
    if mention.precision == "day" or mention.kind in ("earlier_today", "previously"):
        return True
    return mention.kind in ("relative", "duration_ago") and any(word in mention.rule for word in _PAST)


def _content_start(clause: Clause, sentence: Sentence) -> int | None:
    """Where the reported words begin: behind إن, a colon or a quotation mark, whichever comes first."""
    words = sentence.words
    begin = clause.first if clause.cue is None else max(clause.cue.index + 1, 0)
    opened = next((words[i].start for i in range(begin, max(begin, clause.last)) if words[i].text in _OPENINGS), None)
    start = words[min(clause.first, len(words) - 1)].start
    quotes = [q[0] for q in sentence.quotes if clause.first < clause.last and q[0] >= start]
    found = [place for place in (opened, min(quotes, default=None)) if place is not None]
    return min(found) if found else None


def moment(mention: DateMention) -> Moment:
    """The moment that a date expression names."""
    silent = mention.kind == "earlier_today" and mention.rule == "earlier"
    return Moment(
        occurred_on=mention.occurred_on,
        precision=mention.precision,
        inferred=silent,
        how=f"{mention.kind}: {mention.rule}",
    )


def meeting_moment(
    dates: Sequence[DateMention], start: int, published: date | None, *, ahead: bool, spoken: bool = False
) -> Moment | None:
    """When a meeting named at `start` is or was, by the nearest date expression that fits; None where none does.

    `spoken`: somebody proposes it or calls it off; a day before the noun that is not of the future is of his words.
    """
    usable = [d for d in dates if d.kind not in ("earlier_today", "previously")]
    if spoken:
        usable = [d for d in usable if d.start > start or _is_to_come(d, published)]
    fitting: list[tuple[bool, int, Moment]] = []
    for mention in usable:
        if not ahead and mention.occurred_on is None and any(word in mention.rule for word in _COMING):
            continue
        day = (mention.ahead or mention.occurred_on) if ahead else mention.occurred_on
        when = msgspec.structs.replace(moment(mention), occurred_on=day)
        if ahead and published is not None and day is not None and day < published.isoformat()[: len(day)]:
            continue
        if published is not None and day is not None and mention.precision == "day":
            if ahead and day < published.isoformat():
                continue
            if not ahead and day > published.isoformat():
                continue
        fitting.append((mention.precision == "year", abs(mention.start - start), when))
    return min(fitting, key=lambda found: found[:2])[2] if fitting else None


def _is_to_come(mention: DateMention, published: date | None) -> bool:
    if any(word in mention.rule for word in _COMING):
        return True
    return published is not None and (mention.occurred_on or "") > published.isoformat()


def days_ahead(before: Sequence[Word]) -> int | None:
    """In how many days the thing named next is, where the words before it end in so many days before it."""
    words = ["قبل" if w.text == "وقبل" else w.text for w in before[-5:]]
    if words[-1:] in (["عشيه"], ["وعشيه"]):
        return 1
    if len(words) < 3 or words[-1] != "من" or "قبل" not in words[:-2]:
        return None
    since = len(words) - 1 - words[::-1].index("قبل")
    return _STEPS.get(" ".join(words[since + 1 : -1]))


def days_behind(before: Sequence[Word]) -> int | None:
    """How many days the thing named next lies back, where the words before it end in so many days after it."""
    words = [w.text for w in before[-4:]]
    if words[-1:] == ["غداه"]:
        return 1
    if len(words) < 3 or words[-1] not in ("من", "علي"):  # after, how many, from
        return None
    count = words[-3:-1] if words[:-3] == ["بعد"] else words[-2:-1]
    return _STEPS.get(" ".join(count)) if "بعد" in words[:-2] else None


def days_after(day: str, steps: int) -> Moment:
    """So many days after an ISO day."""
    later = date.fromisoformat(day) + timedelta(days=steps)
    return Moment(occurred_on=later.isoformat(), precision="day", inferred=False, how=f"{steps} days after the scene")


def days_before(day: str, steps: int) -> Moment:
    """So many days before an ISO day."""
    earlier = date.fromisoformat(day) - timedelta(days=steps)
    return Moment(
        occurred_on=earlier.isoformat(), precision="day", inferred=False, how=f"{steps} days before the scene"
    )


def is_recent(when: Moment, published: date | None, days: int) -> bool:
    """Whether a moment lies within so many days before publication; a moment that nobody knows does."""
    if published is None or when.occurred_on is None:
        return True
    parts = [int(p) for p in when.occurred_on.split("-")]
    if len(parts) == 1:
        return parts[0] >= published.year
    last = date(parts[0], parts[1], parts[2] if len(parts) == 3 else calendar.monthrange(parts[0], parts[1])[1])
    return last >= published - timedelta(days=days)
