"""The drawing of a position's course, the calendar's weeks, and the words around the evidence."""

from __future__ import annotations

from datetime import date

import pytest

from domain.errors import InputError
from workers.store.dossiers import Piece, Turn, context
from workers.web.calendar import month_of, parse_month
from workers.web.plot import Plot, plot

TEXT = "جملة أولى. " + "حشو " * 200 + "قال الوزير لا. " + "وسط " * 200 + "وقال نعم. " + "ذيل " * 200


def turn(on: str, after: str, before: str | None = None, kind: str = "reversed") -> Turn:
    return Turn(on=on, kind=kind, before=before, after=after, speaker=None)


def drawn(*turns: Turn, until: str = "2025-12-31", mirrored: bool = False) -> Plot:
    found = plot(turns, date.fromisoformat(until), mirrored=mirrored)
    assert found is not None
    return found


def test_a_stance_is_solid_for_two_months_and_broken_from_then_on() -> None:
    found = drawn(turn("2025-01-01", "opposes"), until="2025-12-31")
    solid, silent = found.stretches
    assert (solid.silent, silent.silent) == (False, True)
    assert solid.end == silent.start
    assert silent.end - silent.start > 4 * (solid.end - solid.start)


def test_a_turn_rises_from_lane_to_lane() -> None:
    found = drawn(turn("2025-01", "opposes"), turn("2025-02-01", "supports", "opposes"))
    (rise,) = found.rises
    assert rise.x == found.marks[1].x
    assert (rise.top, rise.bottom) == (found.marks[1].y, found.marks[0].y)


def test_time_runs_from_right_to_left_where_words_do() -> None:
    turns = (turn("2025-01-01", "opposes"), turn("2025-06-01", "supports", "opposes"))
    there, back = drawn(*turns), drawn(*turns, mirrored=True)
    assert [m.x for m in there.marks] == sorted(m.x for m in there.marks)
    assert [round(100 - m.x, 3) for m in there.marks] == [m.x for m in back.marks]


@pytest.mark.parametrize("until", ["2025-01-01", "2025-01-02", "2025-03-01", "2035-01-01", "2020-01-01"])
def test_a_course_of_any_length_stays_inside(until: str) -> None:
    found = drawn(turn("2025", "opposes"), until=until)
    assert all(0 <= tick.x <= 100 for tick in found.ticks)
    assert all(0 <= mark.x <= 100 for mark in found.marks)
    assert len({tick.iso for tick in found.ticks}) == len(found.ticks) >= 1
    assert plot([], date(2025, 1, 1), mirrored=False) is None


def test_weeks_begin_as_the_language_has_them() -> None:
    found = month_of([], date(2025, 9, 1), sunday_first=True)
    assert (found.weekdays[0], found.weeks[0][0].iso, found.before, found.after) == (
        6,
        "2025-08-31",
        "2025-08",
        "2025-10",
    )
    assert month_of([], date(2025, 9, 1), sunday_first=False).weeks[0][0].iso == "2025-09-01"
    assert month_of([], date(2025, 12, 1), sunday_first=False).after == "2026-01"


@pytest.mark.parametrize("raw", ["2025", "2025-13", "x", "2025-09-01", "٢٠٢٥-٠٩"])
def test_what_is_no_month_is_refused(raw: str) -> None:
    with pytest.raises(InputError):
        parse_month(raw)


def test_evidence_stands_in_its_context_and_long_gaps_are_left_out() -> None:
    first, second = TEXT.index("قال الوزير"), TEXT.index("وقال نعم")
    found = context(TEXT, [(first, first + 14), (second, second + 9)])
    assert [p.text for p in found if p.said] == ["قال الوزير لا.", "وقال نعم."]
    assert [p.said for p in found] == [False, True, False, True, False]
    assert found[0].text.startswith("… حشو ")
    assert found[2].text == " … "
    assert found[-1].text.endswith(" …")
    assert context("", [(0, 5)]) == ()
    assert context("قال", [(0, 9)]) == (), "a span beyond the text marks nothing"
    assert context("قال.", [(0, 4)]) == (Piece("قال.", said=True),)
