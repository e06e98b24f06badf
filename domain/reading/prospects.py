"""Whether a meeting was, is, will or will not be: its status, from the verb that holds it and the words that govern it.

It must not know who meets.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from domain.events import SummitStatus
from domain.reading.dates import DateMention
from domain.reading.moments import days_ahead
from domain.reading.phrases import Hit, Phrases
from domain.reading.registry import Registry
from domain.reading.scenery import Head, Parties, Scenery
from domain.reading.text import Word, level

_BEFORE = 12
_AFTER = 6
_CLOSE = 7
_NEGATIONS = frozenset({"لا", "لم", "لن", "ليس", "ليست", "دون", "غير", "عدم", "بلا", "ولا", "ولم", "ولن", "وليس"})
_UNREAL = frozenset({"كان", "كانت", "وكان", "وكانت", "سبق", "وسبق", "منذ", "التي", "الذي"})
_BREAKS = frozenset(
    {"لكن", "لكنه", "لكنها", "ولكن", "فيما", "بينما", "حيث", "كما", "اذ", "كذلك", "بل", "كي", "لكي", "لان", "لانه"}
)
_ENDING = frozenset({"انسحاب", "قطع", "وقف", "انهاء", "الغاء", "تخلي", "مغادره", "تاجيل"})
_WISHED = frozenset({"اجراء", "استيناف", "بدء", "اطلاق", "مواصله"})
_TO_MEET = frozenset({"ليلتقي", "لتلتقي", "ليجتمع", "لتجتمع", "ليلتقيا", "ليبحث", "ليجري"})
_IN_ORDER_TO = frozenset({"لاجراء", "لعقد", "لبدء", "لحضور", "بهدف", "بغيه", "اجل", "بغرض"})
_JOURNEY = 18  # words from a verb of travel to what it is for
_FIRST = frozenset({"اول", "ثاني", "ثالث", "احدث", "اخر"})
_COMING = ("to come", "tomorrow", "next", "ahead")

Told = tuple[SummitStatus | None, bool]


class Prospects:
    """The compiled words of what becomes of meetings. One for each registry."""

    def __init__(self, registry: Registry) -> None:
        words = registry.lexicon.meetings
        self._lists = {name: Phrases((p, True) for p in entries) for name, entries in words.items()}
        self._prospect = frozenset(level(w) for w in words["prospect"])
        self._unwilling = frozenset(level(w) for w in words["unwilling"])
        self._begin = frozenset(level(w) for w in words["begin"])

    def status(self, head: Head, parties: Parties, scenery: Scenery) -> Told:
        """The status, and whether the sentence tells it as its news rather than in passing."""
        run = scenery.sentence.words
        verb = head.first if parties.held_by is None else parties.held_by
        anchor = min(verb, head.first)
        before, governing = _clause_before(run, anchor), _clause_before(run, head.first)
        behind = _clause_behind(run, max(verb + 1, head.last) if verb < head.last + 4 else head.last)
        if head.kind == "beside":
            return "held", True
        eve = days_ahead(run[: head.first]) is not None and not any(w.text in _UNREAL for w in before)
        if eve or self.for_the_journey(head, scenery):
            return "scheduled", True
        held = parties.held_by
        told = held is not None and not (held > head.first and run[held].text.endswith(("هما", "هم")))
        if not told and self._passing(head, run):
            return self._on_the_way(head, parties, scenery)
        undone = self._undone([*governing, *run[head.first : head.last]], behind)
        if undone is not None:
            return undone
        if head.kind != "noun" or parties.held_by is not None:
            negation = _negation(before)
            if negation is not None:
                return negation
        return self._open(head, parties, before, governing, behind, scenery)

    def for_the_journey(self, head: Head, scenery: Scenery) -> bool:
        """وصل للقاء فلان, يتوجه لإجراء محادثات: what somebody travels for; a journey of days ago met its end."""
        run = scenery.sentence.words
        aims = run[head.first].text.startswith("لل") or run[head.first].text in _TO_MEET
        aims = aims or (head.first > 0 and run[head.first - 1].text in _IN_ORDER_TO)
        if not aims or not self.on_a_journey(head, scenery):
            return False
        start, published = run[head.first].start, scenery.published
        before = [d.occurred_on for d in scenery.dates if d.start < start and d.precision == "day" and d.occurred_on]
        return published is None or not before or max(before) >= str(published - timedelta(days=1))

    def on_a_journey(self, head: Head, scenery: Scenery) -> bool:
        """Whether somebody travels in the words before a head."""
        return self._has("travel", scenery.sentence.words[max(0, head.first - _JOURNEY) : head.first])

    def _on_the_way(self, head: Head, parties: Parties, scenery: Scenery) -> Told:
        """خلال, بعد, قبيل: of the scene's day; قبل by itself only where a day is told."""
        run = scenery.sentence.words
        if self._has("under_way", run[max(0, head.first - 2) : head.first]):
            return "under-way", True
        if run[head.first - 1].text.removeprefix("و") == "قبل":
            return self._by_date(head, scenery), False
        vague = _several(run[head.first]) or (_definite_process(head, run) and not _in_person(parties))
        spoken = bool(scenery.clauses) or self._has("spoken", run[:3])
        return "held", spoken and not vague

    def _passing(self, head: Head, run: Sequence[Word]) -> bool:
        """خلال لقائه, بعد المحادثات, في اتصال: named on the way; في is more where a wish or a plan stands before it."""
        if self._has("during", run[max(0, head.first - 2) : head.first + 1]):
            return True
        start = max(0, head.first - 4)
        if any(h.last == head.first - start for h in self._lists["during"].find(run[start : head.first])):
            return True
        governor = head.first - 1 - (head.first > 1 and run[head.first - 1].text in _FIRST)
        if governor < 0 or run[governor].text not in ("في", "وفي"):
            return False
        wish = run[max(0, head.first - 4) : head.first]
        return not any(
            self._has(name, wish) for name in ("proposed", "due", "ruled_out", "cancelled", "postponed", "wish")
        )

    def _undone(self, before: Sequence[Word], behind: Sequence[Word]) -> Told | None:
        """Cancelled, postponed or ruled out; what is not ruled out may be."""
        if self._denied(before) or self._denied(behind):
            return "ruled-out", True
        for name in ("cancelled", "postponed", "ruled_out"):
            for window in (before, behind[:_AFTER]):
                hits = [h for h in self._lists[name].find(window) if not _for_the_sake(h, window)]
                if name == "ruled_out" and window is not before:
                    hits = [h for h in hits if h.last - h.first > 1]
                if hits:
                    if _negated(hits[-1], window):
                        return ("proposed", True) if name == "ruled_out" else None
                    return name.replace("_", "-"), True  # type: ignore[return-value]
        return None

    def _denied(self, window: Sequence[Word]) -> bool:
        """لا توجد أي نية, ليس في الحسبان, بلا جدوى: a negation and a word of prospect soon behind it."""
        for index, word in enumerate(window):
            if word.text not in _NEGATIONS or any(
                w.text.removeprefix("ال") in _ENDING for w in window[index : index + 5]
            ):
                continue
            if any(w.text in self._unwilling for w in window[index + 1 : index + 2]):
                return True
            reach = index + (2 if word.text == "غير" else 5)
            if any(form in self._prospect for w in window[index + 1 : reach] for form in w.forms):
                return True
        return False

    def _open(
        self, head: Head, parties: Parties, before: Sequence[Word], governing: Sequence[Word], behind: Sequence[Word],
        scenery: Scenery,
    ) -> Told:  # fmt: skip
        run, close = scenery.sentence.words, governing[-_CLOSE:]
        due = self._has("due", [*close, *behind[:4]])
        if head.kind == "weak" and any(w.text.lstrip("بل") in _WISHED for w in governing[-2:]) and not due:
            return None, False
        wished = self._has("proposed", close) or self._has("proposed_after", behind[:5])
        wished = wished or (head.kind == "noun" and self._has("accepted", close))
        if wished and not (head.kind == "weak" and _told_past(head, scenery)):
            return ("scheduled" if self._has("appointed", [*close, *behind[:4]]) else "proposed"), True
        if any(w.text in ("قد", "ربما", "وقد") for w in before[-2:]) and parties.tense in ("present", "future"):
            return "proposed", True
        if parties.tense == "future":
            return "scheduled", True
        if self._under_way(head, parties, behind, scenery):
            return "under-way", True
        if parties.tense == "present":
            return self._present(head, before, due, scenery)
        if parties.tense == "past":
            return "held", not _unreal(head, parties, before, run)
        if self._told_of(behind):
            return "held", True
        if any(w.text in ("سيكون", "ستكون") for w in behind[:6]):
            return "scheduled", True
        if _definite_process(head, run):
            return self._process(head, scenery, due=due)
        return ("scheduled", True) if due else (self._by_date(head, scenery), False)

    def _process(self, head: Head, scenery: Scenery, *, due: bool) -> Told:
        """The talks between two: an event where they are due on a day."""
        if due and self._by_date(head, scenery) == "scheduled":
            return "scheduled", True
        return None, False

    def _told_of(self, behind: Sequence[Word]) -> bool:
        """كانت بناءة: how a meeting went."""
        was = next((i for i, w in enumerate(behind) if w.text in ("كانت", "كان")), None)
        return was is not None and self._has("told_of", behind[was + 1 : was + 4])

    def _has(self, name: str, window: Sequence[Word]) -> bool:
        return bool(window) and bool(self._lists[name].find(window))

    def _under_way(self, head: Head, parties: Parties, behind: Sequence[Word], scenery: Scenery) -> bool:
        run = scenery.sentence.words
        if self._has("under_way", run[max(0, head.first - 6) : head.last + 4]) or self._has("under_way", behind):
            return True
        verb = parties.held_by
        begun = verb is not None and any(form in self._begin for form in run[verb].forms)
        day = str(scenery.published) if scenery.published is not None else None
        return begun and all(d.occurred_on in (day, None) or d.occurred_on > str(day) for d in scenery.dates)

    def _present(self, head: Head, before: Sequence[Word], due: bool, scenery: Scenery) -> Told:
        """The present: while it goes on (وهو يستقبل), or what a day or an appointment makes of it."""
        last = before[-1].text if before else ""
        if last in ("وهو", "وهي", "وهما", "كان", "كانت"):
            return "held", True
        visit = any(w.text.lstrip("بل").removeprefix("ال").startswith("زيار") for w in scenery.sentence.words)
        there = head.first > 0 and scenery.sentence.words[head.first - 1].text == "حيث"
        visit = visit or self._has("travel", before) or (there and self.on_a_journey(head, scenery))
        if due or scenery.dates or (visit and not any(w.text in _UNREAL for w in before)):
            return "scheduled", True
        return None, False

    def _by_date(self, head: Head, scenery: Scenery) -> SummitStatus | None:
        """A bare noun is what the nearest date makes of it."""
        run = scenery.sentence.words
        start = run[head.first].start
        near = run[max(0, head.first - 12)].start, run[min(len(run), head.last + 14) - 1].end
        dates = [
            d for d in scenery.dates if d.kind not in ("earlier_today", "previously") and near[0] <= d.start < near[1]
        ]
        if not dates:
            return None
        return "scheduled" if _is_ahead(min(dates, key=lambda d: abs(d.start - start)), scenery) else "held"


def _is_ahead(mention: DateMention, scenery: Scenery) -> bool:
    if scenery.published is not None and mention.occurred_on is not None:
        return mention.occurred_on > str(scenery.published)
    return any(word in mention.rule for word in _COMING)


def _opens(word: Word) -> bool:
    """Whether a pause and a conjunction or a participle open another clause: ، مضيفا, ، وقال."""
    text = word.text
    return word.pause and len(text) > 3 and (text[0] == "و" or (text[0] == "م" and text[-1] == "ا"))


def _several(word: Word) -> bool:
    return word.text.endswith(("ات", "اتهما", "اته", "اتهم")) and "محادث" not in word.text and "مباحث" not in word.text


def _definite_process(head: Head, run: Sequence[Word]) -> bool:
    """المفاوضات بين موسكو وكييف: talks in general."""
    return head.kind == "weak" and run[head.first].text.lstrip("وبف").startswith("ال")


def _in_person(parties: Parties) -> bool:
    return any(m.kind in ("person", "office") and m.actor in parties.named for m in parties.members)


def _unreal(head: Head, parties: Parties, before: Sequence[Word], run: Sequence[Word]) -> bool:
    """Whether a past verb tells of something before the news: كان قد التقى, المكالمة التي جمعت."""
    held = parties.held_by
    if held is not None and held > head.first:
        return run[held - 1].text in _UNREAL
    return any(w.text in _UNREAL for w in before[-2:])


def _clause_before(run: Sequence[Word], anchor: int) -> Sequence[Word]:
    """The words of a clause before one of them."""
    first = anchor
    while first > 0 and anchor - first < _BEFORE:
        word = run[first]
        if first < anchor and (word.text in _BREAKS or (_opens(word))):
            break
        first -= 1
    return run[first:anchor]


def _clause_behind(run: Sequence[Word], start: int) -> Sequence[Word]:
    last = start
    while last < len(run) and last - start < _BEFORE:
        word = run[last]
        if word.text in _BREAKS or (_opens(word)):
            break
        last += 1
    return run[start:last]


def _for_the_sake(hit: Hit[bool], window: Sequence[Word]) -> bool:
    """من أجل, لأجل beside أجّل."""
    text = window[hit.first].text
    return text == "لاجل" or (text == "اجل" and hit.first > 0 and window[hit.first - 1].text == "من")


def _told_past(head: Head, scenery: Scenery) -> bool:
    """Whether a day of the past stands behind a head: words that thank for talks held yesterday propose none."""
    if scenery.published is None:
        return False
    start = scenery.sentence.words[head.first].start
    days = [d.occurred_on for d in scenery.dates if d.start > start and d.precision == "day" and d.kind != "previously"]
    return bool(days) and all(day is not None and day < str(scenery.published) for day in days)


def _negated(hit: Hit[bool], window: Sequence[Word]) -> bool:
    return any(w.text in _NEGATIONS for w in window[max(0, hit.first - 2) : hit.first])


def _negation(before: Sequence[Word]) -> Told | None:
    close = [w.text.removeprefix("و") for w in before[-2:]]
    if "لن" in close:
        return "ruled-out", True
    return (None, False) if "لم" in close else None
