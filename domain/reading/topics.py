"""Which issues a stretch of words is about, and beside which words.

Rules of word groups from `issues.toml`, each group sought in the clause, the sentence or the whole text. It must not
know stances or speakers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import product
from typing import Literal

import msgspec

from domain.reading.phrases import Hit, Phrases
from domain.reading.registry import Issue, Registry
from domain.reading.text import Sentence, Word, level

Scope = Literal["clause", "sentence", "text"]
Group = tuple[str, str]
_ANAPHOR_REACH = 9


class Topic(msgspec.Struct, frozen=True):
    """An issue found in a clause. `anchors`: word ranges of the sentence that name it; `rule`: for explanations.

    `base`: -1 where the anchor names the opposite of the proposition (tests, purchases).
    """

    issue: str
    anchors: tuple[tuple[int, int], ...]
    rule: str
    base: int = 1


class _Rule(msgspec.Struct, frozen=True):
    """A rule's parts: group, scope, and whether it must be there (or must not)."""

    source: str
    parts: tuple[tuple[str, Scope, bool], ...]
    base: int


class TextTopics(msgspec.Struct, frozen=True):
    """The word groups found in a text: by sentence, and over all.

    `latest`: for each sentence, the issues that the text has established before it or in it, the most recent first.
    """

    sentences: tuple[tuple[Hit[Group], ...], ...]
    everywhere: frozenset[Group]
    latest: tuple[tuple[str, ...], ...] = ()


class TopicFinder:
    """The compiled rules of all issues."""

    def __init__(self, registry: Registry) -> None:
        self._issues = registry.issues
        self._rules = {issue.id: tuple(_compile(rule) for rule in issue.rules) for issue in registry.issues.values()}
        self._phrases: Phrases[Group] = Phrases(_entries(registry.issues, registry.shared))
        self._anaphors = Phrases((bare(p), True) for p in registry.lexicon.anaphors["issue"])

    def scan(self, sentences: Sequence[Sentence]) -> TextTopics:
        """The word groups of every sentence of a text, once."""
        found = tuple(tuple(self._phrases.find(s.words, overlapping=True)) for s in sentences)
        text = TextTopics(found, frozenset(value for hits in found for hit in hits for value in hit.values))
        return msgspec.structs.replace(text, latest=tuple(self._latest(text)))

    def _latest(self, text: TextTopics) -> list[tuple[str, ...]]:
        """Issues by when they were named last; those that only later sentences name come behind, in their order."""
        named = [self._plain(text, i, 0, 1 << 30) for i in range(len(text.sentences))]
        ahead = list(dict.fromkeys(topic.issue for topics in named for topic in topics))
        order: list[str] = []
        result = []
        for topics in named:
            for topic in reversed(topics):
                if topic.issue in order:
                    order.remove(topic.issue)
                order.insert(0, topic.issue)
            result.append(tuple(dict.fromkeys([*order, *ahead])))
        return result

    def topics(self, text: TextTopics, sentence: int, first: int, last: int) -> list[Topic]:
        """The issues of words [first, last) of a sentence, in the registry's order; then those that a short name means."""
        found = self._plain(text, sentence, first, last)
        return [*found, *self._short(text, sentence, first, last, {t.issue for t in found})]

    def _plain(self, text: TextTopics, sentence: int, first: int, last: int) -> list[Topic]:
        whole = text.sentences[sentence]
        clause = [hit for hit in whole if first <= hit.first and hit.last <= last]
        around = _groups(whole)
        inside = _groups(clause)
        result = []
        for issue in self._issues.values():
            topic = self._topic(issue, clause, inside, around, text.everywhere)
            if topic is not None:
                result.append(topic)
        return result

    def _short(self, text: TextTopics, sentence: int, first: int, last: int, named: Collection[str]) -> Iterable[Topic]:
        """الهدنة, الاعتراف, العقوبات: a short name means the issue that the text has established last."""
        taken: set[int] = set()
        inside = _groups([h for h in text.sentences[sentence] if first <= h.first and h.last <= last])
        for hit in text.sentences[sentence]:
            if not (first <= hit.first and hit.last <= last) or hit.first in taken:
                continue
            able = {issue for issue, group in hit.values if group == "short"}
            able = {i for i in able if (i, "exclude") not in inside}
            if not able or able & set(named):
                continue
            meant = next((i for i in text.latest[sentence] if i in able), None)
            if meant is not None:
                taken |= set(range(hit.first, hit.last))
                named = {*named, meant}
                yield Topic(meant, ((hit.first, hit.last),), "a short name of what the text speaks of")

    def meant(self, text: TextTopics, sentence: int, run: Sequence[Word], first: int, last: int) -> list[Topic]:
        """القرار, الخطوة, ذلك: the issue that the text has spoken of last, where the clause names none."""
        hits = self._anaphors.find(run[first : min(last, first + _ANAPHOR_REACH)])
        before = text.latest[sentence - 1] if sentence else ()
        named = {g[0] for hits_ in text.sentences[:sentence] for h in hits_ for g in h.values}
        known = [issue for issue in before if issue in named]
        if not hits or not known:
            return []
        place = (first + hits[0].first, first + hits[0].last)
        return [Topic(known[0], (place,), "what the text spoke of last")]

    def segments(
        self, text: TextTopics, sentence: int, breaks: Sequence[int], first: int, last: int
    ) -> list[tuple[int, int, list[Topic]]]:
        """Words [first, last) split before each break, each part with its issues; a part with none joins the one before."""
        edges = [first, *(b for b in breaks if first < b < last), last]
        parts: list[tuple[int, int, list[Topic]]] = []
        for start, end in zip(edges, edges[1:], strict=False):
            topics = self.topics(text, sentence, start, end)
            if parts and not topics:
                parts[-1] = (parts[-1][0], end, parts[-1][2])
            else:
                parts.append((start, end, topics))
        return parts

    def _topic(
        self, issue: Issue, clause: Sequence[Hit[Group]], inside: frozenset[Group], around: frozenset[Group],
        everywhere: frozenset[Group],
    ) -> Topic | None:  # fmt: skip
        if (issue.id, "exclude") in inside:
            return None
        scopes: Mapping[Scope, frozenset[Group]] = {"clause": inside, "sentence": around, "text": everywhere}
        places: list[tuple[int, int]] = []
        first: _Rule | None = None
        for rule in self._rules[issue.id]:
            if first is not None and rule.base != first.base:
                continue
            if all(self._holds(issue.id, name, scopes[scope]) == wanted for name, scope, wanted in rule.parts):
                anchor = {(issue.id, rule.parts[0][0]), ("", rule.parts[0][0])}
                found = [(h.first, h.last) for h in clause if anchor & set(h.values)]
                places += found
                first = first or (rule if found else None)
        return None if first is None else Topic(issue.id, tuple(sorted(set(places))), first.source, first.base)

    def _holds(self, issue: str, group: str, found: frozenset[Group]) -> bool:
        return (issue, group) in found or ("", group) in found


def _groups(hits: Sequence[Hit[Group]]) -> frozenset[Group]:
    return frozenset(value for hit in hits for value in hit.values)


def _compile(rule: str) -> _Rule:
    parts: list[tuple[str, Scope, bool]] = []
    base = -1 if rule.startswith("-") else 1
    for part in rule.removeprefix("-").split("&"):
        name, _, scope = part.strip().removeprefix("!").partition("@")
        wanted = not part.strip().startswith("!")
        parts.append((name, scope if scope in ("sentence", "text") else "clause", wanted))  # type: ignore[arg-type]
    return _Rule(rule, tuple(parts), base)


def bare(phrase: str) -> str:
    """A phrase with the article taken off each of its words; one written with a leading = keeps it."""
    if phrase.startswith("="):
        return phrase[1:]
    return " ".join(word[2:] if word.startswith("ال") and len(word) > 3 else word for word in level(phrase).split())


def spellings(phrase: str) -> list[str]:
    """The phrases that one with alternatives stands for (انفاق|نفقات دفاعي|عسكري), as `bare` gives them."""
    if "|" not in phrase:
        return [bare(phrase)]
    return [bare(" ".join(words)) for words in product(*(word.split("|") for word in phrase.split()))]


def _entries(issues: Mapping[str, Issue], shared: Mapping[str, tuple[str, ...]]) -> list[tuple[str, Group]]:
    entries: list[tuple[str, Group]] = [
        (form, ("", name)) for name, group in shared.items() for phrase in group for form in spellings(phrase)
    ]
    for issue in issues.values():
        for name, group in issue.terms.items():
            entries.extend((form, (issue.id, name)) for phrase in group for form in spellings(phrase))
        entries.extend((form, (issue.id, "short")) for phrase in issue.short for form in spellings(phrase))
        entries.extend((form, (issue.id, "exclude")) for phrase in issue.exclude for form in spellings(phrase))
    return entries
