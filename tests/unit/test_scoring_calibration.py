"""Confidence against correctness: the table, the distance, and the map that is fitted to them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.calibration import apply, error, fit, judged, table
from domain.scoring import Annotated, Found, Pair

FOUND = Found(type="statement", actor="RUS", stance="opposes", confidence=0.8)
GOLD = Annotated(type="statement", actor="RUS", stance="opposes")
JUDGED = st.lists(st.tuples(st.integers(0, 100).map(lambda n: n / 100), st.booleans()), max_size=120)


def test_what_is_right_what_is_wrong_and_what_does_not_count() -> None:
    optional = Annotated(type="statement", actor="RUS", stance="opposes", sure=False)
    other = Annotated(type="statement", actor="RUS", stance="supports")
    pairs = [Pair("a", GOLD, FOUND), Pair("a", other, FOUND), Pair("a", None, FOUND), Pair("a", GOLD, None),
             Pair("a", optional, FOUND)]  # fmt: skip
    assert judged(pairs) == [(0.8, True), (0.8, False), (0.8, False)]


def test_the_table_counts_each_event_once() -> None:
    rows = table([(0.8, True), (0.85, False), (0.9, True), (1.0, True), (0.1, False)])
    assert [(r.least, r.events, r.confidence, r.right) for r in rows] == [
        (0.0, 1, 0.1, 0.0), (0.8, 2, 0.825, 0.5), (0.9, 2, 0.95, 1.0),
    ]  # fmt: skip


def test_the_distance_is_weighed_by_the_events() -> None:
    assert error([]) is None
    assert error([(0.5, True), (0.5, False)]) == 0.0
    assert error([(0.9, False), (0.9, False), (0.5, True), (0.5, False)]) == 0.45


def test_a_map_mends_confidence_that_is_too_high() -> None:
    events = [(0.6, n % 4 == 0) for n in range(40)] + [(0.8, n % 2 == 0) for n in range(40)]
    points = fit(events)
    assert [p[0] for p in points] == [0.6, 0.8]
    assert abs(apply(points, 0.6) - 0.25) < 0.03
    assert abs(apply(points, 0.8) - 0.5) < 0.01
    assert apply(points, 0.6) < apply(points, 0.7) < apply(points, 0.8) == apply(points, 0.95)
    assert apply([], 0.42) == 0.42


@given(events=JUDGED, scores=st.lists(st.floats(0, 1), min_size=2, max_size=5))
def test_a_map_never_falls_and_stays_in_bounds(events: list[tuple[float, bool]], scores: list[float]) -> None:
    points = fit(events)
    mapped = [apply(points, s) for s in sorted(scores)]
    assert mapped == sorted(mapped)
    assert all(0 <= m <= 1 for m in mapped)
    assert points == sorted(set(points))


@given(events=JUDGED)
def test_the_table_holds_every_event(events: list[tuple[float, bool]]) -> None:
    assert sum(row.events for row in table(events)) == len(events)
