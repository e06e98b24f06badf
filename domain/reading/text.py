"""Arabic text as words that can be looked up: letters levelled, clitics opened, offsets kept.

Levelling follows common practice of Arabic retrieval (hamza seats, final ya, ta marbuta, diacritics, tatweel; see
Larkey et al. 2002, light stemming). It must not know actors, issues or cues.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

Span = tuple[int, int]

_LEVEL = str.maketrans(
    "أإآٱىةؤئڤگکیې",
    "اااايهويفككيي",
)
_MARKS = "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0640\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad"
_MARK = re.compile(f"[{_MARKS}]")
_TOKEN = re.compile(rf"[^\W_](?:[\w{_MARKS}]|(?<=\d)[.,٫٬](?=\d))*|[%٪]")
_PAUSE = re.compile(r"[،,؛;:\-–—]")
_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")

_PLAIN = _LEVEL | _DIGITS | {code: None for code in range(0x10000) if _MARK.match(chr(code))}

OPENING = "\"«“„‹'‘"
CLOSING = "\"»”“›'’"

_CONJUNCTIONS = "وف"
_PREPOSITIONS = "بلك"
_SUFFIXES = ("هما", "كما", "هم", "هن", "ها", "نا", "كم", "ه", "ي")
_MIN_STEM = 2


def level(word: str) -> str:
    """A word or phrase with spelling differences removed; Arabic and Persian digits become Latin ones."""
    return word.translate(_PLAIN)


@lru_cache(maxsize=65536)
def forms(word: str) -> tuple[str, ...]:
    """All readings of a levelled word with its clitics taken off, the word itself first.

    وللقوات gives, among others, للقوات، القوات، قوات; عضويتها gives عضويه. Never empty; linear in the word's length.
    """
    found = {word: None}
    fronts = [word]
    if word[:1] in _CONJUNCTIONS and len(word) > _MIN_STEM:
        fronts.append(word[1:])
    for front in tuple(fronts):
        if front[:1] == "س" and front[1:2] in "يتنا" and len(front) > 4:
            fronts.append(front[1:])
        if front.startswith("لل") and len(front) > 3:
            fronts.append("ال" + front[2:])
        if front[:1] in _PREPOSITIONS and len(front) > _MIN_STEM + 1:
            fronts.append(front[1:])
    for front in tuple(fronts):
        if front.startswith("ال") and len(front) > _MIN_STEM + 1:
            fronts.append(front[2:])
    for front in fronts:
        found[front] = None
        for suffix in _SUFFIXES:
            if front.endswith(suffix) and len(front) - len(suffix) > _MIN_STEM:
                bare = front[: -len(suffix)]
                found[bare] = None
                if bare.endswith("ت"):
                    found[bare[:-1] + "ه"] = None
                break
    return tuple(found)


class Word(msgspec.Struct, frozen=True):
    """One word: raw offsets, levelled letters, and its readings without clitics.

    `pause`: whether a comma, a dash or another mark parts it from the word before.
    """

    start: int
    end: int
    text: str
    forms: tuple[str, ...]
    pause: bool = False


def words(text: str, start: int = 0, end: int | None = None) -> list[Word]:
    """The words of a stretch of text, in order; offsets are into the whole text."""
    stop = len(text) if end is None else end
    result = []
    before = start
    for match in _TOKEN.finditer(text, start, stop):
        plain = level(match.group())
        pause = match.start() - before > 1 and _PAUSE.search(text, before, match.start()) is not None
        result.append(Word(match.start(), match.end(), plain, forms(plain), pause))
        before = match.end()
    return result


_MIN_ROOT = 3
_LONGEST = 200  # words; no sentence of prose is longer, and the cost of reading one grows with its square


def stem(word: Word) -> str:
    """The shortest reading of a word that still has three letters."""
    able = [form for form in word.forms if len(form) >= _MIN_ROOT]
    return min(able, key=len) if able else word.text


class Sentence(msgspec.Struct, frozen=True):
    """One sentence with its words. `paragraph` counts from 0; `quotes`: spans between quotation marks."""

    start: int
    end: int
    paragraph: int
    words: tuple[Word, ...]
    quotes: tuple[Span, ...]

    def slice(self, text: str) -> str:
        """The sentence's raw characters."""
        return text[self.start : self.end]


_PARAGRAPH = re.compile(r"[^\n\r\u2028\u2029]+")
_QUOTE = re.compile(r"«[^«»\n]*»|“[^”“\n]*[”“]")
_STRAIGHT = re.compile(r'"')
_STOP = re.compile(r"[.!?؟…]+[\"»”’')\]]*(?=\s|$|[^\W\d_])|[؛](?=\s)")
_ABBREVIATION = re.compile(r"(?:^|[\s(])[\w]{1}$")


def unmarked(text: str) -> tuple[str, list[int]]:
    """A text without diacritics, tatweel and marks of direction, and where each of its characters stood.

    The places have one more, for the end; they are empty where the text has no marks.
    """
    if _MARK.search(text) is None:
        return text, []
    marked = {i for match in _MARK.finditer(text) for i in range(match.start(), match.end())}
    places = [i for i in range(len(text)) if i not in marked]
    return "".join(text[i] for i in places), [*places, len(text)]


def paragraphs(text: str) -> list[Span]:
    """Spans of the paragraphs (lines with anything on them), trimmed."""
    spans = []
    for match in _PARAGRAPH.finditer(text):
        trimmed = _trim(text, match.start(), match.end())
        if trimmed is not None:
            spans.append(trimmed)
    return spans


def _trim(text: str, start: int, end: int) -> Span | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if end > start else None


def sentences(text: str) -> list[Sentence]:
    """The sentences of a text, in order. A full stop inside quotation marks ends none."""
    result = []
    for index, (start, end) in enumerate(paragraphs(text)):
        quotes = _quotes(text, start, end)
        opened = _unclosed(text, start, end)
        for begin, stop in _split(text, start, end, quotes):
            inside = tuple(q for q in quotes if begin <= q[0] < stop)
            if opened < stop:
                inside = (*(q for q in inside if q[1] <= opened), (max(begin, opened), stop))
            for piece in _pieces(words(text, begin, stop)):
                first, last = (begin if piece[0] == 0 else piece[2][0].start), piece[2][-1].end
                ends = stop if piece[1] else last
                held = tuple(q for q in inside if first <= q[0] < ends)
                result.append(Sentence(first, ends, index, tuple(piece[2]), held))
    return result


def _pieces(run: list[Word]) -> Iterator[tuple[int, bool, list[Word]]]:
    """A sentence's words, an endless one's in pieces that end at a pause: where each begins, and which is last."""
    start = 0
    while start < len(run):
        stop = min(len(run), start + _LONGEST)
        if stop < len(run):
            stop = next((i for i in range(stop, start + _LONGEST // 2, -1) if run[i].pause), stop)
        yield start, stop == len(run), run[start:stop]
        start = stop


def _quotes(text: str, start: int, end: int) -> tuple[Span, ...]:
    """The quotations of a paragraph, in order. A straight mark opens behind a space and closes before one."""
    found = [m.span() for m in _QUOTE.finditer(text, start, end)]
    opened: int | None = None
    for match in _STRAIGHT.finditer(text, start, end):
        place = match.start()
        opens = (place == start or not text[place - 1].isalnum()) and place + 1 < end and not text[place + 1].isspace()
        if opened is None:
            opened = place if opens else None
        else:
            found.append((opened, match.end()))
            opened = None
    return tuple(sorted(found))


def _unclosed(text: str, start: int, end: int) -> int:
    """Where a quotation opens that the paragraph does not close; its end where there is none."""
    place = max(text.rfind("«", start, end), text.rfind("“", start, end))
    if place < 0 or any(mark in text[place:end] for mark in "»”"):
        return end
    return end if text[place] == "“" and text.count("“", start, end) % 2 == 0 else place


def _split(text: str, start: int, end: int, quotes: tuple[Span, ...]) -> Iterator[Span]:
    begin = start
    pending = iter(quotes)
    quote = next(pending, None)
    for match in _STOP.finditer(text, start, end):
        while quote is not None and quote[1] <= match.start():
            quote = next(pending, None)
        if quote is not None and quote[0] < match.start() and match.end() < quote[1]:
            continue
        if match.group().startswith(".") and _ABBREVIATION.search(text[max(start, match.start() - 3) : match.start()]):
            continue
        trimmed = _trim(text, begin, match.end())
        if trimmed is not None:
            yield trimmed
        begin = match.end()
    trimmed = _trim(text, begin, end)
    if trimmed is not None:
        yield trimmed
