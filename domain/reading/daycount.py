"""Reckoning with days: the year that is meant, a month or a week away, and how far a span of days is certain.

It must not know words; `dates` reads them. A value is an ISO date as far as it is known, with its precision.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

Precision = Literal["day", "month", "year", "unknown"]
Direction = Literal["past", "next", "current"]
Value = tuple[str | None, Precision]

UNKNOWN: Value = (None, "unknown")
HIJRI_YEARS = range(1300, 1501)
_HALF_A_YEAR = 6
_MOST_MONTHS_OF_NEXT_YEAR = 4
_MOST_DAYS_OF_NEXT_YEAR = 122


def day_value(day: date | None) -> Value:
    """A day, known or not."""
    return UNKNOWN if day is None else (day.isoformat(), "day")


def month_value(year: int, month: int) -> Value:
    """A month."""
    return f"{year:04d}-{month:02d}", "month"


def year_value(year: int) -> Value:
    """A year."""
    return f"{year:04d}", "year"


def span_value(first: date, last: date) -> Value:
    """What is certain of a day between two days: itself, its month, or nothing."""
    if first == last:
        return day_value(first)
    return month_value(first.year, first.month) if (first.year, first.month) == (last.year, last.month) else UNKNOWN


def make_day(year: int, month: int, day: int) -> date | None:
    """The day, where the calendar has it."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def add_days(day: date, days: int) -> date | None:
    """The day so many days on, where there is one."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None


def add_months(year: int, month: int, months: int) -> tuple[int, int]:
    """The year and month so many months on."""
    index = year * 12 + month - 1 + months
    return index // 12, index % 12 + 1


def nearest_day(month: int, day: int, published: date, direction: Direction | None) -> date | None:
    """A day without its year: the one nearest to publication, or the last before or the first from then on.

    News leaves the year out of next year's days only where they are near, so one of them counts within four months.
    """
    span = 8 if (month, day) == (2, 29) else 1
    found = [make_day(published.year + k, month, day) for k in range(-span, span + 1)]
    days = [d for d in found if d is not None]
    if direction == "past":
        days = [d for d in days if d < published]
    elif direction == "next":
        days = [d for d in days if d > published]
    else:
        far = [d for d in days if d.year > published.year and (d - published).days > _MOST_DAYS_OF_NEXT_YEAR]
        days = [d for d in days if d not in far]
    return min(days, key=lambda d: (abs((d - published).days), d), default=None)


def nearest_month(month: int, published: date, direction: Direction | None) -> tuple[int, int]:
    """A month without its year, chosen as `nearest_day` chooses; the year and the month."""
    ahead = (month - published.month) % 12
    if direction == "past":
        ahead -= 12
    elif direction == "next":
        ahead = ahead or 12
    elif ahead >= _HALF_A_YEAR or (month < published.month and ahead > _MOST_MONTHS_OF_NEXT_YEAR):
        ahead -= 12
    return add_months(published.year, published.month, ahead)


def weekday_before(weekday: int, published: date, *, today: bool) -> date | None:
    """The nearest such day before publication; `today` lets it be the publication day."""
    back = (published.weekday() - weekday) % 7
    return add_days(published, -(back if today or back else 7))


def weekday_after(weekday: int, published: date, *, today: bool) -> date | None:
    """The nearest such day after publication; `today` lets it be the publication day."""
    on = (weekday - published.weekday()) % 7
    return add_days(published, on if today or on else 7)


def weekday_of_week(weekday: int, published: date, weeks: int) -> date | None:
    """Such a day of a week away; weeks begin on Monday."""
    return add_days(published, weekday - published.weekday() + 7 * weeks)


def week_value(published: date, weeks: int) -> Value:
    """A week away, whether weeks begin on Sunday or on Monday."""
    first = add_days(published, -((published.weekday() + 1) % 7) + 7 * weeks)
    last = add_days(published, 6 - published.weekday() + 7 * weeks)
    if weeks == 0 and first is not None and last is not None:
        first, last = max(first, published - timedelta(days=6)), min(last, published + timedelta(days=6))
    return UNKNOWN if first is None or last is None else span_value(min(first, last), max(first, last))


def ago(unit: str, count: int, published: date, *, about: bool) -> Value:
    """So many units before publication; `about` widens the span of which the value must be certain."""
    count = min(count, 5000)
    if unit == "hour":
        return day_value(add_days(published, -round(count / 24))) if not about else _between(published, 0, count // 24)
    if unit == "day":
        return day_value(add_days(published, -count)) if not about else _between(published, count - 1, count + 1)
    if unit == "week":
        return _between(published, 7 * count - 3, 7 * count + 3)
    if unit == "month":
        if about or count == 1:
            return _between(published, 30 * count - 10, 30 * count + 10)
        return month_value(*add_months(published.year, published.month, -count))
    return year_value(published.year - count) if published.year > count else UNKNOWN


def some_ago(unit: str, published: date) -> Value:
    """A few units before publication: the month where all agree."""
    if unit == "hour":
        return day_value(published)
    return _between(published, 2, 7) if unit == "day" else UNKNOWN


def _between(published: date, least: int, most: int) -> Value:
    first, last = add_days(published, -most), add_days(published, -least)
    return UNKNOWN if first is None or last is None else span_value(first, last)


def unit_value(unit: str, count: int, published: date) -> Value:
    """The day, week, month or year so many away from the one of publication."""
    if unit == "week":
        return week_value(published, count)
    if unit == "month":
        return month_value(*add_months(published.year, published.month, count))
    if unit == "year":
        return year_value(published.year + count)
    return UNKNOWN


def hijri_day(year: int, month: int, day: int) -> date | None:
    """The Gregorian day of a Hijri date of the Umm al-Qura calendar, in the years that it covers."""
    from hijridate import Hijri  # noqa: PLC0415 -- its tables are loaded only where a text has such a date

    try:
        found = Hijri(year, month, day).to_gregorian()
    except (ValueError, OverflowError):
        return None
    return date(found.year, found.month, found.day)


def nearest_hijri(month: int, day: int, published: date) -> date | None:
    """A Hijri day without its year: the one nearest to publication."""
    from hijridate import Gregorian  # noqa: PLC0415 -- as above

    try:
        year = Gregorian(published.year, published.month, published.day).to_hijri().year
    except (ValueError, OverflowError):
        return None
    days = [d for k in (-1, 0, 1) if (d := hijri_day(year + k, month, day)) is not None]
    return min(days, key=lambda d: (abs((d - published).days), d), default=None)
