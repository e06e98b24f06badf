"""When words were said: their own date, the scene they belong to, what is told later, the publication day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from domain.reading.candidates import Moment
from domain.reading.dates import load_calendar
from domain.reading.extractor import RuleExtractor
from domain.reading.moments import MEETING_DAYS, STATEMENT_DAYS, UNKNOWN, is_recent
from domain.reading.registry import FILES, load_registry
from domain.reading.text import sentences

REGISTRY = Path(__file__).resolve().parents[2] / "seeds" / "registry"
PUBLISHED = date(2025, 10, 20)  # a Monday


@pytest.fixture(scope="module")
def extractor() -> RuleExtractor:
    registry = load_registry({name: (REGISTRY / name).read_text(encoding="utf-8") for name in FILES})
    return RuleExtractor(registry, load_calendar((REGISTRY / "calendar.toml").read_text(encoding="utf-8")))


def said(extractor: RuleExtractor, text: str, published: date | None = PUBLISHED) -> list[Moment]:
    """The moments of the clauses of a text whose speaker is known."""
    passages = extractor._passages(text, sentences(text), published)
    return [when for here in passages for clause, when in here.clauses if clause.speaker is not None]


OWN = [
    ("قال بوتين أمس إن بلاده تريد السلام.", "2025-10-19"),
    ("قال بوتين إن بلاده تريد السلام.", "2025-10-20"),
    ("قال بوتين الخميس إن بلاده تريد السلام.", "2025-10-16"),
    ("وقال بوتين، الجمعة الماضي، إن بلاده تريد السلام.", "2025-10-17"),
    ("أعلن ترامب السبت أن الهدنة قريبة.", "2025-10-18"),
    ("أعلن ترامب أن الهدنة تبدأ غدا.", "2025-10-20"),
    ("أعلن ترامب أن الهدنة بدأت الخميس الماضي.", "2025-10-20"),
    ("أكد ماكرون، في كلمة ألقاها في باريس يوم 15 أكتوبر، أن الضمانات جاهزة.", "2025-10-15"),
    ("حذر ماكرون خلال استقباله زيلينسكي في قصر الإليزيه في باريس أمس الأحد من أن الحرب تطول.", "2025-10-19"),
    ("أمس الأحد، قال لافروف إن بلاده ترفض الهدنة.", "2025-10-19"),
    ("قال لافروف في وقت سابق اليوم إن بلاده ترفض الهدنة.", "2025-10-20"),
    ("وكان بوتين قد قال سابقا إن بلاده ترفض الهدنة.", None),
    ("وكان بوتين قد قال قبل أسبوع إن بلاده ترفض الهدنة.", "2025-10"),
    ("رأى ماكرون، في ختام اجتماع عقد في باريس أول من أمس، أن السلام بعيد.", "2025-10-18"),
    ("قال روته يوم الأربعاء 15 أكتوبر 2025 إن الحلف مستعد.", "2025-10-15"),
    ("قال بيسكوف للصحفيين صباح اليوم إن الحوار مستمر.", "2025-10-20"),
]


@pytest.mark.parametrize(("text", "day"), OWN)
def test_the_date_of_the_saying(extractor: RuleExtractor, text: str, day: str | None) -> None:
    assert said(extractor, text)[0].occurred_on == day


def test_the_publication_day_is_inferred(extractor: RuleExtractor) -> None:
    (when,) = said(extractor, "قال بوتين إن بلاده تريد السلام.")
    assert when.inferred
    (when,) = said(extractor, "قال بوتين أمس إن بلاده تريد السلام.")
    assert not when.inferred


@pytest.mark.parametrize(
    ("when", "day"),
    [("بعد يوم من تصريح", "2025-10-19"), ("بعد يومين من إعلان", "2025-10-18"), ("غداة تأكيد", "2025-10-19")],
)
def test_words_looked_back_at_are_so_many_days_old(extractor: RuleExtractor, when: str, day: str) -> None:
    text = f"وجاء ذلك {when} للرئيس الفرنسي إيمانويل ماكرون قال فيه إن بلاده سترسل قوات إلى أوكرانيا."
    assert [moment.occurred_on for moment in said(extractor, text)][-1] == day


def test_a_silent_sentence_takes_its_speakers_day(extractor: RuleExtractor) -> None:
    moments = said(extractor, "قال بوتين أمس إن بلاده تريد السلام.\nوأضاف بوتين أن أوكرانيا ترفضه.")
    assert [m.occurred_on for m in moments] == ["2025-10-19", "2025-10-19"]


def test_a_lead_takes_the_day_its_speaker_is_given_soon_after(extractor: RuleExtractor) -> None:
    text = "أعلن بيسنت أن العقوبات باقية.\nوقال بيسنت في مقابلة مساء السبت إن إيرادات موسكو هبطت."
    assert [m.occurred_on for m in said(extractor, text)] == ["2025-10-18", "2025-10-18"]


def test_another_speakers_day_is_his_own(extractor: RuleExtractor) -> None:
    text = "أعلن بيسنت أن العقوبات باقية.\nوقال لافروف مساء السبت إن العقوبات باطلة."
    assert [m.occurred_on for m in said(extractor, text)] == ["2025-10-20", "2025-10-18"]


def test_words_after_the_meeting_are_of_its_day(extractor: RuleExtractor) -> None:
    text = "عقد ماكرون أمس اجتماعا مع زيلينسكي في باريس.\nوقال بارو عقب الاجتماع إن الضمانات جاهزة."
    assert said(extractor, text)[-1].occurred_on == "2025-10-19"


def test_an_undated_text_has_only_the_days_it_tells(extractor: RuleExtractor) -> None:
    assert said(extractor, "قال بوتين إن بلاده تريد السلام.", None) == [UNKNOWN]
    text = "قال بوتين يوم 5 ديسمبر 2025 إن بلاده تريد السلام.\nوقال لافروف إن الهدنة خدعة."
    assert [m.occurred_on for m in said(extractor, text, None)] == ["2025-12-05", "2025-12-05"]


RECENT = [
    ("2025-10-06", STATEMENT_DAYS, True), ("2025-10-05", STATEMENT_DAYS, False), ("2025-09-20", MEETING_DAYS, True),
    ("2025-09-19", MEETING_DAYS, False), ("2025-10", STATEMENT_DAYS, True), ("2025-08", MEETING_DAYS, False),
    ("2025-09", MEETING_DAYS, True), ("2025", MEETING_DAYS, True), ("2024", MEETING_DAYS, False), (None, 14, True),
]  # fmt: skip


@pytest.mark.parametrize(("day", "days", "recent"), RECENT)
def test_how_long_words_and_meetings_are_news(day: str | None, days: int, recent: bool) -> None:
    when = Moment(occurred_on=day, precision="day", inferred=False)
    assert is_recent(when, PUBLISHED, days) is recent
