"""The moments that feeds and pages write in no standard form: Arabic names of months, Arabic digits, odd separators.

A day without a time is taken at noon UTC, which is that day in every zone that has Arabic outlets; what is no date is
None, and nothing is guessed. It must not know feeds nor pages.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_MONTHS = (
    ("يناير", "كانون الثاني", "جانفي"), ("فبراير", "شباط", "فيفري"), ("مارس", "آذار", "اذار"),
    ("أبريل", "ابريل", "إبريل", "نيسان", "أفريل", "افريل"), ("مايو", "أيار", "ايار", "ماي"),
    ("يونيو", "يونيه", "حزيران", "جوان"), ("يوليو", "يوليه", "تموز", "جويلية", "يوليوز"),
    ("أغسطس", "اغسطس", "آب", "أوت", "اوت", "غشت"), ("سبتمبر", "أيلول", "ايلول", "شتنبر"),
    ("أكتوبر", "اكتوبر", "تشرين الأول", "تشرين الاول"), ("نوفمبر", "تشرين الثاني", "نونبر"),
    ("ديسمبر", "كانون الأول", "كانون الاول", "دجنبر"),
)  # fmt: skip
_MONTH_OF = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names}
_NAMES = "|".join(sorted(map(re.escape, _MONTH_OF), key=len, reverse=True))
_NAMED_DAY = re.compile(rf"(?<!\d)(\d{{1,2}})\s*(?:من\s+)?({_NAMES})(?:\s*/\s*(?:{_NAMES}))?[\s,،]*(\d{{4}})(?!\d)")
_NUMBERED_DAY = re.compile(r"(?<!\d)(\d{1,2})\s?[/.-]\s?(\d{1,2})\s?[/.-]\s?(\d{4})(?![\d])")
_ISO_DAY = re.compile(r"(?<!\d)(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})(?!\d)")
_CLOCK = re.compile(r"(?<!\d)([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?\s*(ص|م|صباحا|مساء|AM|PM|am|pm)?(?!\w)")
_OFFSET = re.compile(r"(?:([+-])(\d{2}):?(\d{2})|\b(Z|GMT|UTC)\b)\s*$", re.IGNORECASE)
_FIRST_YEAR, _LAST_YEAR = 1990, 2100


def plausible(moment: datetime | None) -> datetime | None:
    """The moment in UTC, or None where it is none, has no zone, or lies in a year that no page of the web has."""
    if moment is None or moment.tzinfo is None or not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return moment.astimezone(UTC)


def iso_moment(text: str) -> datetime | str | None:
    """What an ISO 8601 text says: an aware moment in UTC, a day (ISO) where it has no zone, or None."""
    raw = text.strip().translate(_DIGITS)
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError:
        return None
    if not re.match(r"\d{4}-\d{2}-\d{2}|\d{8}", raw):  # a week or the bare year is no day
        return None
    if moment.tzinfo is None:
        return moment.date().isoformat() if _FIRST_YEAR <= moment.year <= _LAST_YEAR else None
    return plausible(moment)


def written_day(text: str) -> str | None:
    """The one day that a short line names in Arabic or in numbers, ISO; day before month, as Arabic outlets write."""
    raw = text.translate(_DIGITS)
    named = _NAMED_DAY.search(raw)
    if named is not None:
        return _day(named[3], str(_MONTH_OF[named[2]]), named[1])
    iso = _ISO_DAY.search(raw)
    if iso is not None:
        return _day(iso[1], iso[2], iso[3])
    numbered = _NUMBERED_DAY.search(raw)
    return None if numbered is None else _day(numbered[3], numbered[2], numbered[1])


def feed_moment(text: str) -> datetime | None:
    """The moment behind a feed's date in any of the forms met, in UTC, or None."""
    raw = " ".join(text.translate(_DIGITS).split())
    if not raw or len(raw) > 100:
        return None
    iso = iso_moment(raw)
    if isinstance(iso, datetime):
        return iso
    try:
        moment = parsedate_to_datetime(raw)
        return plausible(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
    except (TypeError, ValueError, IndexError, OverflowError):
        pass
    day = iso or written_day(raw)
    return None if day is None else _with_clock(day, raw)


def _with_clock(day: str, raw: str) -> datetime:
    """The day at the time that the text names, in the zone that it names (else UTC); noon where it names none."""
    clock = _CLOCK.search(raw)
    if clock is None:
        return datetime.fromisoformat(f"{day}T12:00:00+00:00")
    hour = int(clock[1])
    half = (clock[3] or "").lower()
    if half in ("م", "مساء", "pm") and hour < 12:
        hour += 12
    elif half in ("ص", "صباحا", "am") and hour == 12:
        hour = 0
    zone: timezone = UTC
    offset = _OFFSET.search(raw)
    if offset is not None and offset[1]:
        shift = timedelta(hours=min(int(offset[2]), 23), minutes=min(int(offset[3]), 59))
        zone = timezone(-shift if offset[1] == "-" else shift)
    return datetime.fromisoformat(f"{day}T{hour:02}:{clock[2]}:00").replace(tzinfo=zone).astimezone(UTC)


def _day(year: str, month: str, day: str) -> str | None:
    try:
        found = datetime(int(year), int(month), int(day), tzinfo=UTC)
    except ValueError:
        return None
    return found.date().isoformat() if _FIRST_YEAR <= found.year <= _LAST_YEAR else None
