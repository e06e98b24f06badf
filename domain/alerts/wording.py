"""The words of an alert in Arabic and English: who, on what, from which stance to which, whose words, when, links.

Words of one direction in a text of the other are isolated (Unicode UAX #9: FSI, RLI, LRI … PDI), and marks of direction
inside quoted words are taken out, so that no quotation can turn what surrounds it. Pure; it must not know mail or HTML.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from domain.alerts.message import Data, Quote, Told
from domain.alerts.terms import Language

_AUTO, _RIGHT, _LEFT, _END = "\u2068", "\u2067", "\u2066", "\u2069"
_UNSAFE = re.compile(r"[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\x00-\x1f\x7f\u2028\u2029]+")
_LONGEST_QUOTE = 600
_MOST_LINKS = 5
Kind = Literal["plain", "quote", "link"]

_WORDS: dict[str, tuple[str, str]] = {
    "supports": ("يؤيد", "supports"),
    "opposes": ("يعارض", "opposes"),
    "conditional": ("يشترط", "sets conditions on"),
    "undecided": ("لم يحسم", "is undecided on"),
    "established": ("موقف جديد", "new position"),
    "shifted": ("تحوّل", "shifted"),
    "reversed": ("انقلاب", "reversed"),
    "reaffirmed": ("تأكيد", "reaffirmed"),
    "test": ("رسالة اختبار", "test message"),
    "none": ("لا موقف معروف", "no known position"),
    "stance": ("الموقف", "Stance"),
    "said_by": ("القائل", "Said by"),
    "words": ("قوله", "In words"),
    "said_on": ("التاريخ", "Said on"),
    "outlets": ("مصادر مستقلة", "Independent outlets"),
    "link": ("الرابط", "Link"),
    "contested": ("متنازع فيه: أصوات متساوية تتعارض", "Contested: equal voices contradict each other"),
    "note": ("ملاحظة", "Note"),
    "correction": ("تصويب", "Correction"),
    "undone": ("سُحب هذا التغيّر: لم تعد أدلته قائمة", "This change is taken back: its evidence no longer stands"),
    "replaced": (
        "ليس كما أُبلغ عنه: قوله قائم، لكن أقوالا أخرى تبيّن ما كان عليه الموقف",
        "Not as told: its words stand, but other words show what was held",
    ),
    "evidence": ("بعض الأدلة سُحب، والتغيّر قائم بغيره", "Some evidence was taken back; the change stands by the rest"),
    "again": ("قام هذا التغيّر من جديد", "This change stands again"),
    "lost": ("دليل مسحوب", "Taken back"),
    "changes": ("تغيّرات", "Changes"),
}  # fmt: skip


class Line(msgspec.Struct, frozen=True):
    """A labelled value; `value` of a quotation is the bare sentence, of a link the address."""

    label: str
    value: str
    kind: Kind = "plain"


class Block(msgspec.Struct, frozen=True):
    """What is said of one change."""

    head: str
    lines: tuple[Line, ...]


def word(name: str, language: Language) -> str:
    """A word of ours in a language; an unknown one as it is."""
    pair = _WORDS.get(name)
    return name if pair is None else pair[0 if language == "ar" else 1]


def title(data: Data) -> str:
    """The headline, one line."""
    shown = data.all
    if len({(t.actor, t.issue) for t in shown}) > 1:
        names = dict.fromkeys(_clean(t.actor_name or t.actor) for t in shown)
        comma = "، " if data.language == "ar" else ", "
        return f"{word('changes', data.language)} ({len(shown)}): {comma.join(list(names)[:5])}"
    head = f"{_who(data)}: {_what(data)}: {_way(data, data.language)}"
    return head if data.correction is None else f"{word('correction', data.language)}: {head}"


def blocks(data: Data) -> tuple[Block, ...]:
    """What is said of each change, oldest first."""
    return tuple(_block(told, data.language) for told in data.all)


def words(data: Data) -> tuple[str, str]:
    """Title and plain text of a message."""
    parts = [_text(block, data.language) for block in blocks(data)]
    return title(data), "\n\n".join(parts) + "\n"


def _block(told: Told, language: Language) -> Block:
    lines: list[Line] = []
    if told.correction is not None:
        lines.append(Line(word("correction", language), word(told.correction.why, language)))
    kind = word(told.kind, language)
    lines.append(Line(word("stance", language), f"{_way(told, language)} ({kind})"))
    if told.speaker:
        lines.append(Line(word("said_by", language), _clean(told.speaker_name or told.speaker)))
    lines.append(Line(word("said_on", language), told.on))
    first = next((quote for quote in told.evidence if quote.text), None)
    if first is not None:
        lines.append(Line(word("words", language), _clean(first.text)[:_LONGEST_QUOTE], "quote"))
    outlets = _outlets(told.evidence, language)
    if told.sources:
        lines.append(Line(word("outlets", language), f"{told.sources}" + (f" ({outlets})" if outlets else "")))
    if told.contested:
        lines.append(Line(word("note", language), word("contested", language)))
    links = dict.fromkeys(quote.url for quote in told.evidence)
    lines += [Line(word("link", language), url, "link") for url in list(links)[:_MOST_LINKS]]
    if told.correction is not None:
        lines += [Line(word("lost", language), url, "link") for url in told.correction.lost[:_MOST_LINKS]]
    return Block(f"{_who(told)}: {_what(told)}", tuple(lines))


def _text(block: Block, language: Language) -> str:
    return "\n".join([block.head, *(f"{line.label}: {_isolated(line, language)}" for line in block.lines)])


def _isolated(line: Line, language: Language) -> str:
    if line.kind == "quote":
        return f"{_RIGHT}«{line.value}»{_END}"
    mark = _LEFT if line.kind == "link" or language == "en" else _RIGHT
    return f"{mark}{line.value}{_END}"


def _who(told: Told) -> str:
    return _clean(told.actor_name or told.actor)


def _what(told: Told) -> str:
    return _clean(told.issue_title or told.issue)


def _way(told: Told, language: Language) -> str:
    """From which stance to which; the arrow points as the text runs."""
    after = word(told.after or "none", language)
    if told.before == told.after:
        return after
    arrow = "←" if language == "ar" else "→"
    return f"{word(told.before or 'none', language)} {arrow} {after}"


def _outlets(quotes: tuple[Quote, ...], language: Language) -> str:
    names = dict.fromkeys(_clean(quote.outlet) for quote in quotes)
    return ("، " if language == "ar" else ", ").join(f"{_AUTO}{name}{_END}" for name in list(names)[:_MOST_LINKS])


def _clean(text: str) -> str:
    return " ".join(_UNSAFE.sub(" ", text).split())
