"""Weeks, months and years told from publication, and lengths of time: last week, two days ago, within days.

It must not know the names of months and days.
"""

from __future__ import annotations

from domain.reading.datewords import Found, Line
from domain.reading.daycount import (
    UNKNOWN,
    ago,
    some_ago,
    unit_value,
)

_SIDES = {-1: "last", 0: "this", 1: "next"}


def read_unit(line: Line, index: int) -> Found | None:
    """A week, month or year away, or many units: الأسبوع الماضي، هذا العام، الأيام القليلة المقبلة."""
    start = index + 1 if line.has(index, "this") and line.joined(index + 1) else index
    found = line.names.units.at(line.run, start)
    if found is None or found[1].value.shape not in ("definite", "definite_others"):
        return None
    last, entry = found
    if line.joined(start) and line.word(start - 1) in entry.not_after:
        return None
    if entry.value.shape == "definite_others":
        return _many(line, last, entry.value.unit)
    moved = line.modifier(last)
    steps, behind = moved if moved is not None else (0, last)
    if moved is None and start == index:
        return None
    value = UNKNOWN if line.published is None else unit_value(entry.value.unit, steps, line.published)
    return Found(behind, value, "relative", f"{_SIDES[_sign(steps)]} {entry.value.unit}")


def read_count(line: Line, index: int) -> Found | None:
    """So many units past or to come: الـ24 ساعة الماضية."""
    unit = line.names.units.at(line.run, index + 1)
    if line.number(index, 1000) is None or unit is None or not line.joined(index + 1):
        return None
    side = line.direction(unit[0])
    if side is None or side == "current":
        return None
    rule = f"{'past' if side == 'past' else 'coming'} {unit[1].value.unit}s"
    return Found(unit[0] + 1, UNKNOWN, "relative", rule)


def read_ago(line: Line, index: int) -> Found | None:
    """So long ago: قبل يومين، منذ نحو ثلاثة أيام."""
    if not line.has(index, "ago") or not line.joined(index + 1):
        return None
    length = _length(line, index + 1)
    if length is None:
        return None
    last, unit, count, about = length
    if last == index + 2 and line.joined(last) and _begins_date(line, last):
        return None
    from_now = line.joined(last) and line.has(last, "of") and line.has(last + 1, "from_now")
    if not from_now and _from_event(line, last):
        return None
    value = UNKNOWN
    if line.published is not None:
        some = count is None
        value = some_ago(unit, line.published) if some else ago(unit, count or 1, line.published, about=about)
    return Found(last + 2 if from_now else last, value, "duration_ago", f"{unit}s ago")


def read_within(line: Line, index: int) -> Found | None:
    """Within so long: خلال أيام، في غضون أسبوعين."""
    if not line.has(index, "within") or not line.joined(index + 1):
        return None
    length = _length(line, index + 1)
    if length is None or length[1] in ("hour", "year"):
        return None
    if line.direction(length[0]) is not None or _begins_date(line, length[0]):
        return None
    if length[2] is None and length[0] == index + 2 and line.joined(length[0]):
        return None  # during the days of a feast
    return Found(length[0], UNKNOWN, "relative", f"within {length[1]}s")


def _many(line: Line, index: int, unit: str) -> Found | None:
    """Behind the name of many units: which ones they are."""
    last = index
    while last < index + 2 and line.joined(last) and (line.has(last, "many") or line.number(last, 100)):
        last += 1
    if not line.joined(last):
        return None
    if line.has(last, "past") or line.has(last, "past_of_many"):
        value = UNKNOWN if line.published is None else some_ago(unit, line.published)
        return Found(last + 1, value, "relative", f"past {unit}s")
    if line.has(last, "next"):
        return Found(last + 1, UNKNOWN, "relative", f"coming {unit}s")
    return None


def _quantity(line: Line, index: int) -> tuple[int, int | None, bool]:
    """How many: the index behind, the number (None where there is none), and whether it says 'some'."""
    few = line.phrase(index, "few")
    if few is not None:
        return few, None, True
    number = line.number(index, 1000)
    if number is not None:
        return index + 1, number, False
    found = line.names.numbers.at(line.run, index)
    if found is None or not line.whole(index, found[0]):
        return index, None, False
    last, count = found
    tens = line.names.numbers.at(line.run, last)
    if count < 10 and tens is not None and tens[1] >= 20 and line.word(last)[:1] == "و":
        return tens[0], count + tens[1], False
    return last, count, False


def _length(line: Line, index: int) -> tuple[int, str, int | None, bool] | None:
    """A length of time: the index behind, the unit, how many (None: some), and whether it is about so many."""
    start, about = index, False
    while (behind := line.phrase(start, "about")) is not None and line.joined(behind):
        start, about = behind, True
    start, count, few = _quantity(line, start)
    unit = line.names.units.at(line.run, start)
    if unit is None or not line.joined(start) or unit[1].value.shape not in ("singular", "dual", "plural"):
        return None
    last, form = unit[0], unit[1].value
    if count is None and not few:
        count = {"singular": 1, "dual": 2}.get(form.shape)
    if line.joined(last) and line.has(last, "and_half"):
        last, about = last + 1, True
    if line.joined(last) and line.has(last, "behind_unit"):
        last += 1
    return last, form.unit, count, about


def _from_event(line: Line, index: int) -> bool:
    """Whether a length of time is counted from something other than publication: two days before the summit."""
    if not line.joined(index):
        return False
    return line.has(index, "of") or (line.has(index, "from_event") and not line.has(index + 1, "at_least"))


def _begins_date(line: Line, index: int) -> bool:
    """Whether a date follows, so that 'since a day' or 'since a month' is the beginning of its name."""
    run = line.run
    if line.word(index)[:1].isdecimal():
        return True
    names = (line.names.weekdays, line.names.relative, line.names.months, line.names.hijri)
    return any(n.at(run, index) is not None for n in names) or line.names.ordinals.at(run, index) is not None


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
