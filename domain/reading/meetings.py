"""Meetings of two actors or more in one sentence: who meets whom, by which word, and whether it takes place.

A head (a verb of meeting, or a noun that names one) gathers its parties by Arabic's own means: the subject behind the
verb, مع and بين, a construct, two adjectives of nations, a pronoun. It must not know stances; `encounters` makes one
meeting of what several sentences tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from domain.events import Attribution, SummitStatus
from domain.reading.candidates import Meeting, Moment
from domain.reading.clauses import Clause, Speaker
from domain.reading.cues import past_forms, present_forms
from domain.reading.dates import DateMention
from domain.reading.mentions import Mention
from domain.reading.moments import MEETING_DAYS, UNKNOWN, is_recent, meeting_moment
from domain.reading.phrases import Hit, Phrases
from domain.reading.registry import Registry
from domain.reading.text import Sentence, Word, level
from domain.reading.topics import TextTopics, TopicFinder

_REACH = 18
_HOLD_REACH = 9
_LEVELS = ("leaders", "ministers", "envoys")
_PEOPLE = ("person", "office", "institution")
_MEMBERS = (*_PEOPLE, "people", "actor")
_AHEAD = frozenset({"scheduled", "proposed", "postponed", "ruled-out", "cancelled"})


class _Head(msgspec.Struct, frozen=True):
    """What names a meeting: words [first, last). `kind`: noun, weak (a noun that needs more), or a verb's class."""

    first: int
    last: int
    kind: str
    tense: str = ""


class Scenery(msgspec.Struct, frozen=True, kw_only=True):
    """The sentence in which meetings are read, with what is known of it. `carried`: whom a pronoun may stand for."""

    index: int
    sentence: Sentence
    mentions: Sequence[Mention]
    clauses: Sequence[tuple[Clause, Moment]]
    dates: Sequence[DateMention]
    topics: TextTopics
    published: date | None
    carried: Speaker | None


class _Parties(msgspec.Struct, frozen=True):
    actors: frozenset[str]
    members: tuple[Mention, ...]
    held_by: int | None = None  # the word of the verb that holds the meeting
    tense: str = ""


class MeetingReader:
    """The compiled word lists of meetings. One for each registry."""

    def __init__(self, registry: Registry, topics: TopicFinder) -> None:
        self._registry = registry
        self._topics = topics
        words = registry.lexicon.meetings
        verbs = [
            entry for kind in ("meet", "receive", "discuss", "call", "talk") for entry in _verbs(words[kind], kind)
        ]
        nouns = [(form, _Head(0, 0, "noun")) for n in words["nouns"] for form in (n, n + "ا")]
        nouns += [(form, _Head(0, 0, "weak")) for n in words["weak"] for form in (n, n + "ا")]
        self._nouns = Phrases(nouns)
        self._verbs = _table(verbs)
        self._holding = _table(_verbs(words["hold"], "hold"))
        self._lists = {name: Phrases((p, True) for p in entries) for name, entries in words.items()}
        self._stops = frozenset(level(w) for w in words["stops"])
        self._plenty = frozenset(level(w) for w in words["plenty"])
        self._with = frozenset(level(w) for w in words["with"])
        self._adjectives = _adjectives(registry)

    def read(self, scenery: Scenery) -> list[Meeting]:
        """The meetings of one sentence; may be empty."""
        found: list[Meeting] = []
        for head in self._heads(scenery.sentence.words, scenery.mentions):
            parties = self._parties(head, scenery)
            parties = self._with_host(head, parties, scenery)
            blocs = self._blocs(parties.actors)
            if len(parties.actors) < (1 if blocs and head.kind != "weak" else 2):
                continue
            meeting = self._meeting(head, parties, scenery)
            if meeting is not None:
                found.append(meeting)
        return found

    def _heads(self, run: Sequence[Word], mentions: Sequence[Mention]) -> list[_Head]:
        named = {i for m in mentions for i in range(m.first, m.last)}
        heads = []
        for hit in self._nouns.find(run):
            if hit.first not in named:
                heads.append(_Head(hit.first, hit.last, hit.values[0].kind))
        taken = {i for h in heads for i in range(h.first, h.last)} | named
        for index, word in enumerate(run):
            if index not in taken:
                verb = _verb_at(self._verbs, word.text)
                if verb is not None:
                    heads.append(_Head(index, index + 1, verb.kind, verb.tense))
        return sorted(heads, key=lambda h: h.first)

    # ---- who

    def _parties(self, head: _Head, scenery: Scenery) -> _Parties:
        if head.kind in ("noun", "weak"):
            return self._of_noun(head, scenery)
        return self._of_verb(head, scenery)

    def _of_verb(self, head: _Head, scenery: Scenery) -> _Parties:
        run, mentions = scenery.sentence.words, scenery.mentions
        subject = _subject_before(head.first, mentions, run)
        members: list[Mention] = []
        partner = False
        for mention in self._following(head.last, run, mentions):
            gap = mention.first - (members[-1].last if members else head.last)
            link = self._link(mention, head.last, run)
            beside = gap <= 2 and not _after_preposition(mention, run) and mention.front in ("", "و")
            if link or (beside and mention.kind in _MEMBERS) or (mention.front == "ب" and mention.kind in _PEOPLE):
                members.append(mention)
                partner = partner or link or mention.front == "ب"
        company = {m.actor for m in members}
        if head.kind == "discuss" and not partner and len(company) < 2 and not self._blocs(company):
            return _Parties(frozenset(), ())
        if head.kind == "talk" and not (partner and (head.tense == "future" or self._by_telephone(head, run))):
            return _Parties(frozenset(), ())
        actors = {m.actor for m in members} | self._counterparts(head.last, run)
        if subject is not None and (subject.kind in _MEMBERS or subject.acts):
            members.append(subject)
            actors.add(subject.actor)
            actors |= {m.actor for m in _chain_of(subject, mentions)}
        elif len(actors) == 1 and (partner or head.kind in ("meet", "receive", "call", "talk")):
            actors |= self._understood(head, scenery)
        return _Parties(frozenset(actors), tuple(members), head.first, head.tense)

    def _understood(self, head: _Head, scenery: Scenery) -> set[str]:
        """Whom a verb without a subject means: the subject before it in the sentence, else whoever spoke last."""
        run = scenery.sentence.words
        before = [
            m for m in scenery.mentions
            if m.last <= head.first and m.kind in _PEOPLE and m.front in ("", "و") and not _after_preposition(m, run)
        ]  # fmt: skip
        if before:
            return {before[-1].actor}
        return set() if scenery.carried is None else {scenery.carried.actor}

    def _blocs(self, actors: Iterable[str]) -> set[str]:
        return {a for a in actors if self._registry.actors[a].kind != "state"}

    def _by_telephone(self, head: _Head, run: Sequence[Word]) -> bool:
        return bool(self._lists["telephone"].find(run[head.first : head.last + 10]))

    def _of_noun(self, head: _Head, scenery: Scenery) -> _Parties:
        run, mentions = scenery.sentence.words, scenery.mentions
        nations = self._nations(head.last, run)
        linked, partner = self._linked(head, run, mentions)
        actors = {m.actor for m in linked} | nations
        holder = self._holder(head, run)
        members = list(linked)
        if holder is not None:
            subject = self._holding_subject(holder[0], head, scenery)
            members += subject
            actors |= {m.actor for m in subject}
            if not subject and (partner or nations) and len(actors) == 1:
                actors |= self._understood(head, scenery)
        elif head.kind == "weak" and not (partner and len(actors) >= 2) and len(nations) < 2:
            return _Parties(frozenset(), ())
        owner = (
            self._owners(head, scenery) if self._suffixed(run[head.last - 1]) or (partner and len(actors) == 1) else []
        )
        if owner and (partner or self._suffixed(run[head.last - 1])):
            members += owner
            actors |= {m.actor for m in owner}
        if partner and len(actors) == 1 and not owner:
            actors |= self._understood(head, scenery)
        tense = "" if holder is None else holder[1]
        return _Parties(frozenset(actors), tuple(members), None if holder is None else holder[0], tense)

    def _with_host(self, head: _Head, parties: _Parties, scenery: Scenery) -> _Parties:
        """A bloc's meeting counts the state that hosts it: by a verb of hosting, or by its capital as the place."""
        if not self._blocs(parties.actors):
            return parties
        near = [m for m in scenery.mentions if abs(m.first - head.first) <= _REACH]
        hosts = {m.actor for m in near if m.kind == "capital" and not m.acts}
        for mention in near:
            following = scenery.sentence.words[mention.last : mention.last + 2]
            if any(self._lists["hosting"].find([word]) for word in following):
                hosts.add(mention.actor)
        return msgspec.structs.replace(parties, actors=parties.actors | hosts)

    def _linked(self, head: _Head, run: Sequence[Word], mentions: Sequence[Mention]) -> tuple[list[Mention], bool]:
        """Those whom بين, مع, a construct or a conjunction ties to a noun; whether a counterpart is among them."""
        found: list[Mention] = []
        partner = False
        for mention in self._following(head.last, run, mentions):
            link = self._link(mention, head.last, run)
            construct = mention.first == head.last and mention.front in ("", "ل") and mention.kind != "place"
            beside = bool(found) and mention.first - found[-1].last <= 2 and mention.front.startswith("و")
            if mention.kind == "capital" and not link and not beside:
                continue
            if link or construct or beside or (mention.front == "ب" and mention.kind in _PEOPLE):
                found.append(mention)
                partner = partner or link or mention.front == "ب"
        found_actors = {m.actor for m in found} | self._counterparts(head.last, run)
        return found, partner or len(found_actors) > 1

    def _following(self, start: int, run: Sequence[Word], mentions: Sequence[Mention]) -> Iterable[Mention]:
        """The mentions behind a head that no word of another clause parts from it."""
        stop = min(len(run), start + _REACH)
        for index in range(start, stop):
            if run[index].text in self._stops and not self._relative(index, run):
                stop = index
                break
        return [m for m in mentions if start <= m.first < stop and m.kind != "place" and not m.former]

    def _relative(self, index: int, run: Sequence[Word]) -> bool:
        """التي عقدها, الذي جمع: the relative clause tells who meets."""
        if run[index].text not in ("التي", "الذي", "اللذين") or index + 1 >= len(run):
            return False
        return _verb_at(self._holding, run[index + 1].text) is not None

    def _link(self, mention: Mention, start: int, run: Sequence[Word]) -> bool:
        """Whether مع, بين or another word of company stands before a mention, nearer than any other preposition."""
        for index in range(mention.first - 1, max(start - 2, mention.first - 9), -1):
            text = run[index].text
            if text in self._with or text.removeprefix("و") in self._with:
                return True
            if text == "من" and index and run[index - 1].text in self._plenty:
                return True
            if text in ("في", "علي", "عن", "من", "خلال", "بشان", "حول", "بعد", "قبل"):
                return False
        return False

    def _counterparts(self, start: int, run: Sequence[Word]) -> set[str]:
        """نظيره الأميركي: the counterpart's nation by its adjective."""
        found = set()
        for index in range(start, min(len(run) - 1, start + _REACH)):
            bare = run[index].text.lstrip("ولب")
            if bare.startswith(("نظير", "نظراي")):
                actor = self._adjectives.get(run[index + 1].text.removeprefix("ال"))
                if actor is not None:
                    found.add(actor)
        return found

    def _nations(self, start: int, run: Sequence[Word]) -> set[str]:
        """القمة الروسية الأميركية: two nations or more named by adjectives right behind the noun."""
        found = []
        for word in run[start : start + 4]:
            actor = self._adjectives.get(word.text.removeprefix("و").removeprefix("ال"))
            if actor is not None:
                found.append(actor)
            elif found:
                break
        return set(found) if len(set(found)) > 1 else set()

    def _holder(self, head: _Head, run: Sequence[Word]) -> tuple[int, str] | None:
        """The verb that holds the meeting, before the noun or in its relative clause, with its tense."""
        for index in range(head.first - 1, max(-1, head.first - _HOLD_REACH), -1):
            verb = _verb_at(self._holding, run[index].text)
            if verb is not None:
                return index, verb.tense
        for index in range(head.last, min(len(run), head.last + 7)):
            verb = _verb_at(self._holding, run[index].text)
            if verb is not None and (
                run[index - 1].text in ("التي", "الذي", "قد", "كان", "كانت") or index <= head.last + 3
            ):
                return index, verb.tense
        return None

    def _holding_subject(self, verb: int, head: _Head, scenery: Scenery) -> list[Mention]:
        run, mentions = scenery.sentence.words, scenery.mentions
        stop = head.first if verb < head.first else min(len(run), verb + 8)
        behind = [m for m in mentions if verb < m.first < stop and m.first - verb <= 4 and m.front in ("", "و")]
        behind = [m for m in behind if m.kind != "place" and m.acts and not _after_preposition(m, run)]
        if behind:
            return _chain_of(behind[0], mentions)
        before = _subject_before(verb, mentions, run)
        return [] if before is None else _chain_of(before, mentions)

    def _owners(self, head: _Head, scenery: Scenery) -> list[Mention]:
        """Whom a pronoun on the noun means: for هم and هما a chain of several, else the nearest subject before it."""
        run, mentions = scenery.sentence.words, scenery.mentions
        before = [m for m in mentions if m.last <= head.first and m.kind in _MEMBERS and not m.former]
        text = run[head.last - 1].text
        if text.endswith(("هم", "هما")):
            for mention in reversed(before):
                chain = _chain_of(mention, mentions)
                if len({m.actor for m in chain}) > 1:
                    return chain
        subjects = [m for m in before if m.front in ("", "و") and not _after_preposition(m, run)]
        return subjects[-1:]

    def _suffixed(self, word: Word) -> bool:
        return word.text.endswith(("ه", "ها", "هم", "هما")) and not word.text.endswith(
            ("قمه", "مكالمه", "جوله", "جلسه")
        )

    # ---- whether, when, where

    def _meeting(self, head: _Head, parties: _Parties, scenery: Scenery) -> Meeting | None:
        status, news = self._status(head, parties, scenery)
        if status is None:
            return None
        when = self._when(head, status, scenery, news=news)
        if when is None:
            return None
        if status == "scheduled" and when.occurred_on is None and not (scenery.published is None and scenery.dates):
            status = "proposed"
        speaker = _speaker_at(scenery.clauses, head.first)
        attribution: Attribution = speaker.attribution if speaker is not None else "outlet"
        run = scenery.sentence.words
        return Meeting(
            participants=parties.actors, status=status, moment=when,
            evidence=((scenery.sentence.start, scenery.sentence.end),), place=_place(run, head.first, scenery.mentions),
            format=self._format(run, head), level=_level(parties.members), issue=self._issue(scenery),
            speaker=speaker.id if speaker is not None else None, attribution=attribution, cue=run[head.first].text,
            order=scenery.index, quote=bool(scenery.sentence.quotes),
            trace={
                "status": status, "date": when.how, "parties": ", ".join(sorted(parties.actors)),
                "cue": run[head.first].text, "speaker": "the outlet" if speaker is None else speaker.how,
            },
        )  # fmt: skip

    def _status(self, head: _Head, parties: _Parties, scenery: Scenery) -> tuple[SummitStatus | None, bool]:
        """The status, and whether the sentence tells it as its news rather than in passing."""
        run = scenery.sentence.words
        verb = parties.held_by if parties.held_by is not None else head.first
        before = run[max(0, min(verb, head.first) - 7) : min(verb, head.first)]
        near = run[max(0, min(verb, head.first) - 6) : head.last + 4]
        for status in ("cancelled", "postponed", "ruled-out"):
            if self._lists[status.replace("-", "_")].find(near):
                return status, True  # type: ignore[return-value]
        close = before[-2:]
        if any(w.text in ("لن",) for w in close):
            return "ruled-out", True
        if any(w.text in ("لم",) for w in close):
            return None, False
        if self._lists["proposed"].find(before) or self._lists["proposed_after"].find(run[head.last : head.last + 5]):
            return ("scheduled", True) if self._lists["due"].find(before) else ("proposed", True)
        if any(w.text in ("قد", "ربما") for w in close) and parties.tense != "past":
            return "proposed", True
        if parties.tense in ("present", "future") or self._lists["due"].find(near):
            return "scheduled", True
        if self._lists["under_way"].find(near):
            return "under-way", True
        passing = bool(self._lists["during"].find(run[max(0, head.first - 2) : head.first + 1]))
        if parties.tense == "past":
            told = not any(
                w.text in ("كان", "كانت", "وكان", "وكانت", "سبق", "بعد", "التي", "الذي") for w in before[-2:]
            )
            return "held", told
        if passing:
            return "held", bool(scenery.clauses)
        return self._by_date(scenery), False

    def _by_date(self, scenery: Scenery) -> SummitStatus | None:
        """A bare noun is what its date makes of it."""
        published = scenery.published
        for mention in scenery.dates:
            if published is not None and mention.precision == "day" and mention.occurred_on is not None:
                if (mention.ahead or mention.occurred_on) > published.isoformat():
                    return "scheduled"
                return "held"
        return None

    def _when(self, head: _Head, status: SummitStatus, scenery: Scenery, *, news: bool) -> Moment | None:
        """When it is or was; None where a meeting of the past is too long ago or named in passing."""
        published = scenery.published
        start = scenery.sentence.words[head.first].start
        dates = [d for d in scenery.dates if not _of_the_saying(d, head.first, scenery.sentence)]
        own = meeting_moment(dates, start, published, ahead=status in _AHEAD)
        if own is not None:
            return own if status != "held" or is_recent(own, published, MEETING_DAYS) else None
        if status in _AHEAD:
            return UNKNOWN
        if published is None:
            return UNKNOWN if news or scenery.dates else None
        if any(d.kind == "previously" for d in scenery.dates):
            return None
        said = _moment_at(scenery.clauses, head.first)
        if news and said is not None and said.occurred_on is not None:
            return said
        if news:
            return Moment(occurred_on=str(published), precision="day", inferred=True, how="the publication day")
        return None

    def _format(self, run: Sequence[Word], head: _Head) -> str:
        if self._lists["online"].find(run):
            direct = any(w.text.startswith(("مباشر", "حضوري", "شخصي")) for w in run)
            return "hybrid" if direct else "online"
        if head.kind == "call" or self._lists["telephone"].find(run[max(0, head.first - 6) : head.last + 10]):
            return "telephone"
        return "in-person"

    def _issue(self, scenery: Scenery) -> str | None:
        found = self._topics.topics(scenery.topics, scenery.index, 0, len(scenery.sentence.words))
        return found[0].issue if found else None


def _verbs(entries: Sequence[str], kind: str) -> list[tuple[str, _Head]]:
    """The forms of verbs given as past and present; future ones bear their س."""
    found = []
    for entry in entries:
        past, _, present = level(entry).partition(" ")
        found += [(form, _Head(0, 0, kind, "past")) for form, _ in past_forms(past)]
        for form, _ in present_forms(present) if present else ():
            found += [(form, _Head(0, 0, kind, "present")), ("س" + form, _Head(0, 0, kind, "future"))]
    return found


def _table(entries: Iterable[tuple[str, _Head]]) -> dict[str, _Head]:
    """Forms to verbs; of one form read as past and as present the past counts (اجتمع)."""
    table: dict[str, _Head] = {}
    for form, head in sorted(entries, key=lambda entry: entry[1].tense != "past"):
        table.setdefault(form, head)
    return table


def _verb_at(table: dict[str, _Head], text: str) -> _Head | None:
    """The verb of a word, past its conjunction and its pronoun (عقدها)."""
    for front in (text, text[1:] if text[:1] in "وف" and len(text) > 3 else ""):
        for form in (front, front.removesuffix("ها"), front.removesuffix("ه"), front.removesuffix("هم")):
            if form in table and (form == front or len(front) - len(form) <= 2):
                return table[form]
    return None


def _adjectives(registry: Registry) -> dict[str, str]:
    table: dict[str, str] = {}
    for actor in registry.actors.values():
        for adjective in map(level, actor.adjectives):
            for form in (adjective, adjective + "ه", adjective + "ين", adjective + "ون", adjective + "تين"):
                table.setdefault(form, actor.id)
    return table


def _after_preposition(mention: Mention, run: Sequence[Word]) -> bool:
    return mention.first > 0 and run[mention.first - 1].text in (
        "في",
        "علي",
        "عن",
        "من",
        "الي",
        "ضد",
        "لدي",
        "نحو",
        "داخل",
    )


def _subject_before(index: int, mentions: Sequence[Mention], run: Sequence[Word]) -> Mention | None:
    """The subject that stands before its verb, past قد, كان and a relative."""
    stop = index
    while stop > 0 and run[stop - 1].text in ("قد", "وقد", "كان", "كانت", "لن", "لم", "لا", "ان", "سوف"):
        stop -= 1
    found = next((m for m in mentions if m.last == stop and m.kind != "place" and not m.former), None)
    if found is None or _after_preposition(found, run) or found.front not in ("", "و", "ف"):
        return None
    return found


def _chain_of(mention: Mention, mentions: Sequence[Mention]) -> list[Mention]:
    """A mention with those that conjunctions tie to it, on both sides."""
    ordered = [m for m in mentions if m.kind != "place"]
    at = ordered.index(mention)
    first = last = at
    while first > 0 and ordered[first].front.startswith("و") and ordered[first].first - ordered[first - 1].last <= 2:
        first -= 1
    while (
        last + 1 < len(ordered) and ordered[last + 1].front == "و" and ordered[last + 1].first - ordered[last].last <= 2
    ):
        last += 1
    return ordered[first : last + 1]


def _of_the_saying(mention: DateMention, head: int, sentence: Sentence) -> bool:
    """Whether a date stands before the إن that opens the words in which the meeting is named."""
    words = sentence.words[:head]
    return any(
        w.text in ("ان", "انه", "انها", "بان", "بانه", "بانها", "انهم") and w.start > mention.start for w in words
    )


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


def _level(members: Sequence[Mention]) -> str | None:
    levels = [m.level for m in members if m.level is not None and m.kind in ("person", "office")]
    return min(levels, key=_LEVELS.index) if levels else None


__all__ = ["Hit", "MeetingReader", "Scenery"]
