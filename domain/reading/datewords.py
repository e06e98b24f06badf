"""A text as the date readers see it: its words, what stands between them, and what a reader hands back.

It must not know any date expression.
"""

from __future__ import annotations

import re
from datetime import date

import msgspec

from domain.reading.almanac import Calendar
from domain.reading.daycount import Direction, Value
from domain.reading.text import Word, level, words

DOTTED = re.compile(r"(\d{1,4})\.(\d{1,2})\.(\d{1,4})")
YEARS = range(1900, 2101)
DASHES = ("-", "–", "—")
_PIECE = re.compile(r"\d+|[^\d]+")


class Found(msgspec.Struct, frozen=True):
    """An expression read: the index behind its last word. `first`: where it begins if not where it was looked for.

    `drop`: the words are a name, not a date, and are passed over.
    """

    last: int
    value: Value
    kind: str
    rule: str
    ahead: str | None = None
    until: str | None = None
    first: int | None = None
    drop: bool = False


class Line:
    """The words of one text, with the questions that readers ask of them. An index out of range is no word."""

    def __init__(self, text: str, published: date | None, calendar: Calendar) -> None:
        self.text = text
        self.published = published
        self.names = calendar
        self.sets = calendar.sets
        self.run = _tokens(text)

    def word(self, index: int) -> str:
        """A word's levelled letters."""
        return self.run[index].text if 0 <= index < len(self.run) else ""

    def has(self, index: int, name: str) -> bool:
        """Whether a word is of a list."""
        return self.word(index) in self.sets[name]

    def phrase(self, index: int, name: str) -> int | None:
        """The index behind a phrase of a list."""
        found = self.names.phrases[name].at(self.run, index)
        return None if found is None or not self.whole(index, found[0]) else found[0]

    def gap(self, index: int) -> str:
        """What stands between a word and the one before it, without spaces and marks; a new line stays one."""
        if not 0 < index < len(self.run):
            return "\n"
        raw = self.text[self.run[index - 1].end : self.run[index].start]
        if raw in (" ", ""):
            return ""
        return "\n" if "\n" in raw or "\r" in raw else level(raw).strip()

    def joined(self, index: int, *gaps: str) -> bool:
        """Whether nothing, or one of the gaps, parts a word from the one before it."""
        return self.gap(index) in ("", *gaps)

    def whole(self, first: int, last: int) -> bool:
        """Whether nothing parts the words [first, last)."""
        return all(self.joined(index) for index in range(first + 1, last))

    def number(self, index: int, most: int = 31) -> int | None:
        """A number in digits, from 1."""
        word = self.word(index)
        return int(word) if word.isdecimal() and len(word) <= 4 and 1 <= int(word) <= most else None

    def direction(self, index: int, *gaps: str) -> Direction | None:
        """Where a word points: past, next or current."""
        if not self.joined(index, *gaps):
            return None
        names: tuple[Direction, ...] = ("past", "next", "current")
        return next((name for name in names if self.has(index, name)), None)

    def modifier(self, index: int) -> tuple[int, int] | None:
        """How many units a modifier moves, and the index behind it: الماضي، بعد المقبل، الجاري."""
        direction = self.direction(index)
        if direction is not None:
            return {"past": -1, "next": 1, "current": 0}[direction], index + 1
        if self.joined(index) and self.has(index, "before") and self.direction(index + 1) == "past":
            return -2, index + 2
        if self.joined(index) and self.has(index, "after") and self.direction(index + 1) == "next":
            return 2, index + 2
        return None


def _tokens(text: str) -> list[Word]:
    """The words of a text, those of letters and digits in pieces (و2022, 1446هـ)."""
    found: list[Word] = []
    for word in words(text):
        if not word.text:  # a tatweel that stands alone
            continue
        plain = word.text.isalpha() or word.text.isdecimal() or not any(c.isdecimal() for c in word.text)
        if plain or DOTTED.fullmatch(word.text):
            found.append(word)
        else:
            for piece in _PIECE.finditer(text, word.start, word.end):
                letters = level(piece.group())
                if letters:
                    found.append(Word(piece.start(), piece.end(), letters, ()))
    return found
