"""Which paragraphs are the article's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.reading.layout import Layout
from domain.reading.registry import FILES, load_registry
from domain.reading.text import sentences

SEEDS = Path(__file__).parents[2] / "seeds" / "registry"
BODY = "قال الرئيس الروسي فلاديمير بوتين اليوم الجمعة إن بلاده مستعدة لمواصلة الحوار مع جميع الأطراف."
MORE = "وأضاف في مؤتمر صحفي عقده في مدينة فلاديفوستوك أن اللقاء المقبل سيبحث الملفات العالقة كلها."


@pytest.fixture(scope="module")
def layout() -> Layout:
    return Layout(load_registry({name: (SEEDS / name).read_text(encoding="utf-8") for name in FILES}).lexicon)


FOREIGN = [
    "بوتين: مستعدون للحوار مع الجميع",
    "الكرملين يرد على تصريحات ترامب",
    "اقرأ أيضا: ماكرون يدعو إلى هدنة فورية.",
    "شاهد أيضا ماذا قال ترامب عن الهدنة.",
    "صورة أرشيفية للرئيس الروسي (رويترز).",
    "المصدر: الجزيرة + وكالات.",
    "تابعوا آخر الأخبار على قناتنا.",
    "خلفيات الأزمة",
    "ماكرون: لن نتراجع pic.twitter.com/abc",
    "Emmanuel Macron (@EmmanuelMacron) 4 سبتمبر 2025.",
    "نقف مع أوكرانيا حتى النهاية #أوكرانيا.",
]


@pytest.mark.parametrize("line", FOREIGN)
def test_a_line_between_paragraphs_is_not_the_articles_own(layout: Layout, line: str) -> None:
    text = f"{BODY}\n\n{line}\n\n{MORE}"
    found = sentences(text)
    kept = [s.slice(text) for s, own in zip(found, layout.body(text, found), strict=True) if own]
    assert kept == [BODY, MORE]


OWN = [
    "ورفض الكرملين التعليق على ذلك.",
    "وقال ماكرون: «لن نتراجع»",
    "وأضاف: «نقف مع أوكرانيا حتى النهاية».",
    "هل يقبل بوتين؟",
]


@pytest.mark.parametrize("line", OWN)
def test_a_short_paragraph_that_ends_is_the_articles_own(layout: Layout, line: str) -> None:
    text = f"{BODY}\n\n{line}\n\n{MORE} ثم عاد."
    found = sentences(text)
    assert all(layout.body(text, found))


def test_nothing_after_related_links_counts(layout: Layout) -> None:
    text = f"{BODY}\n\nأخبار ذات صلة\n\n{MORE}"
    found = sentences(text)
    assert layout.body(text, found) == [True, False, False]


def test_a_text_of_one_line_is_its_own_body(layout: Layout) -> None:
    for text in (BODY, "بوتين يرفض الهدنة"):
        assert layout.body(text, sentences(text)) == [True]


def test_a_lead_repeated_by_the_text_is_a_standfirst(layout: Layout) -> None:
    text = f"{BODY}\n\n{BODY} {MORE}"
    assert layout.body(text, sentences(text)) == [False, True, True]


def test_an_empty_text_has_no_body(layout: Layout) -> None:
    assert layout.body("", []) == []
