"""Whatever the order in which the same facts arrive, the same positions and changes follow."""

from __future__ import annotations

import random
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.positions import Fact, Told, fold, fold_on, restored, tail, told, valid_day
from tests.support.words import sentence, word

STANCES = ("supports", "opposes", "conditional", "undecided")
SPEAKERS = ("putin", "lavrov", "shoigu", "peskov", "duma", None)


@st.composite
def some_words(draw: st.DrawFn) -> list[Fact]:
    """Facts of one key: few days, few speakers, copies of wire stories among them."""
    count = draw(st.integers(1, 12))
    return [
        word(
            f"e{i:02}",
            draw(st.sampled_from(STANCES)),
            draw(st.sampled_from(("2025-09-01", "2025-09-02", "2025-09-03"))),
            draw(st.sampled_from(SPEAKERS)),
            attribution=draw(st.sampled_from(("self", "self", "self", "outlet", "anonymous", "third-party"))),
            precision=draw(st.sampled_from(("day", "day", "day", "month"))),
            article=f"a{draw(st.integers(0, 5))}",
            confidence=draw(st.sampled_from((0.5, 0.8, 0.9))),
            sketches=(sentence(draw(st.integers(0, 4))),),
        )
        for i in range(count)
    ]


@settings(max_examples=300, deadline=None)
@given(some_words(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_never_decides(words: list[Fact], draw: random.Random) -> None:
    expected = fold(words)
    shuffled = list(words)
    draw.shuffle(shuffled)
    assert fold(shuffled) == expected
    assert fold([*shuffled, *shuffled[:3]]) == expected  # redelivered ones change nothing


@settings(max_examples=200, deadline=None)
@given(some_words(), st.randoms(use_true_random=False))
def test_neither_does_the_time_of_recording(words: list[Fact], draw: random.Random) -> None:
    numbers = list(range(1, len(words) + 1))
    draw.shuffle(numbers)
    restamped = [word_at(fact, n) for fact, n in zip(words, numbers, strict=True)]
    assert fold(restamped) == fold(words)


def word_at(fact: Fact, sequence: int) -> Fact:
    """The same fact, recorded elsewhere in the log."""
    return Fact(**({name: getattr(fact, name) for name in Fact.__struct_fields__} | {"sequence": sequence}))


@settings(max_examples=200, deadline=None)
@given(some_words())
def test_what_every_outcome_keeps(words: list[Fact]) -> None:
    outcome = fold(words)
    changes = outcome.changes
    assert len({c.key for c in changes}) == len(changes)
    for before, after in pairwise(changes):
        assert after.before == before.after
    if outcome.position is None:
        assert changes == ()
        return
    assert changes[0].kind == "established"
    assert changes[-1].after == outcome.position.stance
    assert 1 <= outcome.position.sources <= outcome.position.articles
    assert outcome.position.evidence


def resumed(words: list[Fact], every: int) -> None:
    """Going on from what any day left behind, by the names of facts, gives what folding everything gives."""
    by_id = {fact.event_id: fact for fact in words}
    whole = fold_on(words)
    for held in whole.days[::every]:
        before = [c for c in whole.outcome.changes if c.on <= held.day]
        run = [] if held.run is None else [c for c in before if c.on >= held.run.back_to]
        conditions = told(c for c in before if c.after == "conditional")
        reports = [Told(event_id=i, speaker=s, sketches=by_id[i].sketches) for i, s in conditions]
        state = restored(held, [ref.event_id for ref in tail(run[::-1])], reports, by_id)
        later = [w for w in words if (valid_day(w.occurred_on, w.precision) or "") > held.day]
        on = fold_on(later, state)
        assert on.outcome.position == whole.outcome.position
        assert on.outcome.unconfirmed == whole.outcome.unconfirmed
        assert on.outcome.changes == whole.outcome.changes[len(whole.outcome.changes) - len(on.outcome.changes) :]
        assert on.days == tuple(day for day in whole.days if day.day > held.day)
        as_of = fold([w for w in words if (valid_day(w.occurred_on, w.precision) or "") <= held.day]).position
        assert as_of == held.position("RUS", "ukraine.foreign-troops", tail(run[::-1]))


@settings(max_examples=300, deadline=None)
@given(some_words())
def test_a_fold_goes_on_from_any_day(words: list[Fact]) -> None:
    resumed(words, every=1)


def test_a_fold_goes_on_from_any_of_a_thousand_days() -> None:
    draw = random.Random(4)  # noqa: S311 -- the same words in every run
    words = [
        word(
            f"e{i:04}",
            draw.choice(STANCES),
            f"20{draw.randint(22, 25)}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}",
            draw.choice(SPEAKERS),
            attribution=draw.choice(("self", "outlet", "anonymous")),
            sketches=(sentence(draw.randint(0, 40)),),
        )
        for i in range(1500)
    ]
    resumed(words, every=100)
