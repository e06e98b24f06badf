"""Months and years as a text names them, with or without what says which one is meant.

It must not know the days of a month.
"""

from __future__ import annotations

from datetime import date

import msgspec

from domain.reading.datewords import DASHES, YEARS, Found, Line
from domain.reading.daycount import (
    HIJRI_YEARS,
    UNKNOWN,
    Direction,
    Value,
    day_value,
    make_day,
    month_value,
    nearest_day,
    nearest_month,
    unit_value,
    year_value,
)


class Month(msgspec.Struct, frozen=True):
    """A month as named, with what stands behind it; `firm` where that makes it certain to be one."""

    last: int
    number: int
    year: int | None = None
    years_away: int | None = None
    direction: Direction | None = None
    firm: bool = False


def read_month(line: Line, index: int) -> Month | None:
    """A month's name, the word month before it, its second name, and what says which one is meant."""
    start = index + 1 if line.has(index, "month") and line.joined(index + 1) else index
    found = line.names.months.at(line.run, start)
    if found is None or not line.whole(start, found[0]):
        return None
    last, name = found
    firm = start > index
    second = line.names.months.at(line.run, last) if line.joined(last, "/", "\\", "(", *DASHES, "،") else None
    if second is not None and second[1].number == name.number:
        last, firm = second[0], True
    direction = line.direction(last, ")")
    if direction is not None:
        return Month(last + 1, name.number, direction=direction, firm=True)
    year = _year_behind(line, last, (")", "،", ",", "/"))
    if year is None:
        return Month(last, name.number, firm=firm)
    return Month(year[0], name.number, year=year[1], years_away=year[2], firm=True)


def read_month_first(line: Line, index: int) -> Found | None:
    """A date line with the month first: سبتمبر 5، 2025."""
    found = line.names.months.at(line.run, index)
    if found is None or not line.whole(index, found[0]) or not line.joined(found[0]):
        return None
    last, name = found
    day, year = line.number(last), line.number(last + 1, YEARS[-1])
    if day is None or year is None or year not in YEARS or not line.joined(last + 1, "،", ","):
        return None
    on = make_day(year, name.number, day)
    return None if on is None else Found(last + 2, day_value(on), "absolute", "day and month with year")


def read_bare_month(line: Line, index: int) -> Found | None:
    """A month without a day."""
    month = read_month(line, index)
    if month is None or not (month.firm or _stands_alone(line, index)):
        return None
    if month.year is None and month.direction is None and line.has(index - 1, "named") and line.joined(index):
        return Found(month.last, UNKNOWN, "absolute", "a name", drop=True)
    rule = "month with year" if month.year is not None else "month"
    return Found(month.last, value_of_month(line, month), "absolute", rule, ahead=month_ahead(line, month))


def month_away(line: Line, months: int, last: int) -> Month | None:
    """The month so many months from publication; one that nobody knows where that is unknown."""
    if line.published is None:
        return Month(last, 1, direction="current")
    year, _, number = (unit_value("month", months, line.published)[0] or "").partition("-")
    return Month(last, int(number), year=int(year), firm=True) if number else None


def _year_behind(line: Line, index: int, gaps: tuple[str, ...]) -> tuple[int, int | None, int | None] | None:
    """The year of a month (2025، من عام 2025، من العام الماضي): the index behind, itself, or how far it is."""
    if not line.joined(index, *gaps):
        return None
    start = index + 1 if line.has(index, "of") and line.joined(index + 1) else index
    worded = line.has(start, "year")
    if worded:
        start += 1
    number = line.number(start, YEARS[-1])
    if number is not None and number in YEARS and (start == index or line.joined(start, "-")):
        return behind_year(line, start + 1), number, None
    if worded and line.direction(start) is not None:
        moved = line.modifier(start)
        if moved is not None:
            year = None if line.published is None else line.published.year + moved[0]
            return moved[1], year, moved[0]
    return None


def behind_year(line: Line, index: int) -> int:
    """The index behind the letters that say which calendar's year it is."""
    marked = line.has(index, "gregorian") or line.has(index, "hijri")
    return index + 1 if marked and line.joined(index) else index


def resolve(line: Line, month: Month, day: int) -> date | None:
    """The day of a month, where its year is said or can be told from publication."""
    if month.year is not None:
        return make_day(month.year, month.number, day)
    if line.published is None or month.years_away is not None:
        return None
    direction = None if month.direction == "current" else month.direction
    return nearest_day(month.number, day, line.published, direction)


def day_ahead(line: Line, month: Month, day: int) -> date | None:
    """The next such day from publication on, where neither year nor direction is said."""
    if line.published is None or month.year is not None or month.years_away is not None or month.direction:
        return None
    today = (line.published.month, line.published.day) == (month.number, day)
    return line.published if today else nearest_day(month.number, day, line.published, "next")


def month_ahead(line: Line, month: Month) -> str | None:
    """The next such month from publication on, where neither year nor direction is said."""
    if line.published is None or month.year is not None or month.years_away is not None or month.direction:
        return None
    if month.number == line.published.month:
        return month_value(line.published.year, month.number)[0]
    return month_value(*nearest_month(month.number, line.published, "next"))[0]


def value_of_month(line: Line, month: Month) -> Value:
    """The month, where its year is said or can be told from publication."""
    if month.year is not None:
        return month_value(month.year, month.number)
    if line.published is None or month.years_away is not None:
        return UNKNOWN
    direction = None if month.direction == "current" else month.direction
    return month_value(*nearest_month(month.number, line.published, direction))


def _stands_alone(line: Line, index: int) -> bool:
    """Whether a month's name counts with nothing beside it."""
    found = line.names.months.at(line.run, index)
    if found is None or found[1].standing == "within_date":
        return False
    if found[1].standing == "free":
        return True
    raw = line.text[line.run[index].start : line.run[index].end]
    before = line.has(index - 1, "prepositions") and line.joined(index)
    return before and (not found[1].spelled or found[1].spelled in raw)


def read_year_word(line: Line, index: int) -> Found | None:
    """A year behind the word year, or two."""
    if not line.has(index, "year") or not line.joined(index + 1):
        return None
    year = line.number(index + 1, YEARS[-1])
    if year is None or year < HIJRI_YEARS[0]:
        return None
    if year in HIJRI_YEARS:
        marked = line.has(index + 2, "hijri") and line.joined(index + 2)
        return Found(index + 3, UNKNOWN, "hijri", "hijri year") if marked else None
    return _years(line, index + 1, year)


def read_year(line: Line, index: int) -> Found | None:
    """A bare year behind a preposition; round thousands and hundreds are numbers of something."""
    year = line.number(index, YEARS[-1])
    if year is None or year not in YEARS or year % 100 == 0 or not line.joined(index):
        return None
    to = line.has(index - 1, "of") and line.has(index + 1, "to") and line.number(index + 2, YEARS[-1])
    before = to or line.has(index - 1, "prepositions") or line.phrase(index - 1, "part") == index
    if not before or line.names.units.at(line.run, index + 1) is not None or line.gap(index + 1)[:1] == "%":
        return None
    return _years(line, index, year)


def _years(line: Line, index: int, year: int) -> Found:
    """A year, or the first of two with its last."""
    last = behind_year(line, index + 1)
    on = last
    if line.joined(last) and (line.word(last) == "و" or line.has(last, "to")):
        on = last + 1
    second = line.number(on, YEARS[-1])
    joined = on > last or line.gap(on) in ("/", *DASHES)
    if second is not None and joined and year < second and second in YEARS and line.joined(on, "/", *DASHES):
        return Found(behind_year(line, on + 1), year_value(year), "range", "first year of a range", until=str(second))
    return Found(last, year_value(year), "absolute", "year")
