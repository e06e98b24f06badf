"""The index finds exactly whom the plain test names, and a backtest counts what would have gone."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as some

from domain.alerts.backtest import Past, replay
from domain.alerts.matching import Index, matches
from domain.alerts.terms import Terms
from tests.support.told import AT, change

ACTORS, ISSUES = ("FRA", "RUS", "USA"), ("a.b", "c.d")
WAIT = timedelta(seconds=30)


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription's filters."""

    actors: tuple[str, ...] = ()
    issues: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    terms: Terms = Terms()


def several(*words: str) -> some.SearchStrategy[tuple[str, ...]]:
    return some.lists(some.sampled_from(words), max_size=3).map(tuple)


wishes = some.builds(
    Wish, actors=several(*ACTORS), issues=several(*ISSUES), changes=several("reversed", "reaffirmed"),
    terms=some.builds(
        Terms, stances=several("supports", "opposes"), confidence=some.sampled_from((0.0, 0.9, 0.95)),
        sources=some.sampled_from((0, 2, 3)),
    ),
)  # fmt: skip


@given(
    some.lists(wishes, max_size=30), some.sampled_from(ACTORS), some.sampled_from(ISSUES),
    some.sampled_from(("reversed", "reaffirmed")),
)  # fmt: skip
def test_the_index_finds_whom_the_plain_test_names(found: list[Wish], actor: str, issue: str, kind: str) -> None:
    happened = change(actor=actor, issue=issue, kind=kind)
    by_index = sorted(map(id, Index(found).wanting(happened)))
    assert by_index == sorted(id(wish) for wish in found if matches(wish, happened))


def past(*minutes: float, **more: str) -> list[Past]:
    return [Past(change=change(key=str(m), **more), recorded_at=AT + timedelta(minutes=m)) for m in minutes]


def test_a_backtest_groups_as_the_service_does() -> None:
    assert [len(s.changes) for s in replay(Wish(), past(0, 0.2, 0.4, 2), WAIT)] == [3, 1]
    assert [len(s.changes) for s in replay(Wish(terms=Terms(pace="hourly")), past(0, 20, 59, 61), WAIT)] == [3, 1]
    assert replay(Wish(actors=("USA",)), past(0), WAIT) == []


def test_a_backtest_leaves_out_what_was_taken_back_in_time_and_counts_what_was_not() -> None:
    soon = Past(change=change(key="1"), recorded_at=AT, withdrawn_at=AT + timedelta(seconds=10))
    late = Past(change=change(key="2", actor="USA"), recorded_at=AT, withdrawn_at=AT + timedelta(hours=1))
    assert [(s.changes[0].actor, s.corrected) for s in replay(Wish(), [soon, late], WAIT)] == [("USA", 1)]
