"""Which issues a stretch of words is about, and beside which words.

Rules of word groups from `issues.toml`, each group sought in the clause, the sentence or the whole text; then what a
short name, a topic set before its clause or a word for what was said stands for. It must not know stances or speakers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import Literal

import msgspec

from domain.reading.cues import past_forms, present_forms
from domain.reading.phrases import Hit, Phrases
from domain.reading.registry import Issue, Registry
from domain.reading.text import Sentence, Word, level

Scope = Literal["clause", "sentence", "text"]
Group = tuple[str, str]
_ANAPHOR_REACH = 9
_NEAR = 5
_GAP = 4
_ABOUT_FROM = 1
_ASKED_REACH = 8
_RECENT = 2
_AGENDA_REACH = 12
_EFFECT_REACH = 4
_OFTEN = 2
_SHORTEST = 3


class Topic(msgspec.Struct, frozen=True):
    """An issue found in a clause. `anchors`: word ranges of the sentence that name it; `rule`: for explanations.

    `base`: -1 where the anchor names the opposite of the proposition (tests, purchases).
    """

    issue: str
    anchors: tuple[tuple[int, int], ...]
    rule: str
    base: int = 1


class _Part(msgspec.Struct, frozen=True):
    """A group that must be there (or must not), alone or with a second one beside it (~) or behind it (>)."""

    name: str
    scope: Scope
    wanted: bool
    other: str = ""
    ordered: bool = False


class _Rule(msgspec.Struct, frozen=True):
    """The parts of a rule; the first is the anchor."""

    source: str
    parts: tuple[_Part, ...]
    base: int


class Mention(msgspec.Struct, frozen=True):
    """An issue named in a sentence: at which word, and whether the words before it bring it about (1) or undo it."""

    issue: str
    at: int
    leaning: int


class TextTopics(msgspec.Struct, frozen=True):
    """The word groups found in a text: by sentence, and over all.

    `scenes`: the same hits, by group. `named`: for each sentence, the issues that it names, in the order of its words.
    `latest`: for each sentence, the issues that the text has established before it or in it, the most recent first.
    `spans`: for each issue, the first and the last sentence that name it.
    """

    sentences: tuple[tuple[Hit[Group], ...], ...]
    scenes: tuple[_Scene, ...]
    everywhere: frozenset[Group]
    named: tuple[tuple[Mention, ...], ...] = ()
    latest: tuple[tuple[str, ...], ...] = ()
    spans: dict[str, tuple[int, int]] = {}


class TopicFinder:
    """The compiled rules of all issues."""

    def __init__(self, registry: Registry) -> None:
        self._issues = registry.issues
        self._rules = {issue.id: tuple(_compile(rule) for rule in issue.rules) for issue in registry.issues.values()}
        self._phrases: Phrases[Group] = Phrases(_entries(registry.issues, registry.shared))
        self._anaphors = Phrases((bare(p), True) for p in registry.lexicon.anaphors["issue"])

    def scan(self, sentences: Sequence[Sentence]) -> TextTopics:
        """The word groups of every sentence of a text, once."""
        found = tuple(_masked(_joined(self._phrases.find(_opened(s.words), overlapping=True))) for s in sentences)
        scenes = tuple(_Scene(hits) for hits in found)
        text = TextTopics(found, scenes, frozenset(group for scene in scenes for group in scene.groups))
        named = tuple(self._named(text, index) for index in range(len(found)))
        spans: dict[str, tuple[int, int]] = {}
        for index, mentions in enumerate(named):
            for mention in mentions:
                spans[mention.issue] = (spans.get(mention.issue, (index, index))[0], index)
        return msgspec.structs.replace(text, named=named, latest=tuple(_latest(named)), spans=spans)

    def _named(self, text: TextTopics, sentence: int) -> tuple[Mention, ...]:
        topics = self._plain(text, sentence, 0, 1 << 30)
        mentions = [Mention(t.issue, t.anchors[0][0], _leaning(t, text.sentences[sentence])) for t in topics]
        return tuple(sorted(mentions, key=lambda m: m.at))

    def topics(self, text: TextTopics, sentence: int, first: int, last: int) -> list[Topic]:
        """The issues of words [first, last) of a sentence, in the registry's order; then what a short name means."""
        found = self._plain(text, sentence, first, last)
        return [*found, *self._short(text, sentence, first, last, found)]

    def of_meeting(self, text: TextTopics, sentence: Sentence, index: int, participants: frozenset[str]) -> str | None:
        """The issue of a meeting told of in a sentence: the first that is not only between others."""
        found = self.topics(text, index, 0, len(sentence.words))
        able = (t.issue for t in found if participants.issuperset(self._issues[t.issue].between))
        return next(able, None)

    def _plain(self, text: TextTopics, sentence: int, first: int, last: int) -> list[Topic]:
        hits = _within(text.sentences[sentence], first, last)
        if not hits:
            return []
        scenes = {"clause": _Scene(hits), "sentence": text.scenes[sentence]}
        result = []
        for issue in self._issues.values():
            topic = self._topic(issue, scenes, text.everywhere)
            if topic is not None:
                result.append(topic)
        return result

    def _short(self, text: TextTopics, sentence: int, first: int, last: int, found: Sequence[Topic]) -> Iterable[Topic]:
        """الهدنة, الاعتراف, العقوبات: a short name means the issue that the text has established last."""
        named = {topic.issue for topic in found}
        taken = {index for topic in found for place in topic.anchors for index in range(*place)}
        hits = _within(text.sentences[sentence], first, last)
        inside = _groups(hits)
        for hit in hits:
            if hit.first in taken:
                continue
            able = {issue for issue, group in hit.values if group == "short"}
            able = {i for i in able if (i, "exclude") not in inside}
            if not able or able & named:
                continue
            meant = next((i for i in text.latest[sentence] if i in able and self._set(text, sentence, i)), None)
            if meant is not None:
                taken |= set(range(hit.first, hit.last))
                named = {*named, meant}
                yield Topic(meant, ((hit.first, hit.last),), "a short name of what the text speaks of")

    def _set(self, text: TextTopics, sentence: int, issue: str) -> bool:
        """Whether an issue is what the text is talking of: named nearby, or all over the text."""
        near = text.named[max(0, sentence - _RECENT) : sentence + 2]
        if any(m.issue == issue for named in near for m in named):
            return True
        return sum(m.issue == issue for named in text.named for m in named) >= _OFTEN

    def meant(self, text: TextTopics, sentence: int, run: Sequence[Word], first: int, last: int) -> list[Topic]:
        """القرار, الخطوة, ذلك: the issue that the text has spoken of last, where the clause names none."""
        hits = self._anaphors.find(run[first : min(last, first + _ANAPHOR_REACH)])
        spoken = next((text.named[i][-1] for i in range(sentence - 1, -1, -1) if text.named[i]), None)
        if not hits or spoken is None:
            return []
        place = (first + hits[0].first, first + hits[0].last)
        return [Topic(spoken.issue, (place,), "what the text spoke of last", spoken.leaning)]

    def segments(
        self, text: TextTopics, sentence: int, breaks: Sequence[int], first: int, last: int
    ) -> list[tuple[int, int, list[Topic]]]:
        """Words [first, last) split before each break, with the issues of each; a part with none joins the one before.

        Where no part has any, the issues set before the clause stand, else the one that the clause refers back to.
        """
        edges = [first, *(b for b in breaks if first < b < last), last]
        parts: list[tuple[int, int, list[Topic]]] = []
        for start, end in pairwise(edges):
            topics = self._judged(text, sentence, start, self.topics(text, sentence, start, end))
            if parts and not topics:
                parts[-1] = (parts[-1][0], end, parts[-1][2])
            else:
                parts.append((start, end, topics))
        if any(topics for _, _, topics in parts):
            return parts
        return [(first, last, self._fronted(text, sentence, first, last) or self._echo(text, sentence, first, last))]

    def _judged(self, text: TextTopics, sentence: int, first: int, topics: Sequence[Topic]) -> list[Topic]:
        """The topics of a clause without those only named in it: on an agenda, or as what another one harms or serves.

        ستتناول القمة الضمانات says nothing of guarantees; نشر القوات سيعرقل السلام is about the troops.
        """
        hits = [hit for hit in text.sentences[sentence] if hit.first >= first]
        agenda = [hit.last for hit in hits if ("", "agenda") in hit.values]
        needed = [hit.first for hit in hits if ("", "need") in hit.values]
        effects = [(hit.first, hit.last) for hit in hits if ("", "effect") in hit.values]
        kept = []
        for topic in topics:
            at = topic.anchors[0][0]
            listed = [last for last in agenda if 0 <= at - last <= _AGENDA_REACH]
            listed = [last for last in listed if not any(last <= need < at for need in needed)]
            causes = [start for start, last in effects if 0 <= at - last < _EFFECT_REACH]
            moved = any(other.anchors[0][0] < start for start in causes for other in topics if other is not topic)
            if not listed and not moved:
                kept.append(topic)
        return kept

    def _fronted(self, text: TextTopics, sentence: int, first: int, last: int) -> list[Topic]:
        """وعن القرم، قال إن الملف مغلق: what the sentence sets before the clause as its subject."""
        hits = [hit for hit in text.sentences[sentence] if hit.last <= first]
        asked = [hit.first for hit in hits if ("", "asked") in hit.values]
        about = [hit.first for hit in hits if ("", "about") in hit.values]
        about = [at for at in about if at <= _ABOUT_FROM or any(0 <= at - a <= _ASKED_REACH for a in asked)]
        if not about:
            return []
        place = self._echoing(text, sentence, first, last) or (first, first)
        return [
            Topic(t.issue, (place,), f"set before the clause: {t.rule}", _leaning(t, hits))
            for t in self._plain(text, sentence, about[0], first)
        ]

    def _echo(self, text: TextTopics, sentence: int, first: int, last: int) -> list[Topic]:
        """هذه الخطوة, مثل هذا القرار: the issue named last, in the same sentence or one of those just before."""
        place = self._echoing(text, sentence, first, last)
        if place is None:
            return []
        recent = [m for named in text.named[max(0, sentence - _RECENT) : sentence] for m in named]
        recent += [m for m in text.named[sentence] if m.at < first]
        if not recent:
            return []
        return [Topic(recent[-1].issue, (place,), "what was spoken of just before", recent[-1].leaning)]

    def _echoing(self, text: TextTopics, sentence: int, first: int, last: int) -> tuple[int, int] | None:
        places = [
            (hit.first, hit.last)
            for hit in text.sentences[sentence]
            if first <= hit.first < first + _ANAPHOR_REACH and hit.last <= last and ("", "echo") in hit.values
        ]
        return max(places, key=lambda p: (-p[0], p[1])) if places else None

    def _topic(self, issue: Issue, scenes: Mapping[str, _Scene], everywhere: frozenset[Group]) -> Topic | None:
        here = scenes["clause"].groups
        if (issue.id, "exclude") in here:
            return None
        places: list[tuple[int, int]] = []
        first: _Rule | None = None
        for rule in self._rules[issue.id]:
            anchor = rule.parts[0].name
            if (issue.id, anchor) not in here and ("", anchor) not in here:
                continue
            if first is not None and rule.base != first.base:
                continue
            if all(_holds(issue.id, part, scenes, everywhere) for part in rule.parts):
                found = scenes["clause"].places(issue.id, rule.parts[0])
                places += found
                first = first or (rule if found else None)
        return None if first is None else Topic(issue.id, tuple(sorted(set(places))), first.source, first.base)


class _Scene:
    """The hits of a clause or a sentence, by group."""

    def __init__(self, hits: Sequence[Hit[Group]]) -> None:
        self._by_group: dict[Group, list[tuple[int, int]]] = {}
        for hit in hits:
            for value in hit.values:
                self._by_group.setdefault(value, []).append((hit.first, hit.last))
        self.groups = frozenset(self._by_group)

    def places(self, issue: str, part: _Part) -> list[tuple[int, int]]:
        """Where a part of a rule stands: all places of its group, or those with the second group near."""
        found = self._of(issue, part.name)
        if not part.other or not found:
            return found
        others = self._of(issue, part.other)
        return [a for a in found if any(_beside(a, b, ordered=part.ordered) for b in others)]

    def _of(self, issue: str, name: str) -> list[tuple[int, int]]:
        return [*self._by_group.get((issue, name), ()), *self._by_group.get(("", name), ())]


def _beside(one: tuple[int, int], other: tuple[int, int], *, ordered: bool) -> bool:
    if one[1] <= other[0]:
        return other[0] - one[1] < _NEAR
    return not ordered and other[1] <= one[0] and one[0] - other[1] < _NEAR


def _holds(issue: str, part: _Part, scenes: Mapping[str, _Scene], everywhere: frozenset[Group]) -> bool:
    if part.scope == "text":
        return ((issue, part.name) in everywhere or ("", part.name) in everywhere) == part.wanted
    return bool(scenes[part.scope].places(issue, part)) == part.wanted


def _latest(named: Sequence[Sequence[Mention]]) -> Iterator[tuple[str, ...]]:
    """Issues by when they were named last; those that only later sentences name come behind, in their order."""
    ahead = list(dict.fromkeys(mention.issue for mentions in named for mention in mentions))
    order: list[str] = []
    for mentions in named:
        for mention in mentions:
            if mention.issue in order:
                order.remove(mention.issue)
            order.insert(0, mention.issue)
        yield tuple(dict.fromkeys([*order, *ahead]))


def _opened(run: Sequence[Word]) -> list[Word]:
    """Words with the readings that only this room needs added to them."""
    return [msgspec.structs.replace(word, forms=word.forms + more) if (more := _more(word)) else word for word in run]


def _more(word: Word) -> tuple[str, ...]:
    """The indefinite accusative without its ending (سقفا), a word of two letters behind a preposition (بضم)."""
    if len(word.text) == _SHORTEST and word.text[0] in "بل":
        return (word.text[1:],)
    return tuple(form[:-1] for form in word.forms if form.endswith("ا") and len(form) > _SHORTEST)


def _leaning(topic: Topic, hits: Sequence[Hit[Group]]) -> int:
    """Whether the words before a topic's first anchor bring the proposition about or undo it; else its base."""
    anchor = topic.anchors[0][0]
    near = [h for h in hits if 0 <= anchor - h.first <= _GAP]
    leaning = [(h.last, 1) for h in near if (topic.issue, "forward") in h.values]
    leaning += [(h.last, -1) for h in near if (topic.issue, "reverse") in h.values]
    return max(leaning)[1] if leaning else topic.base


def _joined(hits: Sequence[Hit[Group]]) -> list[Hit[Group]]:
    """The hits, and for each phrase with a gap its two halves as one where they stand near enough."""
    tails: dict[Group, list[Hit[Group]]] = {}
    for hit in hits:
        for value in hit.values:
            if value[1].startswith(">"):
                tails.setdefault((value[0], value[1][1:]), []).append(hit)
    result = list(hits)
    for hit in hits if tails else ():
        for issue, group in hit.values:
            for tail in tails.get((issue, group[1:]), ()) if group.startswith("<") else ():
                if 0 <= tail.first - hit.last <= _GAP:
                    result.append(Hit(hit.first, tail.last, ((issue, group.partition("#")[2]),), hit.front))
    return sorted(result, key=lambda hit: hit.first)


def _masked(hits: Sequence[Hit[Group]]) -> tuple[Hit[Group], ...]:
    """Without the hits that a phrase makes something else; a phrase that covers none excludes its clause."""
    covers = [(value[0], hit) for hit in hits for value in hit.values if value[1] == "exclude"]
    if not covers:
        return tuple(hits)
    covered = [(issue, mask) for issue, mask in covers if any(_covers(issue, mask, hit) for hit in hits)]
    result = []
    for hit in hits:
        gone = {issue for issue, mask in covered if mask is hit or _covers(issue, mask, hit)}
        values = tuple(v for v in hit.values if v[0] not in gone)
        if values:
            result.append(msgspec.structs.replace(hit, values=values))
    return tuple(result)


def _covers(issue: str, mask: Hit[Group], hit: Hit[Group]) -> bool:
    own = any(value[0] == issue and value[1] not in ("exclude", "forward", "reverse") for value in hit.values)
    return own and hit.first < mask.last and mask.first < hit.last


def _within(hits: Sequence[Hit[Group]], first: int, last: int) -> list[Hit[Group]]:
    """The hits that lie in words [first, last); the hits are in the order of their first words."""
    start, stop = (bisect_left(hits, at, key=lambda hit: hit.first) for at in (first, last))
    return [hit for hit in hits[start:stop] if hit.last <= last]


def _groups(hits: Sequence[Hit[Group]]) -> frozenset[Group]:
    return frozenset(value for hit in hits for value in hit.values)


def _compile(rule: str) -> _Rule:
    base = -1 if rule.startswith("-") else 1
    return _Rule(rule, tuple(_part(part.strip()) for part in rule.removeprefix("-").split("&")), base)


def _part(source: str) -> _Part:
    name, _, scope = source.removeprefix("!").partition("@")
    ordered = ">" in name
    name, _, other = name.partition(">" if ordered else "~")
    where: Scope = "sentence" if scope == "sentence" else "text" if scope == "text" else "clause"
    return _Part(name, where, not source.startswith("!"), other, ordered)


def bare(phrase: str) -> str:
    """A phrase with the article taken off each of its words; one written with a leading = keeps it."""
    if phrase.startswith("="):
        return phrase[1:]
    return " ".join(word[2:] if word.startswith("ال") and len(word) > 3 else word for word in level(phrase).split())


def spellings(phrase: str) -> list[str]:
    """The phrases that one stands for, as by `bare`: alternatives (a|b_c d), verbs in all persons (رفع/يرفع)."""
    if "|" not in phrase and "/" not in phrase:
        return [bare(phrase)]
    choices = [[form for word in words.split("|") for form in _persons(word)] for words in phrase.split()]
    return [bare(" ".join(words).replace("_", " ")) for words in product(*choices)]


def _persons(word: str) -> list[str]:
    past, _, present = word.partition("/")
    if not present:
        return [word]
    return [form for form, _ in (*past_forms(level(past)), *present_forms(level(present)))]


def _entries(issues: Mapping[str, Issue], shared: Mapping[str, tuple[str, ...]]) -> list[tuple[str, Group]]:
    entries: list[tuple[str, Group]] = []
    for name, group in shared.items():
        entries.extend(_grouped("", name, group))
    for issue in issues.values():
        for name, group in issue.terms.items():
            entries.extend(_grouped(issue.id, name, group))
        entries.extend(_grouped(issue.id, "short", issue.short))
        entries.extend(_grouped(issue.id, "exclude", issue.exclude))
        entries.extend(_grouped(issue.id, "forward", map(_as_verb, issue.forward)))
        entries.extend(_grouped(issue.id, "reverse", map(_as_verb, issue.reverse)))
    return entries


def _as_verb(entry: str) -> str:
    """A direction's verb, past and present parted by a space (رفع يرفع), as terms write it."""
    past, _, present = entry.partition(" ")
    return f"{past}/{present}" if present.startswith("ي") and " " not in present and past != "عدم" else entry


def _grouped(issue: str, name: str, phrases: Iterable[str]) -> Iterator[tuple[str, Group]]:
    """The forms of a group's phrases; those with a gap (وقف * نار) give two halves under names of their own."""
    for number, phrase in enumerate(phrases):
        head, _, tail = phrase.partition(" * ")
        if not tail:
            yield from ((form, (issue, name)) for form in spellings(head))
            continue
        yield from ((form, (issue, f"<{number}#{name}")) for form in spellings(head))
        yield from ((form, (issue, f">{number}#{name}")) for form in spellings(tail))
