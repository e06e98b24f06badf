"""Looking up many phrases at once in a run of words, whatever clitics the words carry.

A trie over words; the first word of a phrase may carry conjunctions, prepositions and the article, the others the
article or a suffix. Cost is linear in the words. It must not know what the phrases mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

import msgspec

from domain.reading.text import Word, level, words

Value = TypeVar("Value")


class Hit(msgspec.Struct, Generic[Value], frozen=True):
    """A phrase found: words [first, last) of the run, and what the phrase stands for (one value or more)."""

    first: int
    last: int
    values: tuple[Value, ...]


class _Node(Generic[Value]):
    __slots__ = ("next", "values")

    def __init__(self) -> None:
        self.next: dict[str, _Node[Value]] = {}
        self.values: list[Value] = []


class Phrases(Generic[Value]):
    """Phrases with values. Build once, then look up in any number of texts."""

    def __init__(self, entries: Iterable[tuple[str, Value]]) -> None:
        self._root: _Node[Value] = _Node()
        for phrase, value in entries:
            self._add(phrase, value)

    def _add(self, phrase: str, value: Value) -> None:
        node = self._root
        for word in words(phrase):
            node = node.next.setdefault(word.text, _Node())
        if node is not self._root and value not in node.values:
            node.values.append(value)

    def find(self, run: Sequence[Word], *, overlapping: bool = False) -> list[Hit[Value]]:
        """Hits in order of their first word: the longest at each place and none inside another, or all of them."""
        if overlapping:
            return [hit for index in range(len(run)) for hit in self._at(run, index)]
        hits: list[Hit[Value]] = []
        index = 0
        while index < len(run):
            found = self._at(run, index)
            if found:
                hits.append(found[-1])
            index = found[-1].last if found else index + 1
        return hits

    def _at(self, run: Sequence[Word], first: int) -> list[Hit[Value]]:
        """The hits that begin at a word, the shortest first."""
        hits: list[Hit[Value]] = []
        level_nodes = [self._root]
        index = first
        while level_nodes and index < len(run):
            following = []
            for node in level_nodes:
                table = node.next
                if table:
                    following.extend(table[form] for form in run[index].forms if form in table)
            index += 1
            values = [value for node in following for value in node.values]
            if values:
                hits.append(Hit(first, index, tuple(dict.fromkeys(values))))
            level_nodes = following
        return hits


def phrase_key(phrase: str) -> str:
    """A phrase as it is compared: levelled words joined by single spaces."""
    return " ".join(word.text for word in words(phrase)) or level(phrase)
