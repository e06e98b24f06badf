"""Meetings of two actors or more in one sentence: when and where, in what form and at what level.

Who meets is read by `attendance`, whether it takes place by `prospects`; `encounters` makes one meeting of what several
sentences tell. It must not know stances.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.events import Attribution, SummitStatus
from domain.reading.attendance import Attendance
from domain.reading.candidates import Meeting, Moment
from domain.reading.clauses import Clause, Speaker
from domain.reading.dates import DateMention
from domain.reading.mentions import Mention
from domain.reading.moments import (
    MEETING_DAYS,
    UNKNOWN,
    days_after,
    days_ahead,
    days_before,
    days_behind,
    is_recent,
    meeting_moment,
)  # fmt: skip
from domain.reading.phrases import Phrases
from domain.reading.prospects import Prospects
from domain.reading.registry import Registry
from domain.reading.scenery import Cast, Head, Journey, Parties, Scenery
from domain.reading.text import Sentence, Word
from domain.reading.topics import TopicFinder

_BEFORE = 6
_LEVELS = ("leaders", "ministers", "envoys")
_AHEAD = frozenset({"scheduled", "proposed", "postponed", "ruled-out", "cancelled"})
_JOURNEY_REACH = 4  # sentences
_THE_VISIT = frozenset({"الزياره", "الرحله"})
_SPOKEN = frozenset({"proposed", "postponed", "ruled-out", "cancelled"})
_SAYING = frozenset({"ان", "انه", "انها", "بان", "بانه", "بانها", "انهم"})


class MeetingReader:
    """Reads the meetings of sentences. One for each registry."""

    def __init__(self, registry: Registry, topics: TopicFinder) -> None:
        self._topics = topics
        self._attendance = Attendance(registry)
        self._prospects = Prospects(registry)
        words = registry.lexicon.meetings
        self._lists = {
            name: Phrases((p, True) for p in words[name])
            for name in ("online", "telephone", "summit", "sessions", "appointed", "travel")
        }

    def read(self, scenery: Scenery) -> list[Meeting]:
        """The meetings of one sentence; may be empty. One without participants tells more of a meeting named before."""
        found: list[Meeting] = []
        heads = self._attendance.heads(scenery)
        for head in heads:
            parties = self._attendance.parties(head, scenery, heads)
            if not self._enough(head, parties, scenery):
                continue
            meeting = self._meeting(head, parties, scenery)
            if meeting is not None:
                found.append(meeting)
        scenery.cast.enter(scenery.mentions)
        return found or self._journey(scenery)

    def _journey(self, scenery: Scenery) -> list[Meeting]:
        """يصل غدا, والزيارة مقررة في 29 يوليو: the day of a journey is that of the meeting that it is for."""
        run, published = scenery.sentence.words, scenery.published
        if published is None or not (self._lists["travel"].find(run) or _visited(run)):
            return []
        when = meeting_moment(scenery.dates, run[0].start, published, ahead=True)
        if when is None or when.precision != "day":
            return []
        scenery.cast.journey = Journey(scenery.index, frozenset(_in_person(scenery.mentions)), when)
        told_before = any(w.text.lstrip("و") in _THE_VISIT for w in run)
        if not told_before or not self._lists["appointed"].find(run):
            return []
        return [
            Meeting(
                participants=frozenset(), status="proposed", moment=when, own=True, anaphor=True, order=scenery.index,
                evidence=((scenery.sentence.start, scenery.sentence.end),), place=None, format="in-person", level=None,
                issue=None, speaker=None, attribution="outlet", cue="", quote=False, blocs=frozenset(), trace={},
            )
        ]  # fmt: skip

    def _enough(self, head: Head, parties: Parties, scenery: Scenery) -> bool:
        """Two actors, or a bloc alone whose leaders meet."""
        run = scenery.sentence.words
        blocs = self._attendance.blocs(parties.named)
        if blocs and parties.named == blocs and self._lists["sessions"].find(run[head.last : head.last + 3]):
            return False
        if len(parties.actors) > 1 or parties.anaphor:
            return True
        leaders = bool(self._lists["summit"].find(run[max(0, head.first - 3) : head.last + 4]))
        return bool(self._attendance.blocs(parties.actors)) and leaders and head.kind != "weak"

    # ---- whether, when, where

    def _meeting(self, head: Head, parties: Parties, scenery: Scenery) -> Meeting | None:
        status, news = self._prospects.status(head, parties, scenery)
        if status is None:
            return None
        when, own = self._when(head, status, scenery, news=news or (parties.anaphor and status == "held"))
        if when is None:
            return None
        if status == "scheduled" and when is UNKNOWN:
            when = _of_the_journey(parties, scenery)
            status = "scheduled" if when is not UNKNOWN or self._appointed(head, scenery) else "proposed"
        speaker = _speaker_at(scenery.clauses, head.first)
        attribution: Attribution = speaker.attribution if speaker is not None else "outlet"
        run = scenery.sentence.words
        return Meeting(
            participants=parties.actors, status=status, moment=when,
            evidence=((scenery.sentence.start, scenery.sentence.end),), place=_place(run, head.first, scenery.mentions),
            format=self._format(run, head), level=_level(parties.members),
            issue=self._topics.of_meeting(scenery.topics, scenery.sentence, scenery.index, parties.actors),
            speaker=speaker.id if speaker is not None else None, attribution=attribution, cue=run[head.first].text,
            order=scenery.index, quote=bool(scenery.sentence.quotes), own=own, anaphor=parties.anaphor,
            blocs=frozenset(self._attendance.blocs(parties.actors) - _in_person(parties.members)),
            trace={
                "status": status, "date": when.how, "parties": ", ".join(sorted(parties.actors)),
                "cue": run[head.first].text, "speaker": "the outlet" if speaker is None else speaker.how,
            },
        )  # fmt: skip

    def _appointed(self, head: Head, scenery: Scenery) -> bool:
        """من المقرر أن يلتقي, خلال زيارته: to come, even where no day is told; a day of an unknown year is one."""
        if scenery.published is None and scenery.dates:
            return True
        run = scenery.sentence.words
        if self._prospects.on_a_journey(head, scenery):
            return True
        if _visited(run):
            return True
        return bool(self._lists["appointed"].find(run[max(0, head.first - _BEFORE) : head.first]))

    def _when(self, head: Head, status: SummitStatus, scenery: Scenery, *, news: bool) -> tuple[Moment | None, bool]:
        """When it is or was, and whether its own words say so; None where it is long ago or named in passing."""
        published = scenery.published
        start = scenery.sentence.words[head.first].start
        dates = [d for d in scenery.dates if not _of_the_saying(d, head.first, scenery.sentence)]
        own = meeting_moment(dates, start, published, ahead=status in _AHEAD, spoken=status in _SPOKEN)
        if own is not None:
            return (own, True) if status != "held" or is_recent(own, published, MEETING_DAYS) else (None, False)
        steps = days_ahead(scenery.sentence.words[: head.first]) if status == "scheduled" else None
        if steps is not None and published is not None:
            return days_after(published.isoformat(), steps), True
        if status in _AHEAD:
            return UNKNOWN, False
        if published is None:
            return (UNKNOWN if news or scenery.dates else None), False
        if not news or any(d.kind == "previously" for d in scenery.dates):
            return None, False
        return self._of_the_scene(head, scenery, published), False

    def _of_the_scene(self, head: Head, scenery: Scenery, published: date) -> Moment:
        said = _moment_at(scenery.clauses, head.first)
        said = _steps_before(said, scenery.sentence.words[max(0, head.first - 4) : head.first])
        if said is not None and said.occurred_on is not None:
            return said
        return Moment(occurred_on=str(published), precision="day", inferred=True, how="the publication day")

    def _format(self, run: Sequence[Word], head: Head) -> str:
        if self._lists["online"].find(run):
            direct = any(w.text.startswith(("مباشر", "حضوري", "شخصي")) for w in run)
            return "hybrid" if direct else "online"
        if head.kind in ("call", "talk") or self._lists["telephone"].find(run[max(0, head.first - 6) : head.last + 10]):
            return "telephone"
        return "in-person"


def _of_the_journey(parties: Parties, scenery: Scenery) -> Moment:
    journey = scenery.cast.journey
    if journey is None or scenery.index - journey.order > _JOURNEY_REACH or not journey.actors & parties.actors:
        return UNKNOWN
    return journey.moment


def _visited(run: Sequence[Word]) -> bool:
    return any(w.text.lstrip("وبل").removeprefix("ال").startswith("زيار") for w in run)


def _steps_before(said: Moment | None, before: Sequence[Word]) -> Moment | None:
    """بعد يومين من لقائه: so many days before the scene."""
    if said is None or said.occurred_on is None or said.precision != "day":
        return said
    steps = days_behind(before)
    if steps is None:
        return said
    return days_before(said.occurred_on, steps)


def _of_the_saying(mention: DateMention, head: int, sentence: Sentence) -> bool:
    """Whether a date stands before the إن that opens the words in which the meeting is named."""
    words = sentence.words[:head]
    return any(w.text in _SAYING and w.start > mention.start for w in words)


def _speaker_at(clauses: Sequence[tuple[Clause, Moment]], index: int) -> Speaker | None:
    inside = [c.speaker for c, _ in clauses if c.first <= index < c.last]
    return inside[-1] if inside else None


def _moment_at(clauses: Sequence[tuple[Clause, Moment]], index: int) -> Moment | None:
    inside = [when for c, when in clauses if c.first <= index < c.last] or [when for _, when in clauses]
    return inside[-1] if inside else None


def _place(run: Sequence[Word], head: int, mentions: Sequence[Mention]) -> str | None:
    """The nearest named place behind في or ب; a state only where nothing nearer is named."""
    spots = [m for m in mentions if m.place and not m.acts and abs(m.first - head) <= 14]
    spots.sort(key=lambda m: (m.kind == "actor", abs(m.first - head)))
    return spots[0].place if spots else None


def _in_person(members: Sequence[Mention]) -> set[str]:
    return {m.actor for m in members if m.kind in ("person", "office")}


def _level(members: Sequence[Mention]) -> str | None:
    levels = [m.level for m in members if m.level is not None and m.kind in ("person", "office")]
    return min(levels, key=_LEVELS.index) if levels else None


__all__ = ["Cast", "MeetingReader", "Scenery"]
