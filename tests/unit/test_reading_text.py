"""Words, spellings, sentences and quotations: what every later stage rests on."""

from __future__ import annotations

import pytest

from domain.reading.phrases import Phrases
from domain.reading.text import forms, level, sentences, words

SPELLINGS = [
    ("أميركي", "اميركي"),
    ("إلى", "الي"),
    ("آسيا", "اسيا"),
    ("مسؤول", "مسوول"),
    ("رئيس", "رييس"),
    ("القاهرة", "القاهره"),
    ("مُحَمَّد", "محمد"),
    ("الســـلام", "السلام"),
    ("روسيا\u200f", "روسيا"),
    ("ڤلاديمير", "فلاديمير"),
    ("گوتيريش", "كوتيريش"),
    ("٢٠٢٥", "2025"),
    ("۱۴۰۴", "1404"),
    ("موسكو\u00ad", "موسكو"),
    ("شيء", "شيء"),
    ("ٱلله", "الله"),
    ("بوتیـن", "بوتين"),
]

READINGS = [
    ("وللقوات", "قوات"),
    ("والكرملين", "الكرملين"),
    ("لموسكو", "موسكو"),
    ("بالناتو", "ناتو"),
    ("وبموسكو", "موسكو"),
    ("فروسيا", "روسيا"),
    ("كفرنسا", "فرنسا"),
    ("للكرملين", "الكرملين"),
    ("سيرفض", "يرفض"),
    ("وسترفض", "ترفض"),
    ("عضويتها", "عضويه"),
    ("قواتهم", "قوات"),
    ("رفضه", "رفض"),
    ("بقواتها", "قوات"),
    ("لترامب", "ترامب"),
    ("وبوتين", "بوتين"),
    ("ولبوتين", "بوتين"),
    ("فالاتحاد", "اتحاد"),
    ("بلادنا", "بلاد"),
    ("حكومتهما", "حكومه"),
]

SPLITS = [
    ("قال بوتين ذلك. وأضاف لافروف هذا.", 2),
    ("هل يوافق؟ لا أحد يعرف!", 2),
    ("رفض ذلك؛ ثم عاد وقبله.", 2),
    ("قال «لن نقبل. لن نتراجع» ثم خرج.", 1),
    ('قال "لن نقبل. لن نتراجع" ثم خرج.', 1),
    ("قال “لن نقبل. لن نتراجع” ثم خرج.", 1),
    ("بلغت النسبة 3.5 في المئة.", 1),
    ("بلغت النسبة ٣٫٥ في المئة.", 1),
    ("سطر أول\nسطر ثان", 2),
    ("سطر أول\n\n\nسطر ثان", 2),
    ("سطر أول\r\nسطر ثان", 2),
    ("قال ج. دبليو بوش ذلك.", 1),
    ("انتهى الأمر… وبدأ غيره.", 2),
    ("", 0),
    ("…", 0),
    ("   \n  ", 0),
]

QUOTATIONS = [
    ("قال «لن نقبل بذلك» وخرج.", ["«لن نقبل بذلك»"]),
    ('قال "لن نقبل بذلك" وخرج.', ['"لن نقبل بذلك"']),
    ("قال “لن نقبل بذلك” وخرج.", ["“لن نقبل بذلك”"]),
    ("قال: «لن نقبل بذلك أبدا.", ["«لن نقبل بذلك أبدا."]),
    ("قال «نعم» ثم «لا».", ["«نعم»", "«لا»"]),
    ('قال "نعم" ثم "لا".', ['"نعم"', '"لا"']),
    ("لم يقل شيئا.", []),
]


@pytest.mark.parametrize(("written", "levelled"), SPELLINGS)
def test_spellings_are_levelled(written: str, levelled: str) -> None:
    assert level(written) == levelled


@pytest.mark.parametrize(("word", "reading"), READINGS)
def test_clitics_are_opened(word: str, reading: str) -> None:
    assert reading in forms(level(word))
    assert forms(level(word))[0] == level(word)


@pytest.mark.parametrize(("text", "count"), SPLITS)
def test_sentences_end_where_they_end(text: str, count: int) -> None:
    assert len(sentences(text)) == count


@pytest.mark.parametrize(("text", "quoted"), QUOTATIONS)
def test_quotations_of_all_kinds(text: str, quoted: list[str]) -> None:
    assert [text[a:b] for s in sentences(text) for a, b in s.quotes] == quoted


def test_a_quotation_left_open_covers_the_sentences_after_it() -> None:
    text = "قال: «لن نقبل. ولن نتراجع أبدا."
    assert [[text[a:b] for a, b in s.quotes] for s in sentences(text)] == [["«لن نقبل."], ["ولن نتراجع أبدا."]]


def test_offsets_are_into_the_raw_text() -> None:
    text = "  قالَ بوتيـــن: «لا».\n\nوأضاف."
    for sentence in sentences(text):
        assert sentence.slice(text) == sentence.slice(text).strip()
        for word in sentence.words:
            assert level(text[word.start : word.end]) == word.text
            assert sentence.start <= word.start < word.end <= sentence.end


def test_a_pause_parts_words() -> None:
    assert [w.pause for w in words("قال بوتين، أمس، إن - نعم")] == [False, False, True, True, True]


def test_the_longest_phrase_is_found_with_what_its_first_word_carries() -> None:
    phrases = Phrases([("الرئيس", 1), ("الرئيس الروسي", 2), ("موسكو", 3)])
    hits = phrases.find(words("التقى بالرئيس الروسي وبموسكو"))
    assert [(h.first, h.last, h.values) for h in hits] == [(1, 3, (2,)), (3, 4, (3,))]
    assert [h.front for h in hits] == ["ب", "وب"]
    assert len(phrases.find(words("الرئيس الروسي"), overlapping=True)) == 2
