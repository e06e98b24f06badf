"""The projection killed between any two steps: afterwards it equals the fold, and no alert is doubled."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
from itertools import count
from typing import Any

from sqlalchemy import event, func, select

from domain.log import NewEvent
from domain.positions import facts, fold
from tests.support.facts import T0, new, read, statements
from workers.projections.runner import PositionsRunner
from workers.store import schema as t
from workers.store.engine import make_engine
from workers.store.store import Store

pytest_plugins = ["tests.support.stores"]
_PROCESSES = multiprocessing.get_context("spawn")
STANCES = ("supports", "opposes", "conditional", "undecided")
ISSUES = tuple(f"issue.{i}" for i in range(4))


def some(number: int, draw: random.Random) -> NewEvent:
    """A made-up fact of an article of its own, or now and then the retraction of an earlier one."""
    record = read(
        f"a{number}",
        actor=draw.choice(("RUS", "USA")),
        issue=draw.choice(ISSUES),
        stance=draw.choice(STANCES),
        day=f"2025-09-{draw.randint(1, 28):02}",
    )
    return new(f"a{number}", record)


def fill(store: Store, events: int, seed: int) -> None:
    """A log of so many facts and some retractions."""
    draw = random.Random(seed)  # noqa: S311 -- the same log in every run
    known: list[str] = []
    for number in range(events):
        made = some(number + seed * 1000, draw)
        store.log.append(f"a{number + seed * 1000}", [made])
        known.append(made.event_id)
        if draw.random() < 0.1:
            store.retract(known.pop(draw.randrange(len(known))), why="w", who="p", now=T0)


def equals_the_fold(store: Store) -> bool:
    """Whether the stored positions are those of a fresh fold over the whole log."""
    groups: dict[tuple[str, str], list[Any]] = {}
    for fact in facts(store.log.all()):
        groups.setdefault((fact.actor, fact.issue), []).append(fact)
    wanted = {key: fold(group).position for key, group in groups.items()}
    stored = store.queries.positions()
    told = {
        (p.actor, p.issue): (p.stance, p.speaker, p.since, p.last_confirmed, p.sources, p.confidence) for p in stored
    }
    return told == {
        key: (p.stance, p.speaker, p.since, p.last_confirmed, p.sources, p.confidence)
        for key, p in wanted.items()
        if p is not None
    }


def project_and_die(url: str, statements_left: int) -> None:
    """Project until so many statements were sent to the database, then be killed."""
    engine = make_engine(url)
    left = count(statements_left, -1)

    @event.listens_for(engine, "before_cursor_execute")
    def die(*_: Any) -> None:
        if next(left) <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    PositionsRunner(Store(engine), batch=7, patience=10).catch_up(now=T0)


def test_killed_between_any_two_steps_a_hundred_times(database_url: str) -> None:
    store = Store(make_engine(database_url))
    channel = store.add_channel("webhook", "https://hook.example/", now=T0)
    store.add_subscription([channel.id], now=T0)
    fill(store, 60, seed=1)
    kills = 0

    def step(at: int) -> None:
        """Run in this process, with the connection torn out of the runner's hands at a statement."""
        nonlocal kills
        engine = make_engine(database_url)
        left = count(at, -1)

        @event.listens_for(engine, "before_cursor_execute")
        def tear(*_: Any) -> None:
            if next(left) <= 0:
                raise KeyboardInterrupt

        try:
            PositionsRunner(Store(engine), batch=7, patience=10).catch_up(now=T0)
        except KeyboardInterrupt:
            kills += 1
        engine.dispose()

    rounds = 0
    while kills < 100:
        rounds += 1
        if store.behind("positions") == 0:
            fill(store, 15, seed=rounds + 1)
        step(rounds % 60)
    PositionsRunner(store).catch_up(now=T0)
    assert store.behind("positions") == 0
    assert equals_the_fold(store)
    assert store.verify().findings == ()
    with store._db.read() as connection:
        sent = select(t.deliveries.c.change_key, func.count()).group_by(t.deliveries.c.change_key)
        assert {n for _, n in connection.execute(sent)} == {1}
        numbers = connection.execute(select(t.changes.c.sequence).order_by(t.changes.c.sequence)).scalars().all()
        assert list(numbers) == list(range(1, len(numbers) + 1))
    store.close()


def test_a_killed_process_leaves_nothing_half_done(database_url: str) -> None:
    store = Store(make_engine(database_url))
    fill(store, 30, seed=2)
    for statements_left in (3, 9, 14, 22, 40):
        victim = _PROCESSES.Process(target=project_and_die, args=(database_url, statements_left))
        victim.start()
        victim.join()
        assert victim.exitcode == -signal.SIGKILL
    PositionsRunner(store).catch_up(now=T0)
    assert equals_the_fold(store)
    store.close()


def test_two_runners_do_the_work_once(database_url: str) -> None:
    store, other = Store(make_engine(database_url)), Store(make_engine(database_url))
    fill(store, 20, seed=3)
    with store.projecting("positions") as unit:
        assert unit is not None
        if not store._db.is_sqlite:  # there, the other one waits
            assert PositionsRunner(other).catch_up(now=T0).events == 0
    total = PositionsRunner(store).catch_up(now=T0) + PositionsRunner(other).catch_up(now=T0)
    assert total.events == store.log.head()
    assert equals_the_fold(store)
    store.close()
    other.close()


def test_a_projection_is_due_while_keys_wait(store: Store) -> None:
    store.log.append("a", statements("a", 3))
    with store.projecting("positions") as unit:
        assert unit is not None
        unit.mark({("RUS", "issue.0"): "2025-09-05"})
        unit.advance(3, now=T0)
    assert [item.kind for item in store.due(T0)] == ["project"]
