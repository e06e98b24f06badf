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


_PEOPLE = ("person", "office", "institution")
_AHEAD = frozenset({"scheduled", "proposed", "postponed", "ruled-out"})
_HOLDING = ("اجري", "اجرت", "اجرا", "اجروا", "عقد", "سيعقد", "ستعقد", "يعقد", "سيجري", "ستجري", "يجري")


class _Context(msgspec.Struct, frozen=True):
    """The sentence in which a meeting is read, with what is known of it."""

    index: int
    sentence: Sentence
    mentions: Sequence[Mention]
    dates: Sequence[DateMention]
    text: TextTopics
    published: date | None
    speaker: Speaker | None
    said: Moment | None


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
        self,
        index: int,
        sentence: Sentence,
        mentions: Sequence[Mention],
        clauses: Sequence[tuple[Clause, Moment]],
        dates: Sequence[DateMention],
        text: TextTopics,
        published: date | None,
        carried: Speaker | None,
    ) -> list[Meeting]:
        """The meetings of one sentence: at most one. `carried`: whom a pronoun may stand for."""
        run = sentence.words
        for hit in self._head.find(run):
            verb = hit.values[0] == "verb"
            if verb and not _meets(run, hit.first, hit.last, mentions):
                continue
            speaker, said = _speaker_at(clauses, hit.first)
            parties = self._parties(hit.first, hit.last, run, mentions, speaker or carried, verb=verb)
            parties |= self._hosts(parties, run, hit.first, mentions)
            if len(parties) < 2 or not parties & self._registry.tracked:
                continue
            context = _Context(index, sentence, mentions, dates, text, published, speaker, said)
            meeting = self._meeting(context, hit.first, parties)
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
        *,
        verb: bool,
    ) -> frozenset[str]:
        near = [
            m
            for m in mentions
            if first - _REACH_BACK <= m.first <= last + _REACH_ON
            and m.kind != "place"
            and (m.acts or m.kind in _PEOPLE)
            and not (m.kind == "capital" and m.first > first)
        ]
        after = [m for m in near if m.first >= last]
        before = [m for m in near if m.last <= first]
        window = run[max(0, first - 3) : last + 8]
        linked = any(w.text.lstrip("و") in _LINKS for w in window)
        if not verb and not linked:
            parties = {m.actor for m in after if m.first <= last + 5 and (m.kind in _PEOPLE or m.actor in _BLOCS)}
            return frozenset(parties | _agents(run, first, last, before, speaker))
        parties = {m.actor for m in after if m.kind in (*_PEOPLE, "people", "actor")}
        parties |= {m.actor for m in before[-1:]} if verb else _agents(run, first, last, before, speaker)
        if verb and speaker is not None and not before:
            parties.add(speaker.actor)
        if any(w.text in ("بين", "جمعت", "جمع") for w in window):
            return frozenset({m.actor for m in after})
        return frozenset(parties)

    def _hosts(
        self, parties: frozenset[str], run: Sequence[Word], head: int, mentions: Sequence[Mention]
    ) -> frozenset[str]:
        """A bloc's meeting counts the state that hosts it: named with a verb of hosting, or by its capital."""
        if not parties & _BLOCS:
            return frozenset()
        near = [m for m in mentions if abs(m.first - head) <= _REACH_ON]
        hosting = [m.actor for m in near if m.kind == "capital" and not m.acts and m.actor in self._registry.tracked]
        for place in range(max(0, head - 3), head):
            if any(form.endswith(("ستضيف", "ستضافت", "ستضاف")) for form in run[place].forms):
                hosting += [m.actor for m in mentions if m.last <= place][-1:]
        return frozenset(hosting)

    def _meeting(self, here: _Context, head: int, parties: frozenset[str]) -> Meeting | None:
        run = here.sentence.words
        status = self._status_of(run, head)
        if status is None:
            return None
        when = self._when(here, head, status)
        dated = when.occurred_on is not None or (here.published is None and bool(here.dates))
        if status == "held" and (not dated or not is_recent(when, here.published, MEETING_DAYS)):
            return None
        if status == "scheduled" and not dated:
            status = "proposed"
        attribution: Attribution = here.speaker.attribution if here.speaker is not None else "outlet"
        return Meeting(
            participants=parties,
            status=status,
            moment=when,
            evidence=((here.sentence.start, here.sentence.end),),
            place=self._place(run, head, here.mentions),
            format=self._format(run),
            level=_level(here.mentions, parties),
            issue=self._issue(here.index, run, here.text),
            speaker=here.speaker.id if here.speaker is not None else None,
            attribution=attribution,
            cue=run[head].text,
            order=here.index,
            trace={"status": status, "date": when.how, "parties": ", ".join(sorted(parties)), "cue": run[head].text},
        )

    def _status_of(self, run: Sequence[Word], head: int) -> SummitStatus | None:
        start, end = max(0, head - 8), min(len(run), head + 10)
        window = run[start:end]
        for status in _STATUS_ORDER:
            if self._status[status].find(window):
                return status
        return None

    def _when(self, here: _Context, head: int, status: SummitStatus) -> Moment:
        start = here.sentence.words[head].start
        ahead = status in _AHEAD
        own = [d for d in here.dates if not ahead or d.start > start]
        own = [d for d in own if d.kind not in ("earlier_today", "previously")]
        if own:
            when = moment(min(own, key=lambda d: (abs(d.start - start), d.start)))
            past = (
                here.published is not None
                and when.precision == "day"
                and (when.occurred_on or "") < str(here.published)
            )
            return UNKNOWN if ahead and past else when
        if ahead:
            return UNKNOWN
        if status == "under-way" and here.published is not None:
            return Moment(occurred_on=str(here.published), precision="day", inferred=True, how="the publication day")
        if here.said is not None and not here.said.inferred:
            return here.said
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

    def _issue(self, index: int, run: Sequence[Word], text: TextTopics) -> str | None:
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


def _speaker_at(clauses: Sequence[tuple[Clause, Moment]], index: int) -> tuple[Speaker | None, Moment | None]:
    inside = [(c.speaker, when) for c, when in clauses if c.first <= index < c.last]
    if not inside:
        return None, clauses[-1][1] if clauses else None
    return inside[-1]


def _agents(
    run: Sequence[Word], first: int, last: int, before: Sequence[Mention], speaker: Speaker | None
) -> frozenset[str]:
    """Who holds a meeting named by a noun: the subject of أجرى or عقد before it, or a pronoun's owner after it."""
    around = [*run[max(0, first - 6) : first], *run[last : last + 6]]
    if not any(form.startswith(_HOLDING) for word in around for form in word.forms):
        return frozenset()
    if before:
        return frozenset(m.actor for m in before[-3:])
    return frozenset() if speaker is None else frozenset({speaker.actor})


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
