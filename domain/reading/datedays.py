"""Days of a month as a text names them: in digits, in words, one, several or a range, Gregorian or Hijri.

It must not know weekdays, nor days told from publication.
"""

from __future__ import annotations

from datetime import date

from domain.reading.datemonths import Month, behind_year, day_ahead, month_away, read_month, resolve
from domain.reading.datewords import DASHES, DOTTED, YEARS, Found, Line
from domain.reading.daycount import (
    HIJRI_YEARS,
    UNKNOWN,
    day_value,
    hijri_day,
    make_day,
    nearest_hijri,
)

_MOST_DAYS = 6


def read_numeric(line: Line, index: int) -> Found | None:
    """A date in digits: 2025-09-04, 04/09/2025, 24/9/1436."""
    dotted = DOTTED.fullmatch(line.word(index))
    if dotted is not None:
        last, parts = index + 1, [int(part) for part in dotted.groups()]
    else:
        gap = line.gap(index + 1)
        if gap not in ("/", "-", "–", "\\") or line.gap(index + 2) != gap:
            return None
        pieces = [line.word(index + k) for k in range(3)]
        if not all(p.isdecimal() and len(p) <= 4 for p in pieces):
            return None
        last, parts = index + 3, [int(p) for p in pieces]
    year, month, day = parts if parts[0] > 31 else reversed(parts)
    if year in HIJRI_YEARS:
        return _hijri_found(line, behind_year(line, last), hijri_day(year, month, day), year)
    found = make_day(year, month, day) or make_day(year, day, month) if year in YEARS else None
    return None if found is None else Found(behind_year(line, last), day_value(found), "absolute", "date in digits")


def read_days(line: Line, index: int) -> Found | None:
    """One day of a month or more: 4 سبتمبر، الرابع من أيلول، 4-6 سبتمبر، من 30 أغسطس إلى 2 سبتمبر."""
    first = _day(line, index)
    if first is None:
        return None
    numbers, last, digits = [first[0]], first[1], first[2]
    month = _month_of_day(line, last, digits=digits)
    while month is None and len(numbers) < _MOST_DAYS:
        more = _next_day(line, last, digits=digits)
        if more is None:
            return _hijri(line, index)
        numbers.append(more[0])
        last = more[1]
        month = _month_of_day(line, last, digits=digits)
    if month is None:
        return None
    before = index - 2 if line.word(index - 1) in ("ال", "و") else index - 1
    if month.year is None and month.direction is None and line.has(before, "named"):
        return Found(month.last, UNKNOWN, "absolute", "a name", drop=True)
    return _placed(line, numbers, month)


def _day(line: Line, index: int) -> tuple[int, int, bool] | None:
    """A day's number, the index behind it, and whether it stands in digits."""
    number = line.number(index)
    if number is not None:
        return number, index + 1, True
    found = line.names.ordinals.at(line.run, index)
    return (found[1], found[0], False) if found is not None and line.whole(index, found[0]) else None


def _hijri_found(line: Line, last: int, day: date | None, year: int | None) -> Found:
    return Found(last, day_value(day), "hijri", "hijri date" if year is not None else "hijri date without year")


def _placed(line: Line, numbers: list[int], month: Month) -> Found | None:
    """The first and the last of some days, as far as the year is known."""
    if numbers[0] > 31 or make_day(2024, month.number, numbers[0]) is None:
        return None
    end, last = (numbers[-1], month), month.last
    if len(numbers) == 1:
        on = _until(line, last)
        if on is not None:
            end, last = on, on[1].last
    if len(numbers) == 1 and end[1] is month:
        rule = "day and month with year" if month.year is not None else "day and month"
        day = resolve(line, month, numbers[0])
        ahead = day_ahead(line, month, numbers[0])
        return Found(last, day_value(day), "absolute", rule, ahead=day_value(ahead)[0])
    final = resolve(line, end[1], end[0])
    first = None if final is None else make_day(month.year or final.year, month.number, numbers[0])
    if first is not None and final is not None and first > final:
        first = make_day(first.year - 1, month.number, numbers[0])
    return Found(last, day_value(first), "range", "first day of a range", until=day_value(final)[0])


def _until(line: Line, last: int) -> tuple[int, Month] | None:
    """The end of a range whose first day has a month of its own."""
    if not (line.has(last, "to") and line.joined(last)):
        return None
    day = _day(line, last + 1)
    month = None if day is None else _month_of_day(line, day[1], digits=day[2])
    return None if day is None or month is None else (day[0], month)


def _next_day(line: Line, last: int, *, digits: bool) -> tuple[int, int] | None:
    """Another day of the same month: behind a dash, 'and' or 'to'."""
    start = last
    to = line.has(start, "to") and line.joined(start)
    if to or (line.word(start) == "و" and line.joined(start, "،")):
        start += 1
    elif not (line.gap(start) in DASHES or (not digits and line.word(start)[:1] == "و")):
        return None
    day = _day(line, start)
    return (day[0], day[1]) if day is not None and day[2] == digits else None


def _month_of_day(line: Line, index: int, *, digits: bool) -> Month | None:
    """The month behind a day: its name, or the month of publication or one beside it."""
    start = index
    if line.has(start, "of") and line.joined(start):
        start += 1
    elif not digits and not line.has(start, "month") and not line.has(start - 1, "first_of"):
        return None
    if not line.joined(start, *(("/", *DASHES) if digits else ())):
        return None
    month = read_month(line, start)
    if month is not None:
        return month
    unit = line.names.units.at(line.run, start)
    if unit is not None and unit[1].value.unit == "month" and unit[1].value.shape == "definite":
        moved = line.modifier(unit[0])
        return None if moved is None else month_away(line, *moved)
    current = digits and line.has(start, "current") and line.gap(start) == ""
    return month_away(line, 0, start + 1) if current else None


def _hijri(line: Line, index: int) -> Found | None:
    """A day of a Hijri month, with its year or the nearest."""
    day = _day(line, index)
    if day is None:
        return None
    start = day[1] + 1 if line.has(day[1], "of") and line.joined(day[1]) else day[1]
    start = start + 1 if line.has(start, "month") else start
    found = line.names.hijri.at(line.run, start)
    if found is None or not line.joined(start) or (not day[2] and start == day[1]) or day[0] > 30:
        return None
    last, name = found
    last = last + 1 if line.has(last, "year") and line.number(last + 1, 1500) else last
    year = line.number(last, HIJRI_YEARS[-1])
    if year is not None and year in HIJRI_YEARS and line.joined(last, "،", ","):
        return _hijri_found(line, behind_year(line, last + 1), hijri_day(year, name.number, day[0]), year)
    if name.needs_year:
        return None
    published = line.published
    near = None if published is None else nearest_hijri(name.number, day[0], published)
    if line.direction(last) is not None:
        last += 1
    return _hijri_found(line, last, near, None)
