"""Which issues a stretch of words is about, and beside which words.

Rules of word groups from `issues.toml`, each group sought in the clause, the sentence or the whole text. It must not
know stances or speakers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Literal

import msgspec

from domain.reading.phrases import Hit, Phrases
from domain.reading.registry import Issue, Registry
from domain.reading.text import Sentence, level

Scope = Literal["clause", "sentence", "text"]
Group = tuple[str, str]


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
    """The word groups found in a text: by sentence, and over all."""

    sentences: tuple[tuple[Hit[Group], ...], ...]
    everywhere: frozenset[Group]


class TopicFinder:
    """The compiled rules of all issues."""

    def __init__(self, registry: Registry) -> None:
        self._issues = registry.issues
        self._rules = {issue.id: tuple(_compile(rule) for rule in issue.rules) for issue in registry.issues.values()}
        self._phrases: Phrases[Group] = Phrases(_entries(registry.issues, registry.shared))

    def scan(self, sentences: Sequence[Sentence]) -> TextTopics:
        """The word groups of every sentence of a text, once."""
        found = tuple(tuple(self._phrases.find(s.words, overlapping=True)) for s in sentences)
        return TextTopics(found, frozenset(value for hits in found for hit in hits for value in hit.values))

    def topics(self, text: TextTopics, sentence: int, first: int, last: int) -> list[Topic]:
        """The issues of words [first, last) of a sentence, in the registry's order."""
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
        for rule in self._rules[issue.id]:
            if all(self._holds(issue.id, name, scopes[scope]) == wanted for name, scope, wanted in rule.parts):
                anchor = rule.parts[0][0]
                places = [
                    (h.first, h.last) for h in clause if (issue.id, anchor) in h.values or ("", anchor) in h.values
                ]
                if places:
                    return Topic(issue.id, tuple(places), rule.source, rule.base)
        return None

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
    return " ".join(word[2:] if word.startswith("ال") and len(word) > 4 else word for word in level(phrase).split())


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
        entries.extend((form, (issue.id, "exclude")) for phrase in issue.exclude for form in spellings(phrase))
    return entries
