"""Meetings of two actors or more: who, where, when, in which form, and whether they took place.

It must not know stances. One `Meeting` a sentence and pair at most; `merge` makes one of what tells of the same meeting.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from domain.events import Attribution, SummitStatus
from domain.reading.candidates import Meeting, Moment
from domain.reading.clauses import Clause, Speaker
from domain.reading.dates import DateMention
from domain.reading.mentions import Mention
from domain.reading.moments import MEETING_DAYS, UNKNOWN, is_recent, moment
from domain.reading.phrases import Phrases
from domain.reading.registry import Registry
from domain.reading.text import Sentence, Word
from domain.reading.topics import TextTopics, TopicFinder

_REACH_BACK = 10
_REACH_ON = 18
_BLOCS = frozenset({"COW", "NATO", "EU", "EUROPE", "G7"})
_LINKS = frozenset({"بين", "مع", "الي", "بمشاركه", "بحضور", "جمعت", "جمع", "ب", "ونظيره", "نظيره", "ونظيرته", "نظيرته"})
_LEVELS = ("leaders", "ministers", "envoys")
_STATUS_ORDER: tuple[SummitStatus, ...] = (
    "cancelled",
    "postponed",
    "ruled-out",
    "proposed",
    "under-way",
    "scheduled",
    "held",
)
_TALK_VERBS = frozenset({"سيتحدث", "ساتحدث", "يتحدث", "هاتف", "اتصل", "تحادث"})


class MeetingReader:
    """The compiled word lists of meetings. One for each registry."""

    def __init__(self, registry: Registry, topics: TopicFinder) -> None:
        self._registry = registry
        self._topics = topics
        words = registry.lexicon.meetings
        self._head = Phrases([(p, "noun") for p in words["nouns"]] + [(p, "verb") for p in words["verbs"]])
        self._status = {
            name.replace("_", "-"): Phrases((p, True) for p in words[name])
            for name in ("held", "under_way", "scheduled", "proposed", "postponed", "cancelled", "ruled_out")
        }
        self._online = Phrases((p, True) for p in words["online"])
        self._telephone = Phrases((p, True) for p in words["telephone"])

    def read(
        self, index: int, sentence: Sentence, mentions: Sequence[Mention], clauses: Sequence[Clause],
        dates: Sequence[DateMention], text: TextTopics, published: date | None,
    ) -> list[Meeting]:  # fmt: skip
        """The meetings of one sentence: at most one."""
        run = sentence.words
        for hit in self._head.find(run):
            if hit.values[0] == "verb" and not _meets(run, hit.first, hit.last, mentions):
                continue
            speaker = _speaker_at(clauses, hit.first)
            parties = self._parties(hit.first, hit.last, run, mentions, speaker, hit.values[0])
            if len(parties) < 2 and not parties & _BLOCS:
                continue
            if not parties & self._registry.tracked and "COW" not in parties:
                continue
            meeting = self._meeting(index, sentence, mentions, hit.first, parties, dates, text, published, speaker)
            if meeting is not None:
                return [meeting]
        return []

    def _parties(
        self,
        first: int,
        last: int,
        run: Sequence[Word],
        mentions: Sequence[Mention],
        speaker: Speaker | None,
        head: str,
    ) -> frozenset[str]:
        near = [
            m for m in mentions
            if first - _REACH_BACK <= m.first <= last + _REACH_ON and m.kind != "place"
            and (m.acts or m.kind in ("person", "office")) and not (m.kind == "capital" and m.first > first)
        ]  # fmt: skip
        linked = any(
            w.text.lstrip("و") in _LINKS or w.text[:1] == "ب" and w.text[1:] in _LINKS
            for w in run[max(0, first - 3) : last + 8]
        )
        after = [m for m in near if m.first >= last]
        before = [m for m in near if m.last <= first]
        people = {m.actor for m in after if m.kind in ("person", "office", "people", "institution", "actor")}
        if head == "verb" or linked:
            people |= {m.actor for m in before[-2:]}
            if speaker is not None and (
                head == "verb"
                or any(w.text in ("اجري", "عقد", "سيعقد", "اجرينا") for w in run[max(0, first - 4) : first])
            ):
                people.add(speaker.actor)
        if not linked and head == "noun":
            people = {m.actor for m in after if m.first <= last + 5}
        return frozenset(people)

    def _meeting(
        self, index: int, sentence: Sentence, mentions: Sequence[Mention], head: int, parties: frozenset[str],
        dates: Sequence[DateMention], text: TextTopics, published: date | None, speaker: Speaker | None,
    ) -> Meeting | None:  # fmt: skip
        run = sentence.words
        status = self._status_of(run, head)
        if status is None:
            return None
        when = self._when(sentence, head, dates, status, published)
        if status == "held" and (when.occurred_on is None or not is_recent(when, published, MEETING_DAYS)):
            return None
        if status == "scheduled" and when.occurred_on is None:
            status = "proposed"
        if status != "held" and when.occurred_on is not None and published is not None and when.inferred:
            when = UNKNOWN
        attribution: Attribution = speaker.attribution if speaker is not None else "outlet"
        return Meeting(
            participants=parties, status=status, moment=when, evidence=((sentence.start, sentence.end),),
            place=self._place(run, head, mentions), format=self._format(run), level=_level(mentions, parties),
            issue=self._issue(index, run, head, text), speaker=speaker.id if speaker is not None else None,
            attribution=attribution, cue=run[head].text, order=index,
            trace={"status": status, "date": when.how, "parties": ", ".join(sorted(parties))},
        )  # fmt: skip

    def _status_of(self, run: Sequence[Word], head: int) -> SummitStatus | None:
        start, end = max(0, head - 8), min(len(run), head + 10)
        window = run[start:end]
        for status in _STATUS_ORDER:
            if self._status[status].find(window):
                return status
        return None

    def _when(
        self, sentence: Sentence, head: int, dates: Sequence[DateMention], status: SummitStatus, published: date | None
    ) -> Moment:
        own = [d for d in dates if sentence.start <= d.start < sentence.end]
        if own:
            start = sentence.words[head].start
            return moment(min(own, key=lambda d: (abs(d.start - start), d.start)))
        if status in ("held", "under-way") and published is not None and status == "under-way":
            return Moment(occurred_on=published.isoformat(), precision="day", inferred=True, how="the publication day")
        return UNKNOWN

    def _place(self, run: Sequence[Word], head: int, mentions: Sequence[Mention]) -> str | None:
        near = [
            m
            for m in mentions
            if m.place and not m.acts and abs(m.first - head) <= 14 and m.kind in ("place", "capital")
        ]
        near = near or [
            m for m in mentions if m.place and head < m.first <= head + 2 and m.kind in ("place", "capital")
        ]
        near = near or [m for m in mentions if m.place and not m.acts and abs(m.first - head) <= 8]
        return near[0].place if near else None

    def _format(self, run: Sequence[Word]) -> str | None:
        if self._online.find(run):
            return (
                "hybrid" if any("مباشر" in w.text or "شخصيا" in w.text or "حضوري" in w.text for w in run) else "online"
            )
        if self._telephone.find(run):
            return "telephone"
        return "in-person"

    def _issue(self, index: int, run: Sequence[Word], head: int, text: TextTopics) -> str | None:
        found = self._topics.topics(text, index, 0, len(run))
        return found[0].issue if found else None


def _meets(run: Sequence[Word], first: int, last: int, mentions: Sequence[Mention]) -> bool:
    """Whether a verb of meeting has people on both sides or an object near."""
    near = {
        m.actor
        for m in mentions
        if first - 5 <= m.first <= last + 10 and m.kind in ("person", "office", "people", "institution")
    }
    return len(near) >= 2 or run[first].text in _TALK_VERBS


def _speaker_at(clauses: Sequence[Clause], index: int) -> Speaker | None:
    inside = [c for c in clauses if c.first <= index < c.last and c.speaker is not None]
    return inside[-1].speaker if inside else None


def _level(mentions: Sequence[Mention], parties: frozenset[str]) -> str | None:
    levels = [
        m.level for m in mentions if m.actor in parties and m.level is not None and m.kind in ("person", "office")
    ]
    return min(levels, key=_LEVELS.index) if levels else None


def merge(meetings: Sequence[Meeting]) -> list[Meeting]:
    """One meeting for all sentences that tell of it: same status or day, and participants that overlap."""
    merged: list[Meeting] = []
    for meeting in meetings:
        for index, known in enumerate(merged):
            if _same(known, meeting):
                merged[index] = _united(known, meeting)
                break
        else:
            merged.append(meeting)
    return merged


def _same(one: Meeting, other: Meeting) -> bool:
    shared = one.participants & other.participants
    smaller = min(len(one.participants), len(other.participants))
    if not shared or len(shared) * 2 < smaller or (len(shared) < 2 and smaller > 1):
        return False
    if one.moment.occurred_on and other.moment.occurred_on and one.moment.occurred_on != other.moment.occurred_on:
        return False
    distant = {one.format, other.format} & {"telephone"} and one.format != other.format
    return one.status == other.status and not distant


def _united(one: Meeting, other: Meeting) -> Meeting:
    dated = one if one.moment.occurred_on is not None else other
    return msgspec.structs.replace(
        one, participants=one.participants | other.participants, moment=dated.moment, place=one.place or other.place,
        issue=one.issue or other.issue, level=one.level or other.level, speaker=one.speaker or other.speaker,
        evidence=tuple(sorted({*one.evidence, *other.evidence})),
    )  # fmt: skip
