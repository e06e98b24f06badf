"""The days, months and years that a text names, resolved against its publication day.

A grammar by hand over the words of the text: at each word that may begin an expression the readers are tried, the most
specific first, and each looks a bounded number of words ahead, so the cost is linear. It must not know what the dates
are for; whether a sentence speaks of the future is the caller's to say (`DateMention.ahead`).
"""

from __future__ import annotations

import re
from datetime import date

import msgspec

from domain.reading.almanac import Calendar, load_calendar
from domain.reading.daycount import (
    HIJRI_YEARS,
    UNKNOWN,
    Direction,
    Precision,
    Value,
    add_days,
    ago,
    day_value,
    hijri_day,
    make_day,
    month_value,
    nearest_day,
    nearest_hijri,
    nearest_month,
    some_ago,
    unit_value,
    weekday_after,
    weekday_before,
    weekday_of_week,
    year_value,
)
from domain.reading.text import Word, level, words

__all__ = ["Calendar", "DateMention", "find_dates", "load_calendar"]

_PIECE = re.compile(r"\d+|[^\d]+")
_DOTTED = re.compile(r"(\d{1,4})\.(\d{1,2})\.(\d{1,4})")
_YEARS = range(1900, 2101)
_MOST_DAYS = 6
_DASHES = ("-", "–", "—", "ـ")


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


class _Found(msgspec.Struct, frozen=True):
    """An expression read: the index behind its last word. `first`: where it begins if not where it was looked for.

    `drop`: the words are a name, not a date, and are passed over.
    """

    last: int
    value: Value
    kind: str
    rule: str
    ahead: str | None = None
    until: str | None = None
    first: int | None = None
    drop: bool = False


class _Month(msgspec.Struct, frozen=True):
    """A month as named, with what stands behind it; `firm` where that makes it certain to be one."""

    last: int
    number: int
    year: int | None = None
    years_away: int | None = None
    direction: Direction | None = None
    firm: bool = False


def find_dates(text: str, published: date | None, calendar: Calendar) -> list[DateMention]:
    """Every date expression of a text, in order, none inside another.

    Without a publication day only dates with a year are resolved; the others are mentioned as unknown.
    """
    return _Reader(text, published, calendar).find()


def _tokens(text: str) -> list[Word]:
    """The words of a text, those of letters and digits in pieces (و2022, 1446هـ)."""
    found: list[Word] = []
    for word in words(text):
        if not word.text:  # a tatweel that stands alone
            continue
        plain = word.text.isalpha() or word.text.isdecimal() or not any(c.isdecimal() for c in word.text)
        if plain or _DOTTED.fullmatch(word.text):
            found.append(word)
        else:
            for piece in _PIECE.finditer(text, word.start, word.end):
                letters = level(piece.group())
                if letters:
                    found.append(Word(piece.start(), piece.end(), letters, ()))
    return found


class _Reader:
    """One text being read."""

    def __init__(self, text: str, published: date | None, calendar: Calendar) -> None:
        self._text = text
        self._published = published
        self._names = calendar
        self._sets = calendar.sets
        self._run = _tokens(text)

    def find(self) -> list[DateMention]:
        mentions: list[DateMention] = []
        index, starters = 0, self._names.starters
        while index < len(self._run):
            word = self._run[index].text
            found = self._at(index) if word in starters or word[0].isdecimal() else None
            if found is not None and not found.drop:
                mentions.append(self._mention(index, found))
            index = index + 1 if found is None else found.last
        return mentions

    def _mention(self, index: int, found: _Found) -> DateMention:
        first = index if found.first is None else found.first
        value, precision = found.value
        start, end = self._run[first].start, self._run[found.last - 1].end
        if self._text[end : end + 1] == ")" and self._text.rfind("(", start, end) > self._text.rfind(")", start, end):
            end += 1
        return DateMention(
            start=start, end=end, occurred_on=value, precision=precision,
            kind=found.kind, rule=found.rule, ahead=found.ahead, until=found.until,
        )  # fmt: skip

    def _at(self, index: int) -> _Found | None:
        if self._run[index].text[0].isdecimal():
            return self._numeric(index) or self._days(index) or self._count(index) or self._year(index)
        title = self._phrase(index, "titles")
        if title is not None:
            return _Found(title, UNKNOWN, "relative", "a name", drop=True)
        return (
            self._earlier(index)
            or self._relative(index)
            or self._previously(index)
            or self._weekday(index)
            or self._prefixed(index)
            or self._days(index)
            or self._ago(index)
            or self._part(index)
            or self._month_first(index)
            or self._bare_month(index)
            or self._unit(index)
            or self._within(index)
            or self._year_word(index)
        )

    # -------- the words around

    def _word(self, index: int) -> str:
        return self._run[index].text if 0 <= index < len(self._run) else ""

    def _is(self, index: int, name: str) -> bool:
        return self._word(index) in self._sets[name]

    def _phrase(self, index: int, name: str) -> int | None:
        """The index behind a phrase of a list."""
        found = self._names.phrases[name].at(self._run, index)
        return None if found is None or not self._whole(index, found[0]) else found[0]

    def _gap(self, index: int) -> str:
        """What stands between a word and the one before it, without spaces and marks; a new line stays one."""
        if not 0 < index < len(self._run):
            return "\n"
        raw = self._text[self._run[index - 1].end : self._run[index].start]
        if raw in (" ", ""):
            return ""
        return "\n" if "\n" in raw or "\r" in raw else level(raw).strip()

    def _joined(self, index: int, *gaps: str) -> bool:
        return self._gap(index) in ("", *gaps)

    def _whole(self, first: int, last: int) -> bool:
        return all(self._joined(index) for index in range(first + 1, last))

    def _number(self, index: int, most: int = 31) -> int | None:
        """A number in digits, from 1."""
        word = self._word(index)
        return int(word) if word.isdecimal() and len(word) <= 4 and 1 <= int(word) <= most else None

    def _direction(self, index: int) -> Direction | None:
        if not self._joined(index):
            return None
        names: tuple[Direction, ...] = ("past", "next", "current")
        return next((name for name in names if self._is(index, name)), None)

    def _modifier(self, index: int) -> tuple[int, int] | None:
        """How many units a modifier moves, and the index behind it: الماضي، بعد المقبل، الجاري."""
        direction = self._direction(index)
        if direction is not None:
            return {"past": -1, "next": 1, "current": 0}[direction], index + 1
        if self._joined(index) and self._is(index, "before") and self._direction(index + 1) == "past":
            return -2, index + 2
        if self._joined(index) and self._is(index, "after") and self._direction(index + 1) == "next":
            return 2, index + 2
        return None

    # -------- relative days and weekdays

    def _earlier(self, index: int) -> _Found | None:
        start = index
        last = self._phrase(start, "earlier")
        if last is None:
            return None
        first = index - 1 if self._is(index - 1, "prepositions") and self._joined(index) else index
        inner = last + 1 if self._is(last, "of") and self._joined(last) else last
        sub = self._inside(inner) if self._joined(inner) else None
        if sub is None:
            today = None if self._published is None else self._published
            return _Found(last, day_value(today), "earlier_today", "earlier", first=first)
        if sub.rule == "today":
            return _Found(sub.last, sub.value, "earlier_today", "earlier, today", first=first)
        return msgspec.structs.replace(sub, first=first, rule=f"earlier, {sub.rule}")

    def _inside(self, index: int) -> _Found | None:
        """What follows 'earlier': a day, or the week, month or year of publication."""
        if index >= len(self._run):
            return None
        found = self._relative(index) or self._weekday(index) or self._prefixed(index) or self._unit(index)
        if found is not None:
            return found
        unit = self._names.units.at(self._run, index)
        if unit is None or unit[1].value.shape != "definite":
            return None
        value = UNKNOWN if self._published is None else unit_value(unit[1].value.unit, 0, self._published)
        return _Found(unit[0], value, "relative", f"this {unit[1].value.unit}")

    def _relative(self, index: int) -> _Found | None:
        found = self._names.relative.at(self._run, index)
        if found is None or not self._whole(index, found[0]):
            return None
        last, entry = found
        shift = entry.value
        named = self._names.weekdays.at(self._run, last) if self._joined(last, "(", "-", "–") else None
        if named is None:
            barred = self._joined(index) and self._word(index - 1) in entry.not_after
            if barred or (self._joined(last) and self._word(last) in entry.not_before):
                return None
        dated = self._dated(last if named is None else named[0])
        if dated is not None:
            return dated
        if named is None and shift.days == 0 and self._joined(last) and self._word(last)[:1].isdecimal():
            return None
        day = None if self._published is None else add_days(self._published, shift.days)
        return _Found(last if named is None else named[0], day_value(day), "relative", shift.rule)

    def _previously(self, index: int) -> _Found | None:
        last = self._phrase(index, "previously")
        if last is None or (self._is(index - 1, "former") and self._joined(index)):
            return None
        return _Found(last, UNKNOWN, "previously", "before, undated")

    def _prefixed(self, index: int) -> _Found | None:
        """A day behind the words day, evening or night."""
        last = index
        for _ in range(3):
            behind = self._phrase(last, "prefix")
            if behind is None or (last > index and not self._joined(last)):
                break
            last = behind
        if last == index or not self._joined(last, "(") or last >= len(self._run):
            return None
        found = self._relative(last) or self._weekday(last) or self._numeric(last) or self._days(last)
        return None if found is None else msgspec.structs.replace(found, first=index)

    def _weekday(self, index: int) -> _Found | None:
        found = self._names.weekdays.at(self._run, index)
        if found is None:
            return None
        last, entry = found
        if self._joined(index) and self._word(index - 1) in entry.not_after:
            return None
        if self._joined(last) and self._word(last) in entry.not_before:
            return None
        night = self._names.weekdays.at(self._run, last)
        if night is not None and self._word(last)[:2] == "ال" and self._joined(last, "/", *_DASHES):
            last = night[0]
        dated = self._dated(last)
        if dated is not None:
            return dated
        moved = self._moved_weekday(entry.value, last)
        return self._bare_weekday(entry.value, last) if moved is None else self._dated(moved.last) or moved

    def _moved_weekday(self, weekday: int, last: int) -> _Found | None:
        """A weekday that is said to be past or to come, by itself, with its neighbour, or by its week."""
        moved = self._modifier(last) or self._shared(last)
        if moved is not None and moved[0] != 0:
            steps, behind = moved
            day = None
            if self._published is not None:
                turn = weekday_before if steps < 0 else weekday_after
                day = turn(weekday, self._published, today=False)
                day = None if day is None else add_days(day, 7 * (steps - (1 if steps > 0 else -1)))
            return _Found(behind, day_value(day), "weekday", "weekday past" if steps < 0 else "weekday to come")
        if self._is(last, "of") and self._joined(last):
            week = self._names.units.at(self._run, last + 1)
            if week is not None and week[1].value == msgspec.structs.replace(
                week[1].value, unit="week", shape="definite"
            ):
                of_week = self._modifier(week[0])
                if of_week is not None:
                    day = None
                    if self._published is not None:
                        day = weekday_of_week(weekday, self._published, of_week[0])
                    return _Found(of_week[1], day_value(day), "weekday", "weekday of a week")
        return None

    def _shared(self, last: int) -> tuple[int, int] | None:
        """A modifier behind the next weekday that is for both: الخميس والجمعة المقبلين."""
        after = self._names.weekdays.at(self._run, last)
        if after is None or not self._joined(last) or self._word(last)[:1] != "و":
            return None
        moved = self._modifier(after[0])
        return (moved[0], last) if moved is not None and self._word(after[0])[-2:] == "ين" else None

    def _bare_weekday(self, weekday: int, last: int) -> _Found:
        if self._published is None:
            return _Found(last, UNKNOWN, "weekday", "weekday")
        past = weekday_before(weekday, self._published, today=True)
        coming = weekday_after(weekday, self._published, today=True)
        return _Found(last, day_value(past), "weekday", "weekday", ahead=day_value(coming)[0])

    def _dated(self, index: int) -> _Found | None:
        """A date with day and month that follows a weekday or a relative day and says the same."""
        if not self._joined(index, "،", ",", "(", *_DASHES):
            return None
        matching = self._phrase(index, "matching")
        start = index if matching is None else matching
        if start >= len(self._run) or (matching is not None and not self._joined(start, ":", "(")):
            return None
        return self._numeric(start) or self._days(start) or self._month_first(start)

    # -------- days of a month

    def _numeric(self, index: int) -> _Found | None:
        """A date in digits: 2025-09-04, 04/09/2025, 24/9/1436."""
        dotted = _DOTTED.fullmatch(self._word(index))
        if dotted is not None:
            last, parts = index + 1, [int(part) for part in dotted.groups()]
        else:
            gap = self._gap(index + 1)
            if gap not in ("/", "-", "–", "\\") or self._gap(index + 2) != gap:
                return None
            pieces = [self._word(index + k) for k in range(3)]
            if not all(p.isdecimal() and len(p) <= 4 for p in pieces):
                return None
            last, parts = index + 3, [int(p) for p in pieces]
        year, month, day = parts if parts[0] > 31 else reversed(parts)
        if year in HIJRI_YEARS:
            return self._hijri_found(self._behind_year(last), hijri_day(year, month, day), year)
        found = make_day(year, month, day) or make_day(year, day, month) if year in _YEARS else None
        return (
            None if found is None else _Found(self._behind_year(last), day_value(found), "absolute", "date in digits")
        )

    def _hijri_found(self, last: int, day: date | None, year: int | None) -> _Found:
        return _Found(last, day_value(day), "hijri", "hijri date" if year is not None else "hijri date without year")

    def _day(self, index: int) -> tuple[int, int, bool] | None:
        """A day's number, the index behind it, and whether it stands in digits."""
        number = self._number(index)
        if number is not None:
            return number, index + 1, True
        found = self._names.ordinals.at(self._run, index)
        return (found[1], found[0], False) if found is not None and self._whole(index, found[0]) else None

    def _days(self, index: int) -> _Found | None:
        """One day of a month or more: 4 سبتمبر، الرابع من أيلول، 4-6 سبتمبر، من 30 أغسطس إلى 2 سبتمبر."""
        first = self._day(index)
        if first is None:
            return None
        numbers, last, digits = [first[0]], first[1], first[2]
        month = self._month_of_day(last, digits=digits)
        while month is None and len(numbers) < _MOST_DAYS:
            more = self._next_day(last, digits=digits)
            if more is None:
                return self._hijri(index)
            numbers.append(more[0])
            last = more[1]
            month = self._month_of_day(last, digits=digits)
        if month is None:
            return None
        before = index - 2 if self._word(index - 1) in ("ال", "و") else index - 1
        if month.year is None and month.direction is None and self._is(before, "named"):
            return _Found(month.last, UNKNOWN, "absolute", "a name", drop=True)
        return self._placed(numbers, month)

    def _placed(self, numbers: list[int], month: _Month) -> _Found | None:
        """The first and the last of some days, as far as the year is known."""
        if numbers[0] > 31 or make_day(2024, month.number, numbers[0]) is None:
            return None
        end, last = (numbers[-1], month), month.last
        if len(numbers) == 1:
            on = self._until(last)
            if on is not None:
                end, last = on, on[1].last
        if len(numbers) == 1 and end[1] is month:
            rule = "day and month with year" if month.year is not None else "day and month"
            day = self._resolve(month, numbers[0])
            ahead = self._day_ahead(month, numbers[0])
            return _Found(last, day_value(day), "absolute", rule, ahead=day_value(ahead)[0])
        final = self._resolve(end[1], end[0])
        first = None if final is None else make_day(month.year or final.year, month.number, numbers[0])
        if first is not None and final is not None and first > final:
            first = make_day(first.year - 1, month.number, numbers[0])
        return _Found(last, day_value(first), "range", "first day of a range", until=day_value(final)[0])

    def _until(self, last: int) -> tuple[int, _Month] | None:
        """The end of a range whose first day has a month of its own."""
        if not (self._is(last, "to") and self._joined(last)):
            return None
        day = self._day(last + 1)
        month = None if day is None else self._month_of_day(day[1], digits=day[2])
        return None if day is None or month is None else (day[0], month)

    def _next_day(self, last: int, *, digits: bool) -> tuple[int, int] | None:
        """Another day of the same month: behind a dash, 'and' or 'to'."""
        start = last
        to = self._is(start, "to") and self._joined(start)
        if to or (self._word(start) == "و" and self._joined(start, "،")):
            start += 1
        elif not (self._gap(start) in _DASHES or (not digits and self._word(start)[:1] == "و")):
            return None
        day = self._day(start)
        return (day[0], day[1]) if day is not None and day[2] == digits else None

    def _month_of_day(self, index: int, *, digits: bool) -> _Month | None:
        """The month behind a day: its name, or the month of publication or one beside it."""
        start = index
        if self._is(start, "of") and self._joined(start):
            start += 1
        elif not digits and not self._is(start, "month") and self._word(start - 1) not in ("فاتح", "غره"):
            return None
        if not self._joined(start, *(("/", *_DASHES) if digits else ())):
            return None
        month = self._month(start)
        if month is not None:
            return month
        unit = self._names.units.at(self._run, start)
        if unit is not None and unit[1].value.unit == "month" and unit[1].value.shape == "definite":
            moved = self._modifier(unit[0])
            return None if moved is None else self._month_away(*moved)
        current = digits and self._is(start, "current") and self._gap(start) == ""
        return self._month_away(0, start + 1) if current else None

    def _month_away(self, months: int, last: int) -> _Month | None:
        if self._published is None:
            return _Month(last, 1, direction="current")
        year, _, number = (unit_value("month", months, self._published)[0] or "").partition("-")
        return _Month(last, int(number), year=int(year), firm=True) if number else None

    # -------- months

    def _month(self, index: int) -> _Month | None:
        """A month's name, the word month before it, its second name, and what says which one is meant."""
        start = index + 1 if self._is(index, "month") and self._joined(index + 1) else index
        found = self._names.months.at(self._run, start)
        if found is None or not self._whole(start, found[0]):
            return None
        last, name = found
        firm = start > index
        second = self._names.months.at(self._run, last) if self._joined(last, "/", "\\", "(", *_DASHES, "،") else None
        if second is not None and second[1].number == name.number:
            last, firm = second[0], True
        gaps = (")", "،", ",", "/")
        month = _Month(last, name.number, firm=firm)
        direction = self._direction_behind(last, ")")
        if direction is not None:
            return _Month(last + 1, name.number, direction=direction, firm=True)
        year = self._year_behind(last, gaps)
        return month if year is None else msgspec.structs.replace(
            month, last=year[0], year=year[1], years_away=year[2], firm=True
        )  # fmt: skip

    def _direction_behind(self, index: int, gap: str) -> Direction | None:
        names: tuple[Direction, ...] = ("past", "next", "current")
        fits = self._joined(index, gap)
        return next((name for name in names if self._is(index, name)), None) if fits else None

    def _year_behind(self, index: int, gaps: tuple[str, ...]) -> tuple[int, int | None, int | None] | None:
        """The year of a month (2025، من عام 2025، من العام الماضي): the index behind, itself, or how far it is."""
        if not self._joined(index, *gaps):
            return None
        start = index + 1 if self._is(index, "of") and self._joined(index + 1) else index
        worded = self._is(start, "year")
        if worded:
            start += 1
        number = self._number(start, _YEARS[-1])
        if number is not None and number in _YEARS and (start == index or self._joined(start, "-")):
            return self._behind_year(start + 1), number, None
        if worded and self._direction(start) is not None:
            moved = self._modifier(start)
            if moved is not None:
                year = None if self._published is None else self._published.year + moved[0]
                return moved[1], year, moved[0]
        return None

    def _behind_year(self, index: int) -> int:
        """The index behind the letters that say which calendar's year it is."""
        marked = self._is(index, "gregorian") or self._is(index, "hijri")
        return index + 1 if marked and self._joined(index) else index

    def _resolve(self, month: _Month, day: int) -> date | None:
        if month.year is not None:
            return make_day(month.year, month.number, day)
        if self._published is None or month.years_away is not None:
            return None
        direction = None if month.direction == "current" else month.direction
        return nearest_day(month.number, day, self._published, direction)

    def _hijri(self, index: int) -> _Found | None:
        """A day of a Hijri month, with its year or the nearest."""
        day = self._day(index)
        if day is None:
            return None
        start = day[1] + 1 if self._is(day[1], "of") and self._joined(day[1]) else day[1]
        start = start + 1 if self._is(start, "month") else start
        found = self._names.hijri.at(self._run, start)
        if found is None or not self._joined(start) or (not day[2] and start == day[1]) or day[0] > 30:
            return None
        last, name = found
        last = last + 1 if self._word(last) in self._sets["year"] and self._number(last + 1, 1500) else last
        year = self._number(last, HIJRI_YEARS[-1])
        if year is not None and year in HIJRI_YEARS and self._joined(last, "،", ","):
            return self._hijri_found(self._behind_year(last + 1), hijri_day(year, name.number, day[0]), year)
        if name.needs_year:
            return None
        published = self._published
        near = None if published is None else nearest_hijri(name.number, day[0], published)
        if self._direction(last) is not None:
            last += 1
        return self._hijri_found(last, near, None)

    def _month_first(self, index: int) -> _Found | None:
        """A date line with the month first: سبتمبر 5، 2025."""
        found = self._names.months.at(self._run, index)
        if found is None or not self._whole(index, found[0]) or not self._joined(found[0]):
            return None
        last, name = found
        day, year = self._number(last), self._number(last + 1, _YEARS[-1])
        if day is None or year is None or year not in _YEARS or not self._joined(last + 1, "،", ","):
            return None
        on = make_day(year, name.number, day)
        return None if on is None else _Found(last + 2, day_value(on), "absolute", "day and month with year")

    def _bare_month(self, index: int) -> _Found | None:
        """A month without a day."""
        month = self._month(index)
        if month is None or not (month.firm or self._stands_alone(index)):
            return None
        if month.year is None and month.direction is None and self._is(index - 1, "named") and self._joined(index):
            return _Found(month.last, UNKNOWN, "absolute", "a name", drop=True)
        rule = "month with year" if month.year is not None else "month"
        return _Found(month.last, self._month_value(month), "absolute", rule, ahead=self._month_ahead(month))

    def _day_ahead(self, month: _Month, day: int) -> date | None:
        """The next such day from publication on, where neither year nor direction is said."""
        if self._published is None or month.year is not None or month.years_away is not None or month.direction:
            return None
        today = (self._published.month, self._published.day) == (month.number, day)
        return self._published if today else nearest_day(month.number, day, self._published, "next")

    def _month_ahead(self, month: _Month) -> str | None:
        """The next such month from publication on, where neither year nor direction is said."""
        if self._published is None or month.year is not None or month.years_away is not None or month.direction:
            return None
        if month.number == self._published.month:
            return month_value(self._published.year, month.number)[0]
        return month_value(*nearest_month(month.number, self._published, "next"))[0]

    def _month_value(self, month: _Month) -> Value:
        if month.year is not None:
            return month_value(month.year, month.number)
        if self._published is None or month.years_away is not None:
            return UNKNOWN
        direction = None if month.direction == "current" else month.direction
        return month_value(*nearest_month(month.number, self._published, direction))

    def _stands_alone(self, index: int) -> bool:
        """Whether a month's name counts with nothing beside it."""
        found = self._names.months.at(self._run, index)
        if found is None or found[1].standing == "within_date":
            return False
        if found[1].standing == "free":
            return True
        raw = self._text[self._run[index].start : self._run[index].end]
        before = self._is(index - 1, "prepositions") and self._joined(index)
        return before and (not found[1].spelled or found[1].spelled in raw)

    # -------- units

    def _part(self, index: int) -> _Found | None:
        """A month, a week or a year behind the word for a part of it: مطلع الشهر الجاري، أواخر أغسطس، نهاية العام."""
        last = self._phrase(index, "part")
        if last is None or not self._joined(last) or last >= len(self._run):
            return None
        last = last + 1 if self._is(last, "of") else last
        month = self._month(last)
        if month is not None:
            rule = "part of a month"
            return _Found(month.last, self._month_value(month), "absolute", rule, ahead=self._month_ahead(month))
        found = self._unit(last) or self._year_word(last) or self._year(last)
        if found is not None:
            return msgspec.structs.replace(found, first=index)
        unit = self._names.units.at(self._run, last)
        if unit is None or unit[1].value.shape != "definite":
            return None
        value = UNKNOWN if self._published is None else unit_value(unit[1].value.unit, 0, self._published)
        return _Found(unit[0], value, "relative", f"part of this {unit[1].value.unit}")

    def _unit(self, index: int) -> _Found | None:
        """A week, month or year away, or many units: الأسبوع الماضي، هذا العام، الأيام القليلة المقبلة."""
        start = index + 1 if self._is(index, "this") and self._joined(index + 1) else index
        found = self._names.units.at(self._run, start)
        if found is None or found[1].value.shape not in ("definite", "definite_others"):
            return None
        last, entry = found
        if self._joined(start) and self._word(start - 1) in entry.not_after:
            return None
        if entry.value.shape == "definite_others":
            return self._many(last, entry.value.unit)
        moved = self._modifier(last)
        steps, behind = moved if moved is not None else (0, last)
        if moved is None and start == index:
            return None
        value = UNKNOWN if self._published is None else unit_value(entry.value.unit, steps, self._published)
        return _Found(behind, value, "relative", f"{_SIDES[_sign(steps)]} {entry.value.unit}")

    def _many(self, index: int, unit: str) -> _Found | None:
        """Behind the name of many units: which ones they are."""
        last = index
        while last < index + 2 and self._joined(last) and (self._is(last, "many") or self._number(last, 100)):
            last += 1
        if not self._joined(last):
            return None
        if self._is(last, "past") or self._is(last, "past_of_many"):
            value = UNKNOWN if self._published is None else some_ago(unit, self._published)
            return _Found(last + 1, value, "relative", f"past {unit}s")
        if self._is(last, "next"):
            return _Found(last + 1, UNKNOWN, "relative", f"coming {unit}s")
        return None

    def _count(self, index: int) -> _Found | None:
        """So many units past or to come: الـ24 ساعة الماضية."""
        unit = self._names.units.at(self._run, index + 1)
        if self._number(index, 1000) is None or unit is None or not self._joined(index + 1):
            return None
        if self._direction(unit[0]) in ("past", "next"):
            side = self._direction(unit[0])
            rule = f"{'past' if side == 'past' else 'coming'} {unit[1].value.unit}s"
            return _Found(unit[0] + 1, UNKNOWN, "relative", rule)
        return None

    def _quantity(self, index: int) -> tuple[int, int | None, bool]:
        """How many: the index behind, the number (None where there is none), and whether it says 'some'."""
        few = self._phrase(index, "few")
        if few is not None:
            return few, None, True
        number = self._number(index, 1000)
        if number is not None:
            return index + 1, number, False
        found = self._names.numbers.at(self._run, index)
        if found is None or not self._whole(index, found[0]):
            return index, None, False
        last, count = found
        tens = self._names.numbers.at(self._run, last)
        if count < 10 and tens is not None and tens[1] >= 20 and self._word(last)[:1] == "و":
            return tens[0], count + tens[1], False
        return last, count, False

    def _length(self, index: int) -> tuple[int, str, int | None, bool] | None:
        """A length of time: the index behind, the unit, how many (None: some), and whether it is about so many."""
        start, about = index, False
        while (behind := self._phrase(start, "about")) is not None and self._joined(behind):
            start, about = behind, True
        start, count, few = self._quantity(start)
        unit = self._names.units.at(self._run, start)
        if unit is None or not self._joined(start) or unit[1].value.shape not in ("singular", "dual", "plural"):
            return None
        last, form = unit[0], unit[1].value
        if count is None and not few:
            count = {"singular": 1, "dual": 2}.get(form.shape)
        if self._joined(last) and self._word(last) == "ونصف":
            last, about = last + 1, True
        if self._joined(last) and self._is(last, "behind_unit"):
            last += 1
        return last, form.unit, count, about

    def _ago(self, index: int) -> _Found | None:
        """So long ago: قبل يومين، منذ نحو ثلاثة أيام."""
        if not self._is(index, "ago") or not self._joined(index + 1):
            return None
        length = self._length(index + 1)
        if length is None:
            return None
        last, unit, count, about = length
        if last == index + 2 and self._joined(last) and self._begins_date(last):
            return None
        from_now = self._joined(last) and self._is(last, "of") and self._is(last + 1, "from_now")
        if not from_now and self._from_event(last):
            return None
        value = UNKNOWN
        if self._published is not None:
            some = count is None
            value = some_ago(unit, self._published) if some else ago(unit, count or 1, self._published, about=about)
        return _Found(last + 2 if from_now else last, value, "duration_ago", f"{unit}s ago")

    def _from_event(self, index: int) -> bool:
        """Whether a length of time is counted from something other than publication: two days before the summit."""
        if not self._joined(index):
            return False
        return self._is(index, "of") or (self._is(index, "from_event") and not self._is(index + 1, "at_least"))

    def _begins_date(self, index: int) -> bool:
        """Whether a date follows, so that 'since a day' or 'since a month' is the beginning of its name."""
        run = self._run
        if self._word(index)[:1].isdecimal():
            return True
        names = (self._names.weekdays, self._names.relative, self._names.months, self._names.hijri)
        return any(n.at(run, index) is not None for n in names) or self._names.ordinals.at(run, index) is not None

    def _within(self, index: int) -> _Found | None:
        """Within so long: خلال أيام، في غضون أسبوعين."""
        if not self._is(index, "within") or not self._joined(index + 1):
            return None
        length = self._length(index + 1)
        if length is None or length[1] in ("hour", "year"):
            return None
        if self._direction(length[0]) is not None or self._begins_date(length[0]):
            return None
        if length[2] is None and length[0] == index + 2 and self._joined(length[0]):
            return None  # during the days of a feast
        return _Found(length[0], UNKNOWN, "relative", f"within {length[1]}s")

    # -------- years

    def _year_word(self, index: int) -> _Found | None:
        """A year behind the word year, or two."""
        if not self._is(index, "year") or not self._joined(index + 1):
            return None
        year = self._number(index + 1, _YEARS[-1])
        if year is None or year < HIJRI_YEARS[0]:
            return None
        if year in HIJRI_YEARS:
            marked = self._is(index + 2, "hijri") and self._joined(index + 2)
            return _Found(index + 3, UNKNOWN, "hijri", "hijri year") if marked else None
        return self._years(index + 1, year)

    def _year(self, index: int) -> _Found | None:
        """A bare year behind a preposition; round thousands and hundreds are numbers of something."""
        year = self._number(index, _YEARS[-1])
        if year is None or year not in _YEARS or year % 100 == 0 or not self._joined(index):
            return None
        to = self._is(index - 1, "of") and self._is(index + 1, "to") and self._number(index + 2, _YEARS[-1])
        before = to or self._is(index - 1, "prepositions") or self._phrase(index - 1, "part") == index
        if not before or self._names.units.at(self._run, index + 1) is not None or self._gap(index + 1)[:1] == "%":
            return None
        return self._years(index, year)

    def _years(self, index: int, year: int) -> _Found:
        """A year, or the first of two with its last."""
        last = self._behind_year(index + 1)
        on = last
        if self._joined(last) and (self._word(last) == "و" or self._is(last, "to")):
            on = last + 1
        second = self._number(on, _YEARS[-1])
        joined = on > last or self._gap(on) in ("/", *_DASHES)
        if second is not None and joined and year < second and second in _YEARS and self._joined(on, "/", *_DASHES):
            return _Found(
                self._behind_year(on + 1), year_value(year), "range", "first year of a range", until=str(second)
            )
        return _Found(last, year_value(year), "absolute", "year")


_SIDES = {-1: "last", 0: "this", 1: "next"}


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
