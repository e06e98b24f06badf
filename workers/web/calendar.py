"""A month as weeks of days with their meetings. Pure; it must not know how a calendar is written down."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date

import msgspec

from domain.errors import InputError
from workers.store.meetings import Meeting


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A cell. `inside`: of the month itself; else of the one before or after, which shows no meetings."""

    iso: str
    number: int
    inside: bool
    meetings: tuple[Meeting, ...]


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """A month. `weekdays`: 0 for Monday to 6, in the order of the columns; `before`, `after`: its neighbours."""

    iso: str
    before: str
    after: str
    weekdays: tuple[int, ...]
    weeks: tuple[tuple[Day, ...], ...]
    vague: tuple[Meeting, ...]


def parse_month(raw: str | None) -> date | None:
    """The first day of a month written YYYY-MM; None for None.

    Raises:
        InputError: it is no month.
    """
    if not raw:
        return None
    try:
        return date.fromisoformat(f"{raw[:10]}-01")
    except ValueError as exc:
        raise InputError("month: write YYYY-MM") from exc


def month_of(meetings: Sequence[Meeting], month: date, *, sunday_first: bool) -> Month:
    """The month and the meetings of its days; `vague`: those of which no more than the month is known."""
    first = 6 if sunday_first else 0
    inside = [m for m in meetings if m.day is not None and m.day[:7] == month.isoformat()[:7]]
    by_day: dict[str, list[Meeting]] = {}
    for meeting in inside:
        by_day.setdefault(meeting.day or "", []).append(meeting)
    weeks = [
        tuple(
            Day(
                iso=day.isoformat(), number=day.day, inside=day.month == month.month,
                meetings=tuple(by_day.get(day.isoformat(), ())) if day.month == month.month else (),
            )
            for day in week
        )
        for week in calendar.Calendar(first).monthdatescalendar(month.year, month.month)
    ]  # fmt: skip
    return Month(
        iso=month.isoformat()[:7], before=_shifted(month, -1), after=_shifted(month, 1),
        weekdays=tuple((first + i) % 7 for i in range(7)), weeks=tuple(weeks),
        vague=tuple(m for m in inside if len(m.day or "") < 10),
    )  # fmt: skip


def _shifted(month: date, by: int) -> str:
    index = min(max(month.year * 12 + month.month - 1 + by, 12), 9999 * 12 + 11)
    return f"{index // 12:04}-{index % 12 + 1:02}"
