"""The course of a position as a drawing: lanes of stances over time, solid while it was voiced, broken while silent.

Places along the time are percentages of the width and heights are pixels, so that words keep their size at every width.
Pure; it must not know how the drawing is written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import msgspec

from workers.store.dossiers import Turn

SILENT = timedelta(days=60)  # a stance that nobody voiced for so long is drawn broken
LANES = ("supports", "conditional", "undecided", "opposes")
_FIRST, _STEP = 40, 46
HEIGHT = _FIRST + _STEP * len(LANES) + 8
_LEFT, _RIGHT = 3.0, 97.0
_TICKS = 5
_BY_MONTH = 150  # days, from which on a tick names a month


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A turn. `number`: its place in the list of turns, from 0."""

    x: float
    y: int
    turn: Turn
    number: int


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A line along a lane. `silent`: nobody voiced the stance any more."""

    start: float
    end: float
    y: int
    stance: str
    silent: bool


class Rise(msgspec.Struct, frozen=True, kw_only=True):
    """A line from one lane to another."""

    x: float
    top: int
    bottom: int


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A date under the lanes. `anchor`: which end of its words stands there; `minor`: left out where room is little."""

    x: float
    iso: str
    minor: bool
    anchor: str


class Plot(msgspec.Struct, frozen=True, kw_only=True):
    """A drawing. `lanes`: stance and height of each; `first`: the day it begins."""

    first: str
    last: str
    lanes: tuple[tuple[str, int], ...]
    marks: tuple[Mark, ...]
    stretches: tuple[Stretch, ...]
    rises: tuple[Rise, ...]
    ticks: tuple[Tick, ...]
    height: int = HEIGHT


def plot(turns: Sequence[Turn], until: date, *, mirrored: bool) -> Plot | None:
    """The drawing of turns, oldest first, up to a day; None without any. `mirrored`: time runs from right to left."""
    days = [_day(turn.on) for turn in turns]
    if not turns:
        return None
    last = max(until, days[-1])
    axis = _Axis(days[0], last, mirrored=mirrored)
    marks = [
        Mark(x=axis.at(day), y=_height(turn.after), turn=turn, number=i)
        for i, (day, turn) in enumerate(zip(days, turns, strict=True))
    ]
    stretches: list[Stretch] = []
    for turn, day, following in zip(turns, days, [*days[1:], last], strict=True):
        quiet = min(day + SILENT, following)
        for start, end, silent in ((day, quiet, False), (quiet, following, True)):
            if start < end:
                stretches.append(axis.stretch(start, end, turn.after, silent=silent))
    rises = [
        Rise(x=mark.x, top=min(_height(mark.turn.before), mark.y), bottom=max(_height(mark.turn.before), mark.y))
        for mark in marks
        if mark.turn.before is not None and mark.turn.before != mark.turn.after
    ]
    return Plot(
        first=days[0].isoformat(), last=last.isoformat(), lanes=tuple((s, _height(s)) for s in LANES),
        marks=tuple(marks), stretches=tuple(stretches), rises=tuple(rises), ticks=tuple(axis.ticks()),
    )  # fmt: skip


class _Axis:
    def __init__(self, first: date, last: date, *, mirrored: bool) -> None:
        self._first = first
        self._days = (last - first).days
        self._mirrored = mirrored

    def at(self, day: date) -> float:
        part = 0.5 if self._days == 0 else (day - self._first).days / self._days
        x = _LEFT + (_RIGHT - _LEFT) * part
        return round(100 - x if self._mirrored else x, 3)

    def stretch(self, start: date, end: date, stance: str, *, silent: bool) -> Stretch:
        return Stretch(start=self.at(start), end=self.at(end), y=_height(stance), stance=stance, silent=silent)

    def ticks(self) -> list[Tick]:
        """Dates at equal distances, each once: days, or months where the time is long."""
        steps = min(_TICKS - 1, self._days)
        found: dict[str, Tick] = {}
        for i in range(steps + 1):
            day = self._first + timedelta(days=0 if steps == 0 else round(self._days * i / steps))
            iso = day.isoformat()[: 7 if self._days > _BY_MONTH else 10]
            anchor = "middle" if steps == 0 else {0: "start", steps: "end"}.get(i, "middle")
            found.setdefault(iso, Tick(x=self.at(day), iso=iso, minor=i % 2 == 1, anchor=anchor))
        return list(found.values())


def _day(iso: str) -> date:
    """The first day that a date may mean."""
    return date.fromisoformat(iso + "-01" * {4: 2, 7: 1}.get(len(iso), 0))


def _height(stance: str | None) -> int:
    lane = LANES.index(stance) if stance in LANES else len(LANES) - 1
    return _FIRST + _STEP * lane
