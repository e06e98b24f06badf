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
    """A phrase found: words [first, last) of the run, and what the phrase stands for (one value or more).

    `front`: the letters before it on its first word (وب of وبموسكو), the article left out; empty where there are none.
    """

    first: int
    last: int
    values: tuple[Value, ...]
    front: str = ""


class _Node(Generic[Value]):
    __slots__ = ("next", "values")

    def __init__(self) -> None:
        self.next: dict[str, _Node[Value]] = {}
        self.values: list[Value] = []


class Phrases(Generic[Value]):
    """Phrases with values. Build once, then look up in any number of texts."""

    def __init__(self, entries: Iterable[tuple[str, Value]], *, names: bool = False) -> None:
        """`names`: only the last word of a phrase may carry a pronoun (قادته فرنسا is not قادة فرنسا)."""
        self._names = names
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
        absent = self._root.next.keys().isdisjoint
        if overlapping:
            return [hit for index, word in enumerate(run) if not absent(word.forms) for hit in self._at(run, index)]
        hits: list[Hit[Value]] = []
        index = 0
        while index < len(run):
            found = [] if absent(run[index].forms) else self._at(run, index)
            if found:
                hits.append(found[-1])
            index = found[-1].last if found else index + 1
        return hits

    def _at(self, run: Sequence[Word], first: int) -> list[Hit[Value]]:
        """The hits that begin at a word, the shortest first."""
        hits: list[Hit[Value]] = []
        table = self._root.next
        opened = [(table[form], form) for form in run[first].forms if form in table]
        index = first + 1
        while opened:
            found = [(value, form) for node, form in opened for value in node.values]
            if found:
                values = tuple(dict.fromkeys(value for value, _ in found))
                hits.append(Hit(first, index, values, _front(run[first].text, found[0][1])))
            if index == len(run):
                break
            forms = run[index].forms
            if self._names and index == first + 1:
                opened = [(node, form) for node, form in opened if _unsuffixed(run[first].text, form)]
            opened = [(node.next[f], form) for node, form in opened if node.next for f in forms if f in node.next]
            index += 1
        return hits


def _unsuffixed(word: str, form: str) -> bool:
    return word.endswith(form.removeprefix("ال"))


def _front(word: str, form: str) -> str:
    """The conjunction and preposition that a word carries before a form of it."""
    if word == form:
        return ""
    bare = form.removeprefix("ال")
    place = word.find(bare)
    if place <= 0:
        return ""
    return word[:place].removesuffix("ال").replace("لل", "ل") if place > 1 else word[:place]


def phrase_key(phrase: str) -> str:
    """A phrase as it is compared: levelled words joined by single spaces."""
    return " ".join(word.text for word in words(phrase)) or level(phrase)
