"""Denials that reach further than the word beside them, and what else lies in the frame round a topic.

Raised out of a clause (لا يرى أن العقوبات مفيدة), of leaving out (لا يمكن استبعاد), of doing without (لا سلام من دون).
It must not know issues, nor which side anything takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from domain.reading.cues import past_forms, present_forms
from domain.reading.text import Word

_PARTICLES = frozenset({"لا", "لم", "لن", "ليس", "ليست", "لست", "لسنا", "ليسوا"})
_HELD = ("راي يري", "اعتقد يعتقد", "ظن يظن", "اعتبر يعتبر", "تصور يتصور", "امن يومن", "بدا يبدو")
BELIEFS = frozenset(
    [form for verb in _HELD for form, _ in present_forms(verb.partition(" ")[2])]
    + ["مقتنعا", "مقتنعه", "مقتنع", "مقتنعين", "مقتنعون"]
)
_DOUBTS = frozenset([f for f, _ in past_forms("شكك")] + [f for f, _ in present_forms("يشكك")] + ["مشككا", "التشكيك"])
_EXCLUDING = frozenset(
    [f for f, _ in past_forms("استبعد")]
    + [f for f, _ in present_forms("يستبعد")]
    + ["استبعاد", "مستبعد", "مستبعدا", "مستبعده", "المستبعد", "المستبعده"]
)
_REFUSING = frozenset({"عدم", "غير", "دون", "رفض", "رفضت", "رفضه", "رفضها", "يرفض", "ترفض", "رافضا", "رافضه"})
_WITHOUT = frozenset({"دون", "بدون", "بلا", "قبل"})
_DENYING = _PARTICLES | {"غير", "يستحيل", "مستحيل", "مستحيلا", "استحاله", "يتعذر"}
_UNNEEDED = frozenset({"شروط", "شرط", "قيد", "قيود", "تاخير", "ابطاء", "جدوي", "انقطاع", "ان"})
_LEFT_OUT_REACH = 4
_WITHOUT_REACH = 14
_DOUBT_REACH = 6
_NEAR = 4


def raised(run: Sequence[Word], first: int, last: int) -> tuple[int, int] | None:
    """The words of a denial that is raised out of the clause which it denies; doubt is one."""
    for index in range(max(first, 0), last):
        text = run[index].text.lstrip("وف")
        doubted = _doubted(run, index) if text in _DOUBTS else -1
        if doubted >= 0:
            return index, doubted
        if text in _PARTICLES and index + 1 < last and run[index + 1].text in BELIEFS:
            return index, index + 2
    return None


def _doubted(run: Sequence[Word], index: int) -> int:
    """Where the thing begins that a verb of doubt is about; -1 where none is named."""
    return next((i + 1 for i in range(index + 1, min(len(run), index + _DOUBT_REACH)) if run[i].text == "في"), -1)


def beside(run: Sequence[Word], behind: int, place: int, sides: Mapping[int, bool]) -> bool:
    """Whether a thing is what is believed itself (لا يرى أن | العقوبات), and nobody else's deed."""
    between = range(behind, place)
    return len(between) <= _NEAR and not any(i in sides or (run[i].pause and i > behind) for i in between)


def left_open(run: Sequence[Word], first: int, last: int, foreign: Iterable[int]) -> bool:
    """Whether a thing is told not to be ruled out."""
    others = frozenset(foreign)
    for index in range(max(first, 0), last):
        text = run[index].text.lstrip("وف")
        if (text in _EXCLUDING or text.removesuffix("ا").removesuffix("ه") in _EXCLUDING) and index not in others:
            before = run[max(first, index - _LEFT_OUT_REACH, 0) : index]
            return any(w.text.lstrip("وف") in _PARTICLES | _REFUSING for w in before)
    return False


def indispensable(run: Sequence[Word], first: int, place: int) -> int:
    """The word without which a denied thing is not to be had (لا سلام من | دون | ضمانات); -1 where there is none."""
    for index in range(place, max(first, place - 2) - 1, -1):
        if run[index].text in _WITHOUT:
            if index + 1 < len(run) and run[index + 1].text in _UNNEEDED:
                return -1
            before = run[max(first, index - _WITHOUT_REACH) : index]
            return index if any(w.text.lstrip("وف") in _DENYING for w in before) else -1
    return -1
