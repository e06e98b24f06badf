"""The two clocks, and the days that make them fast: whatever is asked, the answer is that of a fresh fold."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, datetime, timedelta

import pytest

from domain.positions import Fact, facts, fold
from tests.support.facts import T0, at, new, read
from workers.projections.rebuild import Rebuild
from workers.projections.runner import PositionsRunner
from workers.store.engine import Database
from workers.store.log import append
from workers.store.store import Store

pytest_plugins = ["tests.support.stores"]
ISSUES = ("issue.a", "issue.b")
STANCES = ("supports", "opposes", "conditional", "undecided")


def grow(store: Store, draw: random.Random, minutes: int, count: int) -> None:
    """Facts of about the same days, some of them late by months, and some taken back."""
    database: Database = store._db
    for number in range(count):
        late = draw.choice((0, 0, 0, 0, 3, 200)) * (number % 7 == 0)
        day = date(2025, 1, 1) + timedelta(days=max(0, minutes + draw.randint(-2, 2) - late))
        stream = f"s{minutes}-{number}"
        record = read(
            stream,
            issue=draw.choice(ISSUES),
            stance=draw.choice(STANCES),
            day=day.isoformat(),
            attribution=draw.choice(("self", "self", "outlet", "anonymous")),
            speaker=draw.choice(("putin", "lavrov")),
        )
        with database.write() as connection:
            append(connection, stream, [new(stream, record)], now=at(minutes))
    if minutes % 3 == 0:
        event = draw.choice(store.log.read(limit=10_000))
        if event.type != "retraction":
            store.retract(event.event_id, why="w", who="p", now=at(minutes))


def expected(store: Store, *, as_of: str | None, known_at: datetime | None) -> dict[tuple[str, str], object]:
    """By folding everything that the log held at that time."""
    known = [e for e in store.log.all() if known_at is None or e.recorded_at <= known_at]
    groups: dict[tuple[str, str], list[Fact]] = defaultdict(list)
    for fact in facts(known):
        if as_of is None or (fact.occurred_on or "") <= as_of:
            groups[fact.actor, fact.issue].append(fact)
    found = {key: fold(group).position for key, group in groups.items()}
    return {
        key: (p.stance, p.speaker, p.since, p.last_confirmed, p.sources, p.confidence, p.contested, p.unconfirmed)
        for key, p in found.items()
        if p is not None
    }


def asked(store: Store, *, as_of: str | None, known_at: datetime | None) -> dict[tuple[str, str], object]:
    return {
        (p.actor, p.issue): (
            p.stance, p.speaker, p.since, p.last_confirmed, p.sources, p.confidence, p.contested, p.unconfirmed,
        )
        for p in store.queries.positions(as_of=as_of, known_at=known_at)
    }  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_every_question_has_the_answer_of_a_fresh_fold(store: Store, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311 -- the same log in every run
    runner = PositionsRunner(store, batch=13, patience=50)
    for minutes in range(30):
        grow(store, draw, minutes, 6)
        runner.catch_up(now=at(minutes))
        if minutes % 10 == 9:
            assert store.verify().findings == ()
    for as_of in (None, "2025-01-05", "2025-01-15", "2025-01-28"):
        for known_at in (None, at(0), at(7), at(20.5), at(29)):
            assert asked(store, as_of=as_of, known_at=known_at) == expected(store, as_of=as_of, known_at=known_at)
    assert Rebuild(store).run(now=T0, swap=True).nothing
    for known_at in (None, at(7), at(25)):
        assert asked(store, as_of="2025-01-20", known_at=known_at) == expected(
            store, as_of="2025-01-20", known_at=known_at
        )


def test_before_anything_was_known_nothing_was_held(store: Store) -> None:
    store.log.append("a", [new("a", read())])
    PositionsRunner(store).catch_up(now=T0)
    assert store.queries.positions(known_at=T0 - timedelta(days=900)) == []
    assert store.queries.positions(as_of="2020-01-01") == []
    assert len(store.queries.positions(as_of="2025-09-05")) == 1


def test_history_by_the_two_clocks(store: Store) -> None:
    for minutes, (day, stance) in enumerate([("2025-09-01", "supports"), ("2025-09-05", "opposes")]):
        with store._db.write() as connection:
            append(connection, f"s{minutes}", [new(f"s{minutes}", read(day=day, stance=stance))], now=at(minutes))
    PositionsRunner(store).catch_up(now=T0)
    key = ("RUS", "ukraine.foreign-troops")
    assert [c.kind for c in store.queries.history(*key)] == ["established", "reversed"]
    assert [c.kind for c in store.queries.history(*key, as_of="2025-09-04")] == ["established"]
    assert [c.kind for c in store.queries.history(*key, known_at=at(0))] == ["established"]
