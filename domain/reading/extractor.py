"""From the text of one article to typed events: the port that every extractor has, and the rules' extractor.

Clause by clause: who speaks, on which issue, on which side, when; then repeats are merged into one event per type,
actor and issue. It must not know where texts come from or where events go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

import msgspec

from domain.events import Event, Span, Stance
from domain.reading.aboutness import Aboutness, about_features
from domain.reading.candidates import Candidate, Meeting
from domain.reading.clauses import Carry, Clause, ClauseReader, Speaker
from domain.reading.dates import Calendar, find_dates
from domain.reading.encounters import merge
from domain.reading.era import likely_day
from domain.reading.judge import Judge, context
from domain.reading.layout import Layout
from domain.reading.meetings import Cast, MeetingReader, Scenery
from domain.reading.mentions import Mention
from domain.reading.moments import STATEMENT_DAYS, Passage, date_clauses, is_recent
from domain.reading.pairs import find_mentions
from domain.reading.registry import Registry
from domain.reading.standins import stand_ins
from domain.reading.tendency import Tendency, features
from domain.reading.text import Sentence, sentences, unmarked
from domain.reading.topics import TopicFinder
from domain.reading.trust import Article, Trust
from domain.reading.undertakings import Deed, Undertakings
from domain.reading.weigh import Weighed, Weigher

VERSION = "rules-1"


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """An event with how each of its fields came out, in words for people."""

    event: Event
    trace: dict[str, str]


class Surveyed(msgspec.Struct, frozen=True, kw_only=True):
    """A topic of a clause as the model sees it.

    `actor` empty: nobody known speaks. `rule`: the stance by rule alone; `direction`: see `stance.Verdict`.
    """

    span: Span
    actor: str
    issue: str
    direction: int
    rule: Stance | None
    features: tuple[str, ...]


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a clause as the model of issues sees it. `ruled`: its issues by rule; `actor` empty: nobody known."""

    span: Span
    actor: str
    words: int
    ruled: tuple[str, ...]
    features: tuple[str, ...]


class Bearing(msgspec.Struct, frozen=True):
    """A clause of a known speaker as the model of types sees it, on one issue or on none. `ruled`: its type by rule."""

    span: Span
    actor: str
    issue: str | None
    ruled: Deed
    features: tuple[str, ...]


class Extractor(Protocol):
    """What reads articles: rules today, other readers behind the same port."""

    version: str

    def read(self, text: str, *, published: date | None) -> list[Event]:
        """The events of a cleaned text, in order of their first evidence; may be empty."""
        ...

    def explain(self, text: str, *, published: date | None) -> list[Explained]:
        """The same events, each with its reasons."""
        ...


class RuleExtractor:
    """The extractor of clause rules. Build once for a registry; it keeps no state between texts."""

    version = VERSION

    def __init__(
        self, registry: Registry, calendar: Calendar, tendency: Tendency | None = None,
        aboutness: Aboutness | None = None, trust: Trust | None = None, undertakings: Undertakings | None = None,
    ) -> None:  # fmt: skip
        """The trained models of stances, of issues, of trust and of types; None reads by rule alone."""
        self._weigher = Weigher(VERSION, trust)
        self._registry = registry
        self._calendar = calendar
        self._layout = Layout(registry.lexicon)
        self._clauses = ClauseReader(registry)
        self._topics = TopicFinder(registry)
        self._meetings = MeetingReader(registry, self._topics)
        self._judge = Judge(registry, self._topics, tendency, aboutness, undertakings)

    def read(self, text: str, *, published: date | None) -> list[Event]:
        """The events of a cleaned text, in order of their first evidence; may be empty."""
        return [e.event for e in self.explain(text, published=published)]

    def explain(self, text: str, *, published: date | None) -> list[Explained]:
        """The same events, each with its reasons."""
        plain, places = unmarked(text)
        candidates, meetings, article = self._read(plain, sentences(plain), published)
        traced = self._weigher.events(candidates, meetings, article)
        explained = [Explained(event=_replaced(event, places, text), trace=trace) for event, trace in traced]
        return sorted(
            explained, key=lambda e: (e.event.evidence[0], e.event.evidence, str(e.event.issue), type(e.event).__name__)
        )

    def survey(self, text: str, *, published: date | None) -> list[Surveyed]:
        """Every topic of every clause, with what the model of stances sees of it: what training takes."""
        found: list[Surveyed] = []
        for here in self._passages(text, sentences(text), published):
            run = here.sentence.words
            for clause in _clauses_or_whole(here):
                sides = {} if clause.speaker is None else self._judge.sides(run, here.mentions, clause.speaker)
                for topic, first, last, verdict in self._judge.considered(here.sentence, clause, here.topics, sides):
                    found.append(
                        Surveyed(
                            span=(here.sentence.start, here.sentence.end), actor=_actor(clause), issue=topic.issue,
                            direction=verdict.direction, rule=verdict.stance,
                            features=tuple(features(run, clause, topic, first, last, verdict)),
                        )
                    )  # fmt: skip
        return found

    def stretches(self, text: str, *, published: date | None) -> list[Stretch]:
        """Every part of every clause, with what the model of issues sees of it; whole sentences that have no clause."""
        found: list[Stretch] = []
        for here in self._passages(text, sentences(text), published):
            run = here.sentence.words
            for clause in _clauses_or_whole(here):
                for first, last, ruled in self._judge.ruled(run, clause, here.topics):
                    around = context(here.topics, here.index, ruled)
                    found.append(
                        Stretch(
                            span=(here.sentence.start, here.sentence.end),
                            actor=_actor(clause),
                            ruled=tuple(t.issue for t in ruled), words=last - first,
                            features=tuple(about_features(run, first, last, ruled, around)),
                        )
                    )  # fmt: skip
        return found

    def bearings(self, text: str, *, published: date | None) -> list[Bearing]:
        """Every clause of a known speaker on each of its issues, or on none beside another actor: for training."""
        found: list[Bearing] = []
        for here in self._passages(text, sentences(text), published):
            run, span = here.sentence.words, (here.sentence.start, here.sentence.end)
            for clause, _ in here.clauses:
                if clause.speaker is None:
                    continue
                sides = self._judge.sides(run, here.mentions, clause.speaker)
                considered = self._judge.considered(here.sentence, clause, here.topics, sides)
                for topic, first, last, plain in considered:
                    verdict = self._judge.leaning(run, clause, topic, first, last, plain)
                    ruled, seen = self._judge.with_issue(run, clause, topic, verdict, here.mentions)
                    found.append(Bearing(span, clause.speaker.actor, topic.issue, ruled, seen))
                bare = None if considered else self._judge.without_issue(run, clause, here.mentions, sides)
                if bare is not None:
                    found.append(Bearing(span, clause.speaker.actor, None, bare.ruled, bare.features))
        return found

    def _read(
        self, text: str, found: Sequence[Sentence], published: date | None
    ) -> tuple[list[Candidate], list[Meeting], Article]:
        candidates: list[Candidate] = []
        meetings: list[Meeting] = []
        count = reporting = 0
        for here in self._passages(text, found, published):
            for clause, when in here.clauses:
                if clause.speaker is not None and is_recent(when, published, STATEMENT_DAYS):
                    candidates += self._judge.candidates(text, here.sentence, clause, here.topics, when, here.mentions)
            meetings += self._meetings.read(here)
            count += 1
            reporting += any(c.speaker is not None and c.speaker.attribution == "self" for c, _ in here.clauses)
        article = Article(count, reporting, published is not None)
        return candidates, merge(meetings, self._registry.tracked), article

    def weighed(self, text: str, *, published: date | None) -> list[Weighed]:
        """Every event before trust is weighed, with what the model of trust sees: what training takes."""
        candidates, meetings, article = self._read(text, sentences(text), published)
        return self._weigher.all(candidates, meetings, article)

    def _passages(self, text: str, found: Sequence[Sentence], published: date | None) -> Iterator[Scenery]:
        """The article's own sentences in order, each with who is named, who speaks and when."""
        body = self._layout.body(text, found)
        topics = self._topics.scan(found)
        dates = find_dates(text, published, self._calendar)
        carry, cast = Carry(), Cast()
        office_day = published or self._era(text, found)
        read: list[tuple[int, Passage, list[Mention], Speaker | None]] = []
        for index, sentence in enumerate(found):
            if not body[index]:
                continue
            mentions = find_mentions(sentence.words, self._registry, office_day)
            clauses = self._clauses.read(index, sentence, mentions, carry)
            here = [d for d in dates if sentence.start <= d.start < sentence.end]
            everybody = stand_ins(sentence.words, mentions, carry.aliases)
            read.append((index, (sentence, clauses, here), everybody, carry.speaker))
        dated = date_clauses([passage for _, passage, _, _ in read], published)
        for (index, (sentence, _, named), mentions, carried), said in zip(read, dated, strict=True):
            yield Scenery(
                index=index, sentence=sentence, mentions=mentions, clauses=said, dates=named, topics=topics,
                published=published, carried=carried, cast=cast,
            )  # fmt: skip

    def _era(self, text: str, found: Sequence[Sentence]) -> date | None:
        persons = [
            name.id for s in found for hit in self._registry.names.find(s.words) for name in hit.values
            if name.kind == "person" and not name.ambiguous
        ]  # fmt: skip
        return likely_day(text, persons, self._registry)


def _clauses_or_whole(here: Scenery) -> list[Clause]:
    """The clauses of a passage; one of the whole sentence where it has none."""
    whole = Clause(sentence=here.index, cue=None, speaker=None, first=0, last=len(here.sentence.words))
    return [clause for clause, _ in here.clauses] or [whole]


def _actor(clause: Clause) -> str:
    return "" if clause.speaker is None else clause.speaker.actor


def _replaced(event: Event, places: Sequence[int], text: str) -> Event:
    """An event whose evidence lies in the text as it was given, marks and all."""
    if not places:
        return event
    spans = [(places[start], places[end - 1] + 1) for start, end in event.evidence]
    grown = tuple((start, _past_marks(text, end)) for start, end in spans)
    return msgspec.structs.replace(event, evidence=grown)


def _past_marks(text: str, end: int) -> int:
    while end < len(text) and unmarked(text[end])[0] == "":
        end += 1
    return end
