"""Texts for properties of the extractor: the shipped corpus, made-up news, paragraphs about nothing that matters."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import msgspec
from hypothesis import strategies as st

from domain.events import Event
from workers.demo.corpus import shipped

MARKS = (
    "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670\u0640\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2067\u2069"
)
_PARTS = """
قال الرئيس الروسي فلاديمير بوتين|أعلن الكرملين|قال الرئيس الأميركي دونالد ترامب|وأضاف|وتابع|من جهته أكد ماكرون
موسكو ترفض
وأوضح المتحدث باسم الكرملين دميتري بيسكوف|ورحبت باريس|دعا الأمين العام لحلف الناتو مارك روته|وبحسب مسؤول أميركي
إن بلاده لن تقبل|أنه يرفض|إنها تؤيد|أن موسكو لا تمانع|أن بلاده ستواصل|على ضرورة|أنه مستعد|إذا توقف القتال
بشرط أن تلتزم كييف
نشر قوات أجنبية في أوكرانيا|وقف إطلاق النار في غزة|انضمام أوكرانيا إلى الناتو|تزويد كييف بالسلاح|رفع العقوبات عن سوريا
المفاوضات مع كييف|العقوبات على روسيا|هذا القرار|ذلك|عقد قمة في باريس|لقاء مع نظيره الأوكراني|الحوار مع واشنطن
اليوم الجمعة|أمس الخميس|الأسبوع المقبل|في 18 آب|قبل نحو أسبوعين|في وقت سابق|عام 2015|بحضور قادة أوروبيين
،|.|. |؟|\n|\n\n|"|«|»|(|)|؛ |:|…|الذي|والتي|لكن|لا|لن|إلا إذا|حيث
""".replace("\n", "|")
PARTS = [part.replace("\\n", "\n") for part in _PARTS.split("|") if part]
NEWS = st.lists(st.sampled_from(PARTS), max_size=30).map(" ".join)
CORPUS = [(a.text, None if a.published is None else date.fromisoformat(a.published)) for a in shipped()[1]]
DAYS = st.one_of(st.none(), st.dates(min_value=date(2010, 1, 1), max_value=date(2030, 12, 31)))
ARTICLES = st.one_of(st.sampled_from(CORPUS), st.tuples(NEWS, DAYS))
UNRELATED = (
    "يمتاز خبز التنور بقشرته الرقيقة، ويُعدّ من الطحين والماء والملح، ثم يُترك العجين ساعتين في مكان دافئ.",
    "تتوقع مصلحة الأرصاد طقسا معتدلا على السواحل، وأمطارا خفيفة فوق المرتفعات، ورياحا نشطة في ساعات المساء.",
    "فاز الفريق المضيف بثلاثة أهداف لهدف واحد، وسجل المهاجم الشاب هدفين في الشوط الثاني من المباراة.",
    "يفتح المتحف أبوابه للزوار صباح كل سبت، ويضم جناحا للخط العربي وآخر للآلات الموسيقية القديمة.",
    "تنصح الطبيبة بشرب الماء قبل الطعام، وبالمشي نصف ساعة، وبالنوم باكرا في ليالي الشتاء الطويلة.",
    "انخفض سعر الطماطم في الأسواق إلى أربعة دراهم للكيلوغرام، بينما استقر سعر البطاطا والبصل.",
)


def tree(event: Event, text: str) -> dict[str, Any]:
    """An event with its evidence as words, without the marks that nobody reads."""
    fields: dict[str, Any] = msgspec.to_builtins(event)
    fields["evidence"] = [unmarked(text[start:end]) for start, end in event.evidence]
    return {name: unmarked(value) if isinstance(value, str) else value for name, value in fields.items()}


def unmarked(text: str) -> str:
    """A text without diacritics, lengthening and direction marks."""
    return "".join(c for c in text if c not in MARKS)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Break off what computes for longer; a net for endless patterns, no measure."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"broken off after {seconds} s of computing")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
