"""What holds of date expressions in any text: offsets, order, spelling, and work that grows with the text only."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.reading.dates import Calendar, find_dates, load_calendar
from domain.reading.text import level

CALENDAR: Calendar = load_calendar(
    (Path(__file__).parents[2] / "seeds" / "registry" / "calendar.toml").read_text("utf-8")
)
VOCABULARY = """
اليوم أمس غدا الخميس والجمعة الأحد يوم مساء ليل الماضي المقبل الجاري قبل بعد منذ خلال يومين أيام أسبوع الأسبوع الشهر
العام عام سنة هذا من إلى و في وقت سابق سابقا 4 5 31 2025 1446 ه / - ( ) ، . سبتمبر أيلول آب مارس ماي رمضان صفر الرابع
الحادي والعشرين كانون الأول الثاني شهر مطلع نهاية نحو بضعة ثلاثة عشر الموافق ثورة الأيام القليلة قال الوزير
"""
TEXTS = st.lists(st.sampled_from([*VOCABULARY.split(), "\n"]), max_size=40).map(" ".join)
DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2040, 12, 31))
MARKS = "\u064e\u0651\u0640\u200f\u202b\u2069"


@given(text=st.one_of(TEXTS, st.text(max_size=80)), published=st.one_of(st.none(), DAYS))
@settings(deadline=None)
def test_mentions_lie_in_the_text_in_order_and_apart(text: str, published: date | None) -> None:
    behind = 0
    for mention in find_dates(text, published, CALENDAR):
        assert behind <= mention.start < mention.end <= len(text)
        assert text[mention.start : mention.end].strip() == text[mention.start : mention.end]
        behind = mention.end


@given(text=TEXTS, published=st.one_of(st.none(), DAYS))
@settings(deadline=None)
def test_precision_says_how_far_the_day_is_known(text: str, published: date | None) -> None:
    lengths = {"day": 10, "month": 7, "year": 4}
    for mention in find_dates(text, published, CALENDAR):
        if mention.occurred_on is None:
            assert mention.precision == "unknown"
        else:
            assert len(mention.occurred_on) == lengths[mention.precision]
            date.fromisoformat((mention.occurred_on + "-01-01")[:10])
        if published is None:
            assert mention.ahead is None
            assert mention.kind not in ("relative", "weekday", "duration_ago") or mention.occurred_on is None


@given(text=TEXTS, published=DAYS, data=st.data())
@settings(deadline=None)
def test_marks_and_levelled_letters_change_no_day(text: str, published: date, data: st.DataObject) -> None:
    plain = [(m.occurred_on, m.kind) for m in find_dates(text, published, CALENDAR)]
    places = data.draw(st.sets(st.integers(0, max(0, len(text) - 1)), max_size=12))
    marked = "".join(
        c + (data.draw(st.sampled_from(MARKS)) if i in places and (c.isalpha() or c.isdigit()) else "")
        for i, c in enumerate(text)
    )
    assert [(m.occurred_on, m.kind) for m in find_dates(marked, published, CALENDAR)] == plain
    if "آب" not in text:  # bare, the month needs its own spelling
        lines = "\n".join(level(line) for line in text.split("\n"))
        assert [(m.occurred_on, m.kind) for m in find_dates(lines, published, CALENDAR)] == plain


@given(published=DAYS, number=st.integers(0, 6))
def test_weekdays_lie_around_publication(published: date, number: int) -> None:
    name = ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد")[number]
    bare, past, coming = find_dates(f"{name}. {name} الماضي. {name} المقبل.", published, CALENDAR)
    days = [date.fromisoformat(str(d)) for d in (bare.occurred_on, bare.ahead, past.occurred_on, coming.occurred_on)]
    assert {day.weekday() for day in days} == {number}
    assert timedelta(0) <= published - days[0] < timedelta(7)
    assert timedelta(0) <= days[1] - published < timedelta(7)
    assert timedelta(0) < published - days[2] <= timedelta(7)
    assert timedelta(0) < days[3] - published <= timedelta(7)


@given(published=DAYS, day=st.dates(min_value=date(1990, 1, 1), max_value=date(2040, 12, 31)))
def test_a_day_without_its_year_is_near(published: date, day: date) -> None:
    months = (
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    )
    (mention,) = find_dates(f"في {day.day} {months[day.month - 1]} كما قيل", published, CALENDAR)
    found = date.fromisoformat(str(mention.occurred_on))
    assert (found.month, found.day) == (day.month, day.day)
    assert abs((found - published).days) <= (244 if (day.month, day.day) != (2, 29) else 8 * 366)
    assert date.fromisoformat(str(mention.ahead)) >= published


@pytest.mark.parametrize(
    "pattern", ["4 و", "يوم ", "نحو ", "4-", "الرابع و", "قبل قبل ", "من 4 إلى ", "في وقت سابق من ", "( "]
)
def test_work_grows_with_the_text_only(pattern: str) -> None:
    def steps(times: int) -> int:
        count = 0

        def tracer(*_: object) -> None:
            nonlocal count
            count += 1

        text = pattern * times
        find_dates(text, date(2025, 9, 5), CALENDAR)
        sys.setprofile(tracer)
        try:
            find_dates(text, date(2025, 9, 5), CALENDAR)
        finally:
            sys.setprofile(None)
        return count

    assert steps(400) <= 2.2 * steps(200)
