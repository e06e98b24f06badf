"""Date expressions, one by one: `dates.tsv` holds them, with what each must give."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from domain.errors import RegistryError
from domain.reading.dates import Calendar, DateMention, find_dates, load_calendar

SOURCE = Path(__file__).parents[2] / "seeds" / "registry" / "calendar.toml"
TABLE = Path(__file__).with_name("dates.tsv")
PUBLISHED = date(2025, 9, 5)


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    """The calendar that the installation starts with."""
    return load_calendar(SOURCE.read_text("utf-8"))


def _rows() -> list[list[str]]:
    lines = TABLE.read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def _seen(text: str, mention: DateMention) -> list[str]:
    return [
        text[mention.start : mention.end],
        mention.occurred_on or "-",
        mention.precision,
        mention.kind,
    ]


@pytest.mark.parametrize("row", _rows(), ids=lambda row: f"{row[0]} {row[1]}")
def test_each_expression_of_the_table(row: list[str], calendar: Calendar) -> None:
    published = None if row[0] == "-" else date.fromisoformat(row[0])
    marked = row[1]
    text = marked.replace("[", "").replace("]", "")
    found = find_dates(text, published, calendar)
    if len(row) == 2:
        assert [_seen(text, m) for m in found] == []
        return
    expression = marked[marked.index("[") + 1 : marked.index("]")]
    assert [_seen(text, m) for m in found] == [[expression, *row[2:5]]]
    assert found[0].start == marked.index("[")
    for extra in row[5:]:
        name, _, value = extra.partition("=")
        assert getattr(found[0], name) == value


def test_the_table_is_large() -> None:
    assert len(_rows()) >= 170


def test_two_weekdays_are_two_mentions(calendar: Calendar) -> None:
    text = "يجتمعون يومي الخميس والجمعة المقبلين في المقر"
    assert [(m.occurred_on, m.kind) for m in find_dates(text, PUBLISHED, calendar)] == [
        ("2025-09-11", "weekday"),
        ("2025-09-12", "weekday"),
    ]


def test_both_calendars_give_one_day(calendar: Calendar) -> None:
    text = "يستمر حتى يوم الخميس 10 شعبان 1436 هـ الموافق 28 مايو 2015م في المقر"
    assert [m.occurred_on for m in find_dates(text, None, calendar)] == ["2015-05-28", "2015-05-28"]


def test_an_expression_ends_with_its_line(calendar: Calendar) -> None:
    found = find_dates("صدر البيان الخميس\nالماضي كان مختلفا\n4\nسبتمبر", PUBLISHED, calendar)
    assert [(m.occurred_on, m.precision) for m in found] == [("2025-09-04", "day"), ("2025-09", "month")]


def test_a_lone_tatweel_is_no_word(calendar: Calendar) -> None:
    assert [m.occurred_on for m in find_dates("عام 1973 ـــ كما قيل", PUBLISHED, calendar)] == ["1973"]


@pytest.mark.parametrize("published", [date(1, 1, 1), date(9999, 12, 31)])
def test_the_ends_of_the_calendar_are_no_error(published: date, calendar: Calendar) -> None:
    text = (
        "أمس وغدا والخميس الماضي والخميس المقبل قبل 900 سنة وقبل أسبوعين والأسبوع المقبل والشهر الماضي 9 رمضان 4 مارس"
    )
    assert find_dates(text, published, calendar)


# -------- the file


def test_a_name_may_be_added_as_data() -> None:
    text = SOURCE.read_text("utf-8").replace('"سبتمبر", ', '"سبتمبر", "أيلولوس", ', 1)
    found = find_dates("في 4 أيلولوس 2025", None, load_calendar(text))
    assert [m.occurred_on for m in found] == ["2025-09-04"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("number = 9\n", "number = 13\n", "number 13 is out of range"),
        ("number = 9\n", "number = 8\n", "number 8 is out of range or stands twice"),
        ("number = 9\n", 'number = "nine"\n', "Expected `int`, got `str`"),
        ("number = 9\n", "number = 9\nnumbers = 9\n", "unknown field `numbers`"),
        ('"سبتمبر"', '"أغسطس"', "أغسطس stands for 8 and for 9"),
        ('ago = ["قبل", "منذ"]', 'since = ["قبل", "منذ"]', "[words] has no list 'ago'"),
        ('ago = ["قبل", "منذ"]', "ago = []", "[words] ago holds nothing"),
        ('ago = ["قبل", "منذ"]', 'ago = ["قبل", "منذ"]\nsince = ["منذ"]', "nothing reads the list 'since'"),
        ("[ordinals]\n", '[ordinals]\n45 = ["كذا"]\n', "[ordinals] '45' is no number from 1 to 31"),
        ("[ordinals]\n", "[ordinals\n", "not valid TOML"),
        ('names = ["الخميس"]', 'names = ["..."]', "[[weekday]] holds no name"),
    ],
)
def test_a_fault_of_the_file_is_named_with_its_line(old: str, new: str, message: str) -> None:
    text = SOURCE.read_text("utf-8")
    assert old in text
    with pytest.raises(RegistryError) as caught:
        load_calendar(text.replace(old, new, 1))
    assert message in str(caught.value)
    assert caught.value.file == "calendar.toml"
    line = caught.value.line
    assert line is not None
    where = text[: text.index(old)].count("\n") + 1
    assert abs(line - where) <= 2 or line == text[: text.index("\n[words]\n")].count("\n") + 2


def test_a_missing_weekday_is_a_fault() -> None:
    text = SOURCE.read_text("utf-8")
    start = text.index("[[weekday]]\nnumber = 3")
    end = text.index("[[weekday]]\nnumber = 4")
    with pytest.raises(RegistryError, match="number 3 is missing"):
        load_calendar(text[:start] + text[end:])
