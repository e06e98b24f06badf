"""What a clause amounts to: a statement, a threat or a commitment, on each of its issues, with its fields.

It must not merge clauses; `weigh` does that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from domain.reading.aboutness import Aboutness
from domain.reading.candidates import Candidate, Means, Moment
from domain.reading.clauses import Clause, Speaker
from domain.reading.mentions import Mention
from domain.reading.phrases import Phrases
from domain.reading.registry import Registry
from domain.reading.stance import COMPLEMENT, CONTRAST, PLEDGING, StanceReader, Verdict
from domain.reading.tendency import Tendency, features, stance_of
from domain.reading.text import Sentence, Word, level
from domain.reading.topics import TextTopics, Topic, TopicFinder
from domain.reading.undertakings import Deed, Undertakings, deed_features

Considered = tuple[Topic, int, int, Verdict]
_MILITARY = ("هدف", "اهداف", "عسكري", "قوات", "ضرب", "قصف", "سلاح", "بالقوه", "صواريخ", "نووي", "استهداف", "حرب")
_ECONOMIC = ("عقوبات", "رسوم", "جمركيه", "اقتصادي", "نفط", "غاز", "تجاري", "حظر")
_QUANTITY = re.compile(r"(\d[\d.,٫]*)\s*(?:ا?لف|مليون|مليار|دوله|دولة|دول|مليارات|ملايين)?")
_UNITS = {
    "دوله": "states", "دول": "states", "مليار": "billion", "مليون": "million", "الف": "thousand", "جندي": "troops",
    "مليارات": "billion", "ملايين": "million",
}  # fmt: skip
_GOVERNING = frozenset({"في", "من", "علي", "عن", "الي", "مع", "بين", "ضد", "لدي", "بشان", "حول", "تجاه", "نحو"})
_TOPIC_KINDS = {
    "a short name of what the text speaks of": "short", "what the text spoke of last": "meant",
    "the words of its kind": "words", "no registered issue": "none",
}  # fmt: skip
_OTHER_TYPE = 0.5  # from which probability words are more than a statement, where the rules see none
_NO_DEED = 0.8  # from which probability what the rules take for more is none
_OVERRULE = 0.6  # how sure the model must be against the rules
_OVERRULE_OPEN = 0.8  # and against a condition or a doubt that words state, of which the rules are right on 0.8
_LEANING = 0.45  # from which probability words without a ruled side take one
_HANGING = 0.5  # how sure the model must be of a condition that no word states
_NOTHING = 0.7  # from which probability of no side at all words without a ruled side are left without one
_GIFT_REACH = 5
_TELLING = frozenset({"say", "add", "stress"})
_BLOCS_AT_HOME = frozenset({"UN", "G7", "G20"})  # bodies to which nobody in the news threatens or pledges anything
_LIFTED = frozenset({"russia.sanctions"})  # acts that end these are undertakings too, by the ontology
_MIN_QUOTED = 3
_READY_REACH = 6


class Bare(msgspec.Struct, frozen=True):
    """A clause on no registered issue that names another actor: its type by rule, and what the model sees of it."""

    other: str
    ruled: Deed
    verdict: Verdict
    features: tuple[str, ...]


class Judge:
    """The compiled word lists of threats and undertakings, and the reader of stances. One for each registry."""

    def __init__(
        self, registry: Registry, topics: TopicFinder, tendency: Tendency | None = None,
        aboutness: Aboutness | None = None, undertakings: Undertakings | None = None,
    ) -> None:  # fmt: skip
        self._undertakings = undertakings
        self._topics = topics
        self._aboutness = aboutness
        self._tendency = tendency
        words = registry.lexicon.words
        self._tracked = registry.tracked
        self._stances = StanceReader(registry)
        self._harm = Phrases((p, True) for p in words["harm"])
        self._pledge = Phrases((p, True) for p in words["pledge"])
        self._ready = Phrases((p, True) for p in words["ready"])
        self._undertakers = {issue.id: frozenset(issue.undertakers) for issue in registry.issues.values()}
        self._own = frozenset(level(w) for w in words["own"])
        self._deed = Phrases((p, True) for p in words["deed"])

    def candidates(
        self, text: str, sentence: Sentence, clause: Clause, topics: TextTopics, when: Moment,
        mentions: Sequence[Mention],
    ) -> list[Candidate]:  # fmt: skip
        """The candidates of one clause whose speaker is a tracked actor's member; may be empty."""
        speaker = clause.speaker
        if speaker is None or speaker.actor not in self._tracked:
            return []
        run = sentence.words
        sides = self.sides(run, mentions, speaker)
        considered = self.considered(sentence, clause, topics, sides)
        found: list[Candidate] = []
        silent: list[Candidate] = []
        for topic, first, last, plain in considered:
            verdict = self.leaning(run, clause, topic, first, last, plain)
            if verdict.deed and speaker.actor not in self._undertakers[topic.issue]:
                continue
            if self._is_third_party(clause, topic) and not verdict.decisive:
                continue
            voice = self._voice(clause, topic, speaker)
            if verdict.stance is not None:
                found.append(self._candidate(text, sentence, clause, topic, verdict, when, mentions, voice))
            elif not topic.rule.startswith(("a short name", "what the text")) and _tells(clause, speaker):
                silent.append(self._candidate(text, sentence, clause, topic, verdict, when, mentions, voice))
        if not found:  # somebody speaks about an issue and takes no side: the first that he names
            found = silent[:1]
        if not considered:
            found += self._without_issue(text, sentence, clause, when, mentions, sides)
        return found

    def considered(
        self, sentence: Sentence, clause: Clause, topics: TextTopics, sides: Mapping[int, bool]
    ) -> list[Considered]:
        """The topics of a clause, each with the words [first, last) about it and what the rules make of them."""
        run = sentence.words
        return [
            (topic, first, last, self._stances.read(clause, topic, run, first, last, sides))
            for first, last, here in self._parts(run, clause, topics)
            for topic in here
            if not self._stances.supposed(run, topic.anchors[0][0], clause.first)
        ]

    def _parts(self, run: Sequence[Word], clause: Clause, topics: TextTopics) -> list[tuple[int, int, list[Topic]]]:
        """The parts of a clause between words of contrast, each with its topics, by rule and by the trained model."""
        parts = self.ruled(run, clause, topics)
        if self._aboutness is None:
            return parts
        return [
            (first, last, self._aboutness.amend(run, first, last, here, context(topics, clause.sentence, here)))
            for first, last, here in parts
        ]

    def ruled(self, run: Sequence[Word], clause: Clause, topics: TextTopics) -> list[tuple[int, int, list[Topic]]]:
        """The same by rule alone."""
        breaks = [i for i in range(clause.first + 1, clause.last) if _breaks(run, i)]
        parts = self._topics.segments(topics, clause.sentence, breaks, clause.first, clause.last)
        if not any(here for _, _, here in parts) and _evaluates(clause):
            meant = self._topics.meant(topics, clause.sentence, run, clause.first, clause.last)
            parts = [(clause.first, clause.last, meant)]
        return parts

    def leaning(
        self, run: Sequence[Word], clause: Clause, topic: Topic, first: int, last: int, plain: Verdict
    ) -> Verdict:
        """The rules' verdict, weighed by the trained model."""
        if self._tendency is None:
            return plain
        odds = self._tendency.weigh(features(run, clause, topic, first, last, plain))
        nothing = odds.pop("none")
        if plain.condition is None and odds["conditional"] < _HANGING:
            del odds["conditional"]
        leaning = max(odds, key=lambda name: (odds[name], name))
        if plain.stance is None and nothing >= _NOTHING:
            return plain
        if plain.stance is None and odds[leaning] < _LEANING:
            return plain
        stance = stance_of(leaning, plain.direction)
        wanted = _OVERRULE_OPEN if plain.stance in ("undecided", "conditional") else _OVERRULE
        if plain.stance is not None and stance != plain.stance and (plain.decisive or odds[leaning] < wanted):
            return plain
        because = plain.because or f"its words lean to {leaning}"
        return msgspec.structs.replace(plain, stance=stance, because=because, strength=odds[leaning])

    def _without_issue(
        self, text: str, sentence: Sentence, clause: Clause, when: Moment, mentions: Sequence[Mention],
        sides: Mapping[int, bool],
    ) -> list[Candidate]:  # fmt: skip
        """A threat or an undertaking to another actor on no registered issue; at most one."""
        speaker, run = clause.speaker, sentence.words
        plain = self.without_issue(run, clause, mentions, sides)
        if speaker is None or plain is None:
            return []
        kind, strength = plain.ruled, 0.5
        if self._undertakings is not None:
            odds = self._undertakings.weigh(plain.features)
            kind = max(odds, key=lambda name: (odds[name], name))
            strength = odds[kind]
        if kind == "statement":
            return []
        topic, other = Topic("", ((clause.first, clause.first + 1),), "no registered issue"), plain.other
        verdict = msgspec.structs.replace(plain.verdict, strength=strength)
        made = self._candidate(text, sentence, clause, topic, verdict, when, mentions, speaker)
        return [
            msgspec.structs.replace(
                made, type=kind, issue=None, target=other if kind == "threat" else None,
                condition=_raw(text, run, span) if (span := self._stances.condition_in(run, clause.first, clause.last))
                else None, means=_means(run, clause) if kind == "threat" else None, beneficiary=other,
            )
        ]  # fmt: skip

    def without_issue(
        self, run: Sequence[Word], clause: Clause, mentions: Sequence[Mention], sides: Mapping[int, bool]
    ) -> Bare | None:
        """What the rules make of a clause without a topic; None where it names no other actor."""
        speaker, cue = clause.speaker, clause.cue
        other = None if speaker is None else _other(mentions, clause, speaker)
        if speaker is None or other is None or cue is None or clause.negated or other.actor in _BLOCS_AT_HOME:
            return None
        own = cue.cue.kind
        deed = self._stances.deed(run, clause.first, clause.last, sides)
        if deed is not None and not any(m.actor == other.actor and 0 < m.first - deed <= _GIFT_REACH for m in mentions):
            deed = None
        if own == "threat" or (self._harm.find(run[clause.first : clause.last]) and deed is not None):
            kind: Deed = "threat"
        elif (own == "commit" and cue.cue.lemma in PLEDGING) or (deed is not None and own in _TELLING):
            kind = "commitment"
        else:
            kind = "statement"
        condition = self._stances.condition_in(run, clause.first, clause.last)
        because = run[cue.index if deed is None else deed].text
        verdict = Verdict(stance=None, because=because, strength=0.5, deed=deed is not None, condition=condition)
        seen = deed_features(run, clause, None, verdict, kind, partner=_front(run, other))
        return Bare(other.actor, kind, verdict, tuple(seen))

    def with_issue(
        self, run: Sequence[Word], clause: Clause, topic: Topic, verdict: Verdict, mentions: Sequence[Mention]
    ) -> tuple[Deed, tuple[str, ...]]:
        """The type of a clause on a topic by rule, and what the model sees of it."""
        ruled = self._wording(clause, run, verdict, topic)
        other = None if clause.speaker is None else _other(mentions, clause, clause.speaker)
        partner = "" if other is None else _front(run, other)
        seen = deed_features(run, clause, topic.issue, verdict, ruled, partner=partner)
        return ruled, tuple(seen)

    def sides(self, run: Sequence[Word], mentions: Sequence[Mention], speaker: Speaker) -> dict[int, bool]:
        """Words that name the speaker's own side (بلاده، إنه), or another actor."""
        sides = {i: True for i, word in enumerate(run) if word.text in self._own or word.text.lstrip("وب") in self._own}
        for mention in mentions:
            governed = mention.front not in ("", "و", "ف") or (
                mention.first > 0 and run[mention.first - 1].text in _GOVERNING
            )
            if mention.actor != speaker.actor and governed:
                continue
            if mention.kind != "place" and (mention.acts or mention.kind == "person"):
                sides |= dict.fromkeys(range(mention.first, mention.last), mention.actor == speaker.actor)
        return sides

    def _is_third_party(self, clause: Clause, topic: Topic) -> bool:
        """Whether the topic lies in what the speaker tells of somebody else's stance."""
        anchor = topic.anchors[0][0]
        if clause.cue is not None and clause.cue.cue.kind in ("accept", "reject", "demand", "accuse"):
            return False
        return any(i.foreign and i.hit.index < anchor and i.hit.cue.form != "noun" for i in clause.inner)

    def _voice(self, clause: Clause, topic: Topic, speaker: Speaker) -> Speaker:
        """Nested speech: an official who tells what his president said gives the president's words."""
        anchor = topic.anchors[0][0]
        for inner in clause.inner:
            if inner.voice is not None and inner.hit.index < anchor and inner.voice.id != speaker.id:
                return msgspec.structs.replace(
                    inner.voice, attribution=speaker.attribution, how=f"{inner.voice.how}, told by {speaker.id}"
                )
        return speaker

    def _candidate(
        self, text: str, sentence: Sentence, clause: Clause, topic: Topic, verdict: Verdict, when: Moment,
        mentions: Sequence[Mention], speaker: Speaker,
    ) -> Candidate:  # fmt: skip
        run = sentence.words
        kind = self._type(clause, run, verdict, topic, mentions) if topic.issue else "statement"
        if kind == "commitment" and verdict.stance == "supports":
            verdict = self._stances.hanging(verdict, run, clause)
        condition = verdict.condition or self._stances.condition_in(run, clause.first, clause.last)
        cue = run[clause.cue.index].text if clause.cue is not None else ""
        return Candidate(
            type=kind, actor=speaker.actor, issue=topic.issue, stance=verdict.stance, speaker=speaker.id,
            seniority=speaker.seniority, attribution=speaker.attribution, evidence=(sentence.start, sentence.end),
            quote=_quotes(sentence), cue=cue, cue_kind=clause.cue.cue.kind if clause.cue is not None else "say",
            moment=when, strength=verdict.strength, order=clause.sentence,
            target=_actor(_other(mentions, clause, speaker)) if kind == "threat" else None,
            condition=_raw(text, run, condition) if kind != "statement" and condition is not None else None,
            means=_means(run, clause) if kind == "threat" else None,
            quantity=_quantity(run, clause) if kind == "commitment" else None,
            topic=_TOPIC_KINDS.get(topic.rule, "rule"), trace=_trace(clause, topic, verdict, when, run, speaker),
        )  # fmt: skip

    def _type(
        self, clause: Clause, run: Sequence[Word], verdict: Verdict, topic: Topic, mentions: Sequence[Mention]
    ) -> Deed:
        kind, seen = self.with_issue(run, clause, topic, verdict, mentions)
        if self._undertakings is not None:
            odds = self._undertakings.weigh(seen)
            likely = max(odds, key=lambda name: (odds[name], name))
            kind = likely if odds[likely] >= (_OTHER_TYPE if kind == "statement" else _NO_DEED) else kind
        able = clause.speaker is not None and clause.speaker.actor in self._undertakers[topic.issue]
        return "statement" if kind == "commitment" and not able else kind

    def _wording(self, clause: Clause, run: Sequence[Word], verdict: Verdict, topic: Topic) -> Deed:
        own = clause.cue.cue.kind if clause.cue is not None else ""
        content = run[clause.first : clause.last]
        if own == "threat" and not clause.negated:
            return "threat"
        if verdict.stance in ("opposes", "conditional") and self._harm.find(content):
            return "threat"
        if verdict.deed and (verdict.stance in ("supports", "conditional") or topic.issue in _LIFTED):
            return "commitment"
        if own in ("commit", "act") and not clause.negated and verdict.stance in ("supports", "conditional"):
            return "commitment"
        pledged = any(i.hit.cue.lemma in PLEDGING and not i.foreign and i.hit.cue.form != "noun" for i in clause.inner)
        if verdict.stance in ("supports", "conditional") and (pledged or self._pledges(content)):
            return "commitment"
        return "statement"

    def _pledges(self, content: Sequence[Word]) -> bool:
        if self._pledge.find(content):
            return True
        ready = [hit.last for hit in self._ready.find(content)]
        return any(self._deed.find(content[last : last + _READY_REACH]) for last in ready)


def context(topics: TextTopics, sentence: int, ruled: Sequence[Topic]) -> dict[str, str]:
    """Of issues that the text names outside a stretch of words, whether in its sentence, before it or behind it."""
    found = {issue: "before" if first < sentence else "after" for issue, (first, _) in topics.spans.items()}
    found |= {m.issue: "here" for m in topics.named[sentence]}
    for topic in ruled:
        found.pop(topic.issue, None)
    return found


def _breaks(run: Sequence[Word], index: int) -> bool:
    """Whether another part of the content begins: لكن, غير أن, وأن behind a pause."""
    text = run[index].text
    if text in CONTRAST or (text in COMPLEMENT and run[index].pause):
        return True
    following = run[index + 1].text if index + 1 < len(run) else ""
    return text.lstrip("و") in ("غير", "الا", "بيد") and following in ("ان", "انه", "انها")


def _tells(clause: Clause, speaker: Speaker) -> bool:
    return (
        clause.cue is not None
        and clause.cue.cue.kind in ("say", "add", "stress")
        and clause.cue.cue.form != "noun"
        and speaker.attribution in ("self", "anonymous")
    )


def _evaluates(clause: Clause) -> bool:
    return clause.cue is not None and clause.cue.cue.kind in ("reject", "accept") and clause.cue.cue.form != "noun"


def _quotes(sentence: Sentence) -> bool:
    """Reported words in quotation marks, not a name or a scare quote."""
    return any(sum(q[0] <= w.start < q[1] for w in sentence.words) >= _MIN_QUOTED for q in sentence.quotes)


def _other(mentions: Sequence[Mention], clause: Clause, speaker: Speaker) -> Mention | None:
    others = [
        m for m in mentions if clause.first <= m.first < clause.last and m.actor != speaker.actor and m.kind != "place"
    ]
    return others[0] if others else None


def _actor(mention: Mention | None) -> str | None:
    return None if mention is None else mention.actor


def _front(run: Sequence[Word], mention: Mention) -> str:
    """What governs a mention: its preposition, attached or apart; empty where there is none."""
    before = run[mention.first - 1].text if mention.first else ""
    return mention.front or (before if before in _GOVERNING else "")


def _raw(text: str, run: Sequence[Word], span: tuple[int, int]) -> str:
    return text[run[span[0]].start : run[span[1] - 1].end]


def _means(run: Sequence[Word], clause: Clause) -> Means:
    content = [form for word in run[clause.first : clause.last] for form in word.forms]
    if any(form.startswith(_ECONOMIC) for form in content):
        return "economic"
    return "military" if any(form.startswith(_MILITARY) for form in content) else "diplomatic"


def _quantity(run: Sequence[Word], clause: Clause) -> str | None:
    for index in range(clause.first, clause.last):
        if run[index].text[0].isdigit() and index + 1 < clause.last:
            unit = next((_UNITS[f] for f in run[index + 1].forms if f in _UNITS), None)
            if unit is not None:
                return f"{run[index].text} {unit}"
    return None


def _trace(
    clause: Clause, topic: Topic, verdict: Verdict, when: Moment, run: Sequence[Word], speaker: Speaker
) -> dict[str, str]:
    first, last = topic.anchors[0]
    return {
        "cue": run[clause.cue.index].text if clause.cue is not None else "(none)",
        "speaker": speaker.how,
        "issue": f"{' '.join(w.text for w in run[first:last])} by rule: {topic.rule}",
        "stance": verdict.because,
        "flipped by": verdict.flipped_by,
        "date": when.how,
    }
