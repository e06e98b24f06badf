"""The days, months and years that a text names, resolved against its publication day.

A grammar by hand over the words of the text: at each word that may begin an expression the readers are tried, the most
specific first, and each looks a bounded number of words ahead, so the cost is linear. Here are the readers of weekdays
and of days told from publication, and the order of all. It must not know what the dates are for; whether a sentence
speaks of the future is the caller's to say (`DateMention.ahead`).
"""

from __future__ import annotations

from datetime import date

import msgspec

from domain.reading.almanac import Calendar, load_calendar
from domain.reading.datedays import read_days, read_numeric
from domain.reading.datemonths import (
    month_ahead,
    read_bare_month,
    read_month,
    read_month_first,
    read_year,
    read_year_word,
    value_of_month,
)
from domain.reading.datespans import read_ago, read_count, read_unit, read_within
from domain.reading.datewords import DASHES, Found, Line
from domain.reading.daycount import (
    UNKNOWN,
    Precision,
    add_days,
    day_value,
    unit_value,
    weekday_after,
    weekday_before,
    weekday_of_week,
)

__all__ = ["Calendar", "DateMention", "find_dates", "load_calendar"]


class DateMention(msgspec.Struct, frozen=True):
    """One expression: raw offsets, the day it names as far as it is known, and how it was read.

    `ahead`: for a bare weekday and for a day or a month without its year, what is meant where the sentence speaks of
    the future. `until`: where a range ends.
    """

    start: int
    end: int
    occurred_on: str | None
    precision: Precision
    kind: str
    rule: str
    ahead: str | None = None
    until: str | None = None


def find_dates(text: str, published: date | None, calendar: Calendar) -> list[DateMention]:
    """Every date expression of a text, in order, none inside another.

    Without a publication day only dates with a year are resolved; the others are mentioned as unknown.
    """
    line = Line(text, published, calendar)
    mentions: list[DateMention] = []
    index, starters = 0, calendar.starters
    while index < len(line.run):
        word = line.run[index].text
        found = _at(line, index) if word in starters or word[0].isdecimal() else None
        if found is not None and not found.drop:
            mentions.append(_mention(line, index, found))
        index = index + 1 if found is None else found.last
    return mentions


def _mention(line: Line, index: int, found: Found) -> DateMention:
    first = index if found.first is None else found.first
    value, precision = found.value
    start, end = line.run[first].start, line.run[found.last - 1].end
    if line.text[end : end + 1] == ")" and line.text.rfind("(", start, end) > line.text.rfind(")", start, end):
        end += 1
    return DateMention(
        start=start, end=end, occurred_on=value, precision=precision,
        kind=found.kind, rule=found.rule, ahead=found.ahead, until=found.until,
    )  # fmt: skip


def _at(line: Line, index: int) -> Found | None:
    if line.run[index].text[0].isdecimal():
        return read_numeric(line, index) or read_days(line, index) or read_count(line, index) or read_year(line, index)
    title = line.phrase(index, "titles")
    if title is not None:
        return Found(title, UNKNOWN, "relative", "a name", drop=True)
    return (
        _earlier(line, index)
        or _relative(line, index)
        or _previously(line, index)
        or _weekday(line, index)
        or _prefixed(line, index)
        or read_days(line, index)
        or read_ago(line, index)
        or _part(line, index)
        or read_month_first(line, index)
        or read_bare_month(line, index)
        or read_unit(line, index)
        or read_within(line, index)
        or read_year_word(line, index)
    )


def _earlier(line: Line, index: int) -> Found | None:
    """Earlier: on the publication day, unless a day, a week, a month or a year follows."""
    last = line.phrase(index, "earlier")
    if last is None:
        return None
    first = index - 1 if line.has(index - 1, "prepositions") and line.joined(index) else index
    inner = last + 1 if line.has(last, "of") and line.joined(last) else last
    sub = _inside(line, inner) if line.joined(inner) else None
    if sub is None:
        return Found(last, day_value(line.published), "earlier_today", "earlier", first=first)
    if sub.rule == "today":
        return Found(sub.last, sub.value, "earlier_today", "earlier, today", first=first)
    return msgspec.structs.replace(sub, first=first, rule=f"earlier, {sub.rule}")


def _inside(line: Line, index: int) -> Found | None:
    """What follows 'earlier': a day, or the week, month or year of publication."""
    if index >= len(line.run):
        return None
    found = _relative(line, index) or _weekday(line, index) or _prefixed(line, index) or read_unit(line, index)
    if found is not None:
        return found
    unit = line.names.units.at(line.run, index)
    if unit is None or unit[1].value.shape != "definite":
        return None
    value = UNKNOWN if line.published is None else unit_value(unit[1].value.unit, 0, line.published)
    return Found(unit[0], value, "relative", f"this {unit[1].value.unit}")


def _relative(line: Line, index: int) -> Found | None:
    """A day told from publication, with the weekday or the date that may follow it."""
    found = line.names.relative.at(line.run, index)
    if found is None or not line.whole(index, found[0]):
        return None
    last, entry = found
    shift = entry.value
    named = line.names.weekdays.at(line.run, last) if line.joined(last, "(", "-", "–") else None
    if named is None:
        barred = line.joined(index) and line.word(index - 1) in entry.not_after
        if barred or (line.joined(last) and line.word(last) in entry.not_before):
            return None
    dated = _dated(line, last if named is None else named[0])
    if dated is not None:
        return dated
    if named is None and shift.days == 0 and line.joined(last) and line.word(last)[:1].isdecimal():
        return None
    day = None if line.published is None else add_days(line.published, shift.days)
    return Found(last if named is None else named[0], day_value(day), "relative", shift.rule)


def _previously(line: Line, index: int) -> Found | None:
    last = line.phrase(index, "previously")
    if last is None or (line.has(index - 1, "former") and line.joined(index)):
        return None
    return Found(last, UNKNOWN, "previously", "before, undated")


def _prefixed(line: Line, index: int) -> Found | None:
    """A day behind the words day, evening or night."""
    last = index
    for _ in range(3):
        behind = line.phrase(last, "prefix")
        if behind is None or (last > index and not line.joined(last)):
            break
        last = behind
    if last == index or not line.joined(last, "(") or last >= len(line.run):
        return None
    found = _relative(line, last) or _weekday(line, last) or read_numeric(line, last) or read_days(line, last)
    return None if found is None else msgspec.structs.replace(found, first=index)


def _weekday(line: Line, index: int) -> Found | None:
    """A weekday, or the night between two; with a date behind it, that date."""
    found = line.names.weekdays.at(line.run, index)
    if found is None:
        return None
    last, entry = found
    if line.joined(index) and line.word(index - 1) in entry.not_after:
        return None
    if line.joined(last) and line.word(last) in entry.not_before:
        return None
    night = line.names.weekdays.at(line.run, last)
    if night is not None and line.word(last)[:2] == "ال" and line.joined(last, "/", *DASHES):
        last = night[0]
    dated = _dated(line, last)
    if dated is not None:
        return dated
    moved = _moved_weekday(line, entry.value, last)
    return _bare_weekday(line, entry.value, last) if moved is None else _dated(line, moved.last) or moved


def _moved_weekday(line: Line, weekday: int, last: int) -> Found | None:
    """A weekday that is said to be past or to come, by itself, with its neighbour, or by its week."""
    moved = line.modifier(last) or _shared(line, last)
    if moved is not None and moved[0] != 0:
        steps, behind = moved
        day = None
        if line.published is not None:
            turn = weekday_before if steps < 0 else weekday_after
            day = turn(weekday, line.published, today=False)
            day = None if day is None else add_days(day, 7 * (steps - (1 if steps > 0 else -1)))
        return Found(behind, day_value(day), "weekday", "weekday past" if steps < 0 else "weekday to come")
    return _weekday_of_week(line, weekday, last)


def _weekday_of_week(line: Line, weekday: int, last: int) -> Found | None:
    """A weekday with its week: الثلاثاء من الأسبوع الماضي."""
    if not (line.has(last, "of") and line.joined(last)):
        return None
    week = line.names.units.at(line.run, last + 1)
    if week is None or (week[1].value.unit, week[1].value.shape) != ("week", "definite"):
        return None
    moved = line.modifier(week[0])
    if moved is None:
        return None
    day = None if line.published is None else weekday_of_week(weekday, line.published, moved[0])
    return Found(moved[1], day_value(day), "weekday", "weekday of a week")


def _shared(line: Line, last: int) -> tuple[int, int] | None:
    """A modifier behind the next weekday that is for both: الخميس والجمعة المقبلين."""
    after = line.names.weekdays.at(line.run, last)
    if after is None or not line.joined(last) or line.word(last)[:1] != "و":
        return None
    moved = line.modifier(after[0])
    return (moved[0], last) if moved is not None and line.word(after[0])[-2:] == "ين" else None


def _bare_weekday(line: Line, weekday: int, last: int) -> Found:
    if line.published is None:
        return Found(last, UNKNOWN, "weekday", "weekday")
    past = weekday_before(weekday, line.published, today=True)
    coming = weekday_after(weekday, line.published, today=True)
    return Found(last, day_value(past), "weekday", "weekday", ahead=day_value(coming)[0])


def _dated(line: Line, index: int) -> Found | None:
    """A date with day and month that follows a weekday or a relative day and says the same."""
    if not line.joined(index, "،", ",", "(", *DASHES):
        return None
    matching = line.phrase(index, "matching")
    start = index if matching is None else matching
    if start >= len(line.run) or (matching is not None and not line.joined(start, ":", "(")):
        return None
    return read_numeric(line, start) or read_days(line, start) or read_month_first(line, start)


def _part(line: Line, index: int) -> Found | None:
    """A month, a week or a year behind the word for a part of it: مطلع الشهر الجاري، أواخر أغسطس، نهاية العام."""
    last = line.phrase(index, "part")
    if last is None or not line.joined(last) or last >= len(line.run):
        return None
    last = last + 1 if line.has(last, "of") else last
    month = read_month(line, last)
    if month is not None:
        rule = "part of a month"
        return Found(month.last, value_of_month(line, month), "absolute", rule, ahead=month_ahead(line, month))
    found = read_unit(line, last) or read_year_word(line, last) or read_year(line, last)
    if found is not None:
        return msgspec.structs.replace(found, first=index)
    unit = line.names.units.at(line.run, last)
    if unit is None or unit[1].value.shape != "definite":
        return None
    value = UNKNOWN if line.published is None else unit_value(unit[1].value.unit, 0, line.published)
    return Found(unit[0], value, "relative", f"part of this {unit[1].value.unit}")
